"""Making children: crossover and mutation of attributes, gene by gene, then structural mutations.

The child has exactly the genes of its fitter parent: matching genes come whole from either parent, disjoint and excess
genes from the fitter one. Every gene has random words of its own, addressed by its position, so that all genes of a
genome go through the same straight line of arithmetic and the loops are SIMD.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline, kernel, outline
from ...compiled.philox import CONNECTION_GENES, NODE_GENES, STRUCTURE, below, normal, philox
from ...genome.access import copy_conn, copy_node, largest
from .structure import add_connection, add_node, delete_connection, delete_node, prune

COUNTS = (
    "genes_read",
    "genes_written",
    "genes_crossed",
    "genes_perturbed",
    "nodes_added",
    "conns_added",
    "nodes_deleted",
    "conns_deleted",
)
"""What :func:`breed` counts, in the order of a row of its `counts`."""

_PAD = 8  # random words are made for whole groups of genes, so that the loop that makes them has no remainder
_HALF = np.uint64(1 << 31)


@kernel
def breed(population, lo, hi, fitter, other, elite, rates, seed, generation, brood, counts):
    """Make children ``lo .. hi`` of `brood`.

    fitter, other: (P,) int32, parents; the same genome twice means mutation without crossover
    elite: (P,) uint8, 1 for an unchanged copy of `fitter`
    seed, generation: uint64; counts: (8,) int64, see COUNTS, added to
    """
    max_nodes, max_conns = largest(population, 0, len(population.node_offsets) - 1)
    padded = (max(max_conns, 2 * max_nodes) + _PAD) // _PAD * _PAD
    words = np.empty((4, padded), np.uint64)
    steps = np.empty(padded, np.float32)
    other_weight = np.empty(padded, np.float32)
    other_enabled = np.empty(padded, np.uint8)
    matching = np.empty(padded, np.uint8)
    degree_in = np.empty(max_nodes + 1, np.int64)
    degree_out = np.empty(max_nodes + 1, np.int64)
    reached = np.empty(max_nodes + 1, np.uint8)
    scratch = (words, steps, other_weight, other_enabled, matching, degree_in, degree_out, reached)
    _make(population, lo, hi, fitter, other, elite, rates, seed, generation, brood, counts, scratch)


@inline
def _make(population, lo, hi, fitter, other, elite, rates, seed, generation, brood, counts, scratch):
    """Do the work of :func:`breed`; apart from it because a function that allocates also counts references, slowly."""
    words, steps, other_weight, other_enabled, matching, degree_in, degree_out, reached = scratch
    genes = brood.genes
    for g in range(lo, hi):
        a = np.int64(fitter[g])
        b = np.int64(other[g])
        n_nodes = population.node_offsets[a + 1] - population.node_offsets[a]
        n_conns = population.conn_offsets[a + 1] - population.conn_offsets[a]
        brood.n_nodes[g] = n_nodes
        brood.n_conns[g] = n_conns
        counts[0] += n_nodes + n_conns
        if elite[g]:
            _copy(population, a, genes, g)
            counts[1] += n_nodes + n_conns
            continue
        individual = np.uint64(g)
        if a != b:
            counts[0] += population.node_offsets[b + 1] - population.node_offsets[b]
            counts[0] += population.conn_offsets[b + 1] - population.conn_offsets[b]
        matched = _align_connections(population, a, b, other_weight, other_enabled, matching)
        _draw(words, steps, n_conns, seed, individual, generation, CONNECTION_GENES)
        changed = _connections(
            population, a, genes, g, rates, words, steps, other_weight, other_enabled, matching, a != b
        )
        _draw(words, steps, 2 * n_nodes, seed, individual, generation, NODE_GENES)
        node_matched, node_changed = _nodes(population, a, b, genes, g, rates, words, steps)
        counts[2] += matched + node_matched
        counts[3] += changed + node_changed

        add_n, delete_n, add_c, delete_c = philox(seed, np.uint64(0), individual, generation, np.uint64(STRUCTURE))
        w0, w1, w2, _ = philox(seed, np.uint64(1), individual, generation, np.uint64(STRUCTURE))
        removed = False
        if delete_n < rates.node_delete:
            gone, conns_gone = delete_node(brood, g, w0)
            counts[6] += gone
            counts[7] += conns_gone
            removed = gone > 0
        if delete_c < rates.conn_delete:
            gone = delete_connection(brood, g, w1)
            counts[7] += gone
            removed = removed or gone > 0
        if removed and brood.n_nodes[g] > population.n_outputs:
            gone_nodes, conns_gone = prune(brood, g, degree_in, degree_out)
            counts[6] += gone_nodes
            counts[7] += conns_gone
        if add_n < rates.node_add:
            added = add_node(brood, g, w2, rates)
            counts[4] += added
            counts[5] += 2 * added
        if add_c < rates.conn_add:
            counts[5] += add_connection(brood, g, seed, generation, 2, rates, reached)
        counts[1] += np.int64(brood.n_nodes[g]) + np.int64(brood.n_conns[g])


@outline
def _copy(population, a, genes, g):
    source = population.node_offsets[a]
    target = genes.node_offsets[g]
    for k in range(population.node_offsets[a + 1] - source):
        copy_node(population, source + k, genes, target + k)
    source = population.conn_offsets[a]
    target = genes.conn_offsets[g]
    for k in range(population.conn_offsets[a + 1] - source):
        copy_conn(population, source + k, genes, target + k)


@outline
def _align_connections(population, a, b, other_weight, other_enabled, matching):
    """For each connection gene of `a`, note the matching gene of `b`; without one, the gene's own values."""
    i_lo = population.conn_offsets[a]
    n = population.conn_offsets[a + 1] - i_lo
    j = population.conn_offsets[b]
    j_end = population.conn_offsets[b + 1]
    matched = 0
    for k in range(n):
        innovation = population.conn_innovation[i_lo + k]
        while j < j_end and population.conn_innovation[j] < innovation:
            j += 1
        if a != b and j < j_end and population.conn_innovation[j] == innovation:
            matching[k] = 1
            other_weight[k] = population.conn_weight[j]
            other_enabled[k] = population.conn_enabled[j]
            matched += 1
        else:
            matching[k] = 0
            other_weight[k] = population.conn_weight[i_lo + k]
            other_enabled[k] = population.conn_enabled[i_lo + k]
    return matched


