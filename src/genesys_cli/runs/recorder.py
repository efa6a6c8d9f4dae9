"""Writes down what a run computes, generation by generation: rows, species, faults, logs, champion, checkpoints."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Any

from ..config.schema import Settings
from ..costs.estimates import WINDOW
from ..evolution.faults import Record
from ..evolution.rows import Row
from ..evolution.state import Champion, RunState
from ..files.faults import FaultLog
from ..files.folder import Metrics, RunFolder, read_metrics
from ..files.identity import decisive_toml
from ..files.logs import Logs
from ..files.species import SpeciesLog
from ..files.writer import Writer
from .interrupts import interrupts_wait


class Recorder:
    """The files of a run that goes on; to be closed, which saves what has no checkpoint yet.

    state: the last generation that was written down; None: there is none yet
    rows: of metrics, of the generations that there were at the begin
    recent: the last row of metrics and the rows before it, WINDOW at most
    invalid: fitness that was not finite, over all generations; faults: what went wrong in environments
    """

    def __init__(self, folder: RunFolder, settings: Settings, state: RunState | None, logs: Sequence[str]) -> None:
        """state: from which the run goes on; what the files have beyond it is dropped. logs: kinds of further logs"""
        done = None if state is None else state.generation
        self.state = state
        self._folder, self._settings = folder, settings
        self._begin = time.perf_counter()
        with ExitStack() as files:
            self._metrics = files.enter_context(closing(Metrics(folder.metrics, done)))
            self.faults = FaultLog(folder.faults, done, settings.problem)
            self._species = SpeciesLog(folder.species, done)
            rows = [] if done is None else read_metrics(folder.metrics)
            self._copies = files.enter_context(closing(Logs(folder.path, logs, rows)))
            writer = Writer(folder.checkpoints, decisive_toml(settings), settings.run.keep)
            self._writer = files.enter_context(closing(writer))
            self._files = files.pop_all()
        self._earlier_s = self._metrics.wall_time_s
        self.rows: Sequence[Mapping[str, Any]] = rows
        self.recent: deque[Mapping[str, Any]] = deque(rows, WINDOW)
        self.invalid = sum(int(row.get("invalid_fitness") or 0) for row in rows)
        self._champion: Champion | None = None
        self._saved = done

    def wall_time_s(self) -> float:
        """Return how long the run has taken, with what it took before it was resumed."""
        return self._earlier_s + time.perf_counter() - self._begin

    def record(self, found: RunState, row: Row, faults: Sequence[Record], *, begin: float, last: bool) -> list[str]:
        """Write down a generation, and return what is to be said of its faults.

        row: of metrics; the times that are known only now are added to it
        begin: by ``time.perf_counter``, when its computation began; last: whether the run ends with it
        """
        computed = time.perf_counter()
        due = last or (found.generation + 1) % self._settings.run.checkpoint_every == 0
        if due:
            self._writer.wait()
            found = found.gathered()
        self._save_champion(found.champion)
        now = time.perf_counter()
        wall = self._earlier_s + now - self._begin
        row |= {"checkpoint_s": now - computed, "generation_s": now - begin, "wall_time_s": wall}
        # A generation's faults, species and row come before its checkpoint. Whenever the run dies, none is missing that
        # a resume could not compute again; one too many is dropped then.
        with interrupts_wait():  # or Ctrl-C would leave a row whose generation `close` cannot save
            sentences = self.faults.append(faults)
            self._species.append(found, minimise=self._settings.evaluation.minimise)
            self._metrics.append(row)
            self._copies.append(row)
            self.recent.append(row)
            self.state = found
        self.invalid += row["invalid_fitness"]
        if due:
            self._save(found)
        return sentences

    def flush(self) -> None:
        """Wait until checkpoints that are due are on disk."""
        self._writer.flush()

    def close(self) -> None:
        """Save the last generation, also where the run was broken off; a checkpoint under way is finished."""
        with self._files:
            if self.state is not None and self.state.generation != self._saved:
                self._save(self.state)

    def _save(self, state: RunState) -> None:
        self._writer.put(state.gathered())
        self._saved = state.generation

    def _save_champion(self, champion: Champion | None) -> None:
        if champion is not None and champion is not self._champion:
            self._champion = champion
            self._folder.save_champion(champion.told(self._settings.evaluation.minimise), self._settings)
