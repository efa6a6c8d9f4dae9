"""The processing element: two aligned parent streams in, the child's genes out, a slot a cycle.

Four stages, each reads what the one before passed on: crossover, perturbation, delete gene, add gene. Here a slot goes
through all four at once; ``docs/accelerator-eve.md`` says what each does and which draw it uses, and the tests hold
this against a model that clocks the stages one by one.

A node slot takes NODE_WORDS of the child's generator, a connection slot CONN_WORDS, whatever happens in it, so nothing
in the pipeline steers the generator.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiled.jit import inline, kernel, outline
from ...facts import CONN_WORDS, NODE_WORDS
from ..layout import HIDDEN, INPUT, OUTPUT, get, get_raw, is_connection, key, put
from ..xorwow import child_state, xorwow
from .draws import B0, B1, B2, B3, byte, happens, mutated
from .merge import join, merge
from .registers import (
    AT,
    CANDIDATES,
    DESTINATION,
    NO_END,
    SOURCE,
    ConnDraws,
    NodeDraws,
    Offered,
    Slot,
    Stream,
    new_scratch,
)  # fmt: skip
from .thresholds import CONN_ADD, CONN_DELETE, ENDS, NODE_ADD, NODE_DELETE

FILL = 4  # cycles from a slot's alignment to the end of the last stage
SPARE = 3  # words by which a child can be longer than its fitter parent
SPLIT = 3  # genes that leave in the place of a connection that is split

READ_A, READ_B, OUT_SHIFT = 1, 2, 2  # a slot's code: which streams it reads, and in the bits above how many genes leave

PROLOGUE_WORDS, EPILOGUE_WORDS = 1, CANDIDATES  # random words before the first slot, and after the last one

_LAST = np.uint64(np.iinfo(np.uint64).max)  # a key after every key
_ONE = np.uint64(1)


class Children(NamedTuple):
    """Room for the children of a generation.

    words: uint64; child c has ``words[room[c] : room[c + 1]]``, of which the first ``length[c]`` are its genes
    codes: uint8, one for each slot; ``codes[slots_room[c] :][: slots[c]]``
    splits, inserts: (P,) int32, connections split (0 or 1), and words written to insert a connection, itself included
    """

    words: np.ndarray
    room: np.ndarray
    length: np.ndarray
    codes: np.ndarray
    slots_room: np.ndarray
    slots: np.ndarray
    splits: np.ndarray
    inserts: np.ndarray


@kernel
def make_children(parents, pairs, events, setup, lo, hi, children, counts):
    """Make children ``lo .. hi``.

    parents: GeneWords; pairs: Pairs; events: (P, EVENTS, 2) int16, gates and thresholds; setup: Setup
    children: Children, written to; counts: (len(PeCounts),) int64, added to
    """
    offsets = parents.offsets
    longest = np.int64(0)
    for c in range(lo, hi):
        longest = max(longest, offsets[pairs.fitter[c] + 1] - offsets[pairs.fitter[c]])
    scratch = new_scratch(longest, setup)
    for c in range(lo, hi):
        a = np.int64(pairs.fitter[c])
        b = np.int64(pairs.other[c])
        if pairs.elite[c]:
            _pass(parents.words, offsets[a], offsets[a + 1], c, setup.layout, children, scratch.counts)
        else:
            fitter = _stream(parents.words, offsets[a], offsets[a + 1], setup.layout)
            other = _stream(parents.words, offsets[b], offsets[b + 1] if a != b else offsets[b], setup.layout)
            _child(parents.words, fitter, other, c, events[c], setup, children, scratch)
    for k in range(len(AT)):
        counts[k] += scratch.counts[k]


@outline
def _pass(words, lo, hi, c, layout, children, counts):
    """Copy a genome word for word; only the genome id, where the layout has one, becomes the child's."""
    at = children.room[c]
    code_at = children.slots_room[c]
    for k in range(hi - lo):
        children.words[at + k] = put(words[lo + k], layout.genome, np.uint64(c))
        children.codes[code_at + k] = READ_A | 1 << OUT_SHIFT
    children.length[c] = hi - lo
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
    draws, state = xorwow(state)
    joins = happens(draws, B0, B1, events[CONN_ADD])

    counts[AT.genes_in] += np.int64(a.end - a.at) + np.int64(b.end - b.at)
    n_slots = np.uint64(0)
    node_slots = 0
    n_nodes = np.uint64(0)
    n_conns = np.uint64(0)
    n_deleted = 0
    largest = np.uint64(0)  # id of the fitter parent's nodes so far
    offered = Offered(np.int64(NO_END), np.uint64(0), np.int64(0))
    split = False
    while a.at < a.end or b.at < b.end:
        slot, a, b = _align(words, a, b, layout)
        leaving = 0
        if not is_connection(slot.gene, layout):
            node_slots += 1
            node, state = _node_draws(state)
            if slot.fitter:
                largest = max(largest, get(slot.gene, layout.id))
                gene = _crossover_node(slot, node, thresholds, layout)
                gene = _perturb_node(gene, node, thresholds, layout, counts)
                gone, n_deleted = _delete_node(gene, node, events, thresholds, layout, n_deleted, scratch)
                if not gone:
                    out[n_nodes] = put(gene, layout.genome, child)
                    n_nodes += _ONE
                    leaving = 1
                    if joins and happens(node.events, B2, B3, events[ENDS]):
                        offered = _offer_node(gene, node, offered, thresholds, layout, scratch.ends)
        else:
            conn, state = _conn_draws(state)
            if slot.fitter:
                gene = _crossover_conn(slot, conn, thresholds, layout)
                gene = _perturb_conn(gene, conn, thresholds, layout, counts)
                if not _delete_conn(gene, conn, events, layout, n_deleted, scratch):
                    gene = put(gene, layout.genome, child)
                    leaving = 1
                    if joins and happens(conn.events, B2, B3, events[ENDS]):
                        offered = _offer_conn(gene, conn, offered, layout, scratch.ends)
                    if not split and _splits(gene, conn, events, layout, largest, counts):
                        _split(gene, largest + _ONE, thresholds, layout, scratch.late)
                        split = True
                        leaving = SPLIT
                    else:
                        scratch.conns[n_conns] = gene
                        n_conns += _ONE
        counts[AT.bubbles] += not slot.fitter
        counts[AT.crossovers] += slot.fitter and slot.other
        reads = (READ_A if slot.fitter else 0) | (READ_B if slot.other else 0)
        codes[n_slots] = reads | leaving << OUT_SHIFT
        n_slots += _ONE

    first, length = merge(out, np.int64(n_nodes), np.int64(n_conns), split, scratch, layout)
    inserts = join(out, first, length, offered.candidates, child, state, setup, scratch)
    joined = np.int64(inserts > 0)
    slots = np.int64(n_slots)
    children.length[c] = length + joined
    children.slots[c] = slots
    children.splits[c] = split
    children.inserts[c] = inserts
    counts[AT.slots] += slots
    counts[AT.genes_out] += length + joined
    counts[AT.deleted_nodes] += n_deleted
    counts[AT.split_conns] += split
    counts[AT.added_nodes] += split
    counts[AT.added_conns] += 2 * split + joined
    counts[AT.prng_words] += NODE_WORDS * node_slots + CONN_WORDS * (slots - node_slots)
    counts[AT.prng_words] += PROLOGUE_WORDS + EPILOGUE_WORDS


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


