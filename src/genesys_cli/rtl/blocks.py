"""Every genome's layers as dense blocks of raw weights, for ADAM's RTL; how they are found is ADAM's own affair."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..accelerator.adam.numbers import fix_plan, fixed_point_of, new_fixed_plan, raw_of
from ..accelerator.adam.tables import uses_table
from ..accelerator.adam.vectorise import Layers, find_layers, new_layer_scratch, new_layers
from ..compiled.jit import kernel
from ..compiled.lanes import ROW
from ..config.chip import ChipSettings
from ..genome.access import largest
from ..genome.population import Population
from ..network.plan import build_plan

Ints = NDArray[np.int64]


class Block(NamedTuple):
    """A genome's layer. sources: (K,), rows of its values; nodes: (N,), its nodes' numbers; weights: (K, N), raw"""

    sources: Ints
    nodes: Ints
    weights: Ints


class Planned(NamedTuple):
    """A genome's evaluated nodes: (N,) int64 each, numbers in their formats.

    row: of its value; activation, bias, response
    blocks: of its layers; spare: numbers of nodes that read nothing; edges: of all nodes
    """

    row: Ints
    activation: Ints
    bias: Ints
    response: Ints
    blocks: list[Block]
    spare: Ints
    edges: int


@kernel
def _plan(population: Any, g: Any, formats: Any, feed_forward: Any, looked_up: Any, cols: Any, layers: Any) -> Any:
    """Return a genome's nodes, (N, 8) int64, and of all edges the row that each reads, and its weight."""
    max_nodes, max_conns = largest(population, g, g + 1)
    plan = new_fixed_plan(1, max_nodes, max_conns, formats)
    n_nodes, _ = build_plan(population, g, plan, 0, 0)
    fix_plan(plan, 0, n_nodes)
    scratch = new_layer_scratch(population.n_inputs, max_nodes)
    io = population.n_inputs, population.n_outputs
    find_layers(plan, 0, n_nodes, feed_forward, looked_up, io, cols, scratch, layers, g)
    nodes = np.empty((n_nodes, 8), np.int64)
    for j in range(n_nodes):
        nodes[j, 0] = plan.row[j] // ROW
        nodes[j, 1] = plan.activation[j]
        nodes[j, 2] = raw_of(plan.bias[j], formats.bias)
        nodes[j, 3] = raw_of(plan.response[j], formats.response)
        nodes[j, 4] = scratch.level[plan.row[j] // ROW]
        nodes[j, 5] = plan.conn_start[j]
        nodes[j, 6] = plan.conn_count[j]
        nodes[j, 7] = plan.may_saturate[j]
    edges = len(plan.raw_weight)
    sources = np.empty(edges, np.int64)
    for e in range(edges):
        sources[e] = plan.conn_source[e] // ROW
    return nodes, sources, plan.raw_weight


def planned(population: Population, chip: ChipSettings, *, feed_forward: bool) -> tuple[list[Planned], Layers]:
    """Return every genome's blocks, sources in the order of their rows, and their sizes as packing takes them."""
    formats = fixed_point_of(chip)
    layers = new_layers(population.node_offsets)
    looked_up = uses_table()
    found = []
    for g in range(population.size):
        nodes, source, weight = _plan(population, g, formats, feed_forward, looked_up, chip.adam.cols, layers)
        row, activation, bias, response, level, start, count, limited = nodes.T
        blocks = []
        for layer in range(1, int(level.max(initial=0)) + 1):
            inside = np.flatnonzero((level == layer) & (count > 0))
            if not len(inside):
                continue
            reads = [source[start[j] : start[j] + count[j]] for j in inside]
            for j, read in zip(inside, reads, strict=True):
                if limited[j] and np.any(np.diff(read) <= 0):
                    raise AssertionError("sources of a node whose sum may saturate are in another order than its rows")
            sources = np.unique(np.concatenate(reads))
            weights = np.zeros((len(sources), len(inside)), np.int64)
            for n, (j, read) in enumerate(zip(inside, reads, strict=True)):
                np.add.at(weights[:, n], np.searchsorted(sources, read), weight[start[j] : start[j] + count[j]])
            blocks.append(Block(sources, inside, weights))
        found.append(Planned(row, activation, bias, response, blocks, np.flatnonzero(count == 0), int(count.sum())))
    return found, layers
