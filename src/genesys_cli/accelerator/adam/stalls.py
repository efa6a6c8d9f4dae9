"""Cycles in which the array waits: for operands that the banks cannot deliver, or for ports of lookup tables.

*Banks.* Operands are read as they stream: a word holds several, each bank serves one word after another, in a cycle or,
where its memory is slow, in several, and words are taken to be spread evenly over banks. A tile's weights, inputs and
results have to move while it streams (or, with stationary weights, while it is loaded); what takes longer stalls it.
Nothing is read ahead: the array has registers for the skew alone. What a slow write takes beyond its first cycle has
time until the next tile begins, so serial tiles hide it while they drain. A result that is still being written is read
from its bank's register: a layer does not wait for the last write of the one before.

*Tables.* Results leave a tile column after column, one a cycle, since operands are skewed. So a table with one port
keeps up with tiles that wait for one another. A tile that follows another directly has to wait until its results no
longer meet those of the one before; nothing follows a layer's last one. All results are taken to want the same table,
as they do in a network with one activation.

The array's clock is gated while it waits. Where both are short, what the banks take is waited for first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...config.chip import ChipSettings
from ...config.memories import access_of
from ...facts import WORD
from .packing import Packing
from .timing import fold_overhead, lead

Ints = NDArray[np.int64]


class Stalls(NamedTuple):
    """Cycles of a generation, by what the array waits for."""

    banks: int
    tables: int


def stalls_together(packing: Packing, steps: Ints, chip: ChipSettings) -> Stalls:
    """Return what a packed population waits for. steps: (P,) int64, steps of each genome

    A tile's pieces are sorted by how long their genomes play, longest first. Its first j pieces alone stream in the
    steps after the next one's genome has finished, until the j-th one's has.
    """
    ends = steps[packing.piece_genome]
    order = np.lexsort((-ends, packing.piece_tile))
    tile, ends = packing.piece_tile[order], ends[order]
    first = np.searchsorted(tile, tile)  # of the piece's tile
    begins = np.append(ends[1:], 0)
    begins[np.append(tile[1:] != tile[:-1], True)] = 0

    def so_far(values: Ints) -> Ints:
        total = np.cumsum(values[order])
        return total - total[first] + values[order][first]

    followed = np.minimum(ends, _followed(packing, ends, tile)[tile])
    weights_stay = chip.adam.dataflow == "weight_stationary"
    deep = packing.piece_height if weights_stay else packing.piece_stream
    return _stalls(
        so_far(deep * packing.piece_width),
        so_far(deep),
        so_far(packing.piece_width),
        packing.tile_stream[tile],
        ends - begins,
        np.maximum(0, followed - begins),
        chip,
    )


def _followed(packing: Packing, ends: Ints, tile: Ints) -> Ints:
    """Return in how many steps a later tile of the same layer runs, (T,). ends: (B,), of pieces; tile: theirs"""
    runs = np.zeros(len(packing.tile_layer), np.int64)
    np.maximum.at(runs, tile, ends)
    followed = np.zeros_like(runs)
    for t in range(len(runs) - 2, -1, -1):
        if packing.tile_layer[t] == packing.tile_layer[t + 1]:
            followed[t] = max(followed[t + 1], runs[t + 1])
    return followed


def stalls_one_by_one(sources: Ints, nodes: Ints, times: Ints, chip: ChipSettings) -> Stalls:
    """Return what products wait for that run one after another: (B,) int64 each, of every layer, and its steps."""
    adam = chip.adam
    banks = tables = 0
    weights_stay = adam.dataflow == "weight_stationary"
    for width, across, last_across in _cut(nodes, adam.cols):
        folds = _cut(sources, adam.rows) if weights_stay else ((sources, np.ones_like(sources), np.True_),)
        for deep, down, last_down in folds:
            stream = np.ones_like(sources) if weights_stay else sources
            runs = across * down
            followed = runs - (last_across & last_down)
            found = _stalls(deep * width, deep, width, stream, runs * times, followed * times, chip)
            banks += found.banks
            tables += found.tables
    return Stalls(banks, tables)


def _cut(sizes: Ints, most: int) -> tuple[tuple[Ints, Ints, NDArray[np.bool_]], ...]:
    """Return the sizes of folds, whole ones and what is left: how large, how many, whether the last one is of them."""
    whole, left = sizes // most, sizes % most
    return (
        (np.minimum(sizes, most), whole, left == 0),
        (left, np.minimum(left, 1), left > 0),
    )


def _stalls(
    weights: Ints, inputs: Ints, results: Ints, stream: Ints, times: Ints, followed: Ints, chip: ChipSettings
) -> Stalls:
    """Return what runs of tiles wait for.

    weights, inputs, results, stream: (T,) int64, operands of a run and its streamed length
    times, followed: (T,) int64, how often it is run, and how often with another run of its layer behind it
    """
    adam, layout, access = chip.adam, chip.genes.resolved(), access_of(chip)
    per_word = WORD // layout.weight_bits, WORD // layout.operand.width
    read = (weights * per_word[1] + inputs * per_word[0]) * access.read  # in fractions of a word that both divide
    written = results * per_word[0]
    all_banks = per_word[0] * per_word[1] * chip.buffer.banks
    streaming = stream + lead(adam.rows, adam.dataflow)
    alone = stream + fold_overhead(adam.rows, adam.cols, adam.dataflow)
    until_next = alone if adam.tiles == "serial" else streaming
    begun = -(-(read + written) // all_banks) - streaming
    finished = -(-(read + written * access.write) // all_banks) - until_next
    banks = np.maximum(0, np.maximum(begun, finished))
    tables = np.maximum(0, -(-results // adam.table_ports) - until_next - banks)
    return Stalls(int(banks @ times), int(tables @ followed))
