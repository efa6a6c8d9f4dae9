"""The processing element: two aligned parent streams in, the child's genes out, a slot a cycle.

Four stages (``stages.py``), each reads what the one before passed on: crossover, perturbation, delete gene, add gene.
Here a slot goes through all four at once; the tests hold this against a model that clocks the stages one by one.

A slot takes SLOT_WORDS of the child's generator, whatever happens in it, so nothing in the pipeline steers the
generator, which gives so many words a cycle.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline, lean_kernel, outline
from ...facts import SLOT_WORDS
from ..layout import get, is_connection, key, put
from ..xorwow import child_state
from .draws import B0, B1, B2, B3, happens
from .merge import join, merge
from .registers import AT, NO_END, Offered, Slot, Stream
from .stages import (
    crossover_conn,
    crossover_node,
    delete_conn,
    delete_node,
    draws_of,
    offer_conn,
    offer_node,
    perturb_conn,
    perturb_node,
    split_conn,
    splits,
)
from .thresholds import CONN_ADD, ENDS

FILL = 4  # cycles from a slot's alignment to the end of the last stage
SPARE = 3  # words by which a child can be longer than its fitter parent

READ_A, READ_B, LEAVES, NODE = 1, 2, 4, 8  # a slot's code: which streams it reads, whether a gene leaves, a node

_LAST = np.uint64(np.iinfo(np.uint64).max)  # a key after every key
_ONE = np.uint64(1)


@lean_kernel
def make_children(parents, pairs, events, setup, lo, hi, children, scratch):
    """Make children ``lo .. hi``.

    parents: GeneWords; pairs: Pairs; events: (P, EVENTS, 2) int16, gates and thresholds; setup: Setup
    children: Children, written to; scratch: Scratch for the longest fitter parent, whose counts are added to
    """
    offsets = parents.offsets
    for c in range(lo, hi):
        a = np.int64(pairs.fitter[c])
        b = np.int64(pairs.other[c])
        if pairs.elite[c]:
            _pass(parents.words, offsets[a], offsets[a + 1], c, setup.layout, children, scratch.counts)
        else:
            fitter = _stream(parents.words, offsets[a], offsets[a + 1], setup.layout)
            other = _stream(parents.words, offsets[b], offsets[b + 1] if a != b else offsets[b], setup.layout)
            _child(parents.words, fitter, other, c, events[c], setup, children, scratch)


@outline
def _pass(words, lo, hi, c, layout, children, counts):
    """Copy a genome word for word; only the genome id, where the layout has one, becomes the child's."""
    at = children.room[c]
    code_at = children.slots_room[c]
    nodes = 0
    for k in range(hi - lo):
        children.words[at + k] = put(words[lo + k], layout.genome, np.uint64(c))
        node = not is_connection(words[lo + k], layout)
        children.codes[code_at + k] = READ_A | LEAVES | (NODE if node else 0)
        nodes += node
    children.length[c] = hi - lo
    children.nodes[c] = nodes
    children.slots[c] = hi - lo
    children.splits[c] = 0
    children.inserts[c] = 0
    counts[AT.genes_in] += hi - lo
    counts[AT.genes_out] += hi - lo
    counts[AT.slots] += hi - lo


