"""Who has children with whom: fitness sharing, stagnation, survival, elites, parent pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config.schema import NeatSettings
from ..genome.population import Population
from .kernels.parents import choose_parents
from .kernels.rates import threshold
from .speciation import Species, species_fitness

UNSOUND = -1e30
"""Fitness of a generation in which nobody's is finite: safe to sum. Only selection ever sees it."""

LARGEST = 1e300
"""Size of a fitness beyond which a larger one makes no difference: sums over a population stay finite."""


class MatingPlan(NamedTuple):
    """The next generation before its children exist, each (P,).

    fitter, other: int32, indices of the parents; the same twice means mutation without crossover
    elite: uint8, 1 where the child is an unchanged copy of `fitter`
    """

    fitter: NDArray[np.int32]
    other: NDArray[np.int32]
    elite: NDArray[np.uint8]


def sound_fitness(fitness: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Return the fitness with everything not finite replaced by the worst finite one, and how many there were.

    The others are limited to ±LARGEST.
    """
    if np.abs(fitness).max() <= LARGEST:  # false of NaN, too
        return fitness, 0
    bad = ~np.isfinite(fitness)
    count = int(bad.sum())
    worst = fitness[~bad].min() if count < len(fitness) else UNSOUND
    return np.clip(np.where(bad, worst, fitness), -LARGEST, LARGEST), count


def stagnant_species(
    species: Species, fitness: NDArray[np.float64], neat: NeatSettings, generation: int
) -> NDArray[np.bool_]:
    """Say which species have not improved for too long, (S,) bool; the best ``species_elitism``, or 1, are spared."""
    now = species_fitness(species.member_of, fitness, species.number, neat.species_fitness)
    stagnant = generation - species.improved > neat.max_stagnation
    ranked = np.lexsort((species.ids, -now))  # best first, the older of equals first
    stagnant[ranked[: max(1, neat.species_elitism)]] = False
    return stagnant


def offspring_counts(
    adjusted: NDArray[np.float64], sizes: NDArray[np.int64], total: int, least: int
) -> NDArray[np.int64]:
    """Return how many children each species has, (S,) int64, exactly `total` in all.

    Each species moves half the way from its present size to its share of the adjusted fitness, as in neat-python; then
    all are scaled to `total`, and what rounding left over goes to the smallest or is taken from the largest.

    adjusted: (S,) float64 >= 0; sizes: (S,) int64, present sizes; least: children of any species, if there is room
    """
    least = max(1, min(least, total // len(sizes)))
    share = adjusted.sum()
    wanted = np.full(len(sizes), float(least))
    if share > 0:
        wanted = np.maximum(least, adjusted / share * total)
    step = (wanted - sizes) * 0.5
    rounded = np.rint(step)
    moved = sizes + np.where(rounded != 0, rounded, np.sign(step))
    counts: NDArray[np.int64] = np.maximum(least, np.rint(moved * (total / moved.sum()))).astype(np.int64)
    while (missing := total - int(counts.sum())) != 0:
        if missing > 0:
            order = np.argsort(counts, kind="stable")[:missing]
            counts[order] += 1
        else:
            order = np.argsort(-counts, kind="stable")
            order = order[counts[order] > least][:-missing]
            counts[order] -= 1
    return counts


def mating_plan(
    population: Population,
    fitness: NDArray[np.float64],
    species: Species,
    neat: NeatSettings,
    *,
    seed: int,
    generation: int,
) -> MatingPlan:
    """Return the parents of the next generation. A pure function: the same generation gives the same plan.

    fitness: (P,) float64, finite
    """
    size = population.size
    breeding = np.flatnonzero(~stagnant_species(species, fitness, neat, generation))
    all_sizes = species.sizes()
    sizes = all_sizes[breeding]
    in_breeding = np.isin(species.member_of, breeding)
    lowest = fitness[in_breeding].min()
    spread = max(1.0, fitness[in_breeding].max() - lowest)
    means = species_fitness(species.member_of, fitness, species.number, "mean")[breeding]
    counts = offspring_counts((means - lowest) / spread, sizes, size, neat.min_species_size)

    # Members of each species, best first; of equals the smaller genome, then the earlier one.
    genes = np.diff(population.conn_offsets)
    order = np.lexsort((genes, -fitness, species.member_of)).astype(np.int32)
    starts = (np.cumsum(all_sizes) - all_sizes)[breeding]
    survivors = np.minimum(sizes, np.maximum(2, np.ceil(neat.survival_threshold * sizes))).astype(np.int64)
    elites = np.minimum(np.minimum(neat.elitism, sizes), counts // 2)  # half at most, so that something can change

    plan = MatingPlan(np.empty(size, np.int32), np.empty(size, np.int32), np.zeros(size, np.uint8))
    choose_parents(
        order,
        starts,
        survivors,
        elites,
        counts,
        fitness,
        genes,
        threshold(neat.crossover_prob),
        threshold(neat.interspecies_prob if len(breeding) > 1 else 0.0),
        np.uint64(seed),
        np.uint64(generation),
        *plan,
    )
    return plan
