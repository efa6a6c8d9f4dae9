"""Building blocks with which kernels find their way in a population."""

from __future__ import annotations

import numpy as np

from ..compiled.jit import inline, outline


@outline
def largest(population, lo, hi):
    """Return the largest number of node genes and of connection genes among genomes ``lo .. hi``."""
    nodes = 0
    conns = 0
    for g in range(lo, hi):
        nodes = max(nodes, population.node_offsets[g + 1] - population.node_offsets[g])
        conns = max(conns, population.conn_offsets[g + 1] - population.conn_offsets[g])
    return nodes, conns


@inline
def genes_of(population, g):
    """Return how many genes genome `g` has, nodes and connections."""
    nodes = population.node_offsets[g + 1] - population.node_offsets[g]
    return nodes + population.conn_offsets[g + 1] - population.conn_offsets[g]


@inline
def local_index(population, node_lo, n, node_id):
    """Return the position of node `node_id` among the `n` node genes that start at `node_lo`; it must be there."""
    first_hidden = population.n_inputs + population.n_outputs
    if node_id < first_hidden:
        return np.int64(node_id - population.n_inputs)
    lo = np.int64(population.n_outputs)
    hi = np.int64(n)
    while hi - lo > 1:
        middle = (lo + hi) >> 1
        if population.node_id[node_lo + middle] <= node_id:
            lo = middle
        else:
            hi = middle
    return lo


@inline
def copy_node(source, i, target, j):
    """Copy node gene `i` of population `source` to place `j` of population `target`."""
    target.node_id[j] = source.node_id[i]
    target.node_bias[j] = source.node_bias[i]
    target.node_response[j] = source.node_response[i]
    target.node_activation[j] = source.node_activation[i]
    target.node_aggregation[j] = source.node_aggregation[i]


@inline
def copy_conn(source, i, target, j):
    """Copy connection gene `i` of population `source` to place `j` of population `target`."""
    target.conn_innovation[j] = source.conn_innovation[i]
    target.conn_in[j] = source.conn_in[i]
    target.conn_out[j] = source.conn_out[i]
    target.conn_weight[j] = source.conn_weight[i]
    target.conn_enabled[j] = source.conn_enabled[i]


@inline
def copy_nodes(source, i, target, j, count):
    """Copy `count` node genes from `i` of population `source` on to `j` of another one; a field at a time is SIMD."""
    _copy_all(source.node_id, i, target.node_id, j, count)
    _copy_all(source.node_bias, i, target.node_bias, j, count)
    _copy_all(source.node_response, i, target.node_response, j, count)
    _copy_all(source.node_activation, i, target.node_activation, j, count)
    _copy_all(source.node_aggregation, i, target.node_aggregation, j, count)


@inline
def copy_conns(source, i, target, j, count):
    """Copy `count` connection genes, as :func:`copy_nodes` does."""
    _copy_all(source.conn_innovation, i, target.conn_innovation, j, count)
    _copy_all(source.conn_in, i, target.conn_in, j, count)
    _copy_all(source.conn_out, i, target.conn_out, j, count)
    _copy_all(source.conn_weight, i, target.conn_weight, j, count)
    _copy_all(source.conn_enabled, i, target.conn_enabled, j, count)


@inline
def _copy_all(source, i, target, j, count):
    read = source[i : i + count]
    written = target[j : j + count]
    for k in range(count):
        written[k] = read[k]
