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
from ...compiled.philox import (
    CONNECTION_GENES,
    NODE_GENES,
    STRUCTURE,
    below,
    normal,
    normal_arguments,
    normal_of,
    philox,
    uniform,
)
from ...genome.access import copy_conns, copy_nodes, genes_of
from ...genome.population import Population
from .counts import AT
from .structure import CHOICES, FIRST_NODE, mutate_structure

_PAD = 8  # random words are made for whole groups of genes, so that the loop that makes them has no remainder
_CHUNK = 512  # connection genes that go from random words to the child together: these words stay in the nearest cache
_BLOCK = 16  # genes that are compared at once where two genomes are alike
_HALF = np.uint64(1 << 31)
_NEVER = np.uint64(1 << 32)  # a word above every threshold


class Words(NamedTuple):
    """The random words of K genes, a column each, and what the second of each stands for.

    words: (4, K) uint64, below 2**32; steps: (K,) float32 of mean 0 and standard deviation 1; tails: (K,) float32, on
    the way to them
    """

    words: NDArray[np.uint64]
    steps: NDArray[np.float32]
    tails: NDArray[np.float32]


class Scratch(NamedTuple):
    """Room for one child at a time, of parents with at most N nodes and C connections.

    conns: of up to _CHUNK connections; nodes: of structural mutations and of N nodes, see :func:`_draw_nodes`
    mate_weight: (C,) float32; mate_enabled, matching: (C,) uint8; see :func:`_align_connections`
    degree_in, degree_out: (N + 1,) int64; reached: (N + 1,) uint8; for structural mutations
    """

    conns: Words
    nodes: Words
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
    return Scratch(
        _room(min(max_conns, _CHUNK)),
        _room(FIRST_NODE + 2 * max_nodes),
        np.empty(max_conns, np.float32),
        np.empty(max_conns, np.uint8),
        np.empty(max_conns, np.uint8),
        np.empty(max_nodes + 1, np.int64),
        np.empty(max_nodes + 1, np.int64),
        np.empty(max_nodes + 1, np.uint8),
    )


def _room(columns: int) -> Words:
    padded = (columns + _PAD) // _PAD * _PAD
    return Words(np.empty((4, padded), np.uint64), np.empty(padded, np.float32), np.empty(padded, np.float32))


