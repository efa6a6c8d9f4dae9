"""What one generation asks of a machine, whichever machine it is."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from ..errors import UserError


class Workload(NamedTuple):
    """One generation, or the mean of several; counts, so none is negative, and means need not be whole.

    genomes: of the population
    steps: decisions of all genomes; with action repeat there are fewer of them than steps of the environment
    rounds: steps of the whole population in lockstep, that is, of the longest chain of episodes: episodes times the
        longest one when a genome plays its episodes one after another, the longest one when all are played at once
    lanes: genomes times episodes, over the rounds in which these are played
    macs: multiply-accumulates of connections that are there, over all steps
    node_updates: nodes computed, over all steps
    dense_macs: the same as `macs` with each layer as a full matrix, over all steps; never below `macs`
    genes_read: genes of both parents of all children
    genes_written: genes of all children, that is, of the next population
    genes_crossed: genes that both parents of a child have
    genes_perturbed: genes that mutation visits, whether or not it changes them: as many as are written, but for elites
    distance_genes: genes of both genomes that compatibility distances read
    inputs, outputs: numbers that go into and come out of one decision
    """

    genomes: float
    steps: float
    rounds: float
    lanes: float
    macs: float
    node_updates: float
    dense_macs: float
    genes_read: float
    genes_written: float
    genes_crossed: float
    genes_perturbed: float
    distance_genes: float
    inputs: float
    outputs: float


def checked(workload: Workload) -> Workload:
    """Return a workload that makes sense, or raise :class:`UserError` for counts that come from a file."""
    for name, value in workload._asdict().items():
        if not (math.isfinite(value) and value >= 0):
            raise UserError(f"the workload's {name} is {value}; a count must be finite and not negative")
    if workload.dense_macs < workload.macs:
        raise UserError(
            f"the workload's dense_macs is {workload.dense_macs}, less than its macs, {workload.macs}; "
            "full matrices have at least the connections that are there"
        )
    return workload


def mean(workloads: Iterable[Workload]) -> Workload:
    """Return the mean of some generations' workloads."""
    rows = list(workloads)
    if not rows:
        raise ValueError("there is no mean of no workloads")
    return Workload(*(math.fsum(column) / len(rows) for column in zip(*rows, strict=True)))
