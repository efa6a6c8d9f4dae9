"""The processing element: two aligned parent streams in, the child's genes out, a slot a cycle.

Four stages, each reads what the one before passed on: crossover, perturbation, delete gene, add gene. Here a slot goes
through all four at once; ``docs/accelerator-eve.md`` says what each does and which draw it uses, and the tests hold
this against a model that clocks the stages one by one.

A node slot takes five words of the child's generator, a connection slot four, whatever happens in it, so nothing in the
pipeline steers the generator.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiled.jit import inline, kernel, outline
from ..layout import HIDDEN, INPUT, OUTPUT, get, get_raw, is_connection, key, put
from ..xorwow import child_state, xorwow
from .draws import B0, B1, B2, B3, byte, happens, mutated
from .merge import finish
from .thresholds import CONN_ADD, CONN_DELETE, ENDS, NODE_ADD, NODE_DELETE

COUNTS = (
    "genes_in",
    "genes_out",
    "slots",
    "bubbles",
    "crossovers",
    "perturbations",
    "deleted_nodes",
    "deleted_conns",
    "dangling_conns",
    "split_conns",
    "added_nodes",
    "added_conns",
    "refused_nodes",
    "refused_conns",
    "kept_nodes",
    "saturations",
    "prng_words",
    "cycle_checks",
    "cycle_check_genes",
    "merge_moves",
)
"""What the elements count, in the order of a row of :func:`make_children`'s `counts`."""

(
    _GENES_IN,
    _GENES_OUT,
    _SLOTS,
    _BUBBLES,
    _CROSSOVERS,
    _PERTURBATIONS,
    _DELETED_NODES,
    _DELETED_CONNS,
    _DANGLING,
    _SPLIT,
    _ADDED_NODES,
    _ADDED_CONNS,
    _REFUSED_NODES,
    _REFUSED_CONNS,
    _KEPT_NODES,
    _SATURATIONS,
    _PRNG,
    _CHECKS,
    _CHECK_GENES,
    _MOVES,
) = range(20)

FILL = 4  # cycles from a slot's alignment to the end of the last stage
CANDIDATES = 4  # new connections that a child may propose, of which it gains one
SPARE = 3  # words by which a child can be longer than its fitter parent

READ_A, READ_B, OUT_SHIFT = 1, 2, 2  # a slot's code: which streams it reads, and in the bits above how many genes leave

NODE_WORDS, CONN_WORDS = 5, 4  # random words of a slot
PROLOGUE_WORDS, EPILOGUE_WORDS = 1, CANDIDATES


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
def make_children(
    words, offsets, lo, hi, fitter, other, elite, events, thresholds, layout, seed, generation, children, counts
):
    """Make children ``lo .. hi``.

    words, offsets: the parents, see ``GeneWords``. fitter, other: (P,) int32. elite: (P,) uint8, 1 for a copy
    events: (P, EVENTS, 2) int16, gates and thresholds. thresholds: Thresholds. layout: LayoutBits
    seed, generation: uint64; children: Children, written to; counts: (len(COUNTS),) int64, added to
    """
    longest = np.int64(0)
    for c in range(lo, hi):
        longest = max(longest, offsets[fitter[c] + 1] - offsets[fitter[c]])
    conns = np.empty(longest + 1, np.uint64)
    late = np.empty(3, np.uint64)
    deleted = np.empty(thresholds.max_deleted + 1, np.uint64)
    ends = np.empty((CANDIDATES, 2), np.uint64)
    seen = np.zeros(layout.max_nodes, np.int64)
    stack = np.empty(layout.max_nodes, np.uint64)
    scratch = (conns, late, deleted, ends, seen, stack)
    for c in range(lo, hi):
        a = np.int64(fitter[c])
        b = np.int64(other[c])
        if elite[c]:
            _pass(words, offsets[a], offsets[a + 1], c, layout, children, counts)
        else:
            _child(
                words, offsets[a], offsets[a + 1], offsets[b], offsets[b + 1] if a != b else offsets[b], c,
                events[c], thresholds, layout, seed, generation, children, counts, scratch,
            )  # fmt: skip


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
    counts[_GENES_IN] += hi - lo
    counts[_GENES_OUT] += hi - lo
    counts[_SLOTS] += hi - lo


