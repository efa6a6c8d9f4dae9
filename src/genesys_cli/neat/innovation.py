"""Numbers for structural innovations, given after the children exist, so that no kernel shares a counter.

Equal innovations of one generation get equal numbers: children that split the same connection (by its number) share the
new node and its two connections; children that connect the same two nodes share the connection. Numbers follow the
order of what was split or connected, which is the same however the work was divided.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import GenesysError
from .kernels.offspring import NEW_NODE, NONE, Offspring


class Counters(NamedTuple):
    """The next free numbers of a run: innovations that come later get these and the ones above.

    Attributes:
        next_node: Id of the next hidden node.
        next_innovation: Innovation number of the next connection gene.
    """

    next_node: int
    next_innovation: int


class Numbers(NamedTuple):
    """The numbers of what each of P children invented, (P,) int32; 0 where it invented nothing.

    split_node: id of the node that its split made
    split_innovation: number of the connection into that node; the one out of it has the next
    added_innovation: number of the connection that it added
    """

    split_node: NDArray[np.int32]
    split_innovation: NDArray[np.int32]
    added_innovation: NDArray[np.int32]


def number_innovations(offspring: Offspring, counters: Counters) -> tuple[Numbers, Counters]:
    """Return the numbers of everything that the offspring invented, and the counters after it."""
    n = len(offspring.split)
    numbers = Numbers(np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32))

    splitters = np.flatnonzero(offspring.split != NONE)
    splits, rank = np.unique(offspring.split[splitters], return_inverse=True)
    joiners = np.flatnonzero(offspring.added_in != NONE)
    after_splits = Counters(counters.next_node + len(splits), counters.next_innovation + 2 * len(splits))
    if max(after_splits.next_node, after_splits.next_innovation + len(joiners)) >= NEW_NODE:
        raise GenesysError(
            f"this run has used up all {NEW_NODE:,} innovation numbers; start a new run from its champion or lower "
            "neat.node_add_prob and neat.conn_add_prob"
        )
    numbers.split_node[splitters] = counters.next_node + rank
    numbers.split_innovation[splitters] = counters.next_innovation + 2 * rank

    ends = np.stack([offspring.added_in[joiners], offspring.added_out[joiners]]).astype(np.int64)
    ends = np.where(ends == NEW_NODE, numbers.split_node[joiners], ends)
    pairs, rank = np.unique(ends[0] << 32 | ends[1], return_inverse=True)
    numbers.added_innovation[joiners] = after_splits.next_innovation + rank
    return numbers, after_splits._replace(next_innovation=after_splits.next_innovation + len(pairs))
