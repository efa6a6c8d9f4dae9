"""A real process, interrupted or killed at some moment of its run, and resumed: the bits of an undisturbed run."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genesys_cli.config.load import to_toml
from genesys_cli.files.checkpoint import load
from genesys_cli.files.events import _events
from small_runs import bits, generations, newest, rows, start, tiny

GENERATIONS = 250
SETTINGS = ("neat.population=60", f"neat.generations={GENERATIONS}", "evaluation.episodes=2", "run.keep=3")
IN_WORKERS = (
    "CartPole",
    "environment.kwargs.sutton_barto_reward=false",
    "neat.population=40",
    "neat.generations=12",
    "evaluation.episodes=2",
    "run.threads=2",
)
PATIENCE_S = 300  # far beyond what anything takes, so that a fault fails instead of hanging


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that nothing disturbed; it also compiles the kernels."""
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", *SETTINGS), place / "run")


@pytest.fixture
def preset():
    """The same settings as a file."""
    Path("preset.toml").write_text(to_toml(tiny("CartPole", *SETTINGS)))


def genesys(*words, group=False):
    """group: in a process group of its own, as a shell starts it.

    It hears Ctrl-C also where whoever runs the tests does not, such as a shell's background.
    """
    code = "from signal import *; signal(SIGINT, default_int_handler); from genesys_cli.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=group,
    )


def at_generation(process, wanted):
    """Wait until the run has a checkpoint of this generation or a later one."""
    deadline = time.monotonic() + PATIENCE_S
    ended = False
    while time.monotonic() < deadline:
        if Path("run/checkpoints").is_dir() and (generations("run") or [-1])[-1] >= wanted:
            return  # also where it has ended meanwhile, since this process may have had to wait for its turn
        if ended:
            break
        ended = process.poll() is not None
        time.sleep(0.001)
    process.kill()
    pytest.fail(f"the run ended before generation {wanted}: {process.communicate()[1]}")


def stopped(wanted, how):
    process = genesys("evolve", "--preset", "preset.toml", "-o", "run", "--quiet", "--log", "jsonl,tensorboard")
    at_generation(process, wanted)
    process.send_signal(how)
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def resumed():
    process = genesys("evolve", "--resume", "run", "--json")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    return out, err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c(whole, preset):
    code, out, err = stopped(20, signal.SIGINT)
    assert code == 130, err
    assert out == ""
    assert err.splitlines()[-1] == "Interrupted. Continue with: genesys evolve --resume run"
    assert "Traceback" not in err
    state, _ = load(newest("run"))
    assert 20 <= state.generation < GENERATIONS - 1
    assert int(rows("run")[-1]["generation"]) == state.generation
    assert not Path("run/summary.json").exists()
    _, err = resumed()
    assert f"continuing run after generation {state.generation}" in err
    assert bits("run") == bits(whole)
    assert rows("run") == rows(whole)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_at_a_random_moment(whole, preset):
    moment = random.SystemRandom().randrange(GENERATIONS - 60)
    print(f"killed at generation {moment} or soon after")
    code, _, _ = stopped(moment, signal.SIGKILL)
    assert code in (-signal.SIGKILL, 0)  # 0 where this process woke up too late
    resumed()
    assert bits("run") == bits(whole)
    assert rows("run") == rows(whole)
    assert logged("run/metrics.jsonl") == [float(row["best_fitness"]) for row in rows(whole)]
    assert steps("run/tensorboard") == list(range(GENERATIONS))


def logged(path):
    return [json.loads(line)["best_fitness"] for line in Path(path).read_text().splitlines()]


def steps(folder):
    files = sorted(Path(folder).iterdir())
    return [event.step for path in files for _, event in _events(path) if event.summary.value]


@pytest.fixture
def whole_in_workers(tmp_path):
    """The run that nothing disturbed, of an environment that worker processes step."""
    return start(tiny(*IN_WORKERS), tmp_path / "whole")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for one process")
def test_ctrl_c_in_a_terminal_while_workers_play(whole_in_workers):
    """The interrupt reaches the workers as well, and leaves nobody behind."""
    Path("preset.toml").write_text(to_toml(tiny(*IN_WORKERS)))
    process = genesys("evolve", "--preset", "preset.toml", "-o", "run", "--quiet", group=True)
    at_generation(process, 2)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "Interrupted. Continue with: genesys evolve --resume run"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    resumed()
    assert bits("run") == bits(whole_in_workers)
    assert rows("run") == rows(whole_in_workers)
