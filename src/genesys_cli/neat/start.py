"""A first generation of genomes that somebody gives: their numbers, and whose copy each of its genomes is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..config.neat import NeatSettings
from ..genome.population import Population
from ..genome.rewiring import joined
from .initial import first_connections
from .innovation import Counters, Table, ends_of, links_of
from .selection import MatingPlan

LAST_GENERATION = 2**32 - 1
"""Generations before generation 0 are counted down from here: those that breed count up, and never come so far."""


def first_hidden(settings: NeatSettings, n_inputs: int, n_outputs: int) -> int:
    """Return the id from which hidden nodes of given genomes are numbered: behind those of new genomes."""
    return n_inputs + n_outputs + settings.num_hidden


def numbered(parts: Sequence[Population]) -> Population:
    """Return genomes as one population in which connections of the same nodes have the same innovation number.

    Numbers are given in the order in which connections come, genome by genome, so that those of the first genome, or of
    a population that had such numbers, stay in their order; and with it what their networks compute, to the bit.
    """
    p = joined(parts)
    keys, first, inverse = np.unique(ends_of(p.conn_in, p.conn_out), return_index=True, return_inverse=True)
    rank = np.empty(len(keys), np.int32)
    rank[np.argsort(first)] = np.arange(len(keys), dtype=np.int32)
    return by_number(p._replace(conn_innovation=rank[inverse.ravel()]))


def by_number(population: Population) -> Population:
    """Return the same genomes with their connections in the order of innovation numbers."""
    p = population
    order = np.lexsort((p.conn_innovation, np.repeat(np.arange(p.size), np.diff(p.conn_offsets))))
    names = ("conn_innovation", "conn_in", "conn_out", "conn_weight", "conn_enabled")
    return p._replace(**{name: getattr(p, name)[order] for name in names})


def counters_of(genomes: Population, settings: NeatSettings) -> Counters:
    """Return the innovations of :func:`numbered` genomes, and after them those that new genomes come with."""
    p = genomes
    links = links_of(p)
    sources, targets = first_connections(settings, p.n_inputs, p.n_outputs)
    ends = ends_of(sources, targets)
    new = ends[links.find(ends) < 0]
    following = int(p.conn_innovation.max(initial=-1)) + 1
    order = np.argsort(new)
    at = np.searchsorted(links.keys, new[order])
    values = (following + order).astype(np.int32)
    links = Table(np.insert(links.keys, at, new[order]), np.insert(links.values, at, values))
    next_node = max(int(p.node_id.max()) + 1, first_hidden(settings, p.n_inputs, p.n_outputs))
    return Counters(next_node, following + len(new), links)


def renumbered(newcomers: Population, links: Table) -> Population:
    """Return new genomes with the innovation numbers that their connections have in a table."""
    p = newcomers
    return by_number(p._replace(conn_innovation=links.find(ends_of(p.conn_in, p.conn_out)).astype(np.int32)))


def newcomers_of(share: float, population: int) -> int:
    """Return how many genomes of a first generation are new."""
    return round(share * population)


def start_plan(given: int, newcomers: int, population: int) -> MatingPlan:
    """Return whose copy each genome of the first generation is, as parents: given ones, and then new ones.

    First comes each given genome unchanged, then a mutated copy of each in turn until there are enough, and at the end
    each new genome.
    """
    copies = population - newcomers
    index: NDArray[np.int32] = np.arange(copies, dtype=np.int32) % np.int32(given)
    elite = np.arange(copies) < given
    index = np.concatenate([index, np.arange(given, given + newcomers, dtype=np.int32)])
    elite = np.concatenate([elite, np.ones(newcomers, np.bool_)])
    return MatingPlan(index, index.copy(), elite.astype(np.uint8))
