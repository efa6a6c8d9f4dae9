"""A population is a set of flat arrays: the genes of all genomes lie end to end, one array a field.

Node ids: inputs are ``0 .. n_inputs - 1`` and have no gene; outputs are ``n_inputs .. n_inputs + n_outputs - 1`` and
every genome has a gene for each; hidden nodes come after, numbered by innovation. Inside a genome node genes are
sorted by id and connection genes by innovation number, so two genomes are aligned by one linear merge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..names import ACTIVATIONS, AGGREGATIONS

NODE_FIELDS = ("node_id", "node_bias", "node_response", "node_activation", "node_aggregation")
CONN_FIELDS = ("conn_innovation", "conn_in", "conn_out", "conn_weight", "conn_enabled")
DTYPES: dict[str, Any] = {
    "node_offsets": np.int64,
    "node_id": np.int32,
    "node_bias": np.float32,
    "node_response": np.float32,
    "node_activation": np.uint8,
    "node_aggregation": np.uint8,
    "conn_offsets": np.int64,
    "conn_innovation": np.int32,
    "conn_in": np.int32,
    "conn_out": np.int32,
    "conn_weight": np.float32,
    "conn_enabled": np.uint8,
}

_ALIGNED = 64  # bytes: a cache line, and a multiple of every field's element


class Population(NamedTuple):
    """P genomes with N node genes and C connection genes in all. A named tuple, so that kernels take it whole.

    n_inputs, n_outputs: of every network
    node_offsets: (P + 1,) int64; the node genes of genome g are ``node_offsets[g] : node_offsets[g + 1]``
    node_id: (N,) int32, ascending inside a genome
    node_bias, node_response: (N,) float32; a node computes ``activation(bias + response * aggregation(inputs))``
    node_activation, node_aggregation: (N,) uint8, indices into ``names.ACTIVATIONS`` and ``AGGREGATIONS``
    conn_offsets: (P + 1,) int64
    conn_innovation: (C,) int32, ascending inside a genome
    conn_in, conn_out: (C,) int32, ids of source and destination
    conn_weight: (C,) float32
    conn_enabled: (C,) uint8, 0 or 1
    """

    n_inputs: int
    n_outputs: int
    node_offsets: NDArray[np.int64]
    node_id: NDArray[np.int32]
    node_bias: NDArray[np.float32]
    node_response: NDArray[np.float32]
    node_activation: NDArray[np.uint8]
    node_aggregation: NDArray[np.uint8]
    conn_offsets: NDArray[np.int64]
    conn_innovation: NDArray[np.int32]
    conn_in: NDArray[np.int32]
    conn_out: NDArray[np.int32]
    conn_weight: NDArray[np.float32]
    conn_enabled: NDArray[np.uint8]

    @property
    def size(self) -> int:
        """The number of genomes (``len`` of a named tuple is its number of fields)."""
        return len(self.node_offsets) - 1

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the array fields by name, for saving."""
        return {name: getattr(self, name) for name in DTYPES}

    def select(self, genomes: NDArray[np.integer[Any]]) -> Population:
        """Return a new population of copies of the given genomes, in the given order."""
        node_offsets, nodes = _gather(self.node_offsets, genomes)
        conn_offsets, conns = _gather(self.conn_offsets, genomes)
        fields: dict[str, Any] = {name: getattr(self, name)[nodes] for name in NODE_FIELDS}
        fields.update({name: getattr(self, name)[conns] for name in CONN_FIELDS})
        return self._replace(node_offsets=node_offsets, conn_offsets=conn_offsets, **fields)

    def equals(self, other: Population) -> bool:
        """Say whether every field of both is the same, bit for bit."""
        return (self.n_inputs, self.n_outputs) == (other.n_inputs, other.n_outputs) and all(
            mine.dtype == theirs.dtype and mine.shape == theirs.shape and mine.tobytes() == theirs.tobytes()
            for mine, theirs in zip(self.arrays().values(), other.arrays().values(), strict=True)
        )


