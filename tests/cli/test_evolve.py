import json
from pathlib import Path

import pytest

from genesys_cli.config.load import load_settings, settings_from_toml


def test_options_become_settings(invoke, runs):
    result = invoke(
        "evolve -e pendulum -p 30 -g 5 -n 2 --seed 7 -j 1 --validate 9 --checkpoint-every 3 --keep 4",
        "--no-stop-when-solved -s neat.elitism=1 -s neat.initial_connection=none -b software -o somewhere",
    )
    assert result.exit_code == 0, result.stderr
    ((kind, settings, run_dir, command),) = runs.calls
    assert kind == "evolve"
    assert run_dir == Path("somewhere")
    assert command[:4] == ["genesys", "evolve", "-e", "pendulum"]
    assert settings.environment.id == "Pendulum-v1"
    assert (settings.neat.population, settings.neat.generations, settings.neat.elitism) == (30, 5, 1)
    assert settings.neat.initial_connection == "none"
    assert (settings.evaluation.episodes, settings.evaluation.validate_episodes) == (2, 9)
    assert settings.run.model_dump() == {
        "seed": 7,
        "threads": 1,
        "stop_when_solved": False,
        "checkpoint_every": 3,
        "keep": 4,
        "backend": "software",
        "instances": 4,
        "step_timeout": 60.0,
    }


def test_arguments_of_the_environment(invoke, runs):
    invoke("evolve -e my_module:Maze-v0 --env-kwarg size=3 --env-kwarg kind=round -s environment.kwargs.lit=true")
    environment = runs.calls[0][1].environment
    assert environment.id == "my_module:Maze-v0"
    assert environment.kwargs == {"size": 3, "kind": "round", "lit": True}
    result = invoke("evolve --resume runs/x --env-kwarg size=3")
    assert (result.exit_code, "cannot be combined with --env-kwarg" in result.stderr) == (2, True)


def test_genomes_to_begin_with(invoke, runs, tmp_path):
    (tmp_path / "mine.json").touch()
    invoke("evolve --start-from LunarLander --start-from", tmp_path / "mine.json", "--connect-new -s start.take=3")
    begin = runs.calls[0][1].start
    assert (begin.sources, begin.take, begin.connect_new) == (["LunarLander", str(tmp_path / "mine.json")], 3, True)
    assert not invoke("evolve --resume runs/x").exit_code
    for option in ("--start-from=LunarLander", "--connect-new"):
        result = invoke("evolve --resume runs/x", option)
        assert (result.exit_code, f"cannot be combined with {option[:10]}" in result.stderr) == (2, True)


def test_nothing_given_changes_nothing(invoke, runs):
    invoke("evolve")
    assert runs.calls[0][1] == load_settings(None, "CartPole")


def test_json_is_all_there_is_on_stdout(invoke, runs):
    result = invoke("evolve", "--json")
    assert json.loads(result.stdout)["validated_fitness"] == 480
    assert "generation 0" in result.stderr
    assert "compiling" in result.stderr


def test_quiet_says_only_the_result(invoke, runs):
    result = invoke("evolve", "--quiet")
    assert result.stderr == ""
    assert "genesys replay runs/CartPole/001-software/champion.json" in result.stdout


@pytest.mark.parametrize(("solved", "code"), [(True, 0), (False, 3)])
def test_require_solved(invoke, runs, solved, code):
    runs.solved = solved
    result = invoke("evolve", "--require-solved", "--json")
    assert result.exit_code == code
    assert json.loads(result.stdout)["solved"] is solved
    assert invoke("evolve").exit_code == 0


def test_every_wrong_setting_is_named(invoke, runs):
    result = invoke("evolve", "-p", 1, "-b", "genesis", "--set", "neat.elitims=3")
    assert result.exit_code == 2
    assert not runs.calls
    for part in ("neat.population = 1", "run.backend = 'genesis'", "must be one of software", "'neat.elitism'"):
        assert part in result.stderr


def test_resume_passes_only_what_was_given(invoke, runs):
    result = invoke("evolve", "--resume", "runs/x", "-g", 500)
    assert result.exit_code == 0, result.stderr
    assert runs.calls[0][:3] == ("resume", Path("runs/x"), {"neat.generations": 500})


@pytest.mark.parametrize("option", ["--env=CartPole", "--preset=CartPole", "--run-dir=x", "--dry-run"])
def test_resume_refuses_what_makes_a_new_run(invoke, runs, option):
    result = invoke("evolve", "--resume", "runs/x", option)
    assert result.exit_code == 2
    assert option.partition("=")[0] in result.stderr
    assert not runs.calls


def test_a_dry_run_prints_a_preset_and_runs_nothing(invoke, runs):
    result = invoke("evolve", "-e", "Acrobot", "--dry-run", "--seed", 4)
    assert [call[0] for call in runs.calls] == ["dry_run"]
    assert settings_from_toml(result.stdout) == load_settings(None, "Acrobot", [], {"run.seed": 4})
    assert "# memory bytes: 1000" in result.stdout
    plan = json.loads(invoke("evolve", "--dry-run", "--json").stdout)
    assert plan["memory_bytes"] == 1000
    assert plan["settings"]["environment"]["id"] == "CartPole-v1"


def test_logs_are_passed_on(invoke, runs):
    assert invoke("evolve --log jsonl,csv --log tensorboard").exit_code == 0
    assert runs.logs == ("jsonl", "csv", "tensorboard")
    assert invoke("evolve").exit_code == 0
    assert runs.logs == ()


def test_an_unknown_log_is_refused_before_anything_runs(invoke, runs):
    result = invoke("evolve --log jsnl")
    assert result.exit_code == 2
    assert "did you mean 'jsonl'?" in result.stderr
    assert not runs.calls


@pytest.mark.parametrize("asked", [True, False])
def test_require_repeatable_is_passed_on(invoke, runs, asked, tmp_path):
    option = ["--require-repeatable"] if asked else []
    for how in ([], ["--resume", tmp_path]):
        assert invoke("evolve", *how, *option).exit_code == 0
        assert runs.require_repeatable is asked
