"""A population is a set of flat arrays: the genes of all genomes lie end to end, one array a field.

Node ids: inputs are ``0 .. n_inputs - 1`` and have no gene; outputs are ``n_inputs .. n_inputs + n_outputs - 1`` and
every genome has a gene for each; hidden nodes come after, numbered by innovation. Inside a genome node genes are
sorted by id and connection genes by innovation number, so two genomes are aligned by one linear merge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
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

_DTYPES = {name: np.dtype(dtype) for name, dtype in DTYPES.items()}
_ALIGNED = 64  # bytes: a cache line, and a multiple of every field's element


class Population(NamedTuple):
    """P genomes with N node genes and C connection genes in all. A named tuple, so that kernels take it whole.

    Attributes:
        n_inputs: Inputs of every network.
        n_outputs: Outputs of every network.
        node_offsets: (P + 1,) int64; the node genes of genome g are ``node_offsets[g] : node_offsets[g + 1]``.
        node_id: (N,) int32, ascending inside a genome.
        node_bias: (N,) float32; a node computes ``activation(bias + response * aggregation(inputs))``.
        node_response: (N,) float32.
        node_activation: (N,) uint8, indices into ``names.ACTIVATIONS``.
        node_aggregation: (N,) uint8, indices into ``names.AGGREGATIONS``.
        conn_offsets: (P + 1,) int64, as ``node_offsets``.
        conn_innovation: (C,) int32, ascending inside a genome.
        conn_in: (C,) int32, ids of the sources.
        conn_out: (C,) int32, ids of the destinations.
        conn_weight: (C,) float32.
        conn_enabled: (C,) uint8, 0 or 1.
        size: The number of genomes, P.
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
        """Return a new population of copies of some genomes.

        Args:
            genomes: (K,) indices, in the order that is wanted.

        Returns:
            A population of K genomes.
        """
        node_offsets, nodes = _gather(self.node_offsets, genomes)
        conn_offsets, conns = _gather(self.conn_offsets, genomes)
        fields: dict[str, Any] = {name: getattr(self, name)[nodes] for name in NODE_FIELDS}
        fields.update({name: getattr(self, name)[conns] for name in CONN_FIELDS})
        return self._replace(node_offsets=node_offsets, conn_offsets=conn_offsets, **fields)

    def with_more(self, other: Population) -> Population:
        """Return a new population of these genomes and then those of another one of the same shape.

        Args:
            other: Population of as many inputs and outputs.

        Returns:
            A population of all of them.
        """
        return concatenated([self, other])

    def equals(self, other: Population) -> bool:
        """Say whether every field of both is the same, bit for bit.

        Args:
            other: Population to compare with.

        Returns:
            Whether they are the same.
        """
        return (self.n_inputs, self.n_outputs) == (other.n_inputs, other.n_outputs) and all(
            mine.dtype == theirs.dtype and mine.shape == theirs.shape and mine.tobytes() == theirs.tobytes()
            for mine, theirs in zip(self.arrays().values(), other.arrays().values(), strict=True)
        )


def no_genomes(n_inputs: int, n_outputs: int) -> Population:
    """Return a population without genomes, of networks with so many inputs and outputs."""
    offsets = np.zeros(1, np.int64)
    return Population(n_inputs, n_outputs, **empty_genes(offsets, offsets))


class Selectable(Protocol):
    """Genomes of which copies can be had, wherever they are."""

    def select(self, genomes: NDArray[np.integer[Any]]) -> Population:
        """Return copies of some genomes. genomes: (K,) indices, in the order that is wanted"""


def concatenated(populations: Sequence[Population]) -> Population:
    """Return a new population of the genomes of one population after the other, all of the same shape."""
    fields: dict[str, Any] = {
        name: np.concatenate([getattr(each, name) for each in populations]) for name in NODE_FIELDS + CONN_FIELDS
    }
    for name in ("node_offsets", "conn_offsets"):
        lengths = [np.diff(getattr(each, name)) for each in populations]
        fields[name] = np.concatenate(([0], np.cumsum(np.concatenate(lengths), dtype=np.int64)))
    return populations[0]._replace(**fields)


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


def array_problems(population: Population) -> Iterator[str]:
    """Yield a sentence for each array whose type or length is wrong; what they hold is not looked at."""
    p = population
    for name, dtype in _DTYPES.items():  # quick, since each step of a generation asks
        array = getattr(p, name)
        if not isinstance(array, np.ndarray):
            yield f"{name} is of type {type(array).__name__} instead of an array"
            return
        if (array.dtype is not dtype and array.dtype != dtype) or array.ndim != 1:
            yield f"{name} has dtype {array.dtype} and {array.ndim} dimensions instead of {dtype} and 1"
            return
    size = p.size
    for kind, names in (("node", NODE_FIELDS), ("conn", CONN_FIELDS)):
        offsets = p.node_offsets if kind == "node" else p.conn_offsets
        if size < 0 or len(offsets) != size + 1 or offsets[0] != 0 or (offsets[1:] < offsets[:-1]).any():
            yield f"{kind}_offsets do not ascend from 0"
            return
        genes = offsets.item(size)
        for name in names:
            if len(getattr(p, name)) != genes:
                yield f"{name} has {len(getattr(p, name))} elements instead of {genes}"
                return


def check_arrays(population: Population) -> None:
    """Raise a UserError where a population has no genomes, or an array of it has a wrong type or length.

    What the arrays hold is not looked at, see :func:`problems`.
    """
    if not isinstance(population, Population):
        kind = type(population).__name__
        raise UserError(f"population is of type {kind}, not Population: give one that neat.first_population returned")
    for problem in array_problems(population):
        raise UserError(f"the population is not valid: {problem}")
    if population.size < 1:
        raise UserError("the population has no genomes")


