"""Has islands computed by the actors of a Ray cluster."""

from __future__ import annotations

import pickle
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from ...backends.cluster.connection import ray_module
from ...backends.cluster.crew import Crew, reason
from ...backends.cluster.member import Setup
from ...backends.cluster.tiles import Tile
from ...backends.cluster.traffic import Traffic
from ...config import trust
from ...config.backends import added
from ...config.cluster import ClusterSettings
from ...config.schema import Settings
from ...config.toml import write
from ...envs.data.env import DataEnv
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
        run = settings.run.model_copy(update={"threads": cluster.cores})
        alone = settings.model_copy(update={"cluster": ClusterSettings(), "run": run})
        table = isinstance(env, DataEnv)
        if isinstance(env, DataEnv):
            env.learnt()  # its rows travel with it: other nodes need not have the file
        base = Setup(write(alone.tables()), cluster.cores, added(), trust.trusted_in(settings), env if table else None)
        self._since = time.monotonic()
        self._crew = Crew(cluster, IslandSetup(base, start), Islander)
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
            self._crew.run(queue, call, heard)
        except ray_module().exceptions.RayError as error:  # such as a full object store
            raise GenesysError(
                f"the cluster failed: {reason(error)}; the run can be resumed, there or elsewhere"
            ) from None
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
