"""What an evaluation finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import counts


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the observations that networks saw, x, each less the offset of the conditions in force.

    Episodes in which an observation was not finite are left out.

    count: observations, one for each decision
    total: (I,) float64, sum of ``x - offset``; squares: (I,) float64, sum of its square
    """

    count: int
    total: NDArray[np.float64]
    squares: NDArray[np.float64]


LOST = "lost"
"""An actor of a cluster that died or could not be reached; whoever it evaluated is evaluated elsewhere."""
FAULTS = (*counts.FAULTS, LOST)
"""Kinds of faults. Only those of environments and functions are counted."""


class Fault(NamedTuple):
    """Something that went wrong in an environment, or in a function of the user's own.

    genome: index in the evaluated population; None: all that a function was called with at once; seed: of the episode
    step: environment steps that were begun in it, 0: it was in reset
    kind: one of :data:`FAULTS`; message: what is known beyond that
    final: whether the episode was given up for good, so that the genome has no fitness
    """

    genome: int | None
    seed: int
    step: int
    kind: str
    message: str
    final: bool


class Evaluation(NamedTuple):
    """How P genomes fared in the same E episodes.

    fitness: (P,) float64, mean return; not finite where the network or the environment was not
    returns: (P, E) float64 where asked for, else empty
    env_steps: steps of all genomes and episodes
    counts: what the backend did, by name; energy is computed from these and nowhere else
    moments: where the conditions ask for them
    faults: in the order of genomes and episodes
    decisions: (P,) int64, of each network over all its episodes; empty where nobody counted
    """

    fitness: NDArray[np.float64]
    returns: NDArray[np.float64]
    env_steps: int
    counts: dict[str, int]
    moments: Moments | None = None
    faults: tuple[Fault, ...] = ()
    decisions: NDArray[np.int64] = np.empty(0, np.int64)
