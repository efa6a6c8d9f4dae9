"""Gene merge: the child's genes in order, with those that were made on the way, and what may be joined.

Genes leave the element in order, except what the add stage made. The node of a split goes behind the last node, the
connection into it behind those of its source, the connection out of it to the end: gene merge holds these three back
until it is their turn. A connection that joins two nodes is settled when the whole child is there; the genes behind its
place then move up by a word, each with a read and a write.
"""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline, outline
from ..layout import get, key, put
from ..xorwow import xorwow
from .draws import noise, step
from .registers import AT


@inline
def merge(out, n_nodes, n_conns, split, scratch, layout):
    """Write the rest of a child behind its `n_nodes` nodes in `out`: its `n_conns` connections, and what a split made.

    Returns where its connections begin and where they end.
    """
    conns = scratch.conns
    late = scratch.late
    length = n_nodes
    if split:
        out[length] = late[0]
        length += 1
    first = length
    waits = split
    for k in range(n_conns):
        if waits and get(conns[k], layout.id) > get(late[1], layout.id):
            out[length] = late[1]
            length += 1
            waits = False
        out[length] = conns[k]
        length += 1
    if waits:
        out[length] = late[1]
        length += 1
    if split:
        out[length] = late[2]
        length += 1
    return first, length


@outline
def join(out, first, length, candidates, child, state, setup, scratch):
    """Add the first candidate that may be to a child whose connections are ``out[first : length]``.

    candidates: how many ``scratch.ends`` holds; state: the generator, of which each possible candidate takes a word
    Returns the words written for it: itself and those behind it, which move up; 0 where none is added.
    """
    layout = setup.layout
    attribute = setup.thresholds.weight
    uniform = setup.thresholds.uniform
    counts = scratch.counts
    ends = scratch.ends
    for k in range(candidates):
        word, state = xorwow(state)
        weight = min(max(attribute.mean + step(noise(word, uniform), attribute.spread), attribute.low), attribute.high)
        gene = put(put(np.uint64(0), layout.id, ends[k, 0]), layout.destination, ends[k, 1])
        gene = put(put(gene, layout.type, np.uint64(1)), layout.enable, np.uint64(1))
        gene = put(put(gene, layout.weight, weight), layout.genome, child)
        place = _place(out, first, length, key(gene, layout), layout)
        exists = place < length and key(out[place], layout) == key(gene, layout)
        if exists or (setup.thresholds.feed_forward and _closes_cycle(out, first, length, k, layout, scratch)):
            counts[AT.refused_conns] += 1
            continue
        for m in range(length, place, -1):
            out[m] = out[m - 1]
        out[place] = gene
        counts[AT.merge_moves] += length - place
        return length - place + 1
    return 0


@inline
def _closes_cycle(out, first, length, k, layout, scratch):
    """Say whether candidate `k` would close a cycle; the CPU searches for it."""
    source = scratch.ends[k, 0]
    destination = scratch.ends[k, 1]
    found, read = _leads_to(out, first, length, destination, source, layout, scratch.seen, scratch.stack)
    scratch.counts[AT.cycle_checks] += 1
    scratch.counts[AT.cycle_check_genes] += read
    return found


@inline
def _place(out, lo, hi, wanted, layout):
    """Return the index of the first of the connections ``out[lo : hi]`` whose key is not below `wanted`."""
    while lo < hi:
        middle = (lo + hi) >> 1
        if key(out[middle], layout) < wanted:
            lo = middle + 1
        else:
            hi = middle
    return lo


@outline
def _leads_to(out, lo, hi, start, end, layout, seen, stack):
    """Say whether connections lead from `start` to `end`, or they are the same node; and how many genes were read."""
    if start == end:
        return True, 0
    read = 0
    pushed = 1
    stack[0] = start
    seen[start] = 1
    k = 0
    found = False
    while k < pushed and not found:
        node = stack[k]
        k += 1
        at = _place(out, lo, hi, (node << np.uint64(14)) | np.uint64(1 << 28), layout)
        while at < hi and get(out[at], layout.id) == node and not found:
            read += 1
            next_node = get(out[at], layout.destination)
            found = next_node == end
            if seen[next_node] == 0:
                seen[next_node] = 1
                stack[pushed] = next_node
                pushed += 1
            at += 1
    for m in range(pushed):
        seen[stack[m]] = 0
    return found, read
