"""What is written down of all islands together: a row for each generation, migrations, the best champion."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Any

from ...backends.evaluation import LOST
from ...config.schema import Settings
from ...evolution.faults import Record
from ...evolution.rows import Row
from ...files.faults import FaultLog
from ...files.folder import Metrics, RunFolder, read_metrics
from ...files.logs import Logs
from ...files.migrations import MigrationLog
from .island import Island
from .rows import best_of, row_of


class Journal:
    """The files of a run on islands that lie beside those of its islands; to be closed.

    generations: how many rows there are; immigrants: genomes that came from elsewhere, in all of them
    """

    def __init__(self, folder: RunFolder, settings: Settings, done: Mapping[int, int], logs: Sequence[str]) -> None:
        """done: by island, the last generation that is written down; what the files have beyond it is dropped

        logs: kinds of further logs
        """
        self._folder, self._settings = folder, settings
        self._minimise = settings.evaluation.minimise
        all_done = min((done.get(island, -1) for island in range(settings.islands.count)), default=-1)
        last = None if all_done < 0 else all_done
        with ExitStack() as files:
            self._metrics = files.enter_context(closing(Metrics(folder.metrics, last)))
            self._earlier_s = self._metrics.wall_time_s
            self.migrations = MigrationLog(folder.migrations, done)
            self.faults = FaultLog(folder.faults, last, settings.problem)
            rows = [] if last is None else read_metrics(folder.metrics)
            self._copies = files.enter_context(closing(Logs(folder.path, logs, rows)))
            self._files = files.pop_all()
        self.generations = len(rows)
        self.moved = len(self.migrations.kept)
        self._begin = self._lap = time.perf_counter()
        self._champion: Any = None

    def wall_time_s(self) -> float:
        """Return how long the run has taken, with what it took before it was resumed."""
        return self._earlier_s + time.perf_counter() - self._begin

    def lost(self, sentences: Sequence[str]) -> list[str]:
        """Write down what was lost; return what is to be said of it."""
        generation = self.generations
        return self.faults.append(
            [Record(generation, "training", None, 0, 0, LOST, sentence, False) for sentence in sentences]
        )

    def row(self, islands: Sequence[Island], traffic: Row) -> Row:
        """Write down the next generation of all islands, and return its row of metrics."""
        row = row_of([island.rows.popleft() for island in islands], minimise=self._minimise) | traffic
        now = time.perf_counter()
        row |= {"generation_s": now - self._lap, "wall_time_s": self.wall_time_s()}
        self._lap = now
        self._metrics.append(row)
        self._copies.append(row)
        self.generations += 1
        return row

    def champion(self, islands: Sequence[Island]) -> None:
        """Save the best champion where it is another one than before."""
        best = islands[best_island_of(islands, minimise=self._minimise)]
        champion = best.state.champion if best.state is not None else None
        if champion is not None and champion is not self._champion:
            self._champion = champion
            self._folder.save_champion(champion.told(self._minimise), best.loop.settings)

    def close(self) -> None:
        self._files.close()


def best_island_of(islands: Sequence[Island], *, minimise: bool) -> int:
    """Return the island with the best champion, the first of equals; 0 where there is none."""
    champions = [island.state.champion if island.state is not None else None for island in islands]
    told = [{"fitness": one and one.told(minimise).validated_fitness} for one in champions]
    return best_of(told, "fitness", minimise=minimise)