@lean_kernel
def make_offspring(population, lo, hi, plan, individuals, rates, draws, offspring, counts, scratch):
    """Make children ``lo .. hi``: genes, and what is still to be numbered.

    population: the parents; plan: a ``MatingPlan`` of all children; rates: ``Rates``; draws: ``Draws``
    individuals: (P,) uint64, which child of its generation each is: random words are addressed by it
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
        individual = individuals[g]
        conns_matched = _align_connections(population, a, b, scratch)
        _draw_nodes(scratch.nodes, n_nodes, draws, rates, individual)
        still = scratch.nodes.words[3, CHOICES] >= rates.attributes
        conns_perturbed = 0
        for first in range(0, n_conns, _CHUNK):
            count = min(_CHUNK, n_conns - first)
            _draw_connections(scratch.conns, first, count, draws, rates, individual)
            if still:
                _hold(scratch.conns, 0, count)
            conns_perturbed += _connections(population, a, a != b, genes, g, first, count, rates, scratch)
        if still:
            _hold(scratch.nodes, FIRST_NODE, 2 * n_nodes)
            _hold_functions(scratch.nodes, n_nodes)
        nodes_matched, nodes_perturbed = _nodes(population, a, b, genes, g, rates, scratch.nodes)
        counts[AT.genes_crossed] += conns_matched + nodes_matched
        counts[AT.genes_perturbed] += conns_perturbed + nodes_perturbed
        mutate_structure(offspring, g, individual, rates, draws, scratch, counts)
        counts[AT.genes_written] += np.int64(offspring.n_nodes[g]) + np.int64(offspring.n_conns[g])


@outline
def _copy(population, a, genes, g):
    """Copy all genes of genome `a` of `population` to genome `g` of `genes`, a population with room for them."""
    source = population.node_offsets[a]
    copy_nodes(population, source, genes, genes.node_offsets[g], population.node_offsets[a + 1] - source)
    source = population.conn_offsets[a]
    copy_conns(population, source, genes, genes.conn_offsets[g], population.conn_offsets[a + 1] - source)


@inline
def _align_connections(population, a, b, scratch):
    """Find the gene of genome `b` that matches each of the C connection genes of `a`; return how many have one.

    scratch: written are the first C places of ``matching`` (1: there is one), ``mate_weight`` and ``mate_enabled``:
    those of the matching gene, or else the gene's own. Nothing matches where `a` and `b` are the same genome.
    """
    matching, mate_weight, mate_enabled = scratch.matching, scratch.mate_weight, scratch.mate_enabled
    i_lo = population.conn_offsets[a]
    n = population.conn_offsets[a + 1] - i_lo
    innovations = population.conn_innovation[i_lo : i_lo + n]
    weights = population.conn_weight[i_lo : i_lo + n]
    enableds = population.conn_enabled[i_lo : i_lo + n]
    if a == b:
        for k in range(n):
            matching[k] = 0
        for k in range(n):
            mate_weight[k] = weights[k]
        for k in range(n):
            mate_enabled[k] = enableds[k]
        return 0
    j_lo = population.conn_offsets[b]
    m = population.conn_offsets[b + 1] - j_lo
    others = population.conn_innovation[j_lo : j_lo + m]
    other_weights = population.conn_weight[j_lo : j_lo + m]
    other_enableds = population.conn_enabled[j_lo : j_lo + m]
    matched = 0
    j = 0
    k = 0
    aligned = True
    while k < n:
        if aligned and k + _BLOCK <= n and j + _BLOCK <= m:
            differ = 0
            for c in range(_BLOCK):
                differ += 1 if innovations[k + c] != others[j + c] else 0
            if differ == 0:
                for c in range(_BLOCK):
                    matching[k + c] = 1
                    mate_weight[k + c] = other_weights[j + c]
                    mate_enabled[k + c] = other_enableds[j + c]
                matched += _BLOCK
                k += _BLOCK
                j += _BLOCK
                continue
        while j < m and others[j] < innovations[k]:
            j += 1
        aligned = j < m and others[j] == innovations[k]
        matching[k] = 1 if aligned else 0
        mate_weight[k] = other_weights[j] if aligned else weights[k]
        mate_enabled[k] = other_enableds[j] if aligned else enableds[k]
        matched += 1 if aligned else 0
        k += 1
    return matched


@outline
def _hold(room, first, n):
    """Make the first decision of each of `n` columns from `first` on one for no mutation."""
    for k in range(first, first + n):
        room.words[0, k] = _NEVER


@outline
def _hold_functions(room, n_nodes):
    """Make all other decisions of nodes ones for no mutation."""
    for k in range(FIRST_NODE, FIRST_NODE + 2 * n_nodes, 2):
        room.words[2, k] = _NEVER
        room.words[1, k + 1] = _NEVER


@inline
def _fill(words, k, draws, block, individual, purpose):
    """Write a block of random words to column `k`."""
    r0, r1, r2, r3 = philox(draws.seed, block, individual, draws.generation, purpose)
    words[0, k] = r0
    words[1, k] = r1
    words[2, k] = r2
    words[3, k] = r3


@inline
def _draw_connections(room, first, n, draws, rates, individual):
    """Draw the random words of `n` connection genes from `first` on: four 32-bit words each.

    room: ``Words``, written; individual: uint64, the child
    """
    words = room.words
    count = (n + _PAD - 1) // _PAD * _PAD
    for k in range(count):
        _fill(words, k, draws, np.uint64(first + k), individual, np.uint64(CONNECTION_GENES))
    _step(room, count, rates)


@inline
def _draw_nodes(room, n, draws, rates, individual):
    """Draw the random words of structural mutations, blocks CHANCES and CHOICES, and then those of `n` node genes, two
    columns each.
    """
    words = room.words
    count = (FIRST_NODE + 2 * n + _PAD - 1) // _PAD * _PAD
    for k in range(count):
        structural = k < FIRST_NODE
        block = np.uint64(k if structural else k - FIRST_NODE)
        purpose = np.uint64(STRUCTURE if structural else NODE_GENES)
        _fill(words, k, draws, block, individual, purpose)
    _step(room, count, rates)


@inline
def _step(room, count, rates):
    """Make the steps of `count` columns."""
    words, steps, tails = room.words, room.steps, room.tails
    if rates.uniform:
        for k in range(count):
            steps[k] = uniform(words[1, k])
    else:
        for k in range(count):
            steps[k], tails[k] = normal_arguments(words[1, k])
        for k in range(count):
            steps[k] = normal_of(steps[k], tails[k])


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


@inline
def _connections(population, a, crossed, genes, g, first, n, rates, scratch):
    """Write `n` connection genes of child `g` from `first` on; return how many weights were perturbed or replaced.

    a: the fitter parent, whose genes the child has; crossed: whether there is another one
    scratch: ``conns`` has a column a gene: word of the weight (perturb, replace or keep; step), word of the
    enabled flag's mutation, choice of parent; the matching genes as :func:`_align_connections` left them
    """
    words, steps = scratch.conns.words, scratch.conns.steps
    matching = scratch.matching[first : first + n]
    mate_weight = scratch.mate_weight[first : first + n]
    mate_enabled = scratch.mate_enabled[first : first + n]
    lo = population.conn_offsets[a] + first
    innovations, sources, targets, weights, enableds = (
        population.conn_innovation[lo : lo + n],
        population.conn_in[lo : lo + n],
        population.conn_out[lo : lo + n],
        population.conn_weight[lo : lo + n],
        population.conn_enabled[lo : lo + n],
    )
    at = genes.conn_offsets[g] + first
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


@inline
def _nodes(population, a, b, genes, g, rates, room):
    """Write the node genes of child `g`; return how many genes matched and how many were perturbed or replaced.

    a: the fitter parent, whose genes the child has; b: the other one, or `a` again
    room: ``Words``, from FIRST_NODE on two columns a gene. The first has the words of the bias (decision, step) and of
        the response, the second those of activation, aggregation, choice of parent and choice among functions
    """
    words, steps = room.words, room.steps
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
        c = FIRST_NODE + 2 * k
        b0, r0, r1 = words[0, c], words[2, c], words[3, c]
        act, agg, side, which = words[0, c + 1], words[1, c + 1], words[2, c + 1], words[3, c + 1]
        source = lo + k
        if a != b and j < j_end and population.node_id[j] == node_id:
            matched += 1
            if side >= _HALF:
                source = j
        genes.node_id[at + k] = node_id
        bias = population.node_bias[source]
        response = population.node_response[source]
        if b0 < rates.bias.replace_below:
            bias = _mutate(bias, rates.bias, b0, steps[c])
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
