"""Who is made when, and who shares what is read: waves of children, and the streams of their parents' genes.

A wave is as many children as there are processing elements, those of one pair of parents side by side. Children that
take their slots together are a *group* with one gene split. What the network makes of it:

================  =====================  ==================================================================
``noc.kind``      a group                a stream of a parent's words
================  =====================  ==================================================================
unicast           one child              of one group
multicast         children of one pair   of one group
parent-multicast  children of one pair   of all groups of the wave that have this parent, whatever its mate
================  =====================  ==================================================================
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NO_STREAM = -1


class Waves(NamedTuple):
    """Who is made when, by position in `order`; a wave is the next `pes` of them.

    order: (P,) int64, children in the order of the elements
    group: (P,) int64, ascending numbers; neighbours with the same number take their slots together
    streams: (P, 2) int64, number within the wave, below 2 `pes`, of the fitter and of the other parent's stream; the
        other is NO_STREAM where a child has one parent. Groups with the same number share it
    """

    order: NDArray[np.int64]
    group: NDArray[np.int64]
    streams: NDArray[np.int64]


def arrange(
    fitter: NDArray[np.int32], other: NDArray[np.int32], elite: NDArray[np.uint8], pes: int, kind: str
) -> Waves:
    """Return the order in which children are made, and which of them share streams. kind: ``noc.kind``"""
    mate = np.where(elite != 0, fitter, other)  # an elite has one parent
    order = np.lexsort((mate, fitter)).astype(np.int64)
    pairs = np.stack([fitter[order], mate[order]], axis=1).astype(np.int64)
    starts = np.ones(len(order), np.bool_)
    if kind != "unicast":
        starts[1:] = np.any(np.diff(pairs, axis=0) != 0, axis=1)
        starts[::pes] = True  # a wave begins
    group = np.cumsum(starts) - 1
    wave = np.arange(len(order)) // pes
    if kind == "parent-multicast":
        apart = int(pairs.max(initial=0)) + 1  # numbers of parents in different waves
        found, streams = np.unique(wave[:, None] * apart + pairs, return_inverse=True)
        streams = streams.reshape(pairs.shape) - np.searchsorted(found, wave * apart)[:, None]
    else:
        streams = 2 * (group - group[wave * pes])[:, None] + np.arange(2)
    streams[pairs[:, 0] == pairs[:, 1], 1] = NO_STREAM
    return Waves(order, group, streams.astype(np.int64))
