"""From a tile's results to operands of the next layer: cycles in which the array waits, and words that are moved.

A step is a chain of tiles. The first one's header is read and decoded; each other one's while the one before it drains.
Nodes that read nothing pass the function unit without the array, as tiles of their own. A layer's tiles follow one
another; the next layer begins when all their results have been written. So does the next genome with ``single``.

A result passes the collector, four stages of the function unit and the writer, which reads where it goes: so its first
word is written :data:`WRITTEN` cycles after its column has left the array. Columns follow one another by a cycle, and
each destination takes one more. Operands cannot be written while lines are read, and wait in a queue, with room in it
for which a tile waits likewise. Where results of one tile do not meet those of the next, which :func:`_calm` sees, a
layer waits for its last tile alone; else each step that differs is simulated, result by result.

The RTL does all this, and agrees to the cycle. Pipelined tiles, which it does not have, are taken to be calm.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import kernel
from ...config.chip import ChipSettings
from .lines import line_words
from .packing import Packing
from .timing import early_end, fold_overhead
from .vectorise import Layers

Ints = NDArray[np.int64]

WRITTEN = 6
"""Cycles from a sum at the bottom of the array to the write of its result."""
DIRECT = 3
"""Cycles from the beginning of a tile without an array to its first sum."""
SETUP = 1
"""Cycles from a step's start to the beginning of its first tile: it begins as its header has been read."""


class Chain(NamedTuple):
    """The tiles of a step, in the order in which they run; cycles are counted from the beginning of each.

    layer: (T,) int64; direct: (T,) int64, 1 for nodes that read nothing; they belong to the layer -1
    sections: (S + 1,) int64, where tiles begin that wait for all results before them
    length: (T,) int64, cycles until another one may begin
    taken, free: (T,) int64, no operand can be written in the cycles from `taken` to `free`
    first: (T,) int64, when its first result is written, unless something is in the way
    kept: (T,) int64, sums that it keeps for another tile, in place of results
    reads, writes: (T,) int64, words that are read and written for it
    begin: (T + 1,) int64, where its results begin in `places`, which is (R, 2) int32 as in ``Layers``
    tile, genome: (M,) int64, which genomes have a part in which tile
    """

    layer: Ints
    direct: Ints
    length: Ints
    taken: Ints
    free: Ints
    first: Ints
    kept: Ints
    reads: Ints
    writes: Ints
    begin: Ints
    sections: Ints
    places: NDArray[np.int32]
    tile: Ints
    genome: Ints

    def runs(self, steps: Ints) -> Ints:
        """Return in how many steps each tile runs: in those of the last of its genomes. steps: (P,) int64"""
        found = np.zeros(len(self.layer), np.int64)
        np.maximum.at(found, self.tile, steps[self.genome])
        return found


