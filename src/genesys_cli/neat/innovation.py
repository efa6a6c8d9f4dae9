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


class Inventions(NamedTuple):
    """What some children invented, before it has numbers: K split a connection, J added one.

    splitters: (K,) int64, places of these children among all; split: (K,) int32, innovation number of what they split
    sources, targets: (K,) int32, ends of what they split
    offsets: (K + 1,) int64; hidden: int32, ids of their hidden nodes, ascending, splitter k's at ``offsets[k]`` to
        ``offsets[k + 1]``
    joiners: (J,) int64, places of the others; added_in, added_out: (J,) int32, ends of what they added, or NEW_NODE
    made_in: (J,) int64, place among the splitters of a joiner whose connection ends at NEW_NODE; else anything
    """

    splitters: NDArray[np.int64]
    split: NDArray[np.int32]
    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    offsets: NDArray[np.int64]
    hidden: NDArray[np.int32]
    joiners: NDArray[np.int64]
    added_in: NDArray[np.int32]
    added_out: NDArray[np.int32]
    made_in: NDArray[np.int64]


class Numbers(NamedTuple):
    """The numbers of what some children invented.

    node: (K,) int32, id of the node that a split made; into, out_of: (K,) int32, of the connections at that node
    added: (J,) int32, of the connection that was added
    """

    node: NDArray[np.int32]
    into: NDArray[np.int32]
    out_of: NDArray[np.int32]
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


class ByChild(NamedTuple):
    """The same numbers for all P children, (P,) int32; 0 where one invented nothing."""

    node: NDArray[np.int32]
    into: NDArray[np.int32]
    out_of: NDArray[np.int32]
    added: NDArray[np.int32]


def inventions_of(offspring: Offspring) -> Inventions:
    """Return what children invented."""
    genes = offspring.genes
    splitters = np.flatnonzero(offspring.split != NONE)
    joiners = np.flatnonzero(offspring.added_in != NONE)
    # The connections of a split come last, but for one that was added after it.
    end = genes.conn_offsets[splitters] + offspring.n_conns[splitters] - (offspring.added_in[splitters] != NONE)
    hidden = offspring.n_nodes[splitters] - genes.n_outputs - 1  # without the node of the split, which is the last
    offsets = np.concatenate(([0], np.cumsum(hidden, dtype=np.int64)))
    first = genes.node_offsets[splitters] + genes.n_outputs
    places = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], hidden)
    return Inventions(
        splitters,
        offspring.split[splitters],
        genes.conn_in[end - 2],
        genes.conn_out[end - 1],
        offsets,
        genes.node_id[places],
        joiners,
        offspring.added_in[joiners],
        offspring.added_out[joiners],
        np.searchsorted(splitters, joiners),
    )


def number_innovations(found: Inventions, counters: Counters, links: Table) -> tuple[Numbers, Counters]:
    """Return the numbers of everything that was invented, and the counters after it.

    found: of all children of a generation, in any order; links: those of the counters
    """
    nodes, splits, next_node = _split_nodes(found, counters)
    joined = np.stack([found.added_in, found.added_out])
    made = (joined == NEW_NODE).any(axis=0)
    joined[:, made] = np.where(joined[:, made] == NEW_NODE, nodes[found.made_in[made]], joined[:, made])
    ends = np.concatenate([ends_of(found.sources, nodes), ends_of(nodes, found.targets), ends_of(joined[0], joined[1])])
    numbers = links.find(ends)
    unknown = np.unique(ends[numbers < 0])
    next_innovation = counters.next_innovation + len(unknown)
    if max(next_node, next_innovation) >= NEW_NODE:
        raise GenesysError(used_up())
    numbers = np.where(numbers < 0, counters.next_innovation + np.searchsorted(unknown, ends), numbers)
    into, out_of, added = np.split(numbers.astype(np.int32), [len(nodes), 2 * len(nodes)])
    links = links.with_more(unknown, counters.next_innovation)
    return Numbers(nodes, into, out_of, added), Counters(next_node, next_innovation, links, splits)


def used_up() -> str:
    """Return what is to be said where no number is left."""
    return (
        f"this run has used up all {NEW_NODE:,} innovation numbers; start a new run from its champion or lower "
        "neat.node_add_prob and neat.conn_add_prob"
    )


def by_child(numbers: Numbers, splitters: NDArray[np.int64], joiners: NDArray[np.int64], size: int) -> ByChild:
    """Return numbers by child. splitters, joiners: see :class:`Inventions`; size: how many children there are"""
    spread = ByChild(*(np.zeros(size, np.int32) for _ in ByChild._fields))
    spread.node[splitters] = numbers.node
    spread.into[splitters] = numbers.into
    spread.out_of[splitters] = numbers.out_of
    spread.added[joiners] = numbers.added
    return spread


def _split_nodes(found: Inventions, counters: Counters) -> tuple[NDArray[np.int32], Table, int]:
    """Return the nodes of those children that split a connection, all splits that are known then, and the next id."""
    keys = found.split.astype(np.int64) << SPLIT_BITS
    nodes = counters.splits.find(keys)
    has = np.empty(len(keys), np.bool_)
    while True:  # until each has one that is not in the genome yet
        have_nodes(found.offsets, found.hidden, nodes, has)
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
