"""Lets a population play on the nodes of a cluster, in any arithmetic."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.threads import Threads
from ...config import trust
from ...config.backends import added
from ...config.cluster import ClusterSettings
from ...config.schema import Settings
from ...config.toml import write
from ...envs.conditions import Conditions
from ...envs.data.env import DataEnv
from ...envs.problem.env import ProblemEnv
from ...envs.spec import Environment
from ...errors import GenesysError
from ...genome.population import Population
from ...neat.innovation import Counters
from ..evaluation import LOST, Fault
from ..played import Met, Played
from ..workers.messages import Rehearse, Rehearsed
from ..workers.supervisor import Patience
from ..workers.words import words_of
from .actors import failing
from .connection import ray_module
from .elsewhere import Elsewhere, Yard
from .member import Setup
from .merge import joined, met
from .same import code_of
from .tiles import Tile, Tiles
from .together import Together
from .traffic import Traffic, size_of


def setup_of(settings: Settings, env: Environment) -> Setup:
    """Return what actors are started with."""
    cores = settings.cluster.cores
    run = settings.run.model_copy(update={"threads": cores})
    alone = settings.model_copy(update={"cluster": ClusterSettings(), "run": run})
    table = isinstance(env, DataEnv)
    if isinstance(env, DataEnv):
        env.learnt()  # its rows travel with it: other nodes need not have the file
    trusted = trust.trusted_in(settings)
    return Setup(write(alone.tables()), cores, added(), trusted, env if table else None, code_of(env))


class ClusterEvaluator:
    """Plays episodes of one environment, as the settings say, with actors. Results do not depend on them."""

    def __init__(self, settings: Settings, env: Environment, threads: Threads, breeds: bool | None) -> None:
        """Start the actors, and wait for them; there must be a connection, see :func:`.connection.connected`.

        threads: of the driver; breeds: whether the actors breed genomes, too; None: that is yet to be decided
        """
        self._env = env
        self._at_once = isinstance(env, ProblemEnv) and env.at_once
        self._across = not isinstance(env, DataEnv)
        self._crew = Together(settings.cluster, setup_of(settings, env))
        self._yard = Yard(self._crew, settings.neat, threads, count())
        self.breeds, self.may_breed = breeds is True, breeds is None
        try:
            self._crew.gather()
        except BaseException:
            self._crew.close()
            raise

    def spread(self, population: Population, counters: Counters) -> Elsewhere | None:
        """Return genomes that the actors are to breed, and to hold from then on; None: they are bred here."""
        if not self.breeds:
            return None
        return Elsewhere.of(self._yard, population, counters)

    def play(
        self,
        population: Population | Elsewhere,
        seeds: Sequence[int],
        conditions: Conditions | None,
        keep_returns: bool,
    ) -> Played:
        """Let every genome play one episode for each of the `seeds`; see ``Backend.evaluate``."""
        if isinstance(population, Elsewhere):
            played = population.play(seeds, conditions, keep_returns)
        else:
            played = self._play_tiles(population, seeds, conditions, keep_returns)
        self._complain(played.faults, played.ended == (0, 0))
        return played._replace(faults=(*played.faults, *self._lost()))

    def _play_tiles(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played:
        moments = conditions is not None and conditions.moments
        across = self._at_once or (self._across and not moments)
        tiles = Tiles(population.size, len(seeds), across=across, whole=self._at_once)
        everybody = self._put(population) if self._at_once else None

        def call(tile: Tile, patience: Patience) -> tuple[str, tuple[Any, ...]]:
            genomes = everybody or population.select(np.arange(tile.lo, tile.hi))
            keep = keep_returns or (tile.first, tile.last) != (0, len(seeds))
            return "play", (genomes, list(seeds[tile.first : tile.last]), conditions, keep, patience)

        return joined(self._run(tiles, call), keep_returns=keep_returns)

    def meet(self, population: Population, together: NDArray[np.int32], seeds: Sequence[int]) -> Met:
        """Let genomes play matches; see ``Backend.meet``."""
        everybody = self._put(population)

        def call(tile: Tile, patience: Patience) -> tuple[str, tuple[Any, ...]]:
            return "meet", (everybody, together[tile.lo : tile.hi], list(seeds[tile.lo : tile.hi]), patience)

        found = met(self._run(Tiles(len(together), 1, across=False), call))
        self._complain(found.faults, found.ended == 0)
        return found._replace(faults=(*found.faults, *self._lost()))

    def rehearse(self, asked: Rehearse) -> Rehearsed | None:
        """Have an actor find out whether an environment repeats."""
        found: Rehearsed | None = self._crew.any_one("rehearse", asked)
        return found

    def processes(self) -> list[int]:
        """Return the ids of the actors' processes on this machine; others cost this machine nothing."""
        here = socket.gethostname()
        return [facts.pid for facts in self._crew.facts() if facts.node == here]

    def traffic(self) -> dict[str, int | float]:
        """Return what went over the network since the last call, as columns of metrics."""
        found, self._crew.traffic = self._crew.traffic, Traffic()
        return found.columns()

    def close(self) -> None:
        """End the actors."""
        self._crew.close()

    def _put(self, population: Population) -> Any:
        """Put genomes where every node gets them once, and return the reference."""
        self._crew.traffic.sent += size_of(population) * len({facts.node for facts in self._crew.facts()})
        with failing():
            return ray_module().put(population)

    def _run(self, tiles: Tiles, call: Any) -> list[tuple[Tile, Any]]:
        """Have all tiles evaluated; those that seem hopeless once more in the end, if others were not."""
        parts: list[tuple[Tile, Any]] = []
        doubtful: dict[Tile, GenesysError] = {}

        def heard(tile: Tile, found: Any) -> None:
            if isinstance(found, GenesysError):
                doubtful[tile] = found
            else:
                parts.append((tile, found))

        try:
            with failing():
                self._crew.run(tiles, lambda tile: call(tile, Patience.PART), heard)
                if doubtful:
                    if not any(np.any(found.ended) for _, found in parts):
                        raise min(doubtful.items())[1]
                    again = Tiles(0, 1, across=False)
                    again.give_back(doubtful)
                    doubtful = {}
                    self._crew.run(again, lambda tile: call(tile, Patience.ENDLESS), heard)
        finally:
            self._crew.forget()
        return parts

    def _complain(self, faults: Sequence[Fault], nothing: bool) -> None:
        """Raise GenesysError where every episode of an evaluation failed."""
        if nothing and faults and not isinstance(self._env, DataEnv):
            words = words_of(self._env)  # type: ignore[arg-type]
            raise GenesysError(words.complaint(words.none, faults[0]))

    def _lost(self) -> list[Fault]:
        sentences, self._crew.lost = self._crew.lost, []
        return [Fault(None, 0, 0, LOST, sentence, False) for sentence in sentences]