def chain_of(layers: Layers, packing: Packing, chip: ChipSettings) -> Chain:
    """Return the tiles of a step."""
    adam, words = chip.adam, line_words(chip)
    single = adam.packing == "single"
    form = adam.rows, adam.cols, adam.dataflow
    spares = layers.spares if single else layers.spares.sum(keepdims=True)
    tiles = len(packing.tile_layer) + int(np.sum(-(-spares // adam.cols)))
    parts = len(packing.piece_tile) + int(spares.sum())
    results = int(layers.nodes[_used(layers)].sum()) + int(spares.sum())
    if adam.tiles == "serial":
        length = packing.tile_cycles
    else:  # the last of them drains
        length = packing.tile_stream + fold_overhead(*form) - early_end(*form)
    layer, direct, length_of, taken, free, first, kept, reads, writes = np.zeros((9, tiles), np.int64)
    begin, sections = np.zeros((2, tiles + 1), np.int64)
    tile, genome = np.zeros((2, parts), np.int64)
    places = np.zeros((results, 2), np.int32)
    chain = Chain(
        layer, direct, length_of, taken, free, first, kept, reads, writes, begin, sections, places, tile, genome
    )
    per_word = words.weights_a_word, words.operands_a_word
    stays = adam.dataflow == "weight_stationary"
    found = _link(layers, packing, length, single, adam.rows, adam.cols, stays, words.header_words, per_word, chain)
    return chain._replace(sections=chain.sections[: found + 1])


def waits(chain: Chain, runs: Ints, chip: ChipSettings) -> Ints:
    """Return the cycles that the array waits for results, by layer: (layers,) int64. runs: (T,) int64, of tiles"""
    waited = np.zeros(1 + max(0, int(chain.layer.max(initial=0))), np.int64)
    waited[0] = SETUP * runs.max(initial=0)
    _wait(chain, runs, line_words(chip).queue, chip.adam.tiles == "pipelined", waited)
    return waited


def _used(layers: Layers) -> Ints:
    """Return where blocks lie in the arrays of layers."""
    first = np.repeat(layers.offsets[:-1], layers.depth)
    ends = np.cumsum(layers.depth)
    return first + np.arange(len(first)) - np.repeat(ends - layers.depth, layers.depth)


@kernel
def _link(layers, packing, length, single, rows, cols, weights_stay, header_words, per_word, chain):
    """Write the tiles of a chain, with room for all of them; return how many sections it has.

    length: (T,) int64, of the tiles of packing
    """
    genomes = len(layers.depth)
    t = -1
    result = 0
    part = 0
    tile = 0
    piece = 0
    sections = 0
    for group in range(genomes if single else 1):
        level = -2
        left = 0  # columns of the tile of nodes that read nothing
        for g in range(group, group + 1 if single else genomes):
            for k in range(layers.spares[g]):
                if left == 0:
                    t += 1
                    left = cols
                    if level < -1:
                        level = -1
                        chain.sections[sections] = t
                        sections += 1
                    chain.layer[t] = -1
                    chain.direct[t] = 1
                    chain.length[t] = 1
                    chain.taken[t] = 1
                    chain.free[t] = 1
                    chain.first[t] = DIRECT + WRITTEN
                    chain.reads[t] = header_words
                    chain.begin[t] = result
                left -= 1
                chain.length[t] += 1
                _go(layers.places, layers.spare[g] + k, chain, t, result)
                result += 1
                chain.tile[part] = t
                chain.genome[part] = g
                part += 1
        while tile < len(packing.tile_layer) and (not single or packing.piece_genome[piece] == group):
            t += 1
            stream = packing.tile_stream[tile]
            layer = packing.tile_layer[tile]
            if layer != level:
                level = layer
                chain.sections[sections] = t
                sections += 1
            chain.layer[t] = layer
            chain.length[t] = length[tile]
            chain.begin[t] = result
            used_rows = 0
            used_cols = 0
            while piece < len(packing.piece_tile) and packing.piece_tile[piece] == tile:
                g = packing.piece_genome[piece]
                at = layers.offsets[g] + layer
                width = packing.piece_width[piece]
                used_rows += packing.piece_height[piece]
                used_cols += width
                if weights_stay and packing.piece_top[piece] + packing.piece_height[piece] < layers.sources[at]:
                    chain.kept[t] += width
                else:
                    for k in range(width):
                        _go(layers.places, layers.first[at] + packing.piece_left[piece] + k, chain, t, result)
                        result += 1
                chain.tile[part] = t
                chain.genome[part] = g
                part += 1
                piece += 1
            weight_words = -(-used_cols // per_word[0])
            operand_words = -(-used_rows // per_word[1])
            chain.reads[t] += header_words
            if weights_stay:
                chain.taken[t] = rows - used_rows
                chain.free[t] = rows
                chain.first[t] = 2 * rows + 1 + WRITTEN
                chain.reads[t] += used_rows * weight_words + operand_words
            else:
                chain.free[t] = stream
                chain.first[t] = stream + rows + WRITTEN
                chain.reads[t] += stream * (weight_words + operand_words)
            tile += 1
    chain.begin[t + 1] = result
    chain.sections[sections] = t + 1
    return sections


@kernel
def _go(places, node, chain, t, result):
    """Write one result of a tile. Its node's word is read, and all its destinations."""
    chain.places[result, 0] = places[node, 0]
    chain.places[result, 1] = places[node, 1]
    chain.reads[t] += 1 + places[node, 0] + places[node, 1]
    chain.writes[t] += places[node, 0]


@kernel
def _settled(chain, t):
    """Return the cycle of a tile in which all its results have been written, if nothing is in their way."""
    now = np.int64(0)
    for k in range(chain.begin[t], chain.begin[t + 1]):
        now = max(now, chain.first[t] + k - chain.begin[t]) + chain.places[k, 0] + chain.places[k, 1]
    return now


@kernel
def _wait(chain, runs, queue, calm, waited):
    """Add what the array waits for to the layers. queue: results that may be on their way; calm: all sections are"""
    begun = np.zeros(len(runs), np.int64)
    for s in range(len(chain.sections) - 1):
        lo = chain.sections[s]
        hi = chain.sections[s + 1]
        layer = max(0, chain.layer[lo])
        for t in range(lo, hi):
            waited[layer] += runs[t] * chain.length[t] if chain.direct[t] else 0
        if calm or _calm(chain, lo, hi):
            behind = np.int64(0)  # steps in which others run behind a tile
            for t in range(hi - 1, lo - 1, -1):
                if runs[t] > behind:
                    waited[layer] += (runs[t] - behind) * max(0, _settled(chain, t) - chain.length[t])
                    behind = runs[t]
            continue
        after = np.int64(0)  # steps in which other sections follow
        for t in range(hi, len(runs)):
            after = max(after, runs[t])
        done = np.int64(0)
        for least in np.unique(np.append(runs[lo:hi], min(after, runs[lo:hi].max()))):
            if least > 0:
                each = _simulated(chain, lo, hi, runs, least, least > after, queue, begun)
                waited[layer] += (least - done) * each
                done = least


@kernel
def _calm(chain, lo, hi):
    """Say whether results of a section's tiles never meet those of the next one, though its lines are in their way."""
    latest = np.int64(0)
    margin = np.int64(1) << 60
    for t in range(lo, hi - 1):
        latest = max(latest, _settled(chain, t) - chain.length[t])
        lines = chain.free[t + 1] - chain.taken[t + 1] + 1
        margin = min(margin, min(chain.first[t + 1], chain.length[t + 1]) - lines)
    return latest <= margin


@kernel
def _simulated(chain, lo, hi, runs, least, ends_step, queue, begun):
    """Return how long the array waits in a section of which all tiles run that have `least` runs.

    ends_step: whether no other section follows
    queue: results that may be on their way; begun: (T,) int64, scratch
    """
    last = hi - 1
    while runs[last] < least:
        last -= 1
    before = np.int64(-1)  # the tile that began last
    due = lo  # the tile whose results are being written, the result, and how many of its words have been
    result = chain.begin[lo]
    done = 0
    writer = np.int64(0)  # the cycle in which the next word can be written
    outstanding = np.int64(0)
    now = np.int64(0)
    spent = np.int64(0)
    for t in range(lo, last + 2):
        over = t > last
        if not over and runs[t] < least:
            continue
        while True:
            # Whatever is written before this cycle.
            while outstanding > 0:
                if runs[due] < least or result >= chain.begin[due + 1]:
                    due += 1
                    result = chain.begin[due]
                    continue
                at = max(writer, begun[due] + chain.first[due] + result - chain.begin[due])
                free = begun[before] + chain.free[before] - (1 if before == last and ends_step else 0)
                if done < chain.places[result, 0] and begun[before] + chain.taken[before] <= at <= free:
                    at = free + 1
                    writer = at
                if at >= now:
                    break
                writer = at + 1
                done += 1
                if done == chain.places[result, 0] + chain.places[result, 1]:
                    done = 0
                    result += 1
                    outstanding -= 1
            if before < 0 or (over and outstanding == 0):
                break
            if not over:
                # Sums of the tile before that are still on their way to where they are kept need room, too.
                summed = begun[before] + chain.first[before] - WRITTEN + chain.kept[before]
                held = max(0, min(chain.kept[before], summed - now))
                if outstanding + held + chain.begin[t + 1] - chain.begin[t] + chain.kept[t] <= queue:
                    break
            now += 1
        if not over:
            begun[t] = now
            outstanding += chain.begin[t + 1] - chain.begin[t]
            now += chain.length[t]
            spent += chain.length[t]
            before = t
    return now - spent
