"""Which species each genome belongs to, whether all genomes are here or not."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..compiled.threads import Threads
from ..genome.population import Population
from .kernels.distance import Coefficients, assign_species, found_species


class Assigned(NamedTuple):
    """Which species each genome belongs to: those of the generation before come first, then new ones.

    member_of: (P,) int32; known: species that there were; founded: new ones
    distances, genes: that were computed, and read for them
    """

    member_of: NDArray[np.int32]
    known: int
    founded: int
    distances: int
    genes: int


class Near(NamedTuple):
    """The first species that each genome is near to.

    member_of: (P,) int32, its index, -1: none; distances, genes: that were computed, and read for them
    """

    member_of: NDArray[np.int32]
    distances: int
    genes: int


class Genomes(Protocol):
    """The genomes of a generation, as species are made of them: here, or spread over a cluster."""

    @property
    def size(self) -> int:
        """How many there are, P."""

    def select(self, genomes: NDArray[np.int64]) -> Population:
        """Return copies of some genomes. genomes: (K,) indices, in the order that is wanted"""

    def near(self, representatives: Population, coefficients: Coefficients, threshold: float) -> Near:
        """Return the first species whose representative is nearer than `threshold`."""


class Here:
    """Genomes of this process."""

    def __init__(self, population: Population, threads: Threads) -> None:
        self._population, self._threads = population, threads

    @property
    def size(self) -> int:
        return self._population.size

    def select(self, genomes: NDArray[np.int64]) -> Population:
        everybody = len(genomes) == self.size and bool((np.diff(genomes) == 1).all())
        return self._population if everybody else self._population.select(genomes)

    def near(self, representatives: Population, coefficients: Coefficients, threshold: float) -> Near:
        size = self.size
        member_of = np.empty(size, np.int32)
        looked_at = np.zeros((len(self._threads.ranges(size)), 2), np.int64)

        def assign(k: int, lo: int, hi: int) -> None:
            looked_at[k] = assign_species(self._population, lo, hi, representatives, coefficients, threshold, member_of)

        self._threads.map(assign, size)
        return Near(member_of, *looked_at.sum(axis=0).tolist())


def assign(
    genomes: Genomes, representatives: Population | None, coefficients: Coefficients, threshold: float
) -> Assigned:
    """Give each genome the first species whose representative is near, or else a new one.

    representatives: of the species that there are; None: there are none
    """
    if representatives is None or not representatives.size:
        known, near = 0, Near(np.full(genomes.size, -1, np.int32), 0, 0)
    else:
        known, near = representatives.size, genomes.near(representatives, coefficients, threshold)
    member_of, distances, genes = near
    unassigned = np.flatnonzero(member_of < 0)
    if not len(unassigned):
        return Assigned(member_of, known, 0, distances, genes)
    # Whoever founds a species decides for those after it: one after the other, and here.
    candidates = genomes.select(unassigned)
    places, founders = np.arange(len(unassigned)), np.empty(len(unassigned), np.int64)
    chosen = np.empty(len(unassigned), np.int32)
    founded, more_distances, more_genes = found_species(
        candidates, places, known, coefficients, threshold, chosen, founders
    )
    member_of[unassigned] = chosen
    return Assigned(member_of, known, int(founded), distances + int(more_distances), genes + int(more_genes))
