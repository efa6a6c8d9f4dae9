"""``genesys evolve --seeds``, and a study as the target of other commands."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import genesys_cli.studies
from genesys_cli.cli.main import main
from genesys_cli.config.load import settings_from_toml, to_toml
from small_studies import in_this_process, small


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    in_this_process(monkeypatch)
    Path("preset.toml").write_text(to_toml(small()))


def genesys(*words):
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def study(*words, seeds="0-3"):
    return genesys("evolve", "--preset", "preset.toml", "--seeds", seeds, "-o", "study", *words)


def test_a_study_from_its_start_to_its_page():
    result = study()
    assert result.exit_code == 0, result.stderr
    assert "seed 3  not solved after 3 generations" in result.stderr
    assert "generations to solve" in result.stdout
    assert "genesys report study" in result.stdout
    assert genesys("report").stdout.endswith("study/report.html\n")


def test_json_is_study_json_and_all_there_is():
    result = study("--json")
    found = json.loads(result.stdout)
    assert found.pop("schema")
    assert found == json.loads(Path("study/study.json").read_text())
    assert genesys("evolve", "--resume", "study", "--json", "--quiet").stderr == ""


def test_require_solved_is_of_every_seed():
    assert study("--require-solved", "--quiet").exit_code == 3
    assert genesys("evolve", "--resume", "study", "--require-solved", "--quiet").exit_code == 3
    solved = ("--require-solved", "--quiet", "-s", "evaluation.solved_at=1", "-o", "easy")
    assert study(*solved).exit_code == 0


def test_a_failed_run_is_an_error_and_the_summary_is_there():
    Path("study").mkdir()
    result = study("-s", "evaluation.fitness=no_such_module:cost")
    assert result.exit_code == 2  # before there is a run
    assert list(Path("study").iterdir()) == []


def test_failures_exit_with_1(monkeypatch):
    from genesys_cli.errors import GenesysError

    def before(job):
        if job.seed == 2:
            raise GenesysError("the disk is full")

    in_this_process(monkeypatch, before)
    result = study("--require-solved")
    assert result.exit_code == 1
    assert "Error: 1 of 4 runs failed, seed 2; the first: the disk is full" in result.stderr
    assert "continue it  genesys evolve --resume study" in result.stdout
    in_this_process(monkeypatch)
    assert genesys("evolve", "--resume", "study").exit_code == 0


def test_ctrl_c_says_how_to_continue(monkeypatch):
    def before(job):
        if job.seed == 2:
            raise KeyboardInterrupt

    in_this_process(monkeypatch, before)
    result = study("--quiet")
    assert result.exit_code == 130
    assert result.stderr == "Interrupted. Continue with: genesys evolve --resume study\n"
    in_this_process(monkeypatch)
    assert json.loads(genesys("evolve", "--resume", "study", "--json", "--quiet").stdout)["finished"] == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--seeds 20", "for 20 seeds write --seeds 0-19, for one run with it --seed 20"),
        ("--seeds 0-3 --seed 4", "--seeds 0-3 is for a study and --seed 4 for one run: give one of the two"),
        ("--seeds 0-3 -s run.seed=4", "cannot be combined with --set run.seed"),
        ("--seeds 0-3 --resume study", "cannot be combined with --seeds 0-3"),
        ("--seeds 3-1", "3-1 descends"),
        ("--seeds 0-3,2", "2 overlaps"),
        ("--seeds -3", "'-3' is negative"),
        ("--resume nowhere", "nowhere is not a run, nor a study"),
        ("--resume folder", "folder is not a run, nor a study: it has neither a config.toml nor a study.toml"),
        ("--seeds 0-3 -p 1", "neat.population = 1"),
        ("--seeds 0-3 --log nothing", "there is no such log"),
        ("--seeds 0-3 -o preset.toml", "preset.toml exists already"),
    ],
)
def test_bad_input(words, said):
    Path("folder").mkdir()
    result = genesys("evolve", *words.split())
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not Path("runs").exists()


def test_a_dry_run_shows_settings_and_how_runs_share_the_cores():
    result = study("--dry-run", "-j", "2")
    assert settings_from_toml(result.stdout).neat.population == 24
    for line in ("# runs: 4", "# seeds: 0-3", "# side by side: 2", "# threads of each: 1"):
        assert line in result.stdout.splitlines()
    plan = json.loads(study("--dry-run", "--json").stdout)
    assert plan["seeds"] == "0-3"
    assert not Path("study").exists()


def test_options_reach_the_study(monkeypatch):
    noted = {}

    class Studies:
        @staticmethod
        def evolve(settings, seeds, run_dir, command, view, logs, *, require_repeatable):
            noted.update(settings=settings, seeds=seeds, run_dir=run_dir, logs=logs, required=require_repeatable)
            raise KeyboardInterrupt

    monkeypatch.setattr(genesys_cli.studies, "study", Studies)
    assert study("-j", "3", "--log", "jsonl", "--require-repeatable", seeds="1,4-5").exit_code == 130
    assert noted["settings"].run.threads == 3
    assert (noted["seeds"], noted["run_dir"], noted["logs"]) == ((1, 4, 5), Path("study"), ("jsonl",))
    assert noted["required"] is True


@pytest.fixture
def made():
    assert study("--quiet").exit_code == 0
    best = json.loads(Path("study/study.json").read_text())["best"]
    return best["seed"], f"study is a study: this is its run of seed {best['seed']}, whose champion is the best of 4"


@pytest.mark.parametrize("words", ["replay study", "replay --run study", "replay champion", "replay"])
def test_replay_plays_the_best_champion_and_says_which(made, words):
    seed, sentence = made
    result = genesys(*words.split(), "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["origin"].endswith(f"study/seed-{seed:04d}/champion.json")
    assert sentence.removeprefix("study") in result.stderr


def test_export_and_draw_take_the_best_champion(made):
    seed, sentence = made
    result = genesys("export", "study", "--output", "it.json")
    assert f"study/seed-{seed:04d}/champion.json" in result.stdout
    assert sentence in result.stderr
    result = genesys("inspect", "study", "--draw", "it.svg", "--json")
    document = json.loads(result.stdout)
    assert sentence in result.stderr
    assert document["network"]["origin"] == f"study/seed-{seed:04d}/champion.json"
    assert document["study"]["finished"] == 4
    assert Path("it.svg").is_file()


def test_inspect_shows_the_table(made):
    result = genesys("inspect")
    assert "generations to solve" in result.stdout
    assert result.stderr == ""
    assert "gen-00000.npz" in genesys("inspect", "gen:0", "--run", "study").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("inspect study --plot it.svg", "study is a study; genesys report draws studies"),
        ("inspect study --run study", "study is a folder, and --run study names another run"),
        ("replay gen:99 --run study", "has no checkpoint of that generation"),
    ],
)
def test_what_a_study_cannot_be_asked(made, words, said):
    result = genesys(*words.split())
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_single_run_of_a_study_is_a_run_like_any(made):
    assert "Report of a run" in Path(genesys("report", "study/seed-0002", "--no-film").stdout.strip()).read_text()
    assert "is complete" in genesys("evolve", "--resume", "study/seed-0002").stderr
