"""From a mating plan to the next generation, on compiled kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled.threads import Threads, sharing
from ..config.neat import NeatSettings
from ..genome.population import Population, check_arrays, check_shapes
from .given import check_counters, check_kind, check_plan, check_settings, draws_of
from .innovation import ByChild, Counters, by_child, inventions_of, links_of, number_innovations
from .kernels.counts import ReproductionCounts
from .kernels.offspring import Offspring, collect, new_offspring, new_population
from .kernels.rates import Draws, rates_of
from .kernels.reproduce import make_offspring, new_scratch
from .selection import MatingPlan


def reproduce(
    population: Population,
    plan: MatingPlan,
    counters: Counters,
    settings: NeatSettings,
    *,
    seed: int,
    generation: int,
    threads: Threads | None = None,
) -> tuple[Population, Counters, dict[str, int]]:
    """Make the children that a mating plan names: crossover, then mutation of attributes, then of structure.

    Args:
        population: The parents.
        plan: The parents of each child, from :func:`select` or of your own making.
        counters: Those that came with `population`.
        settings: Chances and sizes of mutations; whether networks are free of cycles.
        seed: Of the run, from 0 to 2**63 - 1.
        generation: Number of the parents' generation. No two generations of a run may have the same: their random
            numbers would be the same.
        threads: That share the work; None: one for each core. Results do not depend on it.

    Returns:
        The children, a population with a genome for each entry of the plan, in its order; the counters after them; and
        what was done, as counts by name: ``genes_read``, ``genes_written``, ``genes_crossed`` (matching genes of both
        parents), ``genes_perturbed``, ``nodes_added``, ``conns_added``, ``nodes_deleted``, ``conns_deleted``.

    Raises:
        UserError: The plan names genomes that there are not, the counters are older than the population, or an array
            has a wrong type or length.
        GenesysError: All 2**31 - 1 innovation numbers are used up.

    Example:
        >>> from genesys_cli import neat
        >>> import numpy as np
        >>> settings = neat.settings(population=3, elitism=0)
        >>> parents, counters = neat.first_population(settings, 2, 1, seed=1)
        >>> plan = neat.MatingPlan(np.int32([0, 1, 2]), np.int32([0, 1, 2]), np.uint8([1, 0, 0]))
        >>> children, counters, counts = neat.reproduce(parents, plan, counters, settings, seed=1, generation=0)
        >>> bool((children.conn_weight[:2] == parents.conn_weight[:2]).all())  # the first child is a copy
        True
    """
    check_settings(settings)
    check_arrays(population)
    check_shapes(population)
    check_kind("plan", plan, MatingPlan, "give what select returned")
    check_kind("counters", counters, Counters, "give those that came with the population")
    check_plan(plan, population)
    check_counters(counters, population)
    threads = sharing(threads)
    everybody = np.arange(len(plan.fitter), dtype=np.uint64)
    offspring, counts = make_children(population, plan, everybody, settings, draws_of(seed, generation), threads)
    links = links_of(population) if counters.links is None else counters.links
    found = inventions_of(offspring)
    numbers, counters = number_innovations(found, counters, links)
    spread = by_child(numbers, found.splitters, found.joiners, len(plan.fitter))
    return numbered(offspring, spread, threads), counters, counts


def make_children(
    population: Population,
    plan: MatingPlan,
    individuals: NDArray[np.uint64],
    settings: NeatSettings,
    draws: Draws,
    threads: Threads,
) -> tuple[Offspring, dict[str, int]]:
    """Return children without the numbers of what they invented, and counts by name.

    individuals: (P,) uint64, which of its generation each child is
    """
    rates, size = rates_of(settings), len(plan.fitter)
    offspring = new_offspring(population, plan.fitter)
    counts = np.zeros((len(threads.ranges(size)), len(ReproductionCounts._fields)), np.int64)

    def make(k: int, lo: int, hi: int) -> None:
        make_offspring(
            population, lo, hi, plan, individuals, rates, draws, offspring, counts[k], new_scratch(population)
        )

    threads.map(make, size)
    return offspring, ReproductionCounts(*counts.sum(axis=0).tolist())._asdict()


def numbered(offspring: Offspring, numbers: ByChild, threads: Threads) -> Population:
    """Return the population that children become when what they invented has numbers."""
    children = new_population(offspring)
    threads.map(lambda _, lo, hi: collect(offspring, lo, hi, numbers, children), children.size)
    return children
