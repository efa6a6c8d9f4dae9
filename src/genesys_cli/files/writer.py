"""The thread that writes checkpoints beside the computation, and what becomes of those that are not kept."""

from __future__ import annotations

import threading
from pathlib import Path

from ..evolution.state import RunState
from .checkpoint import checkpoint_path, checkpoints, generation_of, save
from .storage import disk_errors


class Writer:
    """Writes checkpoints in a thread. States are never changed after they are made, so nothing is copied for it.

    At most one checkpoint waits: a disk that cannot keep up slows the run instead of filling the memory. After an
    error nothing more is written, and every call raises it.
    """

    def __init__(self, folder: Path, settings_toml: str, keep: int | None) -> None:
        """keep: number of newest checkpoints that stay, beside the champion's; None: all."""
        self._folder = folder
        self._settings = settings_toml
        self._keep = keep
        self._changed = threading.Condition()  # guards the four below
        self._waiting: RunState | None = None
        self._writing = False
        self._closing = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="genesys-checkpoints", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until none waits any more, so that the next :meth:`put` returns at once."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is None)
        self._raise()

    def put(self, state: RunState) -> None:
        """Have `state` written; waits while another one is waiting already."""
        self.wait()
        with self._changed:
            self._waiting = state
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything is written that was put."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is None and not self._writing)
        self._raise()

    def close(self) -> None:
        """Wait until everything is written."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (state := self._next()) is not None:
            if self._error is None:
                try:
                    save(checkpoint_path(self._folder, state.generation), state, self._settings)
                    tidy(self._folder, state, self._keep)
                except BaseException as error:
                    self._error = error
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _next(self) -> RunState | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self._closing)
            state, self._waiting = self._waiting, None
            self._writing = state is not None
            self._changed.notify_all()
            return state


def tidy(folder: Path, state: RunState, keep: int | None) -> None:
    """Remove checkpoints that are not kept. Later ones than `state` are leftovers that a resume could not read.

    keep: number of newest ones that stay, beside the champion's; None: all
    """
    if keep is None:
        return
    spared = {state.champion.generation} if state.champion else set()
    earlier = [path for path in checkpoints(folder) if generation_of(path) <= state.generation]
    for path in earlier[keep:]:
        if generation_of(path) not in spared:
            with disk_errors(path):
                path.unlink(missing_ok=True)
