"""A genome's evaluation plan: which nodes, in which order, fed by which edges.

Only nodes from which an enabled path leads to an output are kept. A depth-first search along incoming edges gives both
that set and, in its order of completion, a topological order. In a recurrent network the order is of no consequence,
because every node reads the values of the previous step. The arrays that are filled are described in ``compiled.plan``.
"""

from __future__ import annotations

import numpy as np

from ..compiled.jit import outline
from ..compiled.lanes import ROW
from ..facts import CHUNK
from ..genome.access import local_index


@outline
def build_plan(population, g, plan, first_node, first_edge):
    """Plan genome `g`; return the number of nodes to evaluate and of edges among them (without padding).

    first_node, first_edge: where in the arrays of `plan` this one's nodes and edges begin
    """
    n_inputs = population.n_inputs
    node_lo = population.node_offsets[g]
    n = population.node_offsets[g + 1] - node_lo
    conn_lo = population.conn_offsets[g]
    conns = population.conn_offsets[g + 1] - conn_lo

    # Incoming edges of each node, in the order of innovation numbers (a counting sort by target).
    in_start = plan.in_start
    for j in range(n + 1):
        in_start[j] = 0
    for c in range(conns):
        if population.conn_enabled[conn_lo + c]:
            target = local_index(population, node_lo, n, population.conn_out[conn_lo + c])
            plan.target[c] = target
            in_start[target + 1] += 1
    for j in range(n):
        in_start[j + 1] += in_start[j]
        plan.in_next[j] = in_start[j]
        plan.seen[j] = 0
    for c in range(conns):
        if population.conn_enabled[conn_lo + c]:
            slot = plan.in_next[plan.target[c]]
            plan.in_next[plan.target[c]] = slot + 1
            source = population.conn_in[conn_lo + c]
            if source < n_inputs:
                plan.in_source[slot] = source - n_inputs  # negative: an input
            else:
                plan.in_source[slot] = local_index(population, node_lo, n, source)
            plan.in_weight[slot] = population.conn_weight[conn_lo + c]

    # Depth-first search from the outputs; a node is emitted when all its sources have been.
    for j in range(n):
        plan.in_next[j] = in_start[j]
    evaluated = 0
    edges = 0
    padded = first_edge
    for output in range(population.n_outputs):
        if plan.seen[output]:
            continue
        plan.seen[output] = 1
        plan.stack[0] = output
        depth = 1
        while depth > 0:
            node = plan.stack[depth - 1]
            at = plan.in_next[node]
            if at < in_start[node + 1]:
                plan.in_next[node] = at + 1
                source = plan.in_source[at]
                if source >= 0 and plan.seen[source] == 0:
                    plan.seen[source] = 1
                    plan.stack[depth] = source
                    depth += 1
                continue
            depth -= 1
            j = first_node + evaluated
            evaluated += 1
            plan.row[j] = np.uint64(1 + n_inputs + node) * ROW
            plan.bias[j] = population.node_bias[node_lo + node]
            plan.response[j] = population.node_response[node_lo + node]
            plan.activation[j] = population.node_activation[node_lo + node]
            plan.aggregation[j] = population.node_aggregation[node_lo + node]
            count = in_start[node + 1] - in_start[node]
            plan.edge_start[j] = padded
            plan.edge_count[j] = count
            edges += count
            for k in range(in_start[node], in_start[node + 1]):
                plan.edge_source[padded] = np.uint64(plan.in_source[k] + (1 + n_inputs)) * ROW
                plan.edge_weight[padded] = plan.in_weight[k]
                padded += 1
            while count == 0 or count % CHUNK != 0:
                plan.edge_source[padded] = np.uint64(0)
                plan.edge_weight[padded] = np.float32(0.0)
                padded += 1
                count += 1
    return evaluated, edges
