"""Numbers for structural innovations, given after the children exist, so that no kernel shares a counter.

Equal innovations get equal numbers, whenever they happen in a run: a connection is known by the nodes that it joins,
the node of a split by the connection that was split. So a connection that a genome loses and gains again has the number
that it has in all others. Where a genome splits a connection whose node it already has, the node of its second split is
another one, again the same in all genomes. Numbers follow the order of what was split or connected, which is the same
however the work was divided.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import GenesysError
from ..genome.population import Population
from .kernels.offspring import NEW_NODE, NONE, Offspring, have_nodes

SPLIT_BITS = 20  # bits of a split's key that count how often a genome has split the connection


class Table(NamedTuple):
    """What is known by its number. keys: (K,) int64, ascending; values: (K,) int32"""

    keys: NDArray[np.int64]
    values: NDArray[np.int32]

    def find(self, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the values of keys, -1 where there is none, int64."""
        if not len(self.keys):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, self.values[at].astype(np.int64), -1)

    def with_more(self, keys: NDArray[np.int64], first: int) -> Table:
        """Return a table with further keys, ascending, whose values are numbered from `first`."""
        at = np.searchsorted(self.keys, keys)
        values = np.arange(first, first + len(keys), dtype=np.int32)
        return Table(np.insert(self.keys, at, keys), np.insert(self.values, at, values))


NOTHING = Table(np.zeros(0, np.int64), np.zeros(0, np.int32))


class Counters(NamedTuple):
    """The innovations of a run.

    Attributes:
        next_node: Id of the next hidden node.
        next_innovation: Innovation number of the next connection gene.
        links: Innovation numbers by the ends of a connection, ``source << 32 | target``; None: those that the genomes
            have, which :func:`reproduce` then looks up.
        splits: Ids of nodes by the connection that they split, ``innovation << 20 | splits of it that the genome had``.
    """

    next_node: int
    next_innovation: int
    links: Table | None = None
    splits: Table = NOTHING

    def __repr__(self) -> str:
        return f"Counters(next_node={self.next_node}, next_innovation={self.next_innovation})"


class Numbers(NamedTuple):
    """The numbers of what each of P children invented, (P,) int32; 0 where it invented nothing.

    split_node: id of the node that its split made; split_in, split_out: of the connections into and out of that node
    added: innovation number of the connection that it added
    """

    split_node: NDArray[np.int32]
    split_in: NDArray[np.int32]
    split_out: NDArray[np.int32]
    added: NDArray[np.int32]


def links_of(population: Population) -> Table:
    """Return the connections of all genomes; where one has several numbers, the lowest."""
    ends = ends_of(population.conn_in, population.conn_out)
    order = np.lexsort((population.conn_innovation, ends))
    keys, first = np.unique(ends[order], return_index=True)
    return Table(keys, population.conn_innovation[order][first])


def links_between(sources: NDArray[np.int32], targets: NDArray[np.int32]) -> Table:
    """Return connections that are numbered from 0, in this order."""
    ends = ends_of(sources, targets)
    order = np.argsort(ends)
    return Table(ends[order], order.astype(np.int32))


def number_innovations(offspring: Offspring, counters: Counters, links: Table) -> tuple[Numbers, Counters]:
    """Return the numbers of everything that the offspring invented, and the counters after it.

    links: those of the counters
    """
    genes = offspring.genes
    numbers = Numbers(*(np.zeros(len(offspring.split), np.int32) for _ in Numbers._fields))
    splitters = np.flatnonzero(offspring.split != NONE)
    joiners = np.flatnonzero(offspring.added_in != NONE)
    nodes, splits, next_node = _split_nodes(offspring, splitters, counters)
    numbers.split_node[splitters] = nodes

    end = genes.conn_offsets[splitters] + offspring.n_conns[splitters] - (offspring.added_in[splitters] != NONE)
    joined = np.stack([offspring.added_in[joiners], offspring.added_out[joiners]])
    joined = np.where(joined == NEW_NODE, numbers.split_node[joiners], joined)
    ends = np.concatenate(
        [ends_of(genes.conn_in[end - 2], nodes), ends_of(nodes, genes.conn_out[end - 1]), ends_of(joined[0], joined[1])]
    )
    found = links.find(ends)
    unknown = np.unique(ends[found < 0])
    next_innovation = counters.next_innovation + len(unknown)
    if max(next_node, next_innovation) >= NEW_NODE:
        raise GenesysError(used_up())
    found = np.where(found < 0, counters.next_innovation + np.searchsorted(unknown, ends), found)
    count = len(splitters)
    numbers.split_in[splitters], numbers.split_out[splitters] = found[:count], found[count : 2 * count]
    numbers.added[joiners] = found[2 * count :]
    links = links.with_more(unknown, counters.next_innovation)
    return numbers, Counters(next_node, next_innovation, links, splits)


def used_up() -> str:
    """Return what is to be said where no number is left."""
    return (
        f"this run has used up all {NEW_NODE:,} innovation numbers; start a new run from its champion or lower "
        "neat.node_add_prob and neat.conn_add_prob"
    )


def _split_nodes(
    offspring: Offspring, splitters: NDArray[np.int64], counters: Counters
) -> tuple[NDArray[np.int32], Table, int]:
    """Return the nodes of those children that split a connection, all splits that are known then, and the next id."""
    keys = offspring.split[splitters].astype(np.int64) << SPLIT_BITS
    nodes = counters.splits.find(keys)
    has = np.empty(len(splitters), np.bool_)
    while True:  # until each has one that is not in the genome yet
        have_nodes(offspring, splitters, nodes, has)
        if not has.any():
            break
        keys[has] += 1
        nodes[has] = counters.splits.find(keys[has])
    unknown = np.unique(keys[nodes < 0])
    nodes = np.where(nodes < 0, counters.next_node + np.searchsorted(unknown, keys), nodes)
    splits = counters.splits.with_more(unknown, counters.next_node)
    return nodes.astype(np.int32), splits, counters.next_node + len(unknown)


def ends_of(sources: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the key of each connection in a table of links."""
    ends: NDArray[np.int64] = sources.astype(np.int64) << 32 | targets
    return ends
