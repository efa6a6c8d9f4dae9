"""An island of a run: its folder, what has been computed of it, and what of that is written down."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ...errors import DamagedFileError
from ...evolution.loop import Loop
from ...evolution.state import RunState
from ...files.checkpoint import checkpoint_path, load
from ...files.folder import RunFolder
from ...files.writer import tidy
from ..recorder import Recorder
from .legs import Leg


class Island:
    """One of the islands.

    ahead: generations that are computed and not yet written down; rows: of metrics, that the run's table lacks
    last: the last generation that was computed here; before: the one before it, None: there was none
    """

    def __init__(self, number: int, folder: RunFolder, loop: Loop, state: RunState | None) -> None:
        """state: from which it goes on; None: it begins"""
        self.number, self.folder, self.loop = number, folder, loop
        self.ahead: deque[Leg] = deque()
        self.rows: deque[Mapping[str, Any]] = deque()
        self.last: Leg | None = None
        self._keep = loop.settings.run.keep
        # Checkpoints are removed when all islands have newer ones.
        run = loop.settings.run.model_copy(update={"keep": None})
        self.recorder = Recorder(folder, loop.settings.model_copy(update={"run": run}), state, ())

    @property
    def state(self) -> RunState | None:
        """Return the last generation that is written down."""
        return self.recorder.state

    @property
    def front(self) -> RunState | None:
        """Return the last generation that is computed."""
        return self.ahead[-1].state if self.ahead else self.state

    @property
    def next_generation(self) -> int:
        return 0 if self.front is None else self.front.generation + 1

    def solved(self, state: RunState | None) -> bool:
        return state is not None and self.loop.solved(state)

    def record(self, leg: Leg, *, last: bool) -> list[str]:
        """Write a generation down; return what is to be said of its faults."""
        begin = time.perf_counter() - leg.seconds
        sentences = self.recorder.record(leg.state, leg.row, leg.faults, begin=begin, last=last)
        self.rows.append(leg.row)
        self.last = leg
        return sentences

    def settle(self) -> None:
        """Wait until its checkpoints are on disk."""
        self.recorder.flush()

    def tidy(self) -> None:
        """Remove checkpoints that are not kept."""
        if self.state is not None:
            tidy(self.folder.checkpoints, self.state, self._keep)

    def stored(self, generation: int) -> RunState | None:
        """Return the state after an earlier generation; None where it is not on the disk."""
        path = checkpoint_path(self.folder.checkpoints, generation)
        with suppress(DamagedFileError):
            return load(path)[0] if path.is_file() else None
        return None

    def close(self) -> None:
        """Save what has no checkpoint yet."""
        self.recorder.close()
        self.tidy()
