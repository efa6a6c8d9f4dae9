"""What the chip's CPU makes of a genome for ADAM: layers of ready nodes, each a dense block of weights.

A node is ready when all its sources are, so layer ``l`` of a feed-forward network holds the nodes whose longest path
from an input has ``l + 1`` edges. In a recurrent network every node reads the previous step, and all are one layer. A
layer becomes a block of ``sources x nodes`` weights, with zeros where there is no link: sources are the distinct nodes
and inputs that any node of the layer reads. A node that reads nothing needs no product and is in no block.

The functions take an evaluation plan by the names of its fields (``compiled.plan.Plan``), from which nodes that reach
no output are already gone: a plan of row offsets in lane arrays, row 0 being the constant zero that pads edges.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import allocating, outline
from ...compiled.lanes import ROW

UNCUT = 1 << 30
"""Columns of an array on which no block is cut."""


class Layers(NamedTuple):
    """The blocks of P genomes that have N node genes in all. Genome g's are ``offsets[g] : offsets[g] + depth[g]``.

    offsets: (P + 1,) int64, the population's ``node_offsets``: a genome has at most as many layers as node genes
    depth: (P,) int32, layers of each genome
    sources, nodes: (N,) int32, height and width of each block
    edges: (N,) int32, weights in it that are links
    updates: (P,) int32, evaluated nodes of each genome; lookups: (P,) int32, those among them that read a table
    first: (N,) int64, where in `places` the nodes of each block begin
    spare, spares: (P,) int64, where those of each genome begin that read nothing, and how many they are
    places: (N, 2) int32, of each node how many folds of blocks read its value, and whether the CPU does
    """

    offsets: NDArray[np.int64]
    depth: NDArray[np.int32]
    sources: NDArray[np.int32]
    nodes: NDArray[np.int32]
    edges: NDArray[np.int32]
    updates: NDArray[np.int32]
    lookups: NDArray[np.int32]
    first: NDArray[np.int64]
    spare: NDArray[np.int64]
    spares: NDArray[np.int64]
    places: NDArray[np.int32]


class LayerScratch(NamedTuple):
    """Room to find the layers of one genome: (rows,) int64 each, one for every row of its lane array."""

    level: NDArray[np.int64]
    mark: NDArray[np.int64]
    start: NDArray[np.int64]
    order: NDArray[np.int64]
    folds: NDArray[np.int64]


def new_layers(offsets: NDArray[np.int64]) -> Layers:
    """Allocate the layers of a population with the given ``node_offsets``."""
    genomes = len(offsets) - 1
    nodes = int(offsets[-1])
    sources, widths, edges = np.zeros((3, nodes), np.int32)
    depth, updates, lookups = np.zeros((3, genomes), np.int32)
    spare, spares = np.zeros((2, genomes), np.int64)
    places = np.zeros((nodes, 2), np.int32)
    first = np.zeros(nodes, np.int64)
    return Layers(offsets, depth, sources, widths, edges, updates, lookups, first, spare, spares, places)


@allocating
def new_layer_scratch(n_inputs, max_nodes):
    """Allocate what :func:`find_layers` needs for genomes of at most `max_nodes` node genes."""
    rows = 1 + n_inputs + max_nodes
    return LayerScratch(
        np.zeros(rows, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows + 1, np.int64),
        np.empty(rows, np.int64),
        np.empty(rows, np.int64),
    )


@outline
def find_layers(plan, first_node, n_nodes, feed_forward, uses_table, io, cols, scratch, layers, g):
    """Write the blocks of genome `g`, whose plan has its nodes at ``first_node : first_node + n_nodes``.

    uses_table: (activations,) uint8, whether an activation is looked up
    io: (inputs, outputs) of the network; cols: how many nodes of a block lie side by side on the array
    """
    level = scratch.level  # of a row: 0 for inputs, else 1 + its layer
    start = scratch.start
    for row in range(len(level)):
        level[row] = 0
        scratch.mark[row] = -1
        scratch.folds[row] = 0
    lookups = 0
    depth = 0  # levels, that of the inputs included
    for j in range(first_node, first_node + n_nodes):  # sources come before their nodes, if the network is acyclic
        lookups += uses_table[plan.activation[j]]
        own = 0
        if feed_forward:
            for e in range(plan.conn_start[j], plan.conn_start[j] + plan.conn_count[j]):
                own = max(own, level[plan.conn_source[e] // ROW])
        level[plan.row[j] // ROW] = own + 1
        depth = max(depth, own + 1)

    # Nodes in the order of their levels, by counting.
    for found in range(depth + 2):
        start[found] = 0
    for j in range(first_node, first_node + n_nodes):
        start[level[plan.row[j] // ROW] + 1] += 1
    for found in range(depth + 1):
        start[found + 1] += start[found]
    for j in range(first_node, first_node + n_nodes):
        found = level[plan.row[j] // ROW]
        scratch.order[start[found]] = j
        start[found] += 1

    count = 0
    inside = 0
    lo = 0
    for found in range(1, depth + 1):
        hi = start[found]
        sources = 0
        nodes = 0
        edges = 0
        for k in range(lo, hi):
            j = scratch.order[k]
            nodes += 1 if plan.conn_count[j] > 0 else 0
            edges += plan.conn_count[j]
        folds = -(-nodes // cols)
        for k in range(lo, hi):
            j = scratch.order[k]
            for e in range(plan.conn_start[j], plan.conn_start[j] + plan.conn_count[j]):
                row = plan.conn_source[e] // ROW
                if scratch.mark[row] != found:
                    scratch.mark[row] = found
                    scratch.folds[row] += folds
                    sources += 1
        lo = hi
        if edges > 0:
            at = layers.offsets[g] + count
            layers.sources[at] = sources
            layers.nodes[at] = nodes
            layers.edges[at] = edges
            layers.first[at] = layers.offsets[g] + inside
            inside += nodes
            count += 1
    layers.depth[g] = count
    layers.spare[g] = layers.offsets[g] + inside
    layers.spares[g] = n_nodes - inside
    at = layers.offsets[g]
    for reads_nothing in (False, True):
        for k in range(n_nodes):
            j = scratch.order[k]
            if (plan.conn_count[j] == 0) == reads_nothing:
                row = np.int64(plan.row[j] // ROW)
                layers.places[at, 0] = scratch.folds[row]
                layers.places[at, 1] = 1 if row <= io[0] + io[1] else 0
                at += 1
    layers.updates[g] = n_nodes
    layers.lookups[g] = lookups
