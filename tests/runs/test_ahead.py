"""The process that compiles what will be needed later."""

import os
import subprocess
import sys
import time

import pytest

import slow_backend
from genesys_cli.config import backends
from genesys_cli.config.load import load_settings
from genesys_cli.runs import ahead
from genesys_cli.runs.ahead import BREEDING, CLOCK, COUNTING, LAYERS, PLAYING, Ahead, carry_out

WATCHED = """
import sys
from genesys_cli.compiled import jit
from genesys_cli.runs import ahead
from genesys_cli.config.load import load_settings
from genesys_cli.runs.ahead import BREEDING, CLOCK, COUNTING, LAYERS, Ahead, carry_out

if __name__ == "__main__":
    def settings(backend):
        return load_settings(None, "CartPole", [], {"run.backend": backend, "evaluation.validate_episodes": 4})
    ahead.usable_cores = lambda: 2
    jobs = {part: (part, settings("software")) for part in (BREEDING, COUNTING, LAYERS, CLOCK)}
    other = Ahead(jobs)
    other.wait()
    other.close()
    assert other.done(BREEDING) and other.done(COUNTING)
    once = Ahead({part: (part, settings("software")) for part in (LAYERS, CLOCK, BREEDING)})
    once.close()
    for part, backend in ((BREEDING, "software"), (COUNTING, "software"), (BREEDING, "genesys")):
        carry_out(part, settings(backend))
    print(jit.compilations())
"""


def settings(*overrides):
    return load_settings(None, "CartPole", overrides)


@pytest.mark.soak
def test_what_the_other_process_has_compiled_is_there(tmp_path):
    """The parts together are all that a run calls: this process compiles nothing of them."""
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    surroundings = os.environ | {"GENESYS_CACHE_DIR": str(tmp_path / "cache")}
    surroundings.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, str(script)], env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "cache").rglob("*.nbc"))
    assert done.stdout == "0\n"


@pytest.mark.parametrize("part", [BREEDING, CLOCK, COUNTING, LAYERS, PLAYING])
@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_every_part_can_be_carried_out(part, backend):
    carry_out(part, settings(f"run.backend={backend}"))


def test_a_backend_that_is_not_shipped_is_known_there_too(monkeypatch):
    monkeypatch.setattr(ahead, "usable_cores", lambda: 2)
    monkeypatch.setattr(backends, "_kinds", dict(backends._kinds))
    backends.register(slow_backend.KIND)
    other = Ahead({"slow": (BREEDING, settings("run.backend=slow"))})
    other.wait()
    assert other.done("slow")
    other.close()


def test_a_job_that_fails_is_not_done_and_not_waited_for(monkeypatch):
    monkeypatch.setattr(ahead, "usable_cores", lambda: 2)
    known = settings()
    nowhere = known.environment.model_copy(update={"id": "no_such_module:Nothing-v0"})
    other = Ahead({"broken": (BREEDING, known.model_copy(update={"environment": nowhere}))})
    other.wait()
    assert not other.done("broken")
    other.close()


@pytest.mark.parametrize(
    ("cores", "processes"), [(2, [{BREEDING, COUNTING}]), (3, [{BREEDING, COUNTING}, {LAYERS, CLOCK}])]
)
def test_what_is_needed_last_has_a_process_only_where_there_is_a_core_for_it(cores, processes, monkeypatch):
    started, carried = [], []
    monkeypatch.setattr(ahead, "usable_cores", lambda: cores)
    monkeypatch.setattr(ahead, "_Process", lambda jobs, *_: started.append(set(jobs)))
    monkeypatch.setattr(ahead, "carry_out", lambda part, _: carried.append(part))
    one = Ahead({part: (part, settings()) for part in (LAYERS, BREEDING, CLOCK, COUNTING)})
    assert started == processes
    one.help(PLAYING)  # nobody is at it, so there is nothing to wait for
    assert carried == []
    one.help(BREEDING)
    assert carried == ([LAYERS, CLOCK] if cores == 2 else [])
    assert all(map(one.done, carried))


def test_kernels_that_cannot_be_kept_are_not_compiled_ahead(monkeypatch):
    monkeypatch.setattr(ahead, "usable_cores", lambda: 2)
    monkeypatch.setattr(ahead, "kept", lambda: False)
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    other = Ahead({"breeding": (BREEDING, settings())})
    other.wait()
    other.close()


@pytest.mark.parametrize(("cores", "threads"), [(1, 0), (1, 2), (2, 1)])
def test_one_core_has_nobody_to_compile_ahead(cores, threads, monkeypatch):
    monkeypatch.setattr(ahead, "usable_cores", lambda: cores)
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    other = Ahead({"breeding": (BREEDING, settings(f"run.threads={threads}"))})
    other.wait("breeding")
    assert not other.done("breeding")
    other.close()


def test_the_other_process_ends_with_this_one(monkeypatch):
    """Whether this one closes it or just is no more."""
    monkeypatch.setattr(ahead, "usable_cores", lambda: 2)
    many = dict.fromkeys(map(str, range(300)), (BREEDING, settings()))
    closed, left = Ahead(many), Ahead(many)
    closed.close()
    (ended,), (orphan,) = closed._processes, left._processes
    assert ended._process.poll() is not None
    orphan._process.stdin.close()  # as the system does for a process that dies
    begin = time.monotonic()
    while orphan._process.poll() is None:
        assert time.monotonic() - begin < 60
        time.sleep(0.01)
    assert not left.done("299"), "it did all its work first"
    left.close()
