"""Draws the parents of every child."""

from __future__ import annotations

import numpy as np

from ...compiled.jit import kernel
from ...compiled.philox import PARENTS, below, philox


@kernel
def choose_parents(
    order,
    starts,
    survivors,
    elites,
    counts,
    fitness,
    genes,
    crossover,
    interspecies,
    seed,
    generation,
    fitter,
    other,
    elite,
):
    """Fill a mating plan, species after species.

    order: (P,) int32, genomes sorted by species and, within one, best first
    starts, survivors, elites, counts: (S,) int64 for each breeding species: its first place in `order`, how many of its
        members may be parents, how many are copied, how many children it has
    genes: (P,) int64, connection genes of each genome; of equally fit parents the smaller counts as the fitter
    crossover, interspecies: uint64 thresholds of a 32-bit word
    fitter, other: (P,) int32, elite: (P,) uint8: written
    """
    child = 0
    n_species = len(starts)
    for s in range(n_species):
        for k in range(counts[s]):
            if k < elites[s]:
                fitter[child] = order[starts[s] + k]
                other[child] = fitter[child]
                elite[child] = 1
                child += 1
                continue
            r0, r1, r2, r3 = philox(seed, np.uint64(0), np.uint64(child), generation, np.uint64(PARENTS))
            a = order[starts[s] + np.int64(below(r0, np.uint64(survivors[s])))]
            b = a
            if r2 < crossover:
                mate = s
                if r3 < interspecies:
                    r3, _, _, _ = philox(seed, np.uint64(1), np.uint64(child), generation, np.uint64(PARENTS))
                    mate = (s + 1 + np.int64(below(r3, np.uint64(n_species - 1)))) % n_species
                b = order[starts[mate] + np.int64(below(r1, np.uint64(survivors[mate])))]
                if fitness[b] > fitness[a] or (fitness[b] == fitness[a] and genes[b] < genes[a]):
                    a, b = b, a
            fitter[child] = a
            other[child] = b
            elite[child] = 0
            child += 1
