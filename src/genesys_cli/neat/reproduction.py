"""From a mating plan to the next generation, on compiled kernels."""

from __future__ import annotations

import numpy as np

from ..compiled.threads import Threads
from ..config.schema import NeatSettings
from ..genome.population import Population
from .innovation import Counters, number_innovations
from .kernels.breed import COUNTS, breed
from .kernels.brood import collect, new_brood, new_population
from .kernels.rates import rates
from .selection import MatingPlan


def reproduce(
    population: Population,
    plan: MatingPlan,
    counters: Counters,
    neat: NeatSettings,
    *,
    seed: int,
    generation: int,
    threads: Threads,
) -> tuple[Population, Counters, dict[str, int]]:
    """Return the children of generation `generation`, the innovation counters after it, and what was done."""
    brood = new_brood(population, plan.fitter)
    form = rates(neat)
    counts = np.zeros((len(threads.ranges(len(plan.fitter))), len(COUNTS)), np.int64)

    def make(k: int, lo: int, hi: int) -> None:
        breed(population, lo, hi, *plan, form, np.uint64(seed), np.uint64(generation), brood, counts[k])

    threads.map(make, len(plan.fitter))
    numbers, counters = number_innovations(brood, counters)
    children = new_population(brood)
    threads.map(lambda _, lo, hi: collect(brood, lo, hi, *numbers, children), len(plan.fitter))
    return children, counters, dict(zip(COUNTS, counts.sum(axis=0).tolist(), strict=True))