@inline
def _node_draws(state):
    r0, state = xorwow(state)
    r1, state = xorwow(state)
    r2, state = xorwow(state)
    r3, state = xorwow(state)
    r4, state = xorwow(state)
    return NodeDraws(r0, r1, r2, r3, r4), state


@inline
def _conn_draws(state):
    r0, state = xorwow(state)
    r1, state = xorwow(state)
    r2, state = xorwow(state)
    r3, state = xorwow(state)
    return ConnDraws(r0, r1, r2, r3), state


@inline
def _crossover_node(slot, draws, thresholds, layout):
    gene = slot.gene
    if get(gene, layout.kind) != np.uint64(INPUT):
        bias = get(gene if byte(draws.crossover, B0) < thresholds.crossover else slot.mate, layout.bias)
        response = get(gene if byte(draws.crossover, B1) < thresholds.crossover else slot.mate, layout.response)
        function = get(gene if byte(draws.crossover, B2) < thresholds.crossover else slot.mate, layout.activation)
        gene = put(put(put(gene, layout.bias, bias), layout.response, response), layout.activation, function)
    return gene


@inline
def _perturb_node(gene, draws, thresholds, layout, counts):
    if get(gene, layout.kind) != np.uint64(INPUT):
        bias, touched, outside = mutated(
            get_raw(gene, layout.bias), thresholds.bias, layout.bias, byte(draws.perturb, B0), draws.bias
        )
        response, touched_too, outside_too = mutated(
            get_raw(gene, layout.response),
            thresholds.response,
            layout.response,
            byte(draws.perturb, B1),
            draws.response,
        )
        gene = put(put(gene, layout.bias, bias), layout.response, response)
        counts[AT.saturations] += outside + outside_too
        chosen = byte(draws.perturb, B2) < thresholds.activation
        if chosen:
            options = thresholds.activations
            gene = put(gene, layout.activation, options[(byte(draws.perturb, B3) * len(options)) >> 8])
        counts[AT.perturbations] += touched + touched_too + chosen
    return gene


