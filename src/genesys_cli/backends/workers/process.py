"""One worker process, seen from the main process."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from typing import Any

from .messages import Gone, Grant, Setup, Stop, Wants

# Nothing of this package can be imported before the path is known; what Python would find by itself may be another
# version. Descriptor 0 is left alone because what reads it ahead of time would keep messages for itself.
_BOOT = """\
import os, pickle, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
pipe = os.fdopen(os.dup(0), "rb")
sys.path[:], setup = pickle.load(pipe)
from genesys_cli.backends.workers.worker import main
main(pipe, setup)
"""
_KEPT = 8192  # bytes of what a worker wrote
_PATIENCE = 3.0  # seconds in which a worker may close its environments

#: Libraries that would otherwise start a thread for each core, in each worker.
_SURROUNDINGS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
}


class WorkerProcess:
    """A process that was started just now, and what the pool knows of it.

    number: its number in the pool
    ready: whether it has said so
    wants: None, or how many episodes it had going on when it asked for more
    granted: what it was given in this evaluation and has not failed at; grants: in how many messages
    silent: seconds without a sign of life while an environment was at work; sign: the last one
    hung: whether it was killed for that
    """

    def __init__(self, setup: Setup, news: queue.SimpleQueue[tuple[WorkerProcess, Any]]) -> None:
        """news: where its messages go, the last of them :class:`Gone`."""
        self.number = setup.worker
        self.ready = False
        self.wants: int | None = None
        self.granted: set[int] = set()
        self.grants = 0
        self.silent = 0.0
        self.sign = b""
        self.hung = False
        self._seen_dead = False
        self._news = news
        self._written = b""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_SURROUNDINGS, **os.environ},
        )
        self._threads = [
            threading.Thread(target=work, daemon=True, name=f"genesys-{work.__name__}-{self.number}")
            for work in (self._listen, self._collect)
        ]
        for thread in self._threads:
            thread.start()
        path = [os.path.abspath(place) for place in sys.path]  # an empty place means the current folder
        self.send((path, pickle.dumps(setup)))

    def begin_evaluation(self) -> None:
        self.wants = None
        self.granted = set()
        self.grants = 0
        self.silent = 0.0

    def give(self, grant: Grant) -> None:
        """Send it more to play."""
        self.wants = None
        self.granted.update(grant.items)
        self.grants += 1
        self.send(grant)

    def answered(self, message: Wants) -> None:
        """Note what it says of this evaluation, unless that has crossed a grant on its way."""
        if message.grants == self.grants:
            self.wants = message.active

    @property
    def holds_grant(self) -> bool:
        """Whether it may be reading the population and writing results."""
        return self.grants > 0 and self.wants != 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: Any) -> None:
        """Send a message; if the process has died, that is found out elsewhere."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def died_unheard(self) -> bool:
        """Say whether it was dead at the last look too; its pipe stays open where its environment has forked."""
        dead = self._process.poll() is not None
        unheard, self._seen_dead = dead and self._seen_dead, dead
        return unheard

    def kill(self) -> None:
        self._process.kill()

    def how_it_ended(self) -> str:
        """Return, of a process that has ended, ``killed by SIGSEGV`` or ``exited with code 3``."""
        code = self._process.wait()
        if code >= 0:
            return f"exited with code {code}"
        with contextlib.suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
        return f"killed by signal {-code}"

    def last_words(self) -> str:
        """Return the end of what the process wrote to standard error (and output), without blank lines."""
        self._threads[1].join(timeout=1.0)  # a process that the environment started may hold the pipe open
        lines = self._written.decode(errors="replace").splitlines()
        return "\n".join(line.rstrip() for line in lines if line.strip())

    def ask_to_stop(self) -> None:
        self.send(Stop())

    def wait(self) -> None:
        """Wait until the process has ended; kill it where it takes its time."""
        process = self._process
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        for thread in self._threads:  # each closes its own pipe; closing it here would wait for whoever holds it open
            thread.join(timeout=1.0)

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
