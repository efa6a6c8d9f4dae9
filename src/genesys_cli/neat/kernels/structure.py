"""Structural mutations of one child among the :class:`~genesys_cli.neat.kernels.offspring.Offspring`."""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline, outline
from ...compiled.philox import STRUCTURE, below, normal, philox, uniform
from ...genome.access import copy_conn, copy_node, local_index
from .counts import AT
from .offspring import NEW_NODE

TRIES = 16  # random pairs that add_connection looks at before it gives up

# Blocks of a child's random words of the purpose STRUCTURE: whether each mutation happens; what it is about, and
# whether attributes mutate; and one block for each pair that add_connection looks at.
CHANCES, CHOICES, PAIRS = 0, 1, 2
FIRST_NODE = 2  # the first two blocks are drawn with the words of nodes, and are the columns before theirs


@inline
def mutate_structure(offspring, g, individual, rates, draws, scratch, counts):
    """Delete a node, delete a connection, split a connection and add one, each with its chance.

    individual: uint64, the child in its generation; rates: ``Rates``; draws: ``Draws``
    scratch: ``Scratch``, with the child's words
    counts: (8,) int64, see ``ReproductionCounts``, added to
    """
    words = scratch.nodes.words
    node_add, node_delete = words[0, CHANCES], words[1, CHANCES]
    conn_add, conn_delete = words[2, CHANCES], words[3, CHANCES]
    which_node, which_conn, which_split = words[0, CHOICES], words[1, CHOICES], words[2, CHOICES]
    removed = False
    if node_delete < rates.node_delete:
        nodes, conns = delete_node(offspring, g, which_node)
        counts[AT.nodes_deleted] += nodes
        counts[AT.conns_deleted] += conns
        removed = nodes > 0
    if conn_delete < rates.conn_delete:
        conns = delete_connection(offspring, g, which_conn)
        counts[AT.conns_deleted] += conns
        removed = removed or conns > 0
    if removed and offspring.n_nodes[g] > offspring.genes.n_outputs:
        nodes, conns = prune(offspring, g, scratch.degree_in, scratch.degree_out)
        counts[AT.nodes_deleted] += nodes
        counts[AT.conns_deleted] += conns
    if node_add < rates.node_add:
        added = add_node(offspring, g, which_split, rates)
        counts[AT.nodes_added] += added
        counts[AT.conns_added] += 2 * added
    if conn_add < rates.conn_add:
        counts[AT.conns_added] += add_connection(offspring, g, individual, rates, draws, scratch.reached)


@outline
def remove_node(offspring, g, index):
    """Take away the node gene at local `index` of child `g` and every connection that touches it."""
    genes = offspring.genes
    lo = genes.node_offsets[g]
    node_id = genes.node_id[lo + index]
    n = np.int64(offspring.n_nodes[g])
    for k in range(index + 1, n):
        copy_node(genes, lo + k, genes, lo + k - 1)
    offspring.n_nodes[g] = n - 1
    lo = genes.conn_offsets[g]
    kept = np.int64(0)
    for k in range(np.int64(offspring.n_conns[g])):
        if genes.conn_in[lo + k] != node_id and genes.conn_out[lo + k] != node_id:
            if kept != k:
                copy_conn(genes, lo + k, genes, lo + kept)
            kept += 1
    removed = np.int64(offspring.n_conns[g]) - kept
    offspring.n_conns[g] = kept
    return removed


@outline
def delete_node(offspring, g, word):
    """Delete a hidden node chosen by the 32-bit `word`; return whether there was one, and the connections lost."""
    hidden = np.int64(offspring.n_nodes[g]) - offspring.genes.n_outputs
    if hidden <= 0:
        return 0, np.int64(0)
    index = offspring.genes.n_outputs + np.int64(below(word, np.uint64(hidden)))
    return 1, remove_node(offspring, g, index)


@outline
def delete_connection(offspring, g, word):
    """Delete a connection chosen by the 32-bit `word`; return how many were deleted, 0 or 1."""
    genes = offspring.genes
    n = np.int64(offspring.n_conns[g])
    if n == 0:
        return 0
    lo = genes.conn_offsets[g]
    for k in range(np.int64(below(word, np.uint64(n))) + 1, n):
        copy_conn(genes, lo + k, genes, lo + k - 1)
    offspring.n_conns[g] = n - 1
    return 1


@outline
def prune(offspring, g, degree_in, degree_out):
    """Remove hidden nodes that no connection enters or that none leaves, until there is none; return (nodes, conns).

    degree_in, degree_out: int64 scratch for as many nodes as the child has.
    """
    genes = offspring.genes
    lost_nodes = np.int64(0)
    lost_conns = np.int64(0)
    while True:
        n = np.int64(offspring.n_nodes[g])
        node_lo = genes.node_offsets[g]
        conn_lo = genes.conn_offsets[g]
        for k in range(n):
            degree_in[k] = 0
            degree_out[k] = 0
        for c in range(conn_lo, conn_lo + np.int64(offspring.n_conns[g])):
            if genes.conn_in[c] == genes.conn_out[c]:
                continue  # a self-loop neither feeds a node nor lets it speak
            degree_in[local_index(genes, node_lo, n, genes.conn_out[c])] += 1
            if genes.conn_in[c] >= genes.n_inputs:
                degree_out[local_index(genes, node_lo, n, genes.conn_in[c])] += 1
        dangling = np.int64(-1)
        for k in range(genes.n_outputs, n):
            if degree_in[k] == 0 or degree_out[k] == 0:
                dangling = np.int64(k)
                break
        if dangling < 0:
            return lost_nodes, lost_conns
        lost_conns += remove_node(offspring, g, dangling)
        lost_nodes += 1