def check_shapes(population: Population) -> None:
    """Raise a UserError where genomes do not begin with their outputs' nodes, as one of another shape does not."""
    p = population
    few = np.diff(p.node_offsets) < p.n_outputs
    if p.n_inputs < 1 or p.n_outputs < 1 or few.any() or (p.node_id[p.node_offsets[:-1]] != p.n_inputs).any():
        raise UserError(
            f"the population is not valid: its genomes are not those of networks with {p.n_inputs} inputs and "
            f"{p.n_outputs} outputs"
        )


def problems(population: Population, *, feed_forward: bool) -> Iterator[str]:
    """Yield a sentence for each broken invariant; a valid population yields nothing.

    Used where a population comes from outside (a checkpoint, a champion file) and by the property-based tests.
    """
    p = population
    if broken := list(array_problems(p)):
        yield from broken
        return
    for name in ("node_bias", "node_response", "conn_weight"):
        if not np.isfinite(getattr(p, name)).all():
            yield f"{name} holds a number that is not finite"
    choices = {"node_activation": len(ACTIVATIONS), "node_aggregation": len(AGGREGATIONS), "conn_enabled": 2}
    for name, count in choices.items():
        if (getattr(p, name) >= count).any():
            yield f"{name} holds a number above {count - 1}"
    if p.n_inputs < 1 or p.n_outputs < 1:
        yield f"networks have {p.n_inputs} inputs and {p.n_outputs} outputs"
        return
    yield from _node_problems(p)
    yield from _conn_problems(p, feed_forward)


def _node_problems(p: Population) -> Iterator[str]:
    """Yield what is wrong with the ids of the genomes' nodes."""
    counts = np.diff(p.node_offsets)
    starts = p.node_offsets[:-1]
    wrong = counts < p.n_outputs
    if not wrong.any():
        for k in range(p.n_outputs):
            wrong |= p.node_id[starts + k] != p.n_inputs + k
    wrong |= _falls(p.node_id, p.node_offsets)
    wrong[_owners(p.node_offsets)[p.node_id == np.iinfo(np.int32).max]] = True  # stands for one yet to be numbered
    for g in np.flatnonzero(wrong).tolist():
        yield f"genome {g}: node ids do not ascend from the outputs' ids"


def _conn_problems(p: Population, feed_forward: bool) -> Iterator[str]:
    """Yield what is wrong with the genomes' connections, all genomes at once: there may be a million of them."""
    owner = _owners(p.conn_offsets)
    places = _owners(p.node_offsets) << 32 | p.node_id.astype(np.int64)  # of all nodes, ascending if the ids are
    target, has_target = _found(places, owner, p.conn_out)
    source, has_source = _found(places, owner, p.conn_in)
    of_input = (p.conn_in >= 0) & (p.conn_in < p.n_inputs)
    joined = has_target & (has_source | of_input)
    pairs = np.sort(target[joined] << 32 | p.conn_in[joined].astype(np.int64))
    twice = pairs[1:][pairs[1:] == pairs[:-1]] >> 32
    broken: dict[int, list[str]] = {}

    def note(genomes: NDArray[np.int64], problem: str) -> None:
        for g in np.unique(genomes).tolist():
            broken.setdefault(g, []).append(f"genome {g}: {problem}")

    falling = _falls(p.conn_innovation, p.conn_offsets)
    note(
        np.append(np.flatnonzero(falling), owner[p.conn_innovation < 0]),
        "innovation numbers do not ascend from 0 or above",
    )
    of_node = _owners(p.node_offsets)
    note(of_node[twice], "two connections join the same nodes")
    note(owner[~joined], "a connection ends at a node that the genome does not have")
    if feed_forward:
        inner = joined & ~of_input
        note(of_node[_behind_cycles(source[inner], target[inner], len(places))], "a feed-forward genome has a cycle")
    for g in sorted(broken):
        yield from broken[g]


def _owners(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the genome of each gene, from the offsets of one kind of genes."""
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def _falls(numbers: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say of each genome, (P,) bool, whether the numbers of its genes do not ascend."""
    owner = _owners(offsets)
    falling = (numbers[1:] <= numbers[:-1]) & (owner[1:] == owner[:-1])
    return np.bincount(owner[1:][falling], minlength=len(offsets) - 1) > 0


def _found(
    places: NDArray[np.int64], owner: NDArray[np.int64], ids: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where the node of each (genome, id) lies among all nodes, and whether the genome has it at all."""
    wanted = owner << 32 | ids.astype(np.int64)
    at = np.minimum(np.searchsorted(places, wanted), max(len(places) - 1, 0))
    return at, (places[at] == wanted) & (ids >= 0) if len(places) else np.zeros(len(ids), np.bool_)


def _behind_cycles(sources: NDArray[np.int64], targets: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the nodes of a directed graph on cycles or behind them: sources are taken away until none is left.

    Each connection is looked at once, so that a chain of any length takes no longer than a bush.
    """
    left = np.bincount(targets, minlength=count)
    onward = targets[np.argsort(sources, kind="stable")]
    lengths = np.bincount(sources, minlength=count)
    begins = np.cumsum(lengths) - lengths
    free = np.flatnonzero((left == 0) & (lengths > 0))
    while len(free):
        leaving = np.arange(lengths[free].sum())
        leaving += np.repeat(begins[free] - (np.cumsum(lengths[free]) - lengths[free]), lengths[free])
        reached, times = np.unique(onward[leaving], return_counts=True)
        left[reached] -= times
        free = reached[(left[reached] == 0) & (lengths[reached] > 0)]
    return np.flatnonzero(left)
