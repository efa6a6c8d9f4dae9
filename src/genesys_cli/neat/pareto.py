"""Parent selection for several objectives at once: NSGA-II, over genomes of any structure.

K. Deb and others, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE Transactions on Evolutionary
Computation 6, 2002. Half of a generation are survivors of the one before, and all are evaluated again: what survives by
chance in one generation's episodes does not in the next one's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..config.neat import NeatSettings
from ..errors import UserError
from ..genome.population import Population, check_arrays
from .given import LARGEST, check_settings, draws_of, real_numbers
from .kernels.pareto import fill_fronts, hold_tournaments
from .kernels.rates import Draws, threshold
from .selection import MatingPlan


def fronts(objectives: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the number of each genome's front, (P,) int64: 0 for those that nobody beats.

    Of genomes that are equal in every objective, the first is in the front that all belong to, the next one in the
    front after it, and so on: copies of one genome do not crowd others out.

    objectives: (P, M) float64, finite; more is better in each
    """
    order = np.lexsort(tuple(-objectives[:, m] for m in reversed(range(objectives.shape[1]))))
    found = np.empty(len(objectives), np.int64)
    fill_fronts(np.ascontiguousarray(objectives), order, found)
    return found


def crowding(objectives: NDArray[np.float64], front: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far each genome's neighbours in its front are apart, (P,) float64; infinite at either end of it.

    Distances along each objective are shares of the front's extent in it, and are summed.

    objectives: (P, M) float64, finite; front: (P,) int64
    """
    total = np.zeros(len(front))
    for values in objectives.T:
        order = np.lexsort((values, front))
        of, along = front[order], values[order]
        first = np.r_[True, of[1:] != of[:-1]]
        begin = np.flatnonzero(first)
        sizes = np.diff(np.r_[begin, len(of)])
        extent = np.repeat(along[begin + sizes - 1] - along[begin], sizes)
        apart = np.full(len(of), np.inf)
        inner = np.flatnonzero(~first & np.r_[of[1:] == of[:-1], False])
        apart[inner] = along[inner + 1] - along[inner - 1]
        total[order] += apart / np.where(extent > 0, extent, 1.0)
    return total


def best_first(objectives: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return all genomes by front, in a front by falling distance of their neighbours, then by index, (P,) int32."""
    front = fronts(objectives)
    return np.lexsort((-crowding(objectives, front), front)).astype(np.int32)


def select_pareto(
    population: Population, objectives: ArrayLike, settings: NeatSettings, *, seed: int, generation: int
) -> MatingPlan:
    """Choose the parents of the next generation where several objectives count, none of which outweighs another.

    The better half, by fronts and then by how far neighbours are apart, survives as it is. The other half are children
    of it, whose parents win tournaments of two. Species have no part in it.

    Args:
        population: P genomes.
        objectives: (P, M) real numbers, finite; more is better in each. Give what is to be small with a minus.
        settings: ``crossover_prob``; the others that concern parents have no meaning here.
        seed: Of the run, from 0 to 2**63 - 1.
        generation: Number of this generation, from 0.

    Returns:
        The plan of P children, for :func:`reproduce`. The same arguments give the same plan.

    Raises:
        UserError: The objectives have a wrong shape or are not finite.

    Example:
        >>> import numpy as np
        >>> from genesys_cli import neat
        >>> settings = neat.settings(population=4)
        >>> population, _ = neat.first_population(settings, 2, 1, seed=1)
        >>> fitness, cost = np.array([3.0, 1.0, 2.0, 0.0]), np.array([9, 1, 9, 1])
        >>> plan = neat.select_pareto(population, np.c_[fitness, -cost], settings, seed=1, generation=0)
        >>> plan.fitter[plan.elite == 1].tolist()  # the fittest, and the fittest of the cheap ones
        [0, 1]
    """
    check_settings(settings)
    check_arrays(population)
    given = real_numbers(objectives)
    if given.ndim != 2 or given.shape[0] != population.size or not given.shape[1]:
        raise UserError(
            f"objectives have the shape {given.shape}: give ({population.size}, M), a row of each genome with a number "
            "for each of M objectives"
        )
    values = np.ascontiguousarray(given, np.float64)
    if not np.abs(values).max() <= LARGEST:  # true of NaN, too
        wrong = np.argwhere(~(np.abs(values) <= LARGEST))[0]
        raise UserError(
            f"objective {wrong[1]} of genome {wrong[0]} is {values[tuple(wrong)]:g}: it must be finite and at most "
            f"{LARGEST:g} in size"
        )
    return pareto_plan(values, settings, draws_of(seed, generation))


def pareto_plan(objectives: NDArray[np.float64], settings: NeatSettings, draws: Draws) -> MatingPlan:
    """Do what :func:`select_pareto` says. objectives: (P, M) float64, finite"""
    size = len(objectives)
    survivors = best_first(objectives)[: max(1, size // 2)]
    plan = MatingPlan(np.empty(size, np.int32), np.empty(size, np.int32), np.zeros(size, np.uint8))
    hold_tournaments(survivors, threshold(settings.crossover_prob), draws, plan)
    return plan
