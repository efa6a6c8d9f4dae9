"""What the stages of a processing element hand to one another, and what it counts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...counts import positions

CANDIDATES = 4  # new connections that a child may propose, of which it gains one
NO_END, SOURCE, DESTINATION = 0, 1, 2  # which end of a new connection is held


class PeCounts(NamedTuple):
    """What PEs count, in the order of a row of counters; see :mod:`genesys_cli.counts`."""

    genes_in: int
    genes_out: int
    slots: int
    bubbles: int
    crossovers: int
    perturbations: int
    deleted_nodes: int
    deleted_conns: int
    dangling_conns: int
    split_conns: int
    added_nodes: int
    added_conns: int
    refused_nodes: int
    refused_conns: int
    kept_nodes: int
    saturations: int
    prng_words: int
    cycle_checks: int
    cycle_check_genes: int
    merge_moves: int


AT = positions(PeCounts)


class Pairs(NamedTuple):
    """Who the children's parents are.

    fitter, other: (P,) int32; the same twice: no crossover. elite: (P,) uint8, 1 for a copy of the fitter parent
    """

    fitter: np.ndarray
    other: np.ndarray
    elite: np.ndarray


class Setup(NamedTuple):
    """What all children of a generation share: Thresholds, LayoutBits, and what addresses random words, both uint64."""

    thresholds: Any
    layout: Any
    seed: np.uint64
    generation: np.uint64


class Children(NamedTuple):
    """Room for the children of a generation.

    words: uint64; child c has ``words[room[c] : room[c + 1]]``, of which the first ``length[c]`` are its genes, and of
        these the first ``nodes[c]`` its nodes
    codes: uint8, one for each slot; ``codes[slots_room[c] :][: slots[c]]``
    splits, inserts: (P,) int32, connections split (0 or 1), and words written to insert a connection, itself included
    """

    words: np.ndarray
    room: np.ndarray
    length: np.ndarray
    nodes: np.ndarray
    codes: np.ndarray
    slots_room: np.ndarray
    slots: np.ndarray
    splits: np.ndarray
    inserts: np.ndarray


class Stream(NamedTuple):
    """A parent's genes that are still to come, ``words[at : end]``, and the key of the first, all uint64."""

    at: np.uint64
    end: np.uint64
    key: np.uint64


class Slot(NamedTuple):
    """What gene split hands out in a cycle.

    gene: uint64, the fitter parent's word where it has one, else the other's, which makes a bubble
    mate: uint64, the other parent's word where both have the gene, else the same as `gene`
    fitter, other: whether each parent has it
    """

    gene: np.uint64
    mate: np.uint64
    fitter: bool
    other: bool


class Draws(NamedTuple):
    """The random words of a slot: four draws each, and what they are for."""

    crossover: np.uint64
    perturb: np.uint64
    noise: np.uint64
    events: np.uint64


class Offered(NamedTuple):
    """The add stage's register of ends.

    role: int64, NO_END, SOURCE or DESTINATION; id: uint64, of the node that waits to be joined
    candidates: int64, pairs that are complete
    """

    role: np.int64
    id: np.uint64
    candidates: np.int64


class Scratch(NamedTuple):
    """Room for a child in the making.

    conns: (C,) uint64, connections that stay, in order
    late: (3,) uint64, what a split makes: its node, the connection into it and the one out of it
    deleted: (D,) uint64, ids of deleted nodes; ends: (CANDIDATES, 2) uint64, source and destination of candidates
    seen, stack: for a search over as many ids as there are; `seen` is 0 between searches
    counts: (len(PeCounts),) int64
    """

    conns: np.ndarray
    late: np.ndarray
    deleted: np.ndarray
    ends: np.ndarray
    seen: np.ndarray
    stack: np.ndarray
    counts: np.ndarray


def new_scratch(longest: int, setup: Setup) -> Scratch:
    """Allocate room for children of fitter parents with at most `longest` genes; nothing is counted yet."""
    return Scratch(
        np.empty(longest + 1, np.uint64),
        np.empty(3, np.uint64),
        np.empty(setup.thresholds.max_deleted + 1, np.uint64),
        np.empty((CANDIDATES, 2), np.uint64),
        np.zeros(setup.layout.max_nodes, np.int64),
        np.empty(setup.layout.max_nodes, np.uint64),
        np.zeros(len(AT), np.int64),
    )
