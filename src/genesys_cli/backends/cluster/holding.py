"""What an actor holds of a population, and what it does with that where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.threads import Threads
from ...config.neat import NeatSettings
from ...errors import GenesysError
from ...genome.population import DTYPES, Population, concatenated
from ...neat.assignment import Here, Near
from ...neat.innovation import Inventions, Numbers, by_child, inventions_of
from ...neat.kernels.distance import Coefficients
from ...neat.kernels.offspring import Offspring
from ...neat.kernels.rates import Draws
from ...neat.reproduction import make_children, numbered
from ...neat.selection import MatingPlan

_KEPT = 2  # generations that are held: children, and their parents for whoever counts what was done


class NotHeldError(GenesysError):
    """Genomes are asked for that an actor does not have, because it was started anew."""


class Made(NamedTuple):
    """Children of an actor's.

    inventions: what they invented; their places are those among these children
    nodes, conns: (C,) int32, how many genes each has; counts: of their making
    received: bytes of genomes that came from other actors
    """

    inventions: Inventions
    nodes: NDArray[np.int32]
    conns: NDArray[np.int32]
    counts: dict[str, int]
    received: int


class Holding:
    """Shards of the newest generations, by the number under which the driver knows them."""

    def __init__(self, neat: NeatSettings, threads: Threads) -> None:
        self._neat, self._threads = neat, threads
        self._held: dict[int, Population] = {}
        self._unnumbered: tuple[int, Offspring, Inventions] | None = None

    def hold(self, key: int, genomes: Population) -> None:
        """Take genomes from the driver."""
        self._held = {key: writable(genomes)}

    def select(self, key: int, places: NDArray[np.int32]) -> Population:
        """Return copies of genomes. places: (K,)"""
        return self.genomes(key).select(places)

    def genomes(self, key: int) -> Population:
        """Return what is held of a generation."""
        if key not in self._held:
            raise NotHeldError("this actor was started anew, and holds no genomes")
        return self._held[key]

    def export(self, key: int, places: Sequence[NDArray[np.int32]]) -> list[Population]:
        """Return copies of genomes, for one other actor after the other."""
        return [self.genomes(key).select(each) for each in places]

    def near(self, key: int, representatives: Population, coefficients: Coefficients, threshold: float) -> Near:
        """Return the first species that each genome is near to, see ``Genomes.near``."""
        return Here(self.genomes(key), self._threads).near(writable(representatives), coefficients, threshold)

    def breed(
        self,
        keys: tuple[int, int],
        children: NDArray[np.uint32],
        plan: MatingPlan,
        own: tuple[int, NDArray[np.int32]],
        draws: tuple[int, int],
        *others: Population,
    ) -> Made:
        """Make children, up to the numbers of what they invent.

        keys: of the parents' generation and of the children's; children, plan: see ``shards.Brood``
        own: how many others come before the parents that are held here, and the places of these
        draws: seed and generation; others: parents from elsewhere
        """
        before, places = own
        mine = [self.genomes(keys[0]).select(places)] if len(places) else []
        pool = concatenated([*others[:before], *mine, *others[before:]])
        plan = MatingPlan(np.array(plan.fitter), np.array(plan.other), np.array(plan.elite))
        where = Draws(np.uint64(draws[0]), np.uint64(draws[1]))
        individuals = children.astype(np.uint64)
        offspring, counts = make_children(pool, plan, individuals, self._neat, where, self._threads)
        found = inventions_of(offspring)
        self._unnumbered = keys[1], offspring, found
        received = sum(array.nbytes for other in others for array in other.arrays().values())
        return Made(found, offspring.n_nodes, offspring.n_conns, counts, received)

    def number(self, key: int, numbers: Numbers) -> None:
        """Give the children their numbers, and hold them."""
        if self._unnumbered is None or self._unnumbered[0] != key:
            raise NotHeldError("this actor was started anew, and has made no children")
        _, offspring, found = self._unnumbered
        self._unnumbered = None
        spread = by_child(numbers, found.splitters, found.joiners, len(offspring.n_nodes))
        self._held[key] = numbered(offspring, spread, self._threads)
        for old in sorted(self._held)[:-_KEPT]:
            del self._held[old]


def writable(population: Population) -> Population:
    """Return a copy: what lies in an object store may only be read, which would be another type to kernels."""
    arrays: dict[str, Any] = {name: np.array(getattr(population, name)) for name in DTYPES}
    return population._replace(**arrays)
