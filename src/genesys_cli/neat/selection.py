"""Parent selection: fitness sharing, stagnation, survival, elites, pairs of parents."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..config.neat import NeatSettings
from ..errors import UserError
from ..genome.population import Population, check_arrays
from .given import LARGEST, check_kind, check_settings, check_species, draws_of, fitness_of, real_numbers
from .kernels.parents import Pairing, Ranking, choose_parents
from .kernels.rates import Draws, threshold
from .speciation import Species, species_fitness

INVALID_FITNESS = -1e30
"""Fitness of a generation in which nobody's is finite: safe to sum. Only selection ever sees it."""

_KEY_BITS = 63


class MatingPlan(NamedTuple):
    """The next generation before its children exist.

    Attributes:
        fitter: (P,) int32, index of each child's fitter parent.
        other: (P,) int32, index of the other one; the same again means mutation without crossover.
        elite: (P,) uint8, 1 where the child is an unchanged copy of `fitter`.
    """

    fitter: NDArray[np.int32]
    other: NDArray[np.int32]
    elite: NDArray[np.uint8]


def finite_fitness(fitness: ArrayLike) -> tuple[NDArray[np.float64], int]:
    """Replace fitness that is not finite, such as that of a network that overflowed, by the worst that is.

    Args:
        fitness: (P,) real numbers.

    Returns:
        (P,) float64, limited to ±1e300, so that sums over a population stay finite; and how many were replaced. Where
        none is finite, all are -1e30.

    Raises:
        UserError: They are no real numbers.

    Example:
        >>> from genesys_cli import neat
        >>> neat.finite_fitness([1.0, float("nan"), 3.0])
        (array([1., 1., 3.]), 1)
    """
    fitness = np.asarray(real_numbers(fitness), np.float64)
    if np.abs(fitness).max(initial=0.0) <= LARGEST:  # false of NaN, too
        return fitness, 0
    bad = ~np.isfinite(fitness)
    count = int(bad.sum())
    worst = fitness[~bad].min() if count < len(fitness) else INVALID_FITNESS
    return np.clip(np.where(bad, worst, fitness), -LARGEST, LARGEST), count


