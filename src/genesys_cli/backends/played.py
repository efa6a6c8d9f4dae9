"""What an evaluator tells a backend, which makes an evaluation of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..counts import (
    DECISIONS,
    ENV_STEPS,
    EPISODES_TERMINATED,
    EPISODES_TRUNCATED,
    LONGEST_DECISIONS,
    MACS,
    NODE_UPDATES,
    named,
)
from ..neat.given import LARGEST
from .evaluation import Evaluation, Fault, Moments


class Sums(NamedTuple):
    """What moments are the sum of, so that those of several evaluations are the same as of one.

    observed: number of observations; rows: (R, 2, I) float64, of genomes or of episodes, which are added in their order
    """

    observed: int
    rows: NDArray[np.float64]

    def moments(self) -> Moments:
        total, squares = self.rows.sum(axis=0)
        return Moments(self.observed, total, squares)


class Played(NamedTuple):
    """What P genomes did in the same E episodes.

    fitness: (P,) float64, mean return; returns: (P, E) float64 where asked for, else empty
    steps, decisions: (P,) int64, of the environment and of the network, over all episodes
    nodes, edges: (P,) int32, evaluated nodes and edges of each network
    ended: episodes that the environment terminated, and those that were cut off; None: nobody counted
    sums: of observations, where the conditions ask for moments; faults: see ``Evaluation``
    """

    fitness: NDArray[np.float64]
    returns: NDArray[np.float64]
    steps: NDArray[np.int64]
    decisions: NDArray[np.int64]
    nodes: NDArray[np.int32]
    edges: NDArray[np.int32]
    ended: tuple[int, int] | None = None
    sums: Sums | None = None
    faults: tuple[Fault, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return what networks of any arithmetic have in common."""
        counts = {
            ENV_STEPS: int(self.steps.sum()),
            DECISIONS: int(self.decisions.sum()),
            LONGEST_DECISIONS: int(self.decisions.max(initial=0)),
            MACS: int(self.decisions @ self.edges),
            NODE_UPDATES: int(self.decisions @ self.nodes),
        }
        if self.ended is not None:
            counts[EPISODES_TERMINATED], counts[EPISODES_TRUNCATED] = self.ended
        return named(counts)

    def evaluation(self, further: Mapping[str, int] | None = None) -> Evaluation:
        """Return what the loop is told; further: counts beside those of :meth:`counts`."""
        counts = {**self.counts(), **(further or {})}
        steps = int(self.steps.sum())
        moments = None if self.sums is None else self.sums.moments()
        return Evaluation(self.fitness, self.returns, steps, counts, moments, self.faults, self.decisions)


class Met(NamedTuple):
    """What P genomes did in C matches of K players.

    scores: (C, K) float64, NaN where a match failed; used: (P,) int64, decisions over all matches
    nodes, edges: as in :class:`Played`; ended: matches that came to an end; faults: see ``Evaluation``
    """

    scores: NDArray[np.float64]
    used: NDArray[np.int64]
    nodes: NDArray[np.int32]
    edges: NDArray[np.int32]
    ended: int
    faults: tuple[Fault, ...]

    def played(self, fitness: NDArray[np.float64]) -> Played:
        """Return what the first genomes did; the others are part of their world. fitness: (G,) float64, theirs"""
        own = slice(len(fitness))
        used = self.used[own]
        nothing = np.empty((0, 0))
        return Played(
            fitness, nothing, used, used, self.nodes[own], self.edges[own], (self.ended, 0), None, self.faults
        )


def mean_of(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each row, summed in the order of episodes as the kernel of native environments does.

    Where finite numbers have a mean or a sum beyond ±LARGEST, it is that.
    """
    total = np.zeros(len(returns))
    with np.errstate(over="ignore", invalid="ignore"):
        for column in returns.T:
            total += column
    mean = total / returns.shape[1]
    large = ~(np.abs(mean) <= LARGEST)
    if large.any():
        large &= np.isfinite(returns).all(axis=1)
        mean[large] = np.clip((returns[large] / returns.shape[1]).sum(axis=1), -LARGEST, LARGEST)
    return mean


def deviation_of(values: NDArray[np.float64]) -> float:
    """Return the standard deviation, also of numbers whose squares overflow; NaN where one is not finite."""
    size = float(np.abs(values).max(initial=0.0))
    if not np.isfinite(size):
        return float("nan")
    return float(np.std(values)) if size < 1e150 else float(np.std(values / size) * size)
