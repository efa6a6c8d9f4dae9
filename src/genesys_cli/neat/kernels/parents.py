"""Draws the parents of every child."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import kernel
from ...compiled.philox import PARENTS, below, philox


class Ranking(NamedTuple):
    """The S species that have offspring, and which of their members may be parents.

    order: (P,) int32, all genomes sorted by species and, within one, best first
    starts, survivors, elites, offspring: (S,) int64 of each species: its first place in `order`, how many of its
        members may be parents, how many are copied, how many children it has
    fitness: (P,) float64; handicap: (P,) int64, of two equally fit parents the one with less counts as the fitter
    """

    order: NDArray[np.int32]
    starts: NDArray[np.int64]
    survivors: NDArray[np.int64]
    elites: NDArray[np.int64]
    offspring: NDArray[np.int64]
    fitness: NDArray[np.float64]
    handicap: NDArray[np.int64]


class Pairing(NamedTuple):
    """Chances as thresholds of 32-bit random words: that there is a second parent; that it may be of any species."""

    crossover: np.uint64
    interspecies: np.uint64


@kernel
def choose_parents(ranking, pairing, draws, plan):
    """Fill a ``MatingPlan``, species after species.

    ranking: ``Ranking``
    pairing: ``Pairing``; draws: ``Draws``; plan: its three arrays are written
    """
    order, fitness, handicap = ranking.order, ranking.fitness, ranking.handicap
    child = 0
    n_species = len(ranking.starts)
    for s in range(n_species):
        start = ranking.starts[s]
        for k in range(ranking.offspring[s]):
            if k < ranking.elites[s]:
                plan.fitter[child] = order[start + k]
                plan.other[child] = order[start + k]
                plan.elite[child] = 1
                child += 1
                continue
            r0, r1, r2, r3 = philox(draws.seed, np.uint64(0), np.uint64(child), draws.generation, np.uint64(PARENTS))
            a = order[start + np.int64(below(r0, np.uint64(ranking.survivors[s])))]
            b = a
            if r2 < pairing.crossover:
                mate = s
                if n_species > 1 and r3 < pairing.interspecies:
                    r3, _, _, _ = philox(
                        draws.seed, np.uint64(1), np.uint64(child), draws.generation, np.uint64(PARENTS)
                    )
                    mate = (s + 1 + np.int64(below(r3, np.uint64(n_species - 1)))) % n_species
                b = order[ranking.starts[mate] + np.int64(below(r1, np.uint64(ranking.survivors[mate])))]
                if fitness[b] > fitness[a] or (fitness[b] == fitness[a] and handicap[b] < handicap[a]):
                    a, b = b, a
            plan.fitter[child] = a
            plan.other[child] = b
            plan.elite[child] = 0
            child += 1
