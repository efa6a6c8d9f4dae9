"""Genomes made to fit other inputs and outputs, and put together to one population. Order of connections stays.

A network sums up what comes in by the order of its connections: as long as that stays, it computes the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .population import CONN_FIELDS, DTYPES, NODE_FIELDS, Population

GONE = -1


class Wiring(NamedTuple):
    """Where inputs and outputs of genomes go.

    inputs, outputs: (I,) and (O,) int64 of those that there are: place among the new ones, or GONE
    n_inputs, n_outputs: of the new ones
    """

    inputs: NDArray[np.int64]
    outputs: NDArray[np.int64]
    n_inputs: int
    n_outputs: int

    @property
    def new_inputs(self) -> NDArray[np.int64]:
        """Places that no input goes to, ascending."""
        return np.setdiff1d(np.arange(self.n_inputs), self.inputs)

    @property
    def new_outputs(self) -> NDArray[np.int64]:
        """Places that no output goes to, ascending."""
        return np.setdiff1d(np.arange(self.n_outputs), self.outputs)


class OutputGene(NamedTuple):
    """The node gene of an output that joins; activation, aggregation: indices of the functions."""

    bias: float
    response: float
    activation: int
    aggregation: int


def rewired(
    genomes: Population, wiring: Wiring, hidden: NDArray[np.int64], first_hidden: int, joining: OutputGene
) -> Population:
    """Return genomes with other inputs and outputs. What leads to one that is gone is lost; what joins is unconnected.

    hidden: (H,) int64, ascending: ids of all hidden nodes that the genomes have, and maybe more; they become
        `first_hidden` and following
    """
    p = genomes
    size, old_first = p.size, p.n_inputs + p.n_outputs
    ids = np.concatenate([wiring.inputs, np.where(wiring.outputs < 0, GONE, wiring.n_inputs + wiring.outputs)])

    def renamed(old: NDArray[np.int32]) -> NDArray[np.int64]:
        inner = np.searchsorted(hidden, old) + first_hidden
        return np.where(old < old_first, ids[np.minimum(old, old_first - 1)], inner)

    sources, targets = renamed(p.conn_in), renamed(p.conn_out)
    conns = np.flatnonzero((sources >= 0) & (targets >= 0))
    node_ids = renamed(p.node_id)
    nodes = np.flatnonzero(node_ids >= 0)
    new = wiring.new_outputs
    columns: dict[str, NDArray[Any]] = {name: getattr(p, name)[conns] for name in CONN_FIELDS}
    columns |= {"conn_in": sources[conns], "conn_out": targets[conns]}
    gene = {"node_id": wiring.n_inputs + np.tile(new, size)}
    gene |= {f"node_{name}": np.full(size * len(new), value) for name, value in joining._asdict().items()}
    for name in NODE_FIELDS:
        kept = node_ids[nodes] if name == "node_id" else getattr(p, name)[nodes]
        columns[name] = np.concatenate([kept, gene[name]])
    owner = np.repeat(np.arange(size), np.diff(p.node_offsets))[nodes]
    owner = np.concatenate([owner, np.repeat(np.arange(size), len(new))])
    order = np.lexsort((columns["node_id"], owner))
    columns |= {name: columns[name][order] for name in NODE_FIELDS}
    conn_owner = np.repeat(np.arange(size), np.diff(p.conn_offsets))[conns]
    columns |= {"node_offsets": _offsets(owner, size), "conn_offsets": _offsets(conn_owner, size)}
    return _population(wiring.n_inputs, wiring.n_outputs, columns)


def with_connections(
    genomes: Population, sources: NDArray[np.int64], targets: NDArray[np.int64], weights: NDArray[np.float32]
) -> Population:
    """Return genomes with K further connections each, after all others; their numbers are 0.

    sources, targets: (K,) ids, of nodes that all genomes have; weights: (P, K) float32
    """
    p, size, count = genomes, genomes.size, len(sources)
    more = {
        "conn_innovation": np.zeros(size * count),
        "conn_in": np.tile(sources, size),
        "conn_out": np.tile(targets, size),
        "conn_weight": weights.ravel(),
        "conn_enabled": np.ones(size * count),
    }
    owner = np.repeat(np.arange(size), np.diff(p.conn_offsets))
    owner = np.concatenate([owner, np.repeat(np.arange(size), count)])
    order = np.argsort(owner, kind="stable")
    columns = {name: np.concatenate([getattr(p, name), more[name]])[order] for name in CONN_FIELDS}
    columns["conn_offsets"] = _offsets(owner, size)
    return _population(p.n_inputs, p.n_outputs, p.arrays() | columns)


def joined(parts: Sequence[Population]) -> Population:
    """Return the genomes of several populations, which have the same inputs and outputs, as one."""
    columns: dict[str, NDArray[Any]] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in (*NODE_FIELDS, *CONN_FIELDS)
    }
    for name in ("node_offsets", "conn_offsets"):
        lengths = np.concatenate([np.diff(getattr(part, name)) for part in parts])
        columns[name] = np.concatenate([[0], np.cumsum(lengths)])
    return _population(parts[0].n_inputs, parts[0].n_outputs, columns)


def _population(n_inputs: int, n_outputs: int, columns: dict[str, NDArray[Any]]) -> Population:
    arrays = {name: columns[name].astype(dtype) for name, dtype in DTYPES.items()}
    return Population(n_inputs, n_outputs, **arrays)


def _offsets(owner: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=size))])
