"""The arrays of evaluation plans, in whichever arithmetic they are computed; ``network.plan`` fills them.

Rows of the value array (see ``lanes``): row 0 is always zero, rows ``1 .. I`` are the inputs, then come the outputs,
then the hidden nodes in the order of their ids. Edges of a node are padded to a multiple of CHUNK with weight 0 from
row 0, so that the inner loop takes that many at a time and has no remainder.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..facts import CHUNK
from .jit import allocating


class Plan(NamedTuple):
    """Room for K plans of genomes with at most N nodes and C connections, and scratch to build one of them at a time.

    Plan k has its nodes from ``k * N`` on. The first entries are what ``activate`` reads:

    row: (K N,) uint64, row offset of each evaluated node, in order
    bias, response: (K N,) float32; activation, aggregation: (K N,) uint8
    edge_start, edge_count: (K N,) int64, first edge of each node and its number of edges without padding
    edge_source: (K (C + 4 N),) uint64 row offsets; edge_weight: the same in float32
    in_start, in_next: (N + 1,) int64; in_source, in_weight, target: (C,); seen: (N,) uint8; stack: (N,) int64
    """

    row: NDArray[np.uint64]
    bias: NDArray[np.float32]
    response: NDArray[np.float32]
    activation: NDArray[np.uint8]
    aggregation: NDArray[np.uint8]
    edge_start: NDArray[np.int64]
    edge_count: NDArray[np.int64]
    edge_source: NDArray[np.uint64]
    edge_weight: NDArray[np.float32]
    in_start: NDArray[np.int64]
    in_next: NDArray[np.int64]
    in_source: NDArray[np.int64]
    in_weight: NDArray[np.float32]
    target: NDArray[np.int64]
    seen: NDArray[np.uint8]
    stack: NDArray[np.int64]


@allocating
def new_plan(count, max_nodes, max_conns):
    """Allocate `count` plans for genomes of at most `max_nodes` node genes and `max_conns` connection genes."""
    nodes = count * max_nodes
    edges = count * (max_conns + CHUNK * max_nodes)
    return Plan(
        np.empty(nodes, np.uint64),
        np.empty(nodes, np.float32),
        np.empty(nodes, np.float32),
        np.empty(nodes, np.uint8),
        np.empty(nodes, np.uint8),
        np.empty(nodes, np.int64),
        np.empty(nodes, np.int64),
        np.empty(edges, np.uint64),
        np.empty(edges, np.float32),
        np.empty(max_nodes + 1, np.int64),
        np.empty(max_nodes + 1, np.int64),
        np.empty(max_conns, np.int64),
        np.empty(max_conns, np.float32),
        np.empty(max_conns, np.int64),
        np.empty(max_nodes, np.uint8),
        np.empty(max_nodes, np.int64),
    )
