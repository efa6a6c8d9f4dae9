"""Workers end when they are told, and when there is nobody left to tell them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backends.fault_envs import ID
from backends.workers.playing import Playing, population_of
from genesys_cli.backends.workers.supervisor import Supervisor

PATIENCE_S = 60

# An evaluation in which both workers hang, in a process of its own that says who they are.
HANGING = """
import tempfile
from pathlib import Path
from genesys_cli.backends.workers import board
if {temporary}:
    board._unnamed_memory = lambda: None
from backends.workers.playing import Playing
playing = Playing()
backend = playing.backend({id!r}, workers=2, kind={kind!r}, bad=[5, 6, 7])[2]
backend._evaluator.pool._news.get(), backend._evaluator.pool._news.get()  # both are ready
for worker in backend._evaluator.pool._crew:
    worker.ready = True
print(*backend._evaluator.pool.pids, flush=True)
playing.evaluate({id!r}, workers=2, kind={kind!r}, bad=[5, 6, 7])
"""


def gone(pids, seconds=PATIENCE_S):
    """Wait until none of the processes is there any more."""
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError):  # somebody who has ended may be waiting to be asked how
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return True


DEAF = pytest.param(
    False, signal.SIGKILL, "hang deaf", marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux can")
)


@pytest.mark.parametrize(
    ("temporary", "how", "kind"), [(False, signal.SIGKILL, "hang"), (True, signal.SIGTERM, "hang"), DEAF]
)
def test_no_worker_outlives_the_main_process(tmp_path, temporary, how, kind):
    program = HANGING.format(temporary=temporary, id=ID, kind=kind)
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=surroundings) as process:
        try:
            pids = [int(pid) for pid in process.stdout.readline().split()]
            assert len(pids) == 2
            time.sleep(0.3)  # until they hang; it would have to pass without it as well
            assert all(map(alive, pids))
            assert len(list(tmp_path.glob("genesys-*"))) == temporary
            process.send_signal(how)
            process.wait(PATIENCE_S)
        finally:
            process.kill()
    assert gone(pids)
    assert list(tmp_path.glob("genesys-*")) == []


def test_closing_ends_the_workers():
    playing = Playing()
    pool = playing.backend(ID, workers=2)[2]._evaluator.pool
    pids = pool.pids
    playing.close()
    assert gone(pids, 0)
    assert pool.pids == []
    playing.close()


def test_an_interrupt_ends_the_workers_and_the_next_evaluation_starts_others(playing, monkeypatch):
    expected = playing.evaluate(ID, workers=2)
    found, settings, backend = playing.backend(ID, workers=2)
    before = backend._evaluator.pool.pids

    def interrupted(self, worker, message):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Supervisor, "_hear", interrupted)
        with pytest.raises(KeyboardInterrupt):
            backend.evaluate(population_of(found, settings), [5])
    assert gone(before, 0)
    again = playing.evaluate(ID, workers=2)
    assert again.returns.tolist() == expected.returns.tolist()


def test_workers_ignore_the_interrupt_of_a_terminal(playing):
    """Ctrl-C reaches every process of the terminal; only the main one ends, and ends the others."""
    expected = playing.evaluate(ID, workers=2)
    pids = playing.backend(ID, workers=2)[2]._evaluator.pool.pids
    for pid in pids:
        os.kill(pid, signal.SIGINT)
    assert playing.evaluate(ID, workers=2).returns.tolist() == expected.returns.tolist()
    assert playing.backend(ID, workers=2)[2]._evaluator.pool.pids == pids
