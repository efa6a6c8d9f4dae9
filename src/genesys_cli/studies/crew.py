"""Runs side by side: each in one of a few processes, which carry out one run after the other.

A process takes seconds to start (Python, numba, kernels from disk), a run may take a tenth of one: so a process is kept
for many runs. What breaks it breaks the run that it was at, and no other.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

from .messages import Done, Failed, Generation, Gone, Job, Said, Setup, Stop

# Nothing of this package can be imported before the path is known.
_BOOT = """\
import os, pickle, sys
pipe = os.fdopen(os.dup(0), "rb")
sys.path[:] = pickle.load(pipe)
setup = pickle.load(pipe)
from genesys_cli.studies.child import main
main(pipe, setup)
"""
_KEPT = 8192  # bytes of what a process wrote
_LOOK_S = 1.0  # from one look at the processes to the next

News = queue.SimpleQueue[tuple["_Process", Any]]


class Hears(Protocol):
    """What is told of runs, by their seeds. lost: who carried one out, which goes on elsewhere"""

    def began(self, seed: int) -> None: ...
    def said(self, seed: int, text: str) -> None: ...
    def generation(self, seed: int, row: dict[str, Any]) -> None: ...
    def lost(self, seed: int, text: str) -> None: ...
    def done(self, seed: int) -> None: ...
    def failed(self, seed: int, why: str, trace: str) -> None: ...


class Crew:
    """Some processes, which start when there is work for them. To be closed, which ends them whatever they are at."""

    def __init__(self, setup: Setup, side_by_side: int) -> None:
        """side_by_side: how many runs are carried out at once"""
        self._setup = setup
        self._most = side_by_side
        self._news: News = queue.SimpleQueue()
        self._processes: list[_Process] = []

    def begin(self, job: Job) -> bool:
        """Begin a run, where there is a process for it; say whether there was one."""
        process = self._free()
        if process is None:
            return False
        process.give(job)
        return True

    def break_off(self) -> None:
        """Have the runs under way save where they are, and wait until they have; their processes end with them."""
        for process in self._processes:
            process.stop()
        for process in self._processes:
            process.wait()

    def carry_out(self, jobs: Iterable[Job], hears: Hears) -> None:
        """Carry out runs; those that fail are told of and end no others.

        On Ctrl-C the runs under way save where they are, and KeyboardInterrupt is raised when they have; with a second
        one they are killed.
        """
        waiting = deque(jobs)
        try:
            while True:
                while waiting and self.begin(waiting[0]):
                    hears.began(waiting.popleft().seed)
                if not any(process.job for process in self._processes):
                    return
                self.hear(hears)
        except KeyboardInterrupt:
            self.break_off()
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for process in self._processes:
            process.close()
        self._processes.clear()

    def _free(self) -> _Process | None:
        """Return a process that has nothing to do, a new one where there may be more; None: all are at work."""
        for process in self._processes:
            if process.job is None:
                return process
        if len(self._processes) < self._most:
            self._processes.append(_Process(self._setup, self._news))
            return self._processes[-1]
        return None

    def hear(self, hears: Hears, within: float = _LOOK_S) -> None:
        """Wait for a message, for some seconds, and pass it on."""
        try:
            process, message = self._news.get(timeout=within)  # without an end, Windows would not hear Ctrl-C
        except queue.Empty:
            found = [process for process in self._processes if process.died_unheard()]
            if not found:
                return
            process, message = found[0], Gone()
        if process not in self._processes:
            return
        if isinstance(message, Gone) or (isinstance(message, Failed) and message.trace):
            self._processes.remove(process)
            process.close()
        if process.job is None:
            return
        seed = process.job.seed
        if isinstance(message, Said):
            hears.said(seed, message.text)
        elif isinstance(message, Generation):
            hears.generation(seed, message.row)
        elif isinstance(message, Done):
            process.job = None
            hears.done(seed)
        elif isinstance(message, Failed):
            process.job = None
            hears.failed(seed, message.why, message.trace)
        elif isinstance(message, Gone):
            process.job = None
            hears.failed(seed, process.how_it_ended(), "")


class _Process:
    """One of the processes. job: what it is at"""

    def __init__(self, setup: Setup, news: News) -> None:
        self.job: Job | None = None
        self._news = news
        self._written = b""
        self._seen_dead = False
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process, which tells the others
        )
        self._threads = [
            threading.Thread(target=work, daemon=True, name=f"genesys-{work.__name__}")
            for work in (self._listen, self._collect)
        ]
        for thread in self._threads:
            thread.start()
        self._send([os.path.abspath(place) for place in sys.path])
        self._send(setup)

    def give(self, job: Job) -> None:
        self.job = job
        self._send(job)

    def stop(self) -> None:
        """Have it break off its run."""
        self._send(Stop())

    def wait(self) -> None:
        self._process.wait()

    def died_unheard(self) -> bool:
        """Say whether it was dead at the last look too; its pipe stays open where an environment has forked."""
        dead = self._process.poll() is not None
        unheard, self._seen_dead = dead and self._seen_dead, dead
        return unheard

    def how_it_ended(self) -> str:
        """Return why a process that has ended is no more, with the end of what it wrote."""
        code = self._process.wait()
        how = f"exited with code {code}"
        if code < 0:
            how = f"was killed by signal {-code}"
            with contextlib.suppress(ValueError):
                how = f"was killed by {signal.Signals(-code).name}"
        lines = [line.strip() for line in self._written.decode(errors="replace").splitlines() if line.strip()]
        return f"its process {how}" + (f" ({lines[-1]})" if lines else "")

    def close(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        for thread in self._threads:
            thread.join(timeout=1.0)  # an environment that has forked may hold the pipes open

    def _send(self, message: Any) -> None:
        """Send a message; if the process has died, that is found out elsewhere."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe, contextlib.suppress(Exception):  # the last message may be cut off
            while True:
                self._news.put((self, pickle.load(pipe)))
        self._news.put((self, Gone()))

    def _collect(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as pipe, contextlib.suppress(OSError, ValueError):
            while chunk := os.read(pipe.fileno(), 65536):
                self._written = (self._written + chunk)[-_KEPT:]
