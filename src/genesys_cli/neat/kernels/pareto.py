"""Fronts of genomes of which none is better than another, and tournaments among them."""

from __future__ import annotations

import numpy as np

from ...compiled.jit import kernel
from ...compiled.philox import PARETO_PARENTS, below, philox


@kernel
def fill_fronts(objectives, order, front):
    """Number the front of each genome: 0 for those whom nobody covers, 1 for those whom only these cover, and so on.

    Somebody covers whom they are at least as good as in every objective. Of equals the first in `order` covers the
    others, so that a front has nobody twice.

    objectives: (P, M) float64, more is better; order: (P,) int64, such that nobody covers who comes before
    front: (P,) int64, is filled

    Genomes are put into the first front where nobody covers them, as in Zhang and others, "An Efficient Approach to
    Nondominated Sorting for Evolutionary Multiobjective Optimization" (IEEE Transactions on Evolutionary Computation
    19, 2015).
    """
    size, count = objectives.shape
    last = np.full(size, -1, np.int64)  # of each front, who joined it last
    before = np.empty(size, np.int64)  # of each genome, who joined its front before it
    fronts = 0
    for k in range(size):
        genome = order[k]
        at = 0
        while at < fronts:
            other = last[at]
            covered = False
            while other >= 0 and not covered:
                covered = True
                for m in range(count):
                    if objectives[other, m] < objectives[genome, m]:
                        covered = False
                        break
                other = before[other]
            if not covered:
                break
            at += 1
        fronts = max(fronts, at + 1)
        before[genome] = last[at]
        last[at] = genome
        front[genome] = at


@kernel
def hold_tournaments(survivors, crossover, draws, plan):
    """Fill a ``MatingPlan``: the survivors are copied; parents of the other children win tournaments of two.

    survivors: (S,) int32, best first, of whom the first S children are copies
    crossover: uint64, chance of a second parent as a threshold; draws: ``Draws``; plan: its three arrays are written
    """
    count = np.uint64(len(survivors))
    for child in range(len(plan.fitter)):
        if child < len(survivors):
            plan.fitter[child] = survivors[child]
            plan.other[child] = survivors[child]
            plan.elite[child] = 1
            continue
        purpose = np.uint64(PARETO_PARENTS)
        r0, r1, r2, r3 = philox(draws.seed, np.uint64(0), np.uint64(child), draws.generation, purpose)
        one = min(np.int64(below(r0, count)), np.int64(below(r1, count)))
        two = one
        if r2 < crossover:
            r4, _, _, _ = philox(draws.seed, np.uint64(1), np.uint64(child), draws.generation, purpose)
            two = min(np.int64(below(r3, count)), np.int64(below(r4, count)))
        plan.fitter[child] = survivors[min(one, two)]
        plan.other[child] = survivors[max(one, two)]
        plan.elite[child] = 0