@outline
def add_node(offspring, g, word, rates):
    """Split an enabled connection chosen by the 32-bit `word`; return 1, or 0 where no connection is enabled.

    The connection is disabled; the one into the new node gets weight 1, the one out of it the old weight, the node
    bias 0, response 1 and the default functions, so that the network changes little (Stanley & Miikkulainen 2002).
    """
    genes = offspring.genes
    lo = genes.conn_offsets[g]
    n = np.int64(offspring.n_conns[g])
    enabled = np.int64(0)
    for k in range(n):
        enabled += genes.conn_enabled[lo + k]
    if enabled == 0:
        return 0
    wanted = np.int64(below(word, np.uint64(enabled)))
    chosen = np.int64(0)
    for k in range(n):
        if genes.conn_enabled[lo + k]:
            if wanted == 0:
                chosen = lo + k
                break
            wanted -= 1
    genes.conn_enabled[chosen] = 0
    offspring.split[g] = genes.conn_innovation[chosen]
    _append_conn(offspring, g, genes.conn_in[chosen], np.int32(NEW_NODE), np.float32(1.0))
    _append_conn(offspring, g, np.int32(NEW_NODE), genes.conn_out[chosen], genes.conn_weight[chosen])
    node = genes.node_offsets[g] + np.int64(offspring.n_nodes[g])
    genes.node_id[node] = NEW_NODE
    genes.node_bias[node] = np.float32(0.0)
    genes.node_response[node] = np.float32(1.0)
    genes.node_activation[node] = rates.activation_default
    genes.node_aggregation[node] = rates.aggregation_default
    offspring.n_nodes[g] += 1
    return 1


@outline
def _append_conn(offspring, g, source, target, weight):
    """Append an enabled connection gene to child `g`; source, target: int32 ids; weight: float32."""
    genes = offspring.genes
    at = genes.conn_offsets[g] + np.int64(offspring.n_conns[g])
    genes.conn_innovation[at] = NEW_NODE  # numbered later
    genes.conn_in[at] = source
    genes.conn_out[at] = target
    genes.conn_weight[at] = weight
    genes.conn_enabled[at] = 1
    offspring.n_conns[g] += 1


@outline
def add_connection(offspring, g, individual, rates, draws, reached):
    """Connect two nodes that are not connected yet; return 1, or 0 where no free pair was found in ``TRIES`` draws.

    In a feed-forward genome an output is never a source and a pair that would close a cycle is refused. reached: uint8
    scratch for as many nodes as the child has.
    """
    genes = offspring.genes
    node_lo = genes.node_offsets[g]
    n = np.int64(offspring.n_nodes[g])
    conns = np.int64(offspring.n_conns[g])
    hidden = n - genes.n_outputs
    sources = genes.n_inputs + (hidden if rates.feed_forward else n)
    possible = sources * n - (hidden if rates.feed_forward else 0)
    if sources == 0 or conns >= possible:
        return 0
    for attempt in range(TRIES):
        r0, r1, r2, _ = philox(
            draws.seed, np.uint64(PAIRS + attempt), individual, draws.generation, np.uint64(STRUCTURE)
        )
        pick = np.int64(below(r0, np.uint64(sources)))
        target_index = np.int64(below(r1, np.uint64(n)))
        if pick < genes.n_inputs:
            source = np.int32(pick)
        elif rates.feed_forward:
            source = genes.node_id[node_lo + genes.n_outputs + pick - genes.n_inputs]
        else:
            source = genes.node_id[node_lo + pick - genes.n_inputs]
        target = genes.node_id[node_lo + target_index]
        if _connected(offspring, g, source, target):
            continue
        if rates.feed_forward and pick >= genes.n_inputs and _leads_to(offspring, g, target, source, reached):
            continue
        weight = rates.weight.init_mean + rates.weight.init_stdev * (uniform(r2) if rates.uniform else normal(r2))
        weight = min(max(weight, rates.weight.low), rates.weight.high)
        offspring.added_in[g] = source
        offspring.added_out[g] = target
        _append_conn(offspring, g, source, target, np.float32(weight))
        return 1
    return 0


@outline
def _connected(offspring, g, source, target):
    """Say whether child `g` has a connection, enabled or not, from node `source` to node `target`."""
    genes = offspring.genes
    lo = genes.conn_offsets[g]
    for c in range(lo, lo + np.int64(offspring.n_conns[g])):
        if genes.conn_in[c] == source and genes.conn_out[c] == target:
            return True
    return False


@outline
def _leads_to(offspring, g, start, end, reached):
    """Say whether connections, enabled or not, lead from node `start` to node `end` (or they are the same)."""
    if start == end:
        return True
    genes = offspring.genes
    first_hidden = genes.n_inputs + genes.n_outputs
    if start < first_hidden:
        return False  # an output: nothing leaves it
    node_lo = genes.node_offsets[g]
    n = np.int64(offspring.n_nodes[g])
    conn_lo = genes.conn_offsets[g]
    for k in range(n):
        reached[k] = 0
    reached[local_index(genes, node_lo, n, start)] = 1
    grew = True
    while grew:
        grew = False
        for c in range(conn_lo, conn_lo + np.int64(offspring.n_conns[g])):
            if genes.conn_in[c] >= first_hidden and reached[local_index(genes, node_lo, n, genes.conn_in[c])]:
                if genes.conn_out[c] == end:
                    return True
                t = local_index(genes, node_lo, n, genes.conn_out[c])
                if reached[t] == 0:
                    reached[t] = 1
                    grew = True
    return False
