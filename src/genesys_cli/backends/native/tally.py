"""What genomes did in their episodes, as the kernel of the native environments writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import allocating, inline
from ..played import Sums


class Tally(NamedTuple):
    """P genomes in the same E episodes with I observations.

    fitness: (P,) float64, mean return
    returns: (P, E) float64 where asked for, else empty
    steps, decisions: (P,) int64, environment steps and decisions in all episodes
    terminated: (P,) int64, episodes that the environment ended; the others were cut off
    nodes, edges: (P,) int32, evaluated nodes and edges of each network
    observed: (P,) int64, observations in episodes that had only finite ones
    moments: (P, 2, I) float64, over those of ``observation - offset`` the sum, and of its square
    The last two are empty where nobody asked for moments.
    """

    fitness: NDArray[np.float64]
    returns: NDArray[np.float64]
    steps: NDArray[np.int64]
    decisions: NDArray[np.int64]
    terminated: NDArray[np.int64]
    nodes: NDArray[np.int32]
    edges: NDArray[np.int32]
    observed: NDArray[np.int64]
    moments: NDArray[np.float64]


def new_tally(size: int, episodes: int, n_inputs: int, *, keep_returns: bool, moments: bool) -> Tally:
    """Return room for what `size` genomes will do; all is zero."""
    counted = size if moments else 0
    return Tally(
        np.zeros(size),
        np.zeros((size, episodes) if keep_returns else (0, 0)),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(counted, np.int64),
        np.zeros((counted, 2, n_inputs)),
    )


def sums_of(tallies: Sequence[Tally]) -> Sums | None:
    """Return the sums of observations, a row for each genome; those of several tallies are added in their order.

    None where nobody asked for them.
    """
    first, *others = tallies
    if not len(first.moments):
        return None
    rows = first.moments.copy()
    for tally in others:
        rows += tally.moments
    return Sums(sum(int(tally.observed.sum()) for tally in tallies), rows)


class Finished(NamedTuple):
    """Results of single episodes, kept until they can be added in the order of episodes.

    returns: (N,) float64; observed: (N,) int64, observations; moments: (N, 2, I) float64; the last two may be empty
    """

    returns: NDArray[np.float64]
    observed: NDArray[np.int64]
    moments: NDArray[np.float64]


@allocating
def new_finished(count, n_inputs, with_moments):
    """Allocate room for the results of `count` episodes."""
    kept = count if with_moments else 0
    return Finished(np.empty(count, np.float64), np.empty(kept, np.int64), np.empty((kept, 2, n_inputs), np.float64))


@inline
def add_up(finished, first, g, n_episodes, tally):
    """Add the results of genome `g`, which are those from `first` on, in the order of episodes."""
    total = 0.0
    for k in range(n_episodes):
        total += finished.returns[first + k]
        if len(tally.returns) > 0:
            tally.returns[g, k] = finished.returns[first + k]
    tally.fitness[g] = total / n_episodes
    if len(finished.observed) > 0:
        n_inputs = finished.moments.shape[2]
        for k in range(first, first + n_episodes):
            sound = True
            for i in range(n_inputs):
                sound = sound and np.isfinite(finished.moments[k, 1, i])
            if sound:
                tally.observed[g] += finished.observed[k]
                for i in range(n_inputs):
                    tally.moments[g, 0, i] += finished.moments[k, 0, i]
                    tally.moments[g, 1, i] += finished.moments[k, 1, i]
