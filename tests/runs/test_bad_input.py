"""What a user can get wrong at the command line: exit code 2, one message on standard error, no traceback."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from small_runs import copied, newest, start, tiny


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", "neat.generations=3"), place / "run")


@pytest.fixture
def run(whole, tmp_path):
    return copied(whole, tmp_path / "run")


def refused(*words):
    """Call the command; return the message that it is refused with."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    result = CliRunner().invoke(main, [word for text in words for word in str(text).split()])
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(re.findall(r"^Error: ", result.stderr, re.MULTILINE)) == 1
    for path, data in before.items():
        assert path.read_bytes() == data, f"{path} was touched"
    return result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("-e CartPol", "did you mean 'CartPole'?"),
        ("-e Ant-v77", "did you mean 'Ant-v5'?"),
        ("-e ''", "environment"),
        ("--preset CartPol", "did you mean 'CartPole'?"),
        ("--preset nowhere.toml", "nowhere.toml"),
        ("-s neat.populaton=3", "did you mean 'neat.population'?"),
        ("-s population=3", "did you mean 'neat.population'?"),
        ("-s neat.population", "KEY=VALUE"),
        ("-s neat.population=many", "neat.population = 'many'"),
        ("-s neat.population=nan", "neat.population"),
        ("-s neat.activation_default=tahn", "did you mean 'tanh'?"),
        ("-p 1", "at least 2"),
        ("-p 0", "neat.population = 0"),
        ("-p -5", "neat.population = -5"),
        ("-p 1e3", "1e3"),
        ("-p 2.5", "2.5"),
        ("-p 2", "neat.elitism"),
        ("-g 0", "neat.generations = 0"),
        ("-g -1", "neat.generations = -1"),
        ("-n 0", "evaluation.episodes = 0"),
        ("-n -3", "evaluation.episodes = -3"),
        ("--validate 0", "evaluation.validate_episodes = 0"),
        ("--seed -1", "run.seed = -1"),
        (f"--seed {2**63}", f"run.seed = {2**63}"),
        ("-j -1", "run.threads = -1"),
        ("-j 100000", "run.threads = 100000"),
        ("--checkpoint-every 0", "run.checkpoint_every = 0"),
        ("--keep 0", "run.keep = 0"),
        ("-b genesis", "must be one of software"),
        ("-s environment.max_steps=0", "environment.max_steps = 0"),
        ("-s environment.kwargs.gravity=3", "takes no such argument; it takes sutton_barto_reward"),
        ("-s evaluation.observation_scale=[1,2]", "has 4 observations"),
        ("-s evaluation.observation_offset=[1,2,3,4,5]", "has 4 observations"),
        ("-s evaluation.solved_at=inf", "evaluation.solved_at"),
        ("-s neat.weight_min=5 -s neat.weight_max=-5", "neat.weight_max"),
        ("--nonsense", "--nonsense"),
        ("extra", "extra"),
    ],
)
def test_evolve(words, message):
    assert message in refused("evolve", words)
    assert not Path("runs").exists()


def test_evolve_tells_everything_at_once():
    message = refused("evolve -p 1 -g 0 --seed -1 -s neat.elitims=3 -s neat.node_add_prob=2 -b genesis")
    for part in ("neat.population", "neat.generations", "run.seed", "neat.elitism", "neat.node_add_prob", "software"):
        assert part in message
    assert message.startswith("Error: 6 settings cannot be used:")


def test_a_run_folder_that_exists(run):
    assert "--run-dir run exists already" in refused("evolve -o run")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("nowhere", "nowhere is not a run"),
        ("run/champion.json", "is not a run"),
        ("run/checkpoints", "is not a run"),
        ("run -p 50", "neat.population is 24 in run and cannot become 50"),
        ("run --seed 9", "run.seed is 0 in run and cannot become 9"),
        ("run -g 0", "neat.generations = 0"),
        ("run -s run.instances=many", "run.instances = 'many'"),
        ("run -s run.instances=0", "run.instances = 0"),
        ("run -s neat.population=50", "neat.population is 24 in run and cannot become 50"),
        ("run -s drift.length.to=2", "drift.length.to is None in run and cannot become 2"),
        ("run -s environment.kwargs.gravity=2", "environment.kwargs.gravity is None in run and cannot become 2"),
        ("run -s neat.pop_size=5 -s run.instances", "2 settings cannot be used"),
        ("run -j -2", "run.threads = -2"),
        ("run --keep -1", "run.keep = -1"),
        ("run -e CartPole", "cannot be combined with --env"),
        ("run -o elsewhere", "cannot be combined with --run-dir"),
    ],
)
def test_resume(run, words, message):
    assert message in refused("evolve --resume", words)


def test_resume_takes_what_changes_no_result_by_its_name(run):
    words = ["run.instances=2", "run.step_timeout=30", "run.keep=none", "neat.generations=4"]
    result = CliRunner().invoke(main, ["evolve", "--resume", "run", *(word for text in words for word in ("-s", text))])
    assert result.exit_code == 0, result.output
    text = (run / "config.toml").read_text(encoding="utf-8")
    assert "instances = 2\n" in text
    assert "step_timeout = 30" in text


def test_resume_without_a_sound_checkpoint(run):
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:1000])
    message = refused("evolve --resume run")
    assert "there is nothing to continue from" in message
    assert "start a new run without --resume" in message


def test_resume_says_what_it_uses_instead(run):
    newest(run).write_bytes(b"")
    result = CliRunner().invoke(main, ["evolve", "--resume", "run"])
    assert result.exit_code == 0
    assert "gen-00002.npz is truncated or altered" in result.stderr
    assert "continuing run after generation 1" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "there is no run here yet"),
        ("champion --run nowhere", "nowhere is not a run"),
        ("gen:999 --run run", "has no checkpoint of that generation"),
        ("gen:x --run run", "has no checkpoint of that generation"),
        ("nothing --run run", "names no network"),
        ("nowhere.npz", "does not exist"),
        ("run/config.toml", "damaged or not a champion"),
        ("run/metrics.csv", "damaged or not a champion"),
        ("run/summary.json", "not a genesys champion"),
        ("run -n 0", "-n"),
        ("run -n -1", "-n"),
        ("run --seed -1", "--seed"),
        ("run --render film", "--render"),
    ],
)
def test_replay(run, words, message):
    assert message in refused("replay", words)


def test_replay_of_a_damaged_champion(run):
    text = (run / "champion.json").read_text()
    (run / "champion.json").write_text(text.replace('"enabled": true', '"enabled": false', 1))
    assert "its contents do not match their checksum" in refused("replay run")


@pytest.mark.parametrize("words", ["presets show CartPol", "presets show nowhere.toml", "evovle", "envs extra"])
def test_other_commands(words):
    assert refused(words)


def test_nothing_at_all_is_a_question_for_help():
    result = CliRunner().invoke(main, [])
    assert "evolve" in result.output
    assert "Traceback" not in result.output