@outline
def _child(words, a, b, c, events, setup, children, scratch):
    """Make child `c` of the streams `a`, its fitter parent's, and `b`, the other's, maybe empty. events: (EVENTS, 2)"""
    child = np.uint64(c)
    thresholds = setup.thresholds
    layout = setup.layout
    counts = scratch.counts
    out = children.words[children.room[c] : children.room[c + 1]]
    codes = children.codes[children.slots_room[c] : children.slots_room[c + 1]]
    state = child_state(setup.seed, setup.generation, child)
    draws, state = draws_of(state)
    joins = happens(draws.crossover, B0, B1, events[CONN_ADD])
    mutates = happens(draws.crossover, B2, B3, thresholds.attributes)

    counts[AT.genes_in] += np.int64(a.end - a.at) + np.int64(b.end - b.at)
    n_slots = np.uint64(0)
    n_nodes = np.uint64(0)
    n_conns = np.uint64(0)
    n_deleted = 0
    largest = np.uint64(0)  # id of the fitter parent's nodes so far
    offered = Offered(np.int64(NO_END), np.uint64(0), np.int64(0))
    split = False
    while a.at < a.end or b.at < b.end:
        slot, a, b = _align(words, a, b, layout)
        leaves = 0
        if not is_connection(slot.gene, layout):
            node, state = draws_of(state)
            if slot.fitter:
                largest = max(largest, get(slot.gene, layout.id))
                gene = crossover_node(slot, node, thresholds, layout)
                gene = perturb_node(gene, node, mutates, thresholds, layout, counts)
                gone, n_deleted = delete_node(gene, node, events, thresholds, layout, n_deleted, scratch)
                if not gone:
                    out[n_nodes] = put(gene, layout.genome, child)
                    n_nodes += _ONE
                    leaves = LEAVES | NODE
                    if joins and happens(node.events, B2, B3, events[ENDS]):
                        offered = offer_node(gene, node, offered, thresholds, layout, scratch.ends)
        else:
            conn, state = draws_of(state)
            if slot.fitter:
                gene = crossover_conn(slot, conn, thresholds, layout)
                gene = perturb_conn(gene, conn, mutates, thresholds, layout, counts)
                if not delete_conn(gene, conn, events, layout, n_deleted, scratch):
                    gene = put(gene, layout.genome, child)
                    leaves = LEAVES
                    if joins and happens(conn.events, B2, B3, events[ENDS]):
                        offered = offer_conn(gene, conn, offered, layout, scratch.ends)
                    if not split and splits(gene, conn, events, layout, largest, counts):
                        split_conn(gene, largest + _ONE, thresholds, layout, scratch.late)
                        split = True
                        leaves = LEAVES | NODE  # of the new node, in its place
                    else:
                        scratch.conns[n_conns] = gene
                        n_conns += _ONE
        counts[AT.bubbles] += not slot.fitter
        counts[AT.crossovers] += slot.fitter and slot.other
        reads = (READ_A if slot.fitter else 0) | (READ_B if slot.other else 0)
        codes[n_slots] = reads | leaves
        n_slots += _ONE

    first, length = merge(out, np.int64(n_nodes), np.int64(n_conns), split, scratch, layout)
    inserts = join(out, first, length, offered.candidates, child, state, setup, scratch)
    joined = np.int64(inserts > 0)
    slots = np.int64(n_slots)
    children.length[c] = length + joined
    children.nodes[c] = first
    children.slots[c] = slots
    children.splits[c] = split
    children.inserts[c] = inserts
    counts[AT.slots] += slots
    counts[AT.genes_out] += length + joined
    counts[AT.deleted_nodes] += n_deleted
    counts[AT.split_conns] += split
    counts[AT.added_nodes] += split
    counts[AT.added_conns] += 2 * split + joined
    counts[AT.prng_words] += SLOT_WORDS * (slots + 2)  # before the first slot, and for candidates behind the last one


@inline
def _stream(words, at, end, layout):
    """Return the Stream of ``words[at : end]``."""
    return Stream(np.uint64(at), np.uint64(end), key(words[at], layout) if at < end else _LAST)


@inline
def _align(words, a, b, layout):
    """Gene split: return the next Slot, and both streams behind it."""
    fitter = a.key <= b.key
    other = b.key <= a.key
    mine = np.uint64(0)
    theirs = np.uint64(0)
    if other:
        theirs = words[b.at]
        at = b.at + _ONE
        b = Stream(at, b.end, key(words[at], layout) if at < b.end else _LAST)
    if fitter:
        mine = words[a.at]
        at = a.at + _ONE
        a = Stream(at, a.end, key(words[at], layout) if at < a.end else _LAST)
    return Slot(mine if fitter else theirs, theirs if other else mine, fitter, other), a, b
