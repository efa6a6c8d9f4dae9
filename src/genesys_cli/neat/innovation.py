"""Numbers for structural innovations, given after the children exist, so that no kernel shares a counter.

Equal innovations of one generation get equal numbers: children that split the same connection (by its number) share the
new node and its two connections; children that join the same two nodes share the connection. Numbers follow the order
of what was split or joined, which is the same however the work was divided.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import GenesysError
from .kernels.brood import NEW_NODE, NONE, Brood


class Counters(NamedTuple):
    """The next free node id and innovation number."""

    next_node: int
    next_innovation: int


class Numbers(NamedTuple):
    """What ``brood.collect`` fills in, each (P,) int32: see there."""

    split_node: NDArray[np.int32]
    split_innovation: NDArray[np.int32]
    added_innovation: NDArray[np.int32]


def number_innovations(brood: Brood, counters: Counters) -> tuple[Numbers, Counters]:
    """Return the numbers of everything that the brood invented, and the counters after it."""
    n = len(brood.split)
    numbers = Numbers(np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32))

    splitters = np.flatnonzero(brood.split != NONE)
    splits, rank = np.unique(brood.split[splitters], return_inverse=True)
    joiners = np.flatnonzero(brood.added_in != NONE)
    after_splits = Counters(counters.next_node + len(splits), counters.next_innovation + 2 * len(splits))
    if max(after_splits.next_node, after_splits.next_innovation + len(joiners)) >= NEW_NODE:
        raise GenesysError(
            f"this run has used up all {NEW_NODE:,} innovation numbers; start a new run from its champion or lower "
            "neat.node_add_prob and neat.conn_add_prob"
        )
    numbers.split_node[splitters] = counters.next_node + rank
    numbers.split_innovation[splitters] = counters.next_innovation + 2 * rank

    ends = np.stack([brood.added_in[joiners], brood.added_out[joiners]]).astype(np.int64)
    ends = np.where(ends == NEW_NODE, numbers.split_node[joiners], ends)
    pairs, rank = np.unique(ends[0] << 32 | ends[1], return_inverse=True)
    numbers.added_innovation[joiners] = after_splits.next_innovation + rank
    return numbers, after_splits._replace(next_innovation=after_splits.next_innovation + len(pairs))
