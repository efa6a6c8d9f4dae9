"""Offspring while they are made: room for the largest that each can become, and what is not numbered yet.

A child has at most one node and three connections more than its fitter parent. Its genes are written with that much
room, the structural innovations are recorded, and when all children exist :func:`collect` moves them together, fills in
the numbers and puts the new genes into their order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import kernel, outline
from ...genome.access import copy_conn, copy_conns, copy_node, copy_nodes
from ...genome.population import Population, empty_genes

ROOM_NODES = 1
ROOM_CONNS = 3
NEW_NODE = 2**31 - 1  # stands for the id of the node that this child's split makes; like that id, above all others
NONE = -1


class Offspring(NamedTuple):
    """P children in the making.

    genes: the genes, at offsets that leave room
    n_nodes, n_conns: (P,) int32, genes used so far
    split: (P,) int32, innovation number of the connection that the child split, or NONE
    added_in, added_out: (P,) int32, ends of the connection that the child added, or NONE; NEW_NODE is possible
    """

    genes: Population
    n_nodes: NDArray[np.int32]
    n_conns: NDArray[np.int32]
    split: NDArray[np.int32]
    added_in: NDArray[np.int32]
    added_out: NDArray[np.int32]


def new_offspring(parents: Population, fitter: NDArray[np.int32]) -> Offspring:
    """Allocate children whose fitter parents are the given genomes."""
    offsets = []
    for kind, room in (("node", ROOM_NODES), ("conn", ROOM_CONNS)):
        lengths = np.diff(getattr(parents, f"{kind}_offsets"))[fitter] + room
        offsets.append(_ends(lengths))
    n = len(fitter)
    return Offspring(
        Population(parents.n_inputs, parents.n_outputs, **empty_genes(*offsets)),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.full(n, NONE, np.int32),
        np.full(n, NONE, np.int32),
        np.full(n, NONE, np.int32),
    )


def new_population(offspring: Offspring) -> Population:
    """Allocate the population that the offspring become, with its offsets filled in."""
    genes = empty_genes(_ends(offspring.n_nodes), _ends(offspring.n_conns))
    return Population(offspring.genes.n_inputs, offspring.genes.n_outputs, **genes)


def _ends(lengths: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


@kernel
def collect(offspring, lo, hi, numbers, out):
    """Copy children ``lo .. hi`` into their place in `out` (a population) and give their innovations numbers.

    numbers: ``innovation.ByChild``
    """
    genes = offspring.genes
    for g in range(lo, hi):
        splits = offspring.split[g] != NONE
        joins = offspring.added_in[g] != NONE
        source = genes.node_offsets[g]
        target = out.node_offsets[g]
        old = np.int64(offspring.n_nodes[g]) - splits
        copy_nodes(genes, source, out, target, old)
        if splits:
            at = np.int64(old)  # its place among the nodes, which are in order of their ids
            while at > 0 and out.node_id[target + at - 1] > numbers.node[g]:
                copy_node(out, target + at - 1, out, target + at)
                at -= 1
            copy_node(genes, source + old, out, target + at)
            out.node_id[target + at] = numbers.node[g]

        source = genes.conn_offsets[g]
        target = out.conn_offsets[g]
        old = np.int64(offspring.n_conns[g]) - 2 * splits - joins
        copy_conns(genes, source, out, target, old)
        if splits:
            place_conn(genes, source + old, out, target, old, numbers.into[g], numbers.node[g])
            place_conn(genes, source + old + 1, out, target, old + 1, numbers.out_of[g], numbers.node[g])
            old += 2
        if joins:
            place_conn(genes, source + old, out, target, old, numbers.added[g], numbers.node[g])


@outline
def place_conn(genes, source, out, target, n, number, new_node):
    """Put the connection at `source` among the `n` that `out` has at `target`, in order of innovation numbers.

    number: its own, int32; new_node: id for NEW_NODE, int32
    """
    at = np.int64(n)
    while at > 0 and out.conn_innovation[target + at - 1] > number:
        copy_conn(out, target + at - 1, out, target + at)
        at -= 1
    copy_conn(genes, source, out, target + at)
    out.conn_innovation[target + at] = number
    if out.conn_in[target + at] == NEW_NODE:
        out.conn_in[target + at] = new_node
    if out.conn_out[target + at] == NEW_NODE:
        out.conn_out[target + at] = new_node


@kernel
def have_nodes(offsets, ids, nodes, have):
    """Say of some genomes whether they have a certain node.

    offsets: (C + 1,) int64; ids: int32, of genome k's nodes ``offsets[k] : offsets[k + 1]``, ascending
    nodes: (C,) int64, of each one id; have: (C,) bool, written
    """
    for k in range(len(nodes)):
        lo = offsets[k]
        end = offsets[k + 1]
        hi = end
        while lo < hi:
            middle = (lo + hi) >> 1
            if ids[middle] < nodes[k]:
                lo = middle + 1
            else:
                hi = middle
        have[k] = lo < end and ids[lo] == nodes[k]
