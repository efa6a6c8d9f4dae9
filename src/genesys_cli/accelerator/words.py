"""Between the population and the image of the chip's genome buffer.

On the chip the inputs have words too, of kind 01, whose attributes mean nothing. A genome is streamed as its nodes by
id, then its connections by source and destination. The chip has no innovation numbers: a connection is known by its two
ends, so a population that comes from the chip carries ``source << 14 | destination`` in their place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config.chip import BufferSettings
from ..errors import UserError
from ..genome.population import Population
from ..names import ACTIVATIONS, AGGREGATIONS
from .layout import HIDDEN, INPUT, OUTPUT, Layout

KEY_BITS = 14


class GeneWords(NamedTuple):
    """The words of P genomes end to end.

    words: (W,) uint64
    offsets: (P + 1,) int64; genome g is ``words[offsets[g] : offsets[g + 1]]``
    """

    words: NDArray[np.uint64]
    offsets: NDArray[np.int64]

    @property
    def size(self) -> int:
        """The number of genomes."""
        return len(self.offsets) - 1


def to_words(population: Population, layout: Layout) -> tuple[GeneWords, int]:
    """Return the population as gene words, and how many values had to be limited to their field's range.

    Raises :class:`UserError` when the layout cannot hold it.
    """
    check_population(population, layout)
    p = population
    size, inputs = p.size, p.n_inputs
    node_genome = np.repeat(np.arange(size), np.diff(p.node_offsets))
    conn_genome = np.repeat(np.arange(size), np.diff(p.conn_offsets))
    order = _stream_order(p, conn_genome)

    nodes: dict[str, NDArray[Any]] = {
        "kind": np.where(p.node_id < inputs + p.n_outputs, OUTPUT, HIDDEN),
        "id": p.node_id,
        "bias": p.node_bias,
        "response": p.node_response,
        "activation": p.node_activation,
        "aggregation": p.node_aggregation,
    }
    conns: dict[str, NDArray[Any]] = {
        "source": p.conn_in[order],
        "destination": p.conn_out[order],
        "weight": p.conn_weight[order],
        "enable": p.conn_enabled[order],
    }
    first: dict[str, NDArray[Any]] = {
        "kind": np.full(size * inputs, INPUT),
        "id": np.tile(np.arange(inputs), size),
    }
    if layout.bits.genome.mask:
        nodes["genome"], conns["genome"] = node_genome, conn_genome
        first["genome"] = np.repeat(np.arange(size), inputs)
    node_words, limited = layout.pack("node", nodes)
    conn_words, limited_too = layout.pack("connection", conns)
    first_words, _ = layout.pack("node", first)

    offsets = p.node_offsets + p.conn_offsets + inputs * np.arange(size + 1)
    words = np.empty(offsets[-1], np.uint64)
    words[(offsets[:-1, None] + np.arange(inputs)).ravel()] = first_words
    words[np.arange(len(node_words)) + (offsets[:-1] + inputs - p.node_offsets[:-1])[node_genome]] = node_words
    words[np.arange(len(conn_words)) + (offsets[1:] - p.conn_offsets[1:])[conn_genome]] = conn_words
    return GeneWords(words, offsets), limited + limited_too


def from_words(genes: GeneWords, layout: Layout, n_inputs: int, n_outputs: int) -> Population:
    """Return the population that gene words hold: the inverse of :func:`to_words` for what it could represent."""
    words = genes.words
    bits = layout.bits
    is_conn = (words >> bits.type.shift) & bits.type.mask != 0
    is_node = ~is_conn & ((words >> bits.kind.shift) & bits.kind.mask != INPUT)
    node = layout.unpack("node", words[is_node])
    conn = layout.unpack("connection", words[is_conn])
    source, destination = conn["source"].astype(np.int32), conn["destination"].astype(np.int32)
    return Population(
        n_inputs,
        n_outputs,
        node_offsets=_offsets(is_node, genes.offsets),
        node_id=node["id"].astype(np.int32),
        node_bias=node["bias"],
        node_response=node["response"],
        node_activation=node["activation"].astype(np.uint8),
        node_aggregation=node["aggregation"].astype(np.uint8),
        conn_offsets=_offsets(is_conn, genes.offsets),
        conn_innovation=source << KEY_BITS | destination,
        conn_in=source,
        conn_out=destination,
        conn_weight=conn["weight"],
        conn_enabled=conn["enable"].astype(np.uint8),
    )


def quantise(population: Population, layout: Layout) -> Population:
    """Return the population as the chip holds it: values rounded and limited, connections in stream order."""
    words, _ = to_words(population, layout)
    return from_words(words, layout, population.n_inputs, population.n_outputs)


def renumbered(population: Population) -> Population:
    """Return the population with its hidden nodes' ids made consecutive, in their order; equal ids stay equal.

    A software run numbers hidden nodes across all its generations, so the ids of a late one have gaps.
    """
    p = population
    first = p.n_inputs + p.n_outputs
    used = np.unique(p.node_id[p.node_id >= first])

    def new(ids: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.where(ids < first, ids, first + np.searchsorted(used, ids)).astype(np.int32)

    return p._replace(node_id=new(p.node_id), conn_in=new(p.conn_in), conn_out=new(p.conn_out))


def check_population(population: Population, layout: Layout) -> None:
    """Raise a :class:`UserError` when the layout cannot hold a population."""
    p = population
    largest = int(p.node_id.max(initial=p.n_inputs + p.n_outputs - 1))
    check_size(layout, p.size, largest + 1)
    check_functions(
        layout,
        [ACTIVATIONS[i] for i in np.unique(p.node_activation)],
        [AGGREGATIONS[i] for i in np.unique(p.node_aggregation)],
    )


def check_size(layout: Layout, genomes: int, nodes: int) -> None:
    """Raise a :class:`UserError` when the layout's ids do not reach.

    genomes: in a generation. nodes: one more than the largest node id, inputs included
    """
    settings = layout.settings
    if nodes > settings.max_nodes:
        raise UserError(
            f"a genome needs node ids up to {nodes - 1}, but the layout of the chip's gene words ends at "
            f"{settings.max_nodes - 1}; choose one with wider ids (genes.layout = 'wide16' has 14 bits), fewer inputs "
            "or fewer hidden nodes (neat.num_hidden)"
        )
    if settings.max_genomes is not None and genomes > settings.max_genomes:
        raise UserError(
            f"neat.population is {genomes}, but the layout of the chip's gene words tells {settings.max_genomes} "
            "genomes apart; take a smaller population, or a layout without genome ids (genes.layout = 'wide16')"
        )


def check_buffer(genes: int, buffer: BufferSettings) -> None:
    """Raise a :class:`UserError` when the buffer cannot even hold one genome of so many genes."""
    if genes > buffer.words:
        raise UserError(
            f"a genome has {genes} genes, but buffer.banks = {buffer.banks} of buffer.words_per_bank = "
            f"{buffer.words_per_bank} hold {buffer.words}; make either larger"
        )


def check_functions(layout: Layout, activations: list[str], aggregations: list[str], output: str | None = None) -> None:
    """Raise a :class:`UserError` when the layout has no room for a function's number.

    output: ``neat.output_activation``
    """
    for setting, what, names, known in (
        ("activation_options", "activation", activations, ACTIVATIONS),
        ("output_activation", "activation", [] if output is None else [output], ACTIVATIONS),
        ("aggregation_options", "aggregation", aggregations, AGGREGATIONS),
    ):
        room = int(getattr(layout.bits, what).mask) + 1
        for name in names:
            if known.index(name) >= room:
                raise UserError(
                    f"neat.{setting}: the {what} {name!r} has no number in the layout of the chip's gene words "
                    f"(genes.layout), which has room for {', '.join(known[:room])}; choose among those, or a layout "
                    "with a wider field"
                )


def _stream_order(p: Population, genome: NDArray[np.int64]) -> NDArray[np.int64] | slice:
    """Return the order in which connections are streamed: an index array, or all of them as they are."""
    keys = (genome << (2 * KEY_BITS)) | (p.conn_in.astype(np.int64) << KEY_BITS) | p.conn_out
    return slice(None) if (np.diff(keys) > 0).all() else np.argsort(keys, kind="stable")


def _offsets(chosen: NDArray[np.bool_], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each genome begins among the chosen words."""
    before = np.zeros(len(chosen) + 1, np.int64)
    np.cumsum(chosen, out=before[1:])
    return before[offsets]