@outline
def _draw(words, steps, n, seed, individual, generation, purpose):
    """Fill the first `n` columns of `words` with one block each, and `steps` with normal numbers from row 1."""
    count = (n + _PAD - 1) // _PAD * _PAD
    for k in range(count):
        r0, r1, r2, r3 = philox(seed, np.uint64(k), individual, generation, np.uint64(purpose))
        words[0, k] = r0
        words[1, k] = r1
        words[2, k] = r2
        words[3, k] = r3
    for k in range(count):
        steps[k] = normal(words[1, k])


@inline
def _mutate(value, attribute, word, step):
    """Perturb, replace or keep one real attribute, and clip it."""
    new = value
    new = attribute.init_mean + attribute.init_stdev * step if word < attribute.replace_below else new
    new = value + attribute.power * step if word < attribute.perturb_below else new
    new = attribute.low if new < attribute.low else new
    return attribute.high if new > attribute.high else new


@outline
def _connections(population, a, genes, g, rates, words, steps, other_weight, other_enabled, matching, crossed):
    """Write the connection genes of child `g`; return how many weights were perturbed or replaced."""
    lo = population.conn_offsets[a]
    n = population.conn_offsets[a + 1] - lo
    innovations, sources, targets, weights, enableds = (
        population.conn_innovation[lo : lo + n],
        population.conn_in[lo : lo + n],
        population.conn_out[lo : lo + n],
        population.conn_weight[lo : lo + n],
        population.conn_enabled[lo : lo + n],
    )
    at = genes.conn_offsets[g]
    new_innovations = genes.conn_innovation[at : at + n]
    new_sources = genes.conn_in[at : at + n]
    new_targets = genes.conn_out[at : at + n]
    for k in range(n):
        new_innovations[k] = innovations[k]
        new_sources[k] = sources[k]
        new_targets[k] = targets[k]
    new_weights = genes.conn_weight[at : at + n]
    new_enabled = genes.conn_enabled[at : at + n]
    attribute = rates.weight
    changed = 0
    for k in range(n):
        from_other = words[3, k] >= _HALF
        value = other_weight[k] if from_other else weights[k]
        new_weights[k] = _mutate(value, attribute, words[0, k], steps[k])
        changed += 1 if words[0, k] < attribute.replace_below else 0
    if crossed:
        for k in range(n):
            both = (enableds[k] & other_enabled[k]) != 0
            # the low half of the word that chose the parent, stretched to 32 bits: independent of its highest bit
            drawn = (words[3, k] << np.uint64(1)) & np.uint64(0xFFFFFFFF)
            kept = np.uint8(0) if drawn < rates.disable else np.uint8(1)
            joint = np.uint8(1) if both else kept
            new_enabled[k] = joint if matching[k] != 0 else enableds[k]
    else:
        for k in range(n):
            new_enabled[k] = enableds[k]
    for k in range(n):
        new_enabled[k] ^= np.uint8(1) if words[2, k] < rates.enabled else np.uint8(0)
    return changed


@outline
def _nodes(population, a, b, genes, g, rates, words, steps):
    """Write the node genes of child `g`; return how many genes matched and how many were perturbed or replaced.

    words: two columns a gene. The first has the words of the bias (decision, step) and of the response; the second
        those of activation, aggregation, choice of parent and choice among functions
    """
    lo = population.node_offsets[a]
    j = population.node_offsets[b]
    j_end = population.node_offsets[b + 1]
    at = genes.node_offsets[g]
    matched = 0
    changed = 0
    for k in range(population.node_offsets[a + 1] - lo):
        node_id = population.node_id[lo + k]
        while j < j_end and population.node_id[j] < node_id:
            j += 1
        b0, r0, r1 = words[0, 2 * k], words[2, 2 * k], words[3, 2 * k]
        act, agg, side, which = words[0, 2 * k + 1], words[1, 2 * k + 1], words[2, 2 * k + 1], words[3, 2 * k + 1]
        source = lo + k
        if a != b and j < j_end and population.node_id[j] == node_id:
            matched += 1
            if side >= _HALF:
                source = j
        genes.node_id[at + k] = node_id
        bias = population.node_bias[source]
        response = population.node_response[source]
        if b0 < rates.bias.replace_below:
            bias = _mutate(bias, rates.bias, b0, steps[2 * k])
        if r0 < rates.response.replace_below:
            response = _mutate(response, rates.response, r0, normal(r1))
        changed += 1 if b0 < rates.bias.replace_below or r0 < rates.response.replace_below else 0
        genes.node_bias[at + k] = bias
        genes.node_response[at + k] = response
        activation = population.node_activation[source]
        aggregation = population.node_aggregation[source]
        if act < rates.activation:
            activation = rates.activations[np.int64(below(which, np.uint64(len(rates.activations))))]
        if agg < rates.aggregation:
            chosen = (which << np.uint64(16)) & np.uint64(0xFFFFFFFF)
            aggregation = rates.aggregations[np.int64(below(chosen, np.uint64(len(rates.aggregations))))]
        genes.node_activation[at + k] = activation
        genes.node_aggregation[at + k] = aggregation
    return matched, changed
