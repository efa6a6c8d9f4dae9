"""One step of a planned network, in one lane or in all lanes side by side.

The sum over a node's edges is defined as a sequence of groups of four, each added as ``(a + b) + (c + d)``. That order
is the same for one lane and for sixteen, so the number of lanes changes no bit; and it leaves the processor four
independent products at a time, where a plain running sum would wait for each addition.
"""

from __future__ import annotations

import numpy as np

from ..compiled.jit import inline
from .functions import (
    IDENTITY,
    RELU,
    SIGMOID,
    SUM,
    TANH,
    rare_activation,
    rare_aggregation,
    relu_of,
    sigmoid_of,
    tanh_of,
)
from .plan import CHUNK


@inline
def activate(plan, n_nodes, values, target, total, terms, lanes):
    """Compute every planned node from `values` into `target`, both float32 lane arrays.

    target: `values` itself for a feed-forward network; another array of that size for a recurrent one, in which all
        nodes read the previous step (:func:`advance` then makes it the present)
    total: float32 scratch of one row; terms: float32 scratch for as many numbers as a node has edges
    lanes: 1 or LANES; a number the compiler does not know, see ``compiled.lanes``
    """
    for j in range(n_nodes):
        start = plan.edge_start[j]
        count = plan.edge_count[j]
        if plan.aggregation[j] != SUM:
            for lane in range(lanes):
                total[lane] = rare_aggregation(
                    plan.aggregation[j],
                    plan.edge_source,
                    plan.edge_weight,
                    start,
                    count,
                    values,
                    np.uint64(lane),
                    terms,
                )
        elif lanes == 1:
            total[0] = _sum_one(plan.edge_source, plan.edge_weight, start, count, values)
        else:
            _sum_lanes(plan.edge_source, plan.edge_weight, start, count, values, total, lanes)

        row = plan.row[j]
        bias = plan.bias[j]
        response = plan.response[j]
        kind = plan.activation[j]
        if kind == TANH:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = tanh_of(bias + response * total[u])
        elif kind == SIGMOID:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = sigmoid_of(bias + response * total[u])
        elif kind == RELU:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = relu_of(bias + response * total[u])
        elif kind == IDENTITY:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = bias + response * total[u]
        else:
            for lane in range(lanes):
                u = np.uint64(lane)
                target[row + u] = rare_activation(kind, bias + response * total[u])


@inline
def _sum_one(source, weight, start, count, values):
    total = (weight[start] * values[source[start]] + weight[start + 1] * values[source[start + 1]]) + (
        weight[start + 2] * values[source[start + 2]] + weight[start + 3] * values[source[start + 3]]
    )
    for e in range(start + CHUNK, start + count, CHUNK):
        total += (weight[e] * values[source[e]] + weight[e + 1] * values[source[e + 1]]) + (
            weight[e + 2] * values[source[e + 2]] + weight[e + 3] * values[source[e + 3]]
        )
    return total


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
def advance(plan, n_nodes, values, fresh, lanes):
    """Copy every planned node's new value from `fresh` to `values`: the end of a recurrent network's step."""
    for j in range(n_nodes):
        row = plan.row[j]
        for lane in range(lanes):
            u = np.uint64(lane)
            values[row + u] = fresh[row + u]