def shared_fitness(fitness: NDArray[np.float64], breeding: NDArray[np.bool_], function: str) -> NDArray[np.float64]:
    """Return what each genome contributes to its species' share of the offspring, (P,) float64 >= 0.

    ``above_worst``: fitness above the worst one. Below the lower fence of Tukey's box plot, 1.5 interquartile ranges
    under the lower quartile, fitness counts as that fence: one very bad genome does not make all others equal.
    ``rank``: its rank among all, 0 for the worst, 1 for the best, equals having their mean.
    ``raw``: the fitness itself, as in the 2002 paper, or what it is above the worst one if that is below 0.

    fitness: (P,) float64; breeding: (P,) bool, whose species have offspring: only these count
    """
    among = np.sort(fitness[breeding])
    if function == "rank":
        places = np.searchsorted(among, fitness, "left") + np.searchsorted(among, fitness, "right") - 1
        ranks: NDArray[np.float64] = np.maximum(places, 0) / (2.0 * max(len(among) - 1, 1))
        return ranks
    if function == "raw":
        worst = min(among[0], 0.0)
    else:
        lower, upper = among[len(among) // 4], among[3 * len(among) // 4]
        worst = max(among[0], lower - 1.5 * (upper - lower))
    above: NDArray[np.float64] = np.maximum(fitness - worst, 0.0) / max(1.0, among[-1] - worst)
    return above


def best_first(
    fitness: NDArray[np.float64], handicap: NDArray[np.int64], member_of: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return all genomes by species, within one by falling fitness, then by handicap, then by index, (P,) int32.

    handicap: (P,) int64 >= 0. What decides is packed into one integer a genome: sorting these is ten times as fast as
    sorting by one criterion after the other.
    """
    size = len(fitness)
    _, place = np.unique(-fitness, return_inverse=True)
    index_bits, handicap_bits = size.bit_length(), int(handicap.max()).bit_length()
    if 2 * index_bits + handicap_bits + int(member_of.max()).bit_length() > _KEY_BITS:
        return np.lexsort((handicap, place, member_of)).astype(np.int32)
    keys = (member_of.astype(np.int64) << index_bits | place) << handicap_bits | handicap
    keys = np.sort(keys << index_bits | np.arange(size))
    return (keys & (1 << index_bits) - 1).astype(np.int32)


def offspring_counts(
    adjusted: NDArray[np.float64], sizes: NDArray[np.int64], total: int, least: int, step_size: float = 0.5
) -> NDArray[np.int64]:
    """Return how many children each species has, (S,) int64, exactly `total` in all.

    Each species moves from its present size towards its share of the adjusted fitness, by half the way in neat-python,
    the whole way in the 2002 paper; then all are scaled to `total`, and what rounding left over goes to the smallest or
    is taken from the largest.

    adjusted: (S,) float64 >= 0; sizes: (S,) int64, present sizes; least: children of any species, if there is room
    step_size: part of the way, above 0, at most 1
    """
    least = max(1, min(least, total // len(sizes)))
    share = adjusted.sum()
    wanted = np.full(len(sizes), float(least))
    if share > 0:
        wanted = np.maximum(least, adjusted / share * total)
    step = (wanted - sizes) * step_size
    rounded = np.rint(step)
    if step_size < 1:  # however small the step, it leads somewhere
        rounded = np.where(rounded != 0, rounded, np.sign(step))
    moved = sizes + rounded
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


def select(
    population: Population,
    fitness: ArrayLike,
    species: Species,
    settings: NeatSettings,
    *,
    seed: int,
    generation: int,
) -> MatingPlan:
    """Choose the parents of the next generation: who survives, how many children each species has, which pairs mate.

    Args:
        population: P genomes.
        fitness: (P,) real numbers, finite; more is better.
        species: Of this population, as :func:`speciate` returned them.
        settings: ``max_stagnation``, ``elitism``, ``survival_threshold``, ``crossover_prob`` and their like.
        seed: Of the run, from 0 to 2**63 - 1.
        generation: Number of this generation, from 0.

    Returns:
        The plan of P children, for :func:`reproduce`. The same arguments give the same plan.

    Raises:
        UserError: The fitness has a wrong shape or is not finite, or the species are not those of the population.

    Example:
        >>> from genesys_cli import neat
        >>> settings = neat.settings(population=6)
        >>> population, _ = neat.first_population(settings, 2, 1, seed=1)
        >>> fitness = [3.0, 1.0, 2.0, 0.0, 5.0, 4.0]
        >>> species, _ = neat.speciate(population, fitness, None, settings, seed=1, generation=0)
        >>> plan = neat.select(population, fitness, species, settings, seed=1, generation=0)
        >>> plan.fitter[plan.elite == 1].tolist()  # the best two of the one species are copied
        [4, 5]
    """
    check_settings(settings)
    check_arrays(population)
    check_kind("species", species, Species, "speciate returns the species and its counts; give the species alone")
    check_species(species, population, previous=False)
    scores, draws = fitness_of(fitness, population.size), draws_of(seed, generation)
    if not species.breeding.any():
        raise UserError(
            "every species has stagnated, so that none has offspring (neat.reset_on_extinction): go on with a new "
            "first_population, of this generation's number"
        )
    return mating_plan(np.diff(population.conn_offsets), scores, species, settings, draws)


def mating_plan(
    conns: NDArray[np.int64],
    fitness: NDArray[np.float64],
    species: Species,
    settings: NeatSettings,
    draws: Draws,
) -> MatingPlan:
    """Do what :func:`select` says, where some species has offspring. conns: (P,) int64, connections of each genome"""
    ranking = _ranking(conns, fitness, species, settings)
    size = len(conns)
    plan = MatingPlan(np.empty(size, np.int32), np.empty(size, np.int32), np.zeros(size, np.uint8))
    pairing = Pairing(threshold(settings.crossover_prob), threshold(settings.interspecies_prob))
    choose_parents(ranking, pairing, draws, plan)
    return plan


def _ranking(
    conns: NDArray[np.int64], fitness: NDArray[np.float64], species: Species, settings: NeatSettings
) -> Ranking:
    """Return which species have offspring, how many, and which of their members may be parents."""
    survivors = np.flatnonzero(species.breeding)
    all_sizes = species.sizes()
    sizes = all_sizes[survivors]
    shared = shared_fitness(fitness, species.breeding[species.member_of], settings.fitness_sharing)
    means = species_fitness(species.member_of, shared, species.n_species, "mean")[survivors]
    offspring = offspring_counts(means, sizes, len(conns), settings.min_species_size, settings.share_step)

    # Members of each species, best first.
    if settings.ties == "smaller":
        handicap = conns
    else:  # the elites of the generation before come first in a species, and are the older ones
        handicap = np.arange(len(conns), 0, -1)
    order = best_first(fitness, handicap, species.member_of)
    return Ranking(
        order=order,
        starts=(np.cumsum(all_sizes) - all_sizes)[survivors],
        survivors=np.minimum(sizes, np.maximum(2, np.ceil(settings.survival_threshold * sizes))).astype(np.int64),
        # Half of the children at most, so that something can change.
        elites=np.minimum(np.minimum(settings.elitism, sizes), offspring // 2),
        offspring=offspring,
        fitness=fitness,
        handicap=handicap if settings.ties == "smaller" else np.zeros_like(conns),
    )
