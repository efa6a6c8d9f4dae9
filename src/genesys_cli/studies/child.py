"""A process that carries out runs of a study, one after the other."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from ..config.backends import register_all
from ..config.load import settings_from_toml
from ..config.schema import Settings
from ..config.trust import trust
from ..errors import GenesysError
from ..runs import evolve as runs
from .messages import Done, Failed, Generation, Job, Said, Setup, Stop

SHOWN = ("generation", "best_fitness", "champion_fitness", "species", "generation_s", "wall_time_s")
_EVERY_S = 0.1  # seconds between two generations that are told


def main(incoming: BinaryIO, setup: Setup) -> None:
    """Carry out runs until there are no more, or the study is no more; never returns."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the study does not hear it
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # which Ray's processes block
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what environments print is no message
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, jobs), daemon=True, name="genesys-listen").start()

    def send(message: Any) -> None:
        pickle.dump(message, outgoing)
        outgoing.flush()

    try:
        register_all(setup.backends)
        trust(setup.trusted)
        while (job := jobs.get()) is not None:
            try:
                _carry_out(job, setup, _Teller(send))
            except GenesysError as error:
                send(Failed(str(error)))
            else:
                send(Done())
    except KeyboardInterrupt:
        pass
    except BaseException as error:
        send(Failed(f"{type(error).__name__}: {error}", traceback.format_exc()))
    finally:
        sys.stderr.flush()
        os._exit(0)  # without waiting for what environments may have left running


def _carry_out(job: Job, setup: Setup, teller: _Teller) -> None:
    """Carry a run to its end: from its beginning, or from its newest checkpoint."""
    place = Path(job.run_dir)
    if job.flags is None:
        settings = settings_from_toml(job.settings, "from the study")
        runs.begin(
            settings,
            place,
            setup.command,
            teller,
            setup.logs,
            require_repeatable=setup.require_repeatable,
            start=job.start or (),
            latest=False,
            env=setup.env,
        )
    else:
        required = setup.require_repeatable
        runs.resume(place, job.flags, setup.command, teller, setup.logs, require_repeatable=required, env=setup.env)


class _Teller:
    """Passes on what a run tells, of its generations some now and then."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._next = 0.0

    def message(self, text: str) -> None:
        self._send(Said(text))

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None:
        pass

    def generation(self, row: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _EVERY_S
            self._send(Generation({key: row[key] for key in SHOWN}))

    def finish(self, summary: Mapping[str, Any]) -> None:
        pass


def _listen(incoming: BinaryIO, jobs: queue.SimpleQueue[Job | None]) -> None:
    """Pass jobs on. When there can be no more messages, the study is gone, and this process ends in whatever it is at:
    a resume goes on from its checkpoints."""
    try:
        while True:
            message = pickle.load(incoming)
            if isinstance(message, Stop):
                _interrupt()
            else:
                jobs.put(message)
    except EOFError:
        pass
    finally:
        os._exit(0)


def _interrupt() -> None:
    """Have the main thread hear Ctrl-C, also where it waits in the system."""
    if hasattr(signal, "pthread_kill"):
        main_thread = threading.main_thread().ident
        assert main_thread is not None
        signal.pthread_kill(main_thread, signal.SIGINT)
    else:
        import _thread

        _thread.interrupt_main()
