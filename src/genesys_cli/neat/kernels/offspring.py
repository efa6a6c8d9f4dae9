"""Offspring while they are made: room for the largest that each can become, and what is not numbered yet.

A child has at most one node and three connections more than its fitter parent. Its genes are written with that much
room, the structural innovations are recorded, and when all children exist :func:`collect` moves them together and
fills in the numbers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import kernel
from ...genome.access import copy_conn, copy_node
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

    numbers: ``innovation.Numbers``
    """
    genes = offspring.genes
    for g in range(lo, hi):
        source = genes.node_offsets[g]
        target = out.node_offsets[g]
        n = np.int64(offspring.n_nodes[g])
        for k in range(n):
            copy_node(genes, source + k, out, target + k)
        last_node = target + n - 1
        source = genes.conn_offsets[g]
        target = out.conn_offsets[g]
        n = np.int64(offspring.n_conns[g])
        for k in range(n):
            copy_conn(genes, source + k, out, target + k)
        end = target + n
        if offspring.added_in[g] != NONE:
            end -= 1
            out.conn_innovation[end] = numbers.added_innovation[g]
            if out.conn_in[end] == NEW_NODE:
                out.conn_in[end] = numbers.split_node[g]
            if out.conn_out[end] == NEW_NODE:
                out.conn_out[end] = numbers.split_node[g]
        if offspring.split[g] != NONE:
            out.node_id[last_node] = numbers.split_node[g]
            out.conn_innovation[end - 2] = numbers.split_innovation[g]
            out.conn_innovation[end - 1] = numbers.split_innovation[g] + 1
            out.conn_out[end - 2] = numbers.split_node[g]
            out.conn_in[end - 1] = numbers.split_node[g]
