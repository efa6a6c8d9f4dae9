"""Making offspring: crossover and mutation of attributes, gene by gene, then structural mutations.

The child has exactly the genes of its fitter parent: matching genes come whole from either parent, disjoint and excess
genes from the fitter one. Every gene has random words of its own, addressed by its position, so that all genes of a
genome go through the same straight line of arithmetic and the loops are SIMD.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline, lean_kernel, outline
from ...compiled.philox import CONNECTION_GENES, NODE_GENES, STRUCTURE, below, normal, philox, uniform
from ...genome.access import copy_conn, copy_node, genes_of
from ...genome.population import Population
from .counts import AT
from .structure import CHOICES, mutate_structure

_PAD = 8  # random words are made for whole groups of genes, so that the loop that makes them has no remainder
_HALF = np.uint64(1 << 31)
_NEVER = np.uint64(1 << 32)  # a word above every threshold


class Scratch(NamedTuple):
    """Room for one child at a time, of parents with at most N nodes and C connections; K >= C and K >= 2 N.

    words: (4, K) uint64, the random words of each gene, see :func:`_draw`; steps: (K,) float32, normal numbers
    mate_weight: (K,) float32; mate_enabled, matching: (K,) uint8; see :func:`_align_connections`
    degree_in, degree_out: (N + 1,) int64; reached: (N + 1,) uint8; for structural mutations
    """

    words: NDArray[np.uint64]
    steps: NDArray[np.float32]
    mate_weight: NDArray[np.float32]
    mate_enabled: NDArray[np.uint8]
    matching: NDArray[np.uint8]
    degree_in: NDArray[np.int64]
    degree_out: NDArray[np.int64]
    reached: NDArray[np.uint8]


def new_scratch(population: Population) -> Scratch:
    """Return room for children of a population."""
    max_nodes = int(np.diff(population.node_offsets).max())
    max_conns = int(np.diff(population.conn_offsets).max())
    padded = (max(max_conns, 2 * max_nodes) + _PAD) // _PAD * _PAD
    return Scratch(
        np.empty((4, padded), np.uint64),
        np.empty(padded, np.float32),
        np.empty(padded, np.float32),
        np.empty(padded, np.uint8),
        np.empty(padded, np.uint8),
        np.empty(max_nodes + 1, np.int64),
        np.empty(max_nodes + 1, np.int64),
        np.empty(max_nodes + 1, np.uint8),
    )


@lean_kernel
def make_offspring(population, lo, hi, plan, rates, draws, offspring, counts, scratch):
    """Make children ``lo .. hi``: genes, and what is still to be numbered.

    population: the parents; plan: a ``MatingPlan`` of all children; rates: ``Rates``; draws: ``Draws``
    offspring: ``Offspring``, written; counts: (8,) int64, see ``ReproductionCounts``, added to
    scratch: this call's own
    """
    genes = offspring.genes
    for g in range(lo, hi):
        a = np.int64(plan.fitter[g])
        b = np.int64(plan.other[g])
        n_nodes = population.node_offsets[a + 1] - population.node_offsets[a]
        n_conns = population.conn_offsets[a + 1] - population.conn_offsets[a]
        offspring.n_nodes[g] = n_nodes
        offspring.n_conns[g] = n_conns
        counts[AT.genes_read] += n_nodes + n_conns
        if plan.elite[g]:
            _copy(population, a, genes, g)
            counts[AT.genes_written] += n_nodes + n_conns
            continue
        if a != b:
            counts[AT.genes_read] += genes_of(population, b)
        individual = np.uint64(g)
        conns_matched = _align_connections(population, a, b, scratch)
        _draw(scratch, n_conns, draws, rates, individual, CONNECTION_GENES)
        _, _, _, word = philox(draws.seed, np.uint64(CHOICES), individual, draws.generation, np.uint64(STRUCTURE))
        still = word >= rates.attributes
        if still:
            _hold(scratch, n_conns)
        conns_perturbed = _connections(population, a, a != b, genes, g, rates, scratch)
        _draw(scratch, 2 * n_nodes, draws, rates, individual, NODE_GENES)
        if still:
            _hold(scratch, 2 * n_nodes)
            _hold_functions(scratch, n_nodes)
        nodes_matched, nodes_perturbed = _nodes(population, a, b, genes, g, rates, scratch)
        counts[AT.genes_crossed] += conns_matched + nodes_matched
        counts[AT.genes_perturbed] += conns_perturbed + nodes_perturbed
        mutate_structure(offspring, g, rates, draws, scratch, counts)
        counts[AT.genes_written] += np.int64(offspring.n_nodes[g]) + np.int64(offspring.n_conns[g])


@outline
def _copy(population, a, genes, g):
    """Copy all genes of genome `a` of `population` to genome `g` of `genes`, a population with room for them."""
    source = population.node_offsets[a]
    target = genes.node_offsets[g]
    for k in range(population.node_offsets[a + 1] - source):
        copy_node(population, source + k, genes, target + k)
    source = population.conn_offsets[a]
    target = genes.conn_offsets[g]
    for k in range(population.conn_offsets[a + 1] - source):
        copy_conn(population, source + k, genes, target + k)


@outline
def _align_connections(population, a, b, scratch):
    """Find the gene of genome `b` that matches each of the C connection genes of `a`; return how many have one.

    scratch: written are the first C places of ``matching`` (1: there is one), ``mate_weight`` and ``mate_enabled``:
    those of the matching gene, or else the gene's own. Nothing matches where `a` and `b` are the same genome.
    """
    matching, mate_weight, mate_enabled = scratch.matching, scratch.mate_weight, scratch.mate_enabled
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
            mate_weight[k] = population.conn_weight[j]
            mate_enabled[k] = population.conn_enabled[j]
            matched += 1
        else:
            matching[k] = 0
            mate_weight[k] = population.conn_weight[i_lo + k]
            mate_enabled[k] = population.conn_enabled[i_lo + k]
    return matched


@outline
def _hold(scratch, n):
    """Make the first decision of each of `n` columns one for no mutation."""
    for k in range(n):
        scratch.words[0, k] = _NEVER


@outline
def _hold_functions(scratch, n_nodes):
    """Make all other decisions of nodes ones for no mutation."""
    for k in range(n_nodes):
        scratch.words[2, 2 * k] = _NEVER
        scratch.words[1, 2 * k + 1] = _NEVER


@outline
def _draw(scratch, n, draws, rates, individual, purpose):
    """Draw the random words of `n` genes: four 32-bit words each, a column of ``scratch.words``.

    ``scratch.steps`` are the random numbers, of mean 0 and standard deviation 1, that row 1 of the words stands for.
    individual: uint64, the child; purpose: CONNECTION_GENES or NODE_GENES
    """
    words, steps = scratch.words, scratch.steps
    count = (n + _PAD - 1) // _PAD * _PAD
    for k in range(count):
        r0, r1, r2, r3 = philox(draws.seed, np.uint64(k), individual, draws.generation, np.uint64(purpose))
        words[0, k] = r0
        words[1, k] = r1
        words[2, k] = r2
        words[3, k] = r3
    if rates.uniform:
        for k in range(count):
            steps[k] = uniform(words[1, k])
    else:
        for k in range(count):
            steps[k] = normal(words[1, k])


@inline
def _mutate(value, attribute, word, step):
    """Perturb, replace or keep one real attribute (float32), and clip it.

    attribute: ``Attribute``; word: uint64 below 2**32, which of the three; step: float32, a standard normal number
    """
    new = value
    new = attribute.init_mean + attribute.init_stdev * step if word < attribute.replace_below else new
    new = value + attribute.power * step if word < attribute.perturb_below else new
    new = attribute.low if new < attribute.low else new
    return attribute.high if new > attribute.high else new


@outline
def _connections(population, a, crossed, genes, g, rates, scratch):
    """Write the connection genes of child `g`; return how many weights were perturbed or replaced.

    a: the fitter parent, whose genes the child has; crossed: whether there is another one
    scratch: ``words`` and ``steps``, a column a gene: word of the weight (perturb, replace or keep; step), word of the
    enabled flag's mutation, choice of parent; the matching genes as :func:`_align_connections` left them
    """
    words, steps = scratch.words, scratch.steps
    matching, mate_weight, mate_enabled = scratch.matching, scratch.mate_weight, scratch.mate_enabled
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
    perturbed = 0
    for k in range(n):
        from_mate = words[3, k] >= _HALF
        value = mate_weight[k] if from_mate else weights[k]
        new_weights[k] = _mutate(value, attribute, words[0, k], steps[k])
        perturbed += 1 if words[0, k] < attribute.replace_below else 0
    if crossed:
        for k in range(n):
            both = (enableds[k] & mate_enabled[k]) != 0
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
    return perturbed


@outline
def _nodes(population, a, b, genes, g, rates, scratch):
    """Write the node genes of child `g`; return how many genes matched and how many were perturbed or replaced.

    a: the fitter parent, whose genes the child has; b: the other one, or `a` again
    scratch: ``words``, two columns a gene. The first has the words of the bias (decision, step) and of the response;
    the second those of activation, aggregation, choice of parent and choice among functions
    """
    words, steps = scratch.words, scratch.steps
    lo = population.node_offsets[a]
    j = population.node_offsets[b]
    j_end = population.node_offsets[b + 1]
    at = genes.node_offsets[g]
    matched = 0
    perturbed = 0
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
            response = _mutate(response, rates.response, r0, uniform(r1) if rates.uniform else normal(r1))
        perturbed += 1 if b0 < rates.bias.replace_below or r0 < rates.response.replace_below else 0
        genes.node_bias[at + k] = bias
        genes.node_response[at + k] = response
        activation = population.node_activation[source]
        aggregation = population.node_aggregation[source]
        if act < rates.activation and not (rates.output_fixed and k < genes.n_outputs):
            activation = rates.activations[np.int64(below(which, np.uint64(len(rates.activations))))]
        if agg < rates.aggregation:
            chosen = (which << np.uint64(16)) & np.uint64(0xFFFFFFFF)
            aggregation = rates.aggregations[np.int64(below(chosen, np.uint64(len(rates.aggregations))))]
        genes.node_activation[at + k] = activation
        genes.node_aggregation[at + k] = aggregation
    return matched, perturbed
