"""One step of a planned network: one plan in all lanes side by side, or in a single lane.

The sum over a node's edges is defined as a sequence of groups of four, each added as ``(a + b) + (c + d)``. That order
is the same in one lane and in sixteen, so neither form changes a bit; and it leaves the processor four
independent products at a time, where a plain running sum would wait for each addition.
"""

from __future__ import annotations

import numpy as np

from ..compiled.jit import inline
from ..facts import CHUNK
from .functions import RELU, SUM, TANH, rare_activation, rare_aggregation, relu_of, tanh_of


@inline
def activate_lanes(plan, n_nodes, values, target, total, terms, lanes):
    """Compute every node of plan 0 from `values` into `target`, both float32 lane arrays, in all lanes side by side.

    target: `values` itself for a feed-forward network; another array of that size for a recurrent one, in which all
        nodes read the previous step (:func:`advance_lanes` then makes it the present)
    total: float32 scratch of one row; terms: float32 scratch for as many numbers as a node has edges
    lanes: LANES, as a number that the compiler does not know, see ``compiled.lanes``
    """
    for j in range(n_nodes):
        if plan.aggregation[j] == SUM:
            _sum_lanes(plan.edge_source, plan.edge_weight, plan.edge_start[j], plan.edge_count[j], values, total, lanes)
        else:
            for lane in range(lanes):
                u = np.uint64(lane)
                total[u] = rare_aggregation(plan, j, values, u, terms)
        row = plan.row[j]
        bias = plan.bias[j]
        response = plan.response[j]
        kind = plan.activation[j]
        if kind == TANH:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = tanh_of(bias + response * total[u])
        elif kind == RELU:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = relu_of(bias + response * total[u])
        else:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = rare_activation(kind, bias + response * total[u])


@inline
def activate_lane(plan, first_node, n_nodes, values, target, terms, lane):
    """Compute every node of the plan that begins at `first_node` in one `lane` (uint64); see :func:`activate_lanes`."""
    for j in range(first_node, first_node + n_nodes):
        if plan.aggregation[j] == SUM:
            total = _sum_lane(plan.edge_source, plan.edge_weight, plan.edge_start[j], plan.edge_count[j], values, lane)
        else:
            total = rare_aggregation(plan, j, values, lane, terms)
        z = plan.bias[j] + plan.response[j] * total
        kind = plan.activation[j]
        if kind == TANH:
            y = tanh_of(z)
        elif kind == RELU:
            y = relu_of(z)
        else:
            y = rare_activation(kind, z)
        target[plan.row[j] + lane] = y


@inline
def _sum_lane(source, weight, start, count, values, lane):
    e = np.uint64(start)
    total = _four(source, weight, e, values, lane)
    for _ in range(CHUNK, count, CHUNK):
        e += np.uint64(CHUNK)
        total += _four(source, weight, e, values, lane)
    return total


@inline
def _four(source, weight, e, values, lane):
    """Return the sum of four edges from `e` on (uint64: numba tests signed indices for being negative)."""
    e1 = e + np.uint64(1)
    e2 = e + np.uint64(2)
    e3 = e + np.uint64(3)
    return (weight[e] * values[source[e] + lane] + weight[e1] * values[source[e1] + lane]) + (
        weight[e2] * values[source[e2] + lane] + weight[e3] * values[source[e3] + lane]
    )


@inline
def _sum_lanes(source, weight, start, count, values, total, lanes):
    s0, s1, s2, s3 = source[start], source[start + 1], source[start + 2], source[start + 3]
    w0, w1, w2, w3 = weight[start], weight[start + 1], weight[start + 2], weight[start + 3]
    for lane in range(lanes):
        u = np.uint64(lane)
        total[u] = (w0 * values[s0 + u] + w1 * values[s1 + u]) + (w2 * values[s2 + u] + w3 * values[s3 + u])
    for e in range(start + CHUNK, start + count, CHUNK):
        s0, s1, s2, s3 = source[e], source[e + 1], source[e + 2], source[e + 3]
        w0, w1, w2, w3 = weight[e], weight[e + 1], weight[e + 2], weight[e + 3]
        for lane in range(lanes):
            u = np.uint64(lane)
            total[u] += (w0 * values[s0 + u] + w1 * values[s1 + u]) + (w2 * values[s2 + u] + w3 * values[s3 + u])


@inline
def advance_lanes(plan, n_nodes, values, fresh, lanes):
    """Copy every new value of plan 0 from `fresh` to `values`: the end of a recurrent network's step."""
    for j in range(n_nodes):
        row = plan.row[j]
        for lane in range(lanes):
            u = np.uint64(lane)
            values[row + u] = fresh[row + u]


@inline
def advance_lane(plan, first_node, n_nodes, values, fresh, lane):
    """Do the same in one `lane` for the plan that begins at `first_node`."""
    for j in range(first_node, first_node + n_nodes):
        values[plan.row[j] + lane] = fresh[plan.row[j] + lane]
