"""Genomes that go from one population to another, whose innovations have other numbers.

An innovation is known by what it is and not by its number: a connection by the nodes that it joins, a node by the
connection that it split, and so on back to the nodes with which both populations began, whose ids are the same in both.
So what two populations have invented each by itself has the same number in both after a migration, and distances and
crossover see it as the same gene.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import GenesysError
from ..genome.population import NODE_FIELDS, Population
from .innovation import SPLIT_BITS, Counters, Table, links_of, used_up
from .kernels.offspring import NEW_NODE
from .start import by_number


class Emigrants(NamedTuple):
    """Genomes on their way, and all that has to be known of their innovations.

    genomes: K genomes, with the numbers of the population that they come from
    splits: (H, 4) int64, node, source and target of the connection that it split, and how many of its splits the genome
        had then; of all hidden nodes of theirs that came about by a split, and of those that these came from, ascending
    """

    genomes: Population
    splits: NDArray[np.int64]


def emigrants(population: Population, counters: Counters, chosen: NDArray[np.integer]) -> Emigrants:
    """Return copies of some genomes, to be sent elsewhere.

    chosen: (K,) indices, in the order that is wanted; counters: those that came with the population
    """
    genomes = population.select(chosen)
    links = links_of(population) if counters.links is None else counters.links
    splits, ends = _Keys(counters.splits), _Keys(links)
    found: dict[int, tuple[int, int, int]] = {}
    wanted = set(genomes.node_id.tolist())
    while wanted:
        node = wanted.pop()
        if node in found or (key := splits.of(node)) < 0:  # an input, an output, or one that it all began with
            continue
        joined = ends.of(key >> SPLIT_BITS)
        source, target = joined >> 32, joined & 0xFFFFFFFF
        found[node] = source, target, key & (1 << SPLIT_BITS) - 1
        wanted |= {source, target}
    rows = [(node, *found[node]) for node in sorted(found)]
    return Emigrants(genomes, np.array(rows, np.int64).reshape(-1, 4))


def immigrants(arrived: Emigrants, population: Population, counters: Counters) -> tuple[Population, Counters]:
    """Return genomes with the numbers of the population that they have come to, and its counters after that.

    Innovations that it does not know yet get new numbers, nodes and connections each in the order that they have in
    the population they come from. Networks compute the same as before; where their connections are in another order
    now, sums are formed in that one, so that the last bits of an output may differ.

    population, counters: to which they have come. Raises GenesysError where numbers are used up.
    """
    p = arrived.genomes
    book = _Book(links_of(population) if counters.links is None else counters.links, counters)
    names: dict[int, int] = {}
    for node, source, target, times in arrived.splits.tolist():
        names[node] = book.split(book.link(names.get(source, source), names.get(target, target)), times)
    renamed = {number: names.get(number, number) for number in np.unique(np.append(p.node_id, p.conn_in)).tolist()}

    def here(ids: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.array([renamed[number] for number in ids.tolist()], np.int32)

    node_id, conn_in, conn_out = here(p.node_id), here(p.conn_in), here(p.conn_out)
    _, first = np.unique(p.conn_innovation, return_index=True)
    for gene in first.tolist():  # oldest first
        book.link(int(conn_in[gene]), int(conn_out[gene]))
    numbers = [book.link(*ends) for ends in zip(conn_in.tolist(), conn_out.tolist(), strict=True)]
    moved = p._replace(node_id=node_id, conn_in=conn_in, conn_out=conn_out, conn_innovation=np.array(numbers, np.int32))
    return by_number(_by_id(moved)), book.counters()


class _Book:
    """The innovations of a population, to which some are added."""

    def __init__(self, links: Table, counters: Counters) -> None:
        self._links, self._splits = links, counters.splits
        self._next_node, self._next_innovation = counters.next_node, counters.next_innovation
        self._new_links: dict[int, int] = {}
        self._new_splits: dict[int, int] = {}

    def link(self, source: int, target: int) -> int:
        """Return the number of a connection."""
        key = source << 32 | target
        number = _known(self._links, self._new_links, key)
        if number < 0:
            number = self._new_links[key] = _checked(self._next_innovation)
            self._next_innovation += 1
        return number

    def split(self, innovation: int, times: int) -> int:
        """Return the id of the node that split a connection. times: splits of it that the genome had before"""
        key = innovation << SPLIT_BITS | times
        node = _known(self._splits, self._new_splits, key)
        if node < 0:
            node = self._new_splits[key] = _checked(self._next_node)
            self._next_node += 1
        return node

    def counters(self) -> Counters:
        links, splits = _with(self._links, self._new_links), _with(self._splits, self._new_splits)
        return Counters(self._next_node, self._next_innovation, links, splits)


def _checked(number: int) -> int:
    """Return a new number; raises GenesysError where none is left."""
    if number + 1 >= NEW_NODE:
        raise GenesysError(used_up())
    return number


def _known(table: Table, more: dict[int, int], key: int) -> int:
    """Return the value of a key, -1 where there is none."""
    return more[key] if key in more else int(table.find(np.array([key], np.int64))[0])


def _with(table: Table, more: dict[int, int]) -> Table:
    """Return a table with further keys and values."""
    keys = np.array(sorted(more), np.int64)
    values = np.array([more[key] for key in keys.tolist()], np.int32)
    at = np.searchsorted(table.keys, keys)
    return Table(np.insert(table.keys, at, keys), np.insert(table.values, at, values))


class _Keys:
    """Finds the key of a value in a table; -1 where there is none."""

    def __init__(self, table: Table) -> None:
        order = np.argsort(table.values)
        self._keys, self._values = table.keys[order], table.values[order]

    def of(self, value: int) -> int:
        at = int(np.searchsorted(self._values, value))
        return int(self._keys[at]) if at < len(self._values) and self._values[at] == value else -1


def _by_id(population: Population) -> Population:
    """Return the same genomes with their nodes in the order of ids."""
    p = population
    order = np.lexsort((p.node_id, np.repeat(np.arange(p.size), np.diff(p.node_offsets))))
    return p._replace(**{name: getattr(p, name)[order] for name in NODE_FIELDS})