def empty_genes(node_offsets: NDArray[np.int64], conn_offsets: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """Return all array fields by name, for genes yet to be written; offsets are those given.

    The fields are cut from one block: allocations of some megabytes get huge pages, and touching new memory is what
    making the children of large genomes would otherwise spend a third of its time on.
    """
    ends: dict[str, int] = {}
    total = 0
    for name, dtype in DTYPES.items():
        if not name.endswith("_offsets"):
            count = int((node_offsets if name in NODE_FIELDS else conn_offsets)[-1])
            total += -(-count * np.dtype(dtype).itemsize // _ALIGNED) * _ALIGNED
            ends[name] = total
    block = np.empty(total, np.uint8)
    fields: dict[str, NDArray[Any]] = {"node_offsets": node_offsets, "conn_offsets": conn_offsets}
    begin = 0
    for name, end in ends.items():
        count = int((node_offsets if name in NODE_FIELDS else conn_offsets)[-1])
        size = count * np.dtype(DTYPES[name]).itemsize
        fields[name] = block[begin : begin + size].view(DTYPES[name])
        begin = end
    return fields


def _gather(
    offsets: NDArray[np.int64], genomes: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the offsets of the chosen genomes laid end to end, and the index of each of their genes."""
    lengths = (offsets[1:] - offsets[:-1])[genomes]
    chosen = np.zeros(len(genomes) + 1, np.int64)
    np.cumsum(lengths, out=chosen[1:])
    genes = np.arange(chosen[-1]) + np.repeat(offsets[genomes] - chosen[:-1], lengths)
    return chosen, genes


def problems(population: Population, *, feed_forward: bool) -> Iterator[str]:
    """Yield a sentence for each broken invariant; a sound population yields nothing.

    Used where a population comes from outside (a checkpoint, a champion file) and by the property-based tests.
    """
    p = population
    size = p.size
    for name, dtype in DTYPES.items():
        array = getattr(p, name)
        if array.dtype != dtype or array.ndim != 1:
            yield f"{name} has dtype {array.dtype} and {array.ndim} dimensions instead of {np.dtype(dtype)} and 1"
            return
    for kind, names in (("node", NODE_FIELDS), ("conn", CONN_FIELDS)):
        offsets = getattr(p, f"{kind}_offsets")
        if len(offsets) != size + 1 or offsets[0] != 0 or (np.diff(offsets) < 0).any():
            yield f"{kind}_offsets do not ascend from 0"
            return
        for name in names:
            if len(getattr(p, name)) != offsets[-1]:
                yield f"{name} has {len(getattr(p, name))} elements instead of {offsets[-1]}"
                return
    for name in ("node_bias", "node_response", "conn_weight"):
        if not np.isfinite(getattr(p, name)).all():
            yield f"{name} holds a number that is not finite"
    choices = {"node_activation": len(ACTIVATIONS), "node_aggregation": len(AGGREGATIONS), "conn_enabled": 2}
    for name, count in choices.items():
        if (getattr(p, name) >= count).any():
            yield f"{name} holds a number above {count - 1}"
    for g in range(size):
        yield from _genome_problems(p, g, feed_forward)


def _genome_problems(p: Population, g: int, feed_forward: bool) -> Iterator[str]:
    nodes = slice(int(p.node_offsets[g]), int(p.node_offsets[g + 1]))
    conns = slice(int(p.conn_offsets[g]), int(p.conn_offsets[g + 1]))
    ids, sources, targets = p.node_id[nodes], p.conn_in[conns], p.conn_out[conns]
    outputs = np.arange(p.n_inputs, p.n_inputs + p.n_outputs)
    if (np.diff(ids) <= 0).any() or not np.array_equal(ids[: p.n_outputs], outputs):
        yield f"genome {g}: node ids do not ascend from the outputs' ids"
    if (np.diff(p.conn_innovation[conns], prepend=-1) <= 0).any():
        yield f"genome {g}: innovation numbers do not ascend from 0 or above"
    if len(set(zip(sources.tolist(), targets.tolist(), strict=True))) != len(sources):
        yield f"genome {g}: two connections join the same nodes"
    known = set(ids.tolist())
    if not set(targets.tolist()) <= known or not set(sources.tolist()) <= known | set(range(p.n_inputs)):
        yield f"genome {g}: a connection ends at a node that the genome does not have"
    if feed_forward and _has_cycle(sources.tolist(), targets.tolist()):
        yield f"genome {g}: a feed-forward genome has a cycle"


def _has_cycle(sources: list[int], targets: list[int]) -> bool:
    """Say whether the directed graph with these edges has a cycle, by taking away sources until none is left."""
    edges = set(zip(sources, targets, strict=True))
    while edges:
        pointed_at = {target for _, target in edges}
        left = {(source, target) for source, target in edges if source in pointed_at}
        if len(left) == len(edges):
            return True
        edges = left
    return False
