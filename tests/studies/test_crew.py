"""Processes that carry out runs: what happens to one run happens to no other."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from genesys_cli.config.load import to_toml
from genesys_cli.config.seeds import parse_seeds
from genesys_cli.studies import crew
from genesys_cli.studies import study as studies
from genesys_cli.studies.messages import Job, Setup
from small_runs import bits, generations, rows, start, tiny
from small_studies import StudyWatcher, small

PATIENCE_S = 300  # far beyond what anything takes, so that a fault fails instead of hanging

# What happens to a run is for its seed to say; nothing is evolved.
FATES = """
import os, signal, time
import genesys_cli.studies.child as child

def begin(settings, place, command, teller, *_, **__):
    seed = settings.run.seed
    teller.message("begun")
    teller.generation(dict.fromkeys(child.SHOWN, seed))
    if seed == 1:
        raise child.GenesysError("the disk is full")
    if seed == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if seed == 3:
        raise ZeroDivisionError("a bug")
    if seed == 4:
        print("last words", flush=True)
        os._exit(7)
    if seed >= 6:
        try:
            place.mkdir()
            time.sleep(600)
        except KeyboardInterrupt:
            (place / "saved").touch()
            raise

child.runs.begin = begin
main(pipe, setup)
"""


class Heard:
    def __init__(self, interrupt_at=None):
        self.notes, self.failures, self.rows, self.traces = [], {}, {}, {}
        self._interrupt_at = interrupt_at

    def began(self, seed):
        self.notes.append(("began", seed))

    def said(self, seed, text):
        self.notes.append((text, seed))

    def generation(self, seed, row):
        self.rows[seed] = row["generation"]
        if len(self.rows) == self._interrupt_at:
            deadline = time.monotonic() + PATIENCE_S
            while len(list(Path().glob("run-*"))) < self._interrupt_at and time.monotonic() < deadline:
                time.sleep(0.01)
            raise KeyboardInterrupt

    def done(self, seed):
        self.notes.append(("done", seed))

    def failed(self, seed, why, trace):
        self.failures[seed], self.traces[seed] = why, trace


@pytest.fixture
def fates(monkeypatch):
    monkeypatch.setattr(crew, "_BOOT", crew._BOOT.replace("main(pipe, setup)\n", FATES))


def jobs(seeds):
    return [
        Job(seed, f"run-{seed}", to_toml(tiny("CartPole", f"run.seed={seed}")), None) for seed in parse_seeds(seeds)
    ]


def carry_out(jobs, side_by_side, heard):
    with closing(crew.Crew(Setup([], [], [], (), False), side_by_side)) as processes:
        processes.carry_out(jobs, heard)


def test_what_ends_one_run_ends_no_other(fates):
    heard = Heard()
    carry_out(jobs("0-5"), 1, heard)
    assert [seed for what, seed in heard.notes if what == "began"] == list(range(6))
    assert [seed for what, seed in heard.notes if what == "begun"] == list(range(6))
    assert [seed for what, seed in heard.notes if what == "done"] == [0, 5]
    assert heard.rows == {seed: seed for seed in range(6)}
    assert heard.failures == {
        1: "the disk is full",
        2: "its process was killed by SIGKILL",
        3: "ZeroDivisionError: a bug",
        4: "its process exited with code 7 (last words)",
    }
    assert "in begin\nZeroDivisionError: a bug" in heard.traces[3]
    assert not heard.traces[1]


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot wake a process that sleeps")
def test_ctrl_c_lets_the_runs_under_way_save_themselves(fates):
    heard = Heard(interrupt_at=2)
    with pytest.raises(KeyboardInterrupt):
        carry_out(jobs("6-9"), 2, heard)
    assert sorted(path.parent.name for path in Path().glob("run-*/saved")) == ["run-6", "run-7"]
    assert [seed for what, seed in heard.notes if what == "began"] == [6, 7]


def test_runs_in_processes_of_their_own_have_the_bits_of_runs_alone():
    watcher = StudyWatcher()
    summary = studies.evolve(small("run.threads=1"), (0, 3), Path("study"), ["genesys"], watcher)
    assert (watcher.side_by_side, summary["finished"], summary["failed"]) == (1, 2, [])
    for seed in (0, 3):
        alone = start(small(f"run.seed={seed}"), f"alone-{seed}")
        assert bits(f"study/seed-{seed:04d}") == bits(alone)
        assert rows(f"study/seed-{seed:04d}") == rows(alone)


@pytest.mark.soak
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_and_kill_on_the_command_line():
    """A study that hears Ctrl-C in a terminal, is resumed and killed, and resumed again, has the bits of its runs."""
    settings = tiny("CartPole", "neat.population=60", "neat.generations=300", "evaluation.episodes=2", "run.keep=3")
    Path("preset.toml").write_text(to_toml(settings))
    process = genesys("evolve", "--preset", "preset.toml", "--seeds", "0,5", "-o", "study", "-j", "2")
    at_generation(process, 20)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert err.splitlines()[-1] == "Interrupted. Continue with: genesys evolve --resume study"
    assert "Traceback" not in err
    assert not Path("study/study.json").exists()
    process = genesys("evolve", "--resume", "study", "--quiet")
    at_generation(process, 100)
    process.kill()
    process.communicate(timeout=PATIENCE_S)
    process = genesys("evolve", "--resume", "study", "--quiet", "--json")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert '"finished": 2' in out
    for seed in (0, 5):
        whole = settings.model_copy(update={"run": settings.run.model_copy(update={"seed": seed})})
        alone = start(whole, f"alone-{seed}")
        assert bits(f"study/seed-{seed:04d}") == bits(alone)
        assert rows(f"study/seed-{seed:04d}") == rows(alone)


def genesys(*words):
    code = "from signal import *; signal(SIGINT, default_int_handler); from genesys_cli.cli.main import main; main()"
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def at_generation(process, wanted):
    """Wait until both runs have a checkpoint of this generation or a later one."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        places = list(Path("study").glob("seed-*/checkpoints"))
        if len(places) == 2 and all((generations(place.parent) or [-1])[-1] >= wanted for place in places):
            return
        time.sleep(0.001)
    process.kill()
    pytest.fail(f"the runs ended before generation {wanted}: {process.communicate()[1]}")
