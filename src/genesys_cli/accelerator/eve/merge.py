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
from .draws import step


@outline
def finish(out, n_nodes, conns, n_conns, late, n_late, ends, n_ends, thresholds, layout, state, child, seen, stack):
    """Write the rest of a child behind its `n_nodes` nodes in `out`.

    conns: the connections that stay, in order. late: a split's node, connection into it and out of it (n_late 3 or 0)
    ends: (4, 2) uint64, source and destination of each of `n_ends` candidates, of which the first that may be is added
    state: the generator; one word is drawn for each possible candidate's weight
    seen, stack: scratch for as many ids as there are; `seen` is 0 when this begins and when it ends

    Returns the length, connections joined, candidates refused, searches for a cycle, genes they read, genes moved.
    """
    length = n_nodes
    if n_late:
        out[length] = late[0]
        length += 1
    first = length
    waits = n_late > 0
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
    if n_late:
        out[length] = late[2]
        length += 1

    joined = 0
    refused = 0
    checks = 0
    check_genes = 0
    moves = 0
    attribute = thresholds.weight
    for k in range(len(ends)):
        word, state = xorwow(state)
        if k >= n_ends or joined:
            continue
        weight = min(max(attribute.mean + step(word, attribute.spread), attribute.low), attribute.high)
        gene = put(put(np.uint64(0), layout.id, ends[k, 0]), layout.destination, ends[k, 1])
        gene = put(put(gene, layout.type, np.uint64(1)), layout.enable, np.uint64(1))
        gene = put(put(gene, layout.weight, weight), layout.genome, child)
        place = _place(out, first, length, key(gene, layout), layout)
        if place < length and key(out[place], layout) == key(gene, layout):
            refused += 1
            continue
        if thresholds.feed_forward:
            checks += 1
            cycle, read = _leads_to(out, first, length, ends[k, 1], ends[k, 0], layout, seen, stack)
            check_genes += read
            if cycle:
                refused += 1
                continue
        for m in range(length, place, -1):
            out[m] = out[m - 1]
        out[place] = gene
        moves = length - place
        length += 1
        joined = 1
    return length, joined, refused, checks, check_genes, moves


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
