"""Has islands computed by the actors of a Ray cluster."""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from ...backends.cluster.actors import failing
from ...backends.cluster.crew import Crew
from ...backends.cluster.evaluator import setup_of
from ...backends.cluster.tiles import Tile
from ...backends.cluster.traffic import Traffic
from ...config.schema import Settings
from ...envs.spec import Environment
from ...errors import GenesysError
from ...evolution.rows import Row
from ...evolution.start import Start
from .legs import Source, Task
from .member import Islander, IslandSetup


class Actors:
    """Islands on a cluster: each actor computes one at a time. One that is lost is computed again by another."""

    def __init__(self, settings: Settings, env: Environment, start: Start | None) -> None:
        """Start the actors and wait for them; there must be a connection. settings: of the run; start: given genomes"""
        cluster = settings.cluster
        self._since = time.monotonic()
        self._crew = Crew(cluster, IslandSetup(setup_of(settings, env), start), Islander)
        try:
            self._crew.gather()
        except BaseException:
            self._crew.close()
            raise

    def run(self, source: Source) -> None:
        queue = _Queue(source)

        def call(tile: Tile) -> tuple[str, tuple[Any, ...]]:
            return "advance", (queue.packed[tile],)

        def heard(tile: Tile, found: Any) -> None:
            if isinstance(found, GenesysError):
                raise found
            source.heard(queue.done(tile), pickle.loads(found))

        try:
            with failing():
                self._crew.run(queue, call, heard)
        finally:
            self._crew.forget()

    def lost(self) -> list[str]:
        sentences, self._crew.lost = self._crew.lost, []
        return sentences

    def traffic(self) -> Row:
        found, self._crew.traffic = self._crew.traffic, Traffic()
        since, self._since = self._since, time.monotonic()
        return found.columns() | {"cluster_s": self._since - since}  # there is always a task under way

    def close(self) -> None:
        self._crew.close()


class _Queue:
    """Tasks as tiles: a row is an island, a column a generation of it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._again: deque[Tile] = deque()
        self._tasks: dict[Tile, Task] = {}
        self.packed: dict[Tile, bytes] = {}

    @property
    def left(self) -> int:
        return len(self._again) + self._source.left

    def take(self, share: float, rate: float | None) -> Tile | None:
        if self._again:
            return self._again.popleft()
        if (task := self._source.take()) is None:
            return None
        tile = Tile(task.island, task.island + 1, task.first, task.last + 1)
        self._tasks[tile], self.packed[tile] = task, pickle.dumps(task)
        return tile

    def give_back(self, tiles: Iterable[Tile]) -> None:
        self._again.extend(tiles)

    def done(self, tile: Tile) -> Task:
        del self.packed[tile]
        return self._tasks.pop(tile)
