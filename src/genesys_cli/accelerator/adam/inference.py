"""What a generation's inference costs on the array: its cycles, its operands, and what the CPU moves for it.

Steps are counted, not simulated: a tile runs as often as the last of its genomes has steps, and every run of it takes
the same cycles. The tests count the same step by step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ... import counts as count
from ...compiled.jit import kernel
from ...config.chip import AdamSettings, ChipSettings
from ...counts import named
from ...facts import WORD
from ..cpu import vectorise_cycles
from ..spill import dram_cycles, share_of, while_playing
from .packing import Packing, pack
from .results import chain_of, waits
from .stalls import Stalls, stalls_one_by_one, stalls_together
from .timing import folds_of, gemm_cycles, lead, pipeline_overhead
from .vectorise import Layers


class Ran(NamedTuple):
    """What the array did in a generation.

    cycles: all; stream: those in which operands stream through a full tile
    crossed: unit cycles in which one genome's operand meets another's weight
    """

    cycles: int
    stream: int
    tiles: int
    crossed: int


class Played(NamedTuple):
    """A number of steps of each genome.

    results: cycles for results, of each layer
    dense: weights of dense blocks that are used; from_dram: words of them that DRAM holds; waits: cycles for DRAM
    """

    ran: Ran
    stalled: Stalls
    results: NDArray[np.int64]
    dense: int
    from_dram: int
    waits: int

    @property
    def cycles(self) -> int:
        return self.ran.cycles + self.stalled.banks + self.stalled.tables + int(self.results.sum()) + self.waits


def inference_counts(layers: Layers, steps: NDArray[np.int64], genes: int, chip: ChipSettings) -> dict[str, int]:
    """Return what ADAM and the CPU did for a generation that was evaluated; energy is computed from these alone.

    layers: of all genomes; steps: (P,) int64, steps of each network, over all its episodes
    genes: gene words of all genomes, which the CPU reads to vectorise them

    What each of them is, :mod:`genesys_cli.counts` says.
    """
    adam = chip.adam
    depth = layers.depth
    first = np.repeat(layers.offsets[:-1], depth)
    at = first + np.arange(len(first)) - np.repeat(np.cumsum(depth) - depth, depth)
    genome = np.repeat(np.arange(len(depth)), depth)
    sources, nodes, edges = (a[at].astype(np.int64) for a in (layers.sources, layers.nodes, layers.edges))
    weights_per_word = WORD // chip.genes.resolved().weight_bits
    dense_words = int(np.sum(-(-(sources * nodes) // weights_per_word)))
    spilled = while_playing(genes, dense_words, chip.buffer.words)
    packing = pack(layers, chip)
    chain = chain_of(layers, packing, chip)

    def play(taken_steps: NDArray[np.int64]) -> Played:
        times = taken_steps[genome]
        if adam.packing == "population":
            ran, stalled = _together(packing, taken_steps, adam), stalls_together(packing, taken_steps, chip)
        else:
            ran = _one_by_one(sources, nodes, times, adam)
            stalled = stalls_one_by_one(sources, nodes, times, chip)
        dense = int((sources * nodes) @ times)
        from_dram = share_of(dense / weights_per_word, spilled.dense, dense_words)
        results = waits(chain, chain.runs(taken_steps), chip)
        taken = ran.cycles + stalled.banks + stalled.tables + int(results.sum())
        stall = max(0, dram_cycles(from_dram, chip.buffer.dram_words_per_cycle) - taken)  # it reads ahead
        return Played(ran, stalled, results, dense, from_dram, stall)

    ran, stalled, results, dense, from_dram, stall = play(steps)
    times, runs = steps[genome], chain.runs(steps)
    useful = int(edges @ times)
    nodes_updated = int(layers.updates @ steps)
    return named(
        {
            count.USEFUL_MACS: useful,
            count.PADDED_MACS: dense - useful,
            count.NODE_UPDATES: nodes_updated,
            count.TABLE_LOOKUPS: int(layers.lookups @ steps),
            count.ADAM_CYCLES: ran.cycles,
            count.ROUND_CYCLES: play(np.minimum(steps, 1)).cycles,
            count.ADAM_STREAM_CYCLES: ran.stream,
            count.ADAM_FILL_CYCLES: ran.cycles - ran.stream,
            count.ADAM_MAC_SLOTS: ran.cycles * adam.rows * adam.cols,
            count.ADAM_CROSSED_SLOTS: ran.crossed,
            count.ADAM_TILES: ran.tiles,
            count.ADAM_WEIGHT_READS: dense,
            count.ADAM_INPUT_READS: int(sources @ times),
            count.ADAM_OUTPUT_WRITES: nodes_updated,
            count.ADAM_WORD_READS: int(chain.reads @ runs),
            count.ADAM_WORD_WRITES: int(chain.writes @ runs),
            count.VECTORISE_CYCLES: vectorise_cycles(len(depth), genes, int(sources @ nodes), chip),
            count.VECTORISE_READS: genes,
            count.VECTORISE_WRITES: dense_words,
            count.VECTORISE_DRAM_READS: spilled.genes,
            count.VECTORISE_DRAM_WRITES: spilled.dense,
            count.ADAM_DRAM_READS: from_dram,
            count.ADAM_STALL_BANKS: stalled.banks,
            count.ADAM_STALL_TABLES: stalled.tables,
            count.ADAM_STALL_DRAM: stall,
            count.ADAM_STALL_RESULTS: int(results.sum()),
        }
    )


def result_waits(layers: Layers, steps: NDArray[np.int64], chip: ChipSettings) -> NDArray[np.int64]:
    """Return the ``adam_stall_results`` of :func:`inference_counts` by layer, (layers,) int64."""
    chain = chain_of(layers, pack(layers, chip), chip)
    return waits(chain, chain.runs(steps), chip)


def _together(packing: Packing, steps: NDArray[np.int64], adam: AdamSettings) -> Ran:
    """All genomes take their steps together, tile after tile and layer after layer."""
    runs = np.zeros(len(packing.tile_layer), np.int64)  # steps in which a tile is run
    np.maximum.at(runs, packing.piece_tile, steps[packing.piece_genome])
    stream = int(runs @ packing.tile_stream)
    if adam.tiles == "serial":
        cycles = int(runs @ packing.tile_cycles)
    else:
        layer_runs = np.zeros(packing.tile_layer.max(initial=-1) + 1, np.int64)  # steps in which a layer is run
        np.maximum.at(layer_runs, packing.tile_layer, runs)
        each = lead(adam.rows, adam.dataflow)
        once = pipeline_overhead(adam.rows, adam.cols, adam.dataflow)
        cycles = stream + each * int(runs.sum()) + once * int(layer_runs.sum())
    return Ran(cycles, stream, int(runs.sum()), int(_crossed(packing, steps[packing.piece_genome])))


def _one_by_one(
    sources: NDArray[np.int64], nodes: NDArray[np.int64], times: NDArray[np.int64], adam: AdamSettings
) -> Ran:
    """Each layer of each genome is a product of its own. sources, nodes, times: (B,), of each layer, and its steps"""
    form = adam.rows, adam.cols, adam.dataflow
    folds, length = folds_of(1, nodes, sources, *form)
    stream, tiles = int((folds * length) @ times), int(folds @ times)
    if adam.tiles == "serial":
        cycles = int(gemm_cycles(1, nodes, sources, *form) @ times)
    else:
        cycles = stream + lead(adam.rows, adam.dataflow) * tiles + pipeline_overhead(*form) * int(times.sum())
    return Ran(cycles, stream, tiles, 0)


@kernel
def _crossed(packing, steps):
    """Return in how many unit cycles an operand of one piece meets a weight of another. steps: (B,) int64, of pieces.

    A piece's operands move along its whole rows, and its weights down its whole columns, so a row of one piece and a
    column of another meet in one unit, while both stream and both genomes play.
    """
    crossed = 0
    first = 0  # of the tile's pieces
    for b in range(len(steps)):
        if packing.piece_tile[b] != packing.piece_tile[first]:
            first = b
        for a in range(first, b):
            shorter = min(packing.piece_stream[a], packing.piece_stream[b]) * min(steps[a], steps[b])
            one = packing.piece_height[a] * packing.piece_width[b]
            other = packing.piece_height[b] * packing.piece_width[a]
            crossed += shorter * (one + other)
    return crossed