@inline
def _delete_node(gene, draws, events, thresholds, layout, n_deleted, scratch):
    """Say whether a node is deleted, and how many are in the file of deleted nodes then."""
    gone = False
    if get(gene, layout.kind) == np.uint64(HIDDEN) and happens(draws.events, B0, B1, events[NODE_DELETE]):
        if n_deleted < thresholds.max_deleted:
            scratch.deleted[n_deleted] = get(gene, layout.id)
            n_deleted += 1
            gone = True
        else:
            scratch.counts[AT.kept_nodes] += 1
    return gone, n_deleted


@inline
def _crossover_conn(slot, draws, thresholds, layout):
    gene = slot.gene
    weight = get(gene if byte(draws.crossover, B0) < thresholds.crossover else slot.mate, layout.weight)
    enabled = get(gene, layout.enable)
    if slot.other and (enabled & get(slot.mate, layout.enable)) == np.uint64(0):
        enabled = np.uint64(0) if byte(draws.crossover, B1) < thresholds.disable else np.uint64(1)
    return put(put(gene, layout.weight, weight), layout.enable, enabled)


@inline
def _perturb_conn(gene, draws, thresholds, layout, counts):
    weight, touched, outside = mutated(
        get_raw(gene, layout.weight), thresholds.weight, layout.weight, byte(draws.perturb, B0), draws.weight
    )
    toggled = byte(draws.crossover, B2) < thresholds.toggle
    counts[AT.saturations] += outside
    counts[AT.perturbations] += touched + toggled
    return put(put(gene, layout.weight, weight), layout.enable, get(gene, layout.enable) ^ np.uint64(toggled))


@inline
def _delete_conn(gene, draws, events, layout, n_deleted, scratch):
    """Say whether a connection is deleted, or dangles since one of its ends was."""
    dangles = False
    for k in range(n_deleted):
        dangles |= scratch.deleted[k] == get(gene, layout.id) or scratch.deleted[k] == get(gene, layout.destination)
    if dangles:
        scratch.counts[AT.dangling_conns] += 1
        return True
    deleted = happens(draws.events, B0, B1, events[CONN_DELETE])
    scratch.counts[AT.deleted_conns] += deleted
    return deleted


@inline
def _offer_node(gene, draws, offered, thresholds, layout, ends):
    """Add stage: take a node as an end of a new connection, if it can be one that is wanted."""
    kind = get(gene, layout.kind)
    may_be_source = kind != np.uint64(OUTPUT) or not thresholds.feed_forward
    may_be_destination = kind != np.uint64(INPUT)
    role = _wanted(offered, draws.crossover)
    if offered.role == NO_END and not may_be_source:
        role = np.int64(DESTINATION)
    if offered.role == NO_END and not may_be_destination:
        role = np.int64(SOURCE)
    if (role == SOURCE and may_be_source) or (role == DESTINATION and may_be_destination):
        offered = _take(offered, role, get(gene, layout.id), ends)
    return offered


@inline
def _offer_conn(gene, draws, offered, layout, ends):
    """Add stage: take that end of a connection as an end of a new one that is wanted."""
    role = _wanted(offered, draws.crossover)
    return _take(offered, role, get(gene, layout.id) if role == SOURCE else get(gene, layout.destination), ends)


@inline
def _wanted(offered, draws):
    """Return the role that completes the end which waits; where none does, the one that a draw chooses."""
    return SOURCE + DESTINATION - offered.role if offered.role != NO_END else SOURCE + (byte(draws, B3) & 1)


@inline
def _take(offered, role, end, ends):
    """Hold one end of a new connection, or complete a candidate with the end that waits; return what is held then."""
    if offered.role == NO_END:
        return Offered(np.int64(role), end, offered.candidates)
    n = offered.candidates
    if n < CANDIDATES:
        ends[n, 0] = end if role == SOURCE else offered.id
        ends[n, 1] = offered.id if role == SOURCE else end
        n += 1
    return Offered(np.int64(NO_END), offered.id, n)


@inline
def _splits(gene, draws, events, layout, largest, counts):
    """Say whether a connection is split: it is enabled, its event happens, and an id is free."""
    split = get(gene, layout.enable) != np.uint64(0) and happens(draws.perturb, B1, B2, events[NODE_ADD])
    if split and largest + _ONE >= np.uint64(layout.max_nodes):
        counts[AT.refused_nodes] += 1
        return False
    return split


@inline
def _split(gene, number, thresholds, layout, late):
    """Write the node `number` that splits a connection, the connection into it and the one out of it to `late`."""
    node = put(put(np.uint64(0), layout.id, number), layout.kind, np.uint64(HIDDEN))
    node = put(put(node, layout.bias, thresholds.bias_new), layout.response, thresholds.response_new)
    node = put(node, layout.activation, thresholds.activation_default)
    late[0] = put(node, layout.genome, get(gene, layout.genome))
    into = put(put(gene, layout.destination, number), layout.enable, np.uint64(1))
    late[1] = put(into, layout.weight, thresholds.weight_new)
    late[2] = put(gene, layout.id, number)