@outline
def _child(words, i, i_end, j, j_end, c, events, thresholds, layout, seed, generation, children, counts, scratch):
    """Make a child of the streams ``words[i : i_end]``, the fitter parent, and ``words[j : j_end]``, maybe empty."""
    conns, late, deleted, ends, seen, stack = scratch
    out = children.words[children.room[c] : children.room[c + 1]]
    codes = children.codes[children.slots_room[c] : children.slots_room[c + 1]]
    last = np.uint64(np.iinfo(np.uint64).max)  # a key after every key
    state = child_state(seed, generation, np.uint64(c))
    r0, state = xorwow(state)
    joins = happens(r0, B0, B1, events[CONN_ADD])

    slot = np.uint64(0)
    n_nodes = np.uint64(0)
    n_conns = np.uint64(0)
    n_deleted = 0
    n_late = 0
    n_ends = 0
    held = np.uint64(0)  # the end that waits for another
    holds = 0  # 0: none, 1: a source, 2: a destination
    largest = np.uint64(0)
    bubbles = 0
    crossovers = 0
    perturbations = 0
    dangling = 0
    deleted_conns = 0
    refused_nodes = 0
    kept_nodes = 0
    saturations = 0
    node_slots = 0
    genes_in = (i_end - i) + (j_end - j)
    key_a = key(words[i], layout) if i < i_end else last
    key_b = key(words[j], layout) if j < j_end else last
    ui = np.uint64(i)
    uj = np.uint64(j)
    ui_end = np.uint64(i_end)
    uj_end = np.uint64(j_end)
    while ui < ui_end or uj < uj_end:
        # Gene split: what is next in either stream.
        has_a = key_a <= key_b
        has_b = key_b <= key_a
        word_b = np.uint64(0)
        word_a = np.uint64(0)
        if has_b:
            word_b = words[uj]
            uj += np.uint64(1)
            key_b = key(words[uj], layout) if uj < uj_end else last
        if has_a:
            word_a = words[ui]
            ui += np.uint64(1)
            key_a = key(words[ui], layout) if ui < ui_end else last
        both = has_a and has_b
        crossovers += both
        bubbles += not has_a
        word = word_a if has_a else word_b
        mate = word_b if has_b else word_a
        code = (READ_A if has_a else 0) | (READ_B if has_b else 0)
        leaving = 0
        if not is_connection(word, layout):
            node_slots += 1
            r0, state = xorwow(state)
            r1, state = xorwow(state)
            r2, state = xorwow(state)
            r3, state = xorwow(state)
            r4, state = xorwow(state)
            if has_a:
                kind = get(word, layout.kind)
                number = get(word, layout.id)
                largest = max(largest, number)
                if kind != np.uint64(INPUT):
                    bias = get_raw(word if byte(r0, B0) < thresholds.crossover else mate, layout.bias)
                    response = get_raw(word if byte(r0, B1) < thresholds.crossover else mate, layout.response)
                    function = get(word if byte(r0, B2) < thresholds.crossover else mate, layout.activation)
                    bias, touched, outside = mutated(bias, thresholds.bias, layout.bias, byte(r1, B0), r2)
                    perturbations += touched
                    saturations += outside
                    response, touched, outside = mutated(
                        response, thresholds.response, layout.response, byte(r1, B1), r3
                    )
                    perturbations += touched
                    saturations += outside
                    if byte(r1, B2) < thresholds.activation:
                        perturbations += 1
                        options = thresholds.activations
                        function = options[(byte(r1, B3) * len(options)) >> 8]
                    word = put(word, layout.bias, bias)
                    word = put(word, layout.response, response)
                    word = put(word, layout.activation, function)
                gone = False
                if kind == np.uint64(HIDDEN) and happens(r4, B0, B1, events[NODE_DELETE]):
                    if n_deleted < thresholds.max_deleted:
                        deleted[n_deleted] = number
                        n_deleted += 1
                        gone = True
                    else:
                        kept_nodes += 1
                if not gone:
                    out[n_nodes] = put(word, layout.genome, np.uint64(c))
                    n_nodes += np.uint64(1)
                    leaving = 1
                    if joins and happens(r4, B2, B3, events[ENDS]):
                        may_be_source = kind != np.uint64(OUTPUT) or not thresholds.feed_forward
                        may_be_destination = kind != np.uint64(INPUT)
                        wants = 3 - holds if holds else 1 + (byte(r0, B3) & 1)
                        if holds == 0 and not may_be_source:
                            wants = 2
                        if holds == 0 and not may_be_destination:
                            wants = 1
                        if (wants == 1 and may_be_source) or (wants == 2 and may_be_destination):
                            holds, held, n_ends = _take(wants, number, holds, held, ends, n_ends)
        else:
            r0, state = xorwow(state)
            r1, state = xorwow(state)
            r2, state = xorwow(state)
            r3, state = xorwow(state)
            if has_a:
                weight = get_raw(word if byte(r0, B0) < thresholds.crossover else mate, layout.weight)
                enabled = get(word, layout.enable)
                if both and (enabled & get(mate, layout.enable)) == np.uint64(0):
                    enabled = np.uint64(0) if byte(r0, B1) < thresholds.disable else np.uint64(1)
                weight, touched, outside = mutated(weight, thresholds.weight, layout.weight, byte(r1, B0), r2)
                perturbations += touched
                saturations += outside
                if byte(r0, B2) < thresholds.toggle:
                    perturbations += 1
                    enabled ^= np.uint64(1)
                source = get(word, layout.id)
                destination = get(word, layout.destination)
                dangles = False
                for k in range(n_deleted):
                    dangles |= deleted[k] == source or deleted[k] == destination
                if dangles:
                    dangling += 1
                elif happens(r3, B0, B1, events[CONN_DELETE]):
                    deleted_conns += 1
                else:
                    word = put(word, layout.weight, weight)
                    word = put(word, layout.enable, enabled)
                    word = put(word, layout.genome, np.uint64(c))
                    if joins and happens(r3, B2, B3, events[ENDS]):
                        wants = 3 - holds if holds else 1 + (byte(r0, B3) & 1)
                        end = source if wants == 1 else destination
                        holds, held, n_ends = _take(wants, end, holds, held, ends, n_ends)
                    split = enabled != np.uint64(0) and n_late == 0 and happens(r1, B1, B2, events[NODE_ADD])
                    if split and largest + np.uint64(1) >= np.uint64(layout.max_nodes):
                        refused_nodes += 1
                        split = False
                    leaving = 1
                    if split:
                        number = largest + np.uint64(1)
                        new = put(put(np.uint64(0), layout.id, number), layout.kind, np.uint64(HIDDEN))
                        new = put(new, layout.bias, thresholds.bias_new)
                        new = put(new, layout.response, thresholds.response_new)
                        new = put(new, layout.activation, thresholds.activation_default)
                        late[0] = put(new, layout.genome, np.uint64(c))
                        into = put(put(word, layout.destination, number), layout.enable, np.uint64(1))
                        late[1] = put(into, layout.weight, thresholds.weight_new)
                        late[2] = put(word, layout.id, number)
                        n_late = 3
                        leaving = 3
                    else:
                        conns[n_conns] = word
                        n_conns += np.uint64(1)
        codes[slot] = code | leaving << OUT_SHIFT
        slot += np.uint64(1)

    length, joined, refused, checks, check_genes, moves = finish(
        out, np.int64(n_nodes), conns, np.int64(n_conns), late, n_late, ends, n_ends, thresholds, layout, state,
        np.uint64(c), seen, stack,
    )  # fmt: skip
    children.length[c] = length
    children.slots[c] = np.int64(slot)
    children.splits[c] = n_late // 3
    children.inserts[c] = moves + joined
    counts[_GENES_IN] += genes_in
    counts[_GENES_OUT] += length
    counts[_SLOTS] += np.int64(slot)
    counts[_BUBBLES] += bubbles
    counts[_CROSSOVERS] += crossovers
    counts[_PERTURBATIONS] += perturbations
    counts[_DELETED_NODES] += n_deleted
    counts[_DELETED_CONNS] += deleted_conns
    counts[_DANGLING] += dangling
    counts[_SPLIT] += n_late // 3
    counts[_ADDED_NODES] += n_late // 3
    counts[_ADDED_CONNS] += n_late // 3 * 2 + joined
    counts[_REFUSED_NODES] += refused_nodes
    counts[_REFUSED_CONNS] += refused
    counts[_KEPT_NODES] += kept_nodes
    counts[_SATURATIONS] += saturations
    counts[_PRNG] += NODE_WORDS * node_slots + CONN_WORDS * (np.int64(slot) - node_slots)
    counts[_PRNG] += PROLOGUE_WORDS + EPILOGUE_WORDS
    counts[_CHECKS] += checks
    counts[_CHECK_GENES] += check_genes
    counts[_MOVES] += moves


@inline
def _take(wants, end, holds, held, ends, n_ends):
    """Hold one end of a new connection, or complete a candidate with the end that waits; return what is held then."""
    if holds == 0:
        return wants, end, n_ends
    if n_ends < CANDIDATES:
        ends[n_ends, 0] = end if wants == 1 else held
        ends[n_ends, 1] = held if wants == 1 else end
        n_ends += 1
    return 0, held, n_ends
