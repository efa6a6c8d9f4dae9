"""What the chip's processor lays out for ADAM's RTL: a population's layers as tiles, in words of the buffer.

Lines, headers and lists are described in ``accelerator/adam/lines.py``. Headers form a chain, which leaves out tiles of
which nobody plays. A network whose nodes read the step before has all lines twice, and a step writes to those that the
next one reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..accelerator.adam.lines import STREAM_BITS, SUMS_KEPT, Fields, LineWords
from ..accelerator.adam.packing import Packing, pack
from ..accelerator.adam.vectorise import Layers
from ..config.chip import ChipSettings
from ..errors import UserError
from ..facts import WORD
from ..genome.population import Population
from .blocks import Block, Planned, planned
from .constants_adam import adam_words

Ints = NDArray[np.int64]
Place = tuple[int, int]  # of an operand: line, row of the array
Piece = tuple[int, Block, int, int, int, int, int, int]  # genome, block, row, col, top, left, height, width


class Program(NamedTuple):
    """Words of the buffer, and where things are in them.

    bank, address: (W,) int32; word: (W,) uint64
    headers: (images, T, words of a line) uint64, of tiles; header_line: (images, T) int64; genomes: of each tile
    section: (T,) int64; a tile waits for the results of one before it that is of another section
    inputs: for both kinds of step, where observations are read: genome, input, line, row of the array, (4, R) int32
    values: the same of nodes
    registers: how many there are, genome by genome and output by output
    nodes, edges: (P,) int32, evaluated nodes and edges of each network
    """

    bank: NDArray[np.int32]
    address: NDArray[np.int32]
    word: NDArray[np.uint64]
    headers: NDArray[np.uint64]
    header_line: Ints
    genomes: list[frozenset[int]]
    section: Ints
    inputs: list[NDArray[np.int32]]
    values: list[NDArray[np.int32]]
    registers: int
    nodes: NDArray[np.int32]
    edges: NDArray[np.int32]


class _Tile(NamedTuple):
    """group, layer: genome with packing ``single``, and -1 for nodes that read nothing; stream: how many lines it has
    direct: genomes and nodes that read nothing, which have no pieces beside them
    """

    group: int
    layer: int
    stream: int
    begins: bool
    pieces: list[Piece]
    direct: list[tuple[int, int]]


def program_of(population: Population, chip: ChipSettings, *, feed_forward: bool) -> Program:
    """Lay out a population. Raises UserError where it does not fit, or the RTL cannot compute it."""
    words = adam_words(chip)
    genomes, layers = planned(population, chip, feed_forward=feed_forward)
    tiles = list(_tiles(genomes, layers, chip))
    return _written(genomes, tiles, population.n_inputs, population.n_outputs, chip, words, 1 if feed_forward else 2)


def _tiles(genomes: list[Planned], layers: Layers, chip: ChipSettings) -> Iterator[_Tile]:
    """Yield the tiles of a step. Of a group, nodes that read nothing come first: the first layer may read them."""
    packing = pack(layers, chip)
    single = chip.adam.packing == "single"
    stays = chip.adam.dataflow == "weight_stationary"
    pieces_of: list[list[int]] = [[] for _ in packing.tile_layer]
    for b, tile in enumerate(packing.piece_tile.tolist()):
        pieces_of[tile].append(b)
    groups = [[g] for g in range(len(genomes))] if single else [[*range(len(genomes))]]
    tile = 0
    for group, members in enumerate(groups):
        spare = [(g, int(node)) for g in members for node in genomes[g].spare]
        for i in range(0, len(spare), chip.adam.cols):
            yield _Tile(group, -1, 0, True, [], spare[i : i + chip.adam.cols])
        while tile < len(pieces_of) and packing.piece_genome[pieces_of[tile][0]] in members:
            layer = int(packing.tile_layer[tile])
            pieces = [_piece(packing, b, genomes, layer, stays=stays) for b in pieces_of[tile]]
            _, _, _, _, top, left, _, _ = pieces[0]
            stream = sum(piece[6] for piece in pieces) if stays else int(packing.tile_stream[tile])
            yield _Tile(group, layer, stream, top == 0 and left == 0, pieces, [])
            tile += 1


def _piece(packing: Packing, b: int, genomes: list[Planned], layer: int, *, stays: bool) -> Piece:
    """Return a piece; what streams through it counts as its height where the output stays."""
    g = int(packing.piece_genome[b])
    block = genomes[g].blocks[layer]
    height, width = int(packing.piece_height[b]), int(packing.piece_width[b])
    row, col = int(packing.piece_row[b]), int(packing.piece_col[b])
    top, left = int(packing.piece_top[b]), int(packing.piece_left[b])
    return g, block, row, col, top, left, height if stays else len(block.sources), width


def _written(
    genomes: list[Planned],
    tiles: list[_Tile],
    n_inputs: int,
    n_outputs: int,
    chip: ChipSettings,
    words: LineWords,
    images: int,
) -> Program:
    cols = chip.adam.cols
    stays = chip.adam.dataflow == "weight_stationary"
    streams = [tile.stream for tile in tiles]
    header_line = np.cumsum([0, *(1 + stream for stream in streams)])
    image_lines = int(header_line[-1])
    weights = np.zeros((image_lines, cols), np.int64)
    places: dict[tuple[int, int], list[Place]] = defaultdict(list)  # genome, row of a value: where it is read
    results: list[list[tuple[int, int]]] = []  # of each tile: genome, node
    for tile, line, stream in zip(tiles, header_line[:-1].tolist(), streams, strict=True):
        first = line + 1
        mine = list(tile.direct)
        for g, block, row, col, top, left, deep, width in tile.pieces:
            part = block.weights[top : top + deep, left : left + width]
            sources = block.sources[top : top + deep].tolist()
            if stays:
                at = first + stream - 1 - row - np.arange(deep)
                weights[at, col : col + width] = part
                for k, source in enumerate(sources):
                    places[g, source].append((first + stream - 1, row + k))
            else:
                weights[first : first + deep, col : col + width] = part
                for k, source in enumerate(sources):
                    places[g, source].append((first + k, row))
            if top + deep == len(block.sources):
                mine += [(g, int(node)) for node in block.nodes[left : left + width]]
        results.append(mine)

    node_words = []
    headers = np.zeros((images, len(tiles), words.line_words), np.uint64)
    destination_words: list[int] = []
    for image in range(images):
        other = (image + 1) % images * image_lines
        at_node = 0
        for t, (tile, mine) in enumerate(zip(tiles, results, strict=True)):
            destinations = len(destination_words)
            for g, node in mine:
                destination_words += _destinations(genomes[g], g, node, places, other, n_inputs, n_outputs, words)
            headers[image, t] = _split(_header(tile, len(mine), at_node, destinations, words, stays=stays), words)
            at_node += len(mine)
    for mine in results:
        for g, node in mine:
            one = genomes[g]
            values = {"activation": one.activation[node], "response": one.response[node], "bias": one.bias[node]}
            node_words.append(_packed(words.node, {name: int(value) for name, value in values.items()}))
    _check(images * image_lines, len(node_words), len(destination_words), len(genomes) * n_outputs, tiles, words)

    lines = np.zeros((images, image_lines, words.line_words), np.uint64)
    width = next(field.width for field in chip.genes.resolved().connection if field.name == "weight")
    raw = weights.astype(np.uint64) & np.uint64((1 << width) - 1)
    for c in range(cols):
        lines[:, :, c // words.weights_a_word] |= raw[:, c] << np.uint64(width * (c % words.weights_a_word))
    offsets = [image * image_lines for image in range(images)]
    at = np.array([header_line[:-1] + offset for offset in offsets])
    section = np.array([tile.group * (1 << 32) + tile.layer for tile in tiles], np.int64)
    headers = linked(headers, at, section, np.ones(len(tiles), bool), words)
    lines[:, header_line[:-1]] = headers
    most_rows = max((row for _, row in places), default=0)
    flat = lines.reshape(-1, words.line_words)
    bank = np.repeat(np.arange(words.line_words), len(flat))
    address = np.tile(np.arange(len(flat)), words.line_words)
    extra = [(words.line_words, node_words), (words.line_words + 1, destination_words)]
    return Program(
        bank=np.concatenate([bank, *(np.full(len(w), b) for b, w in extra)]).astype(np.int32),
        address=np.concatenate([address, *(np.arange(len(w)) for _, w in extra)]).astype(np.int32),
        word=np.concatenate([flat.T.reshape(-1), *(np.array(w, np.uint64) for _, w in extra)]),
        headers=headers,
        header_line=at,
        section=section,
        genomes=[frozenset([*(piece[0] for piece in tile.pieces), *(g for g, _ in tile.direct)]) for tile in tiles],
        inputs=[_places(places, offset, 1, n_inputs) for offset in (offsets[0], offsets[-1])],
        values=[_places(places, offset, 1 + n_inputs, most_rows) for offset in (offsets[0], offsets[-1])],
        registers=len(genomes) * n_outputs,
        nodes=np.array([len(genome.row) for genome in genomes], np.int32),
        edges=np.array([genome.edges for genome in genomes], np.int32),
    )


def _places(places: dict[tuple[int, int], list[Place]], offset: int, lo: int, hi: int) -> NDArray[np.int32]:
    """Return where values of some rows, `hi` included, are read: genome, row less `lo`, line, row of the array."""
    found = [
        (g, row - lo, line + offset, array_row)
        for (g, row), where in places.items()
        if lo <= row <= hi
        for line, array_row in where
    ]
    return np.ascontiguousarray(np.array(found, np.int32).reshape(-1, 4).T)


def _destinations(
    genome: Planned,
    g: int,
    node: int,
    places: dict[tuple[int, int], list[Place]],
    offset: int,
    n_inputs: int,
    n_outputs: int,
    words: LineWords,
) -> list[int]:
    """Return the list of a node's destinations."""
    row = int(genome.row[node])
    found = [{"line": line + offset, "row": array_row} for line, array_row in places.get((g, row), [])]
    output = row - 1 - n_inputs
    if output < n_outputs:
        found.append({"line": g * n_outputs + output, "is_register": 1})
    found[-1]["is_last"] = 1
    return [_packed(words.destination, fields) for fields in found]


def _header(tile: _Tile, results: int, nodes: int, destinations: int, words: LineWords, *, stays: bool) -> int:
    """Return a tile's header, without what :func:`linked` writes."""
    _, block, _, _, top, left, deep, width = tile.pieces[0] if tile.pieces else (0, None, 0, 0, 0, 0, 0, 0)
    partial = block is not None and top + deep < len(block.sources)
    starts = sum(1 << piece[3] for piece in tile.pieces[1:])
    return _packed(
        words.header,
        {
            "starts": starts,
            "stream": tile.stream,
            "rows": tile.stream if stays else len(tile.pieces),
            "results": width if partial else results,
            "injected": width if top else 0,
            "sums": left if top or partial else 0,
            "nodes": nodes,
            "destinations": destinations,
            "partial": int(partial),
            "direct": int(bool(tile.direct)),
            "begins": int(tile.begins),
        },
    )


def linked(
    headers: NDArray[np.uint64], header_line: Ints, section: Ints, running: NDArray[np.bool_], words: LineWords
) -> NDArray[np.uint64]:
    """Return headers with the chain of the tiles that are to run, (T,) bool; others stay as they are.

    The other arguments are fields of :class:`Program`.
    """
    changed = headers.copy()
    order = np.flatnonzero(running)
    after = np.append(order[1:], -1)
    before = np.append(-1, order[:-1])
    waits = (before >= 0) & (section[before] != section[order])
    for image in range(len(headers)):
        following = np.where(after >= 0, header_line[image, after], 0)
        for name, values in (("next", following), ("waits", waits), ("ends_step", after < 0)):
            _put(changed[image], order, words.header, name, values.astype(np.uint64))
    return changed


def _put(headers: NDArray[np.uint64], which: Ints, fields: Fields, name: str, values: NDArray[np.uint64]) -> None:
    """Write a field of some headers, which may lie in two words."""
    at = 0
    for field, width in fields:
        if field == name:
            break
        at += width
    mask = (1 << width) - 1
    for word in range(at // WORD, (at + width - 1) // WORD + 1):
        up = at - WORD * word
        inside = (mask << up if up >= 0 else mask >> -up) & ((1 << WORD) - 1)
        moved = values << np.uint64(up) if up >= 0 else values >> np.uint64(-up)
        kept = headers[which, word] & np.uint64(~inside & ((1 << WORD) - 1))
        headers[which, word] = kept | (moved & np.uint64(inside))


def _split(word: int, words: LineWords) -> list[int]:
    """Return the words of a header."""
    return [word >> (WORD * w) & ((1 << WORD) - 1) for w in range(words.line_words)]


def _packed(fields: Fields, values: dict[str, int]) -> int:
    word = at = 0
    for name, width in fields:
        value = values.get(name, 0)
        word |= (value & ((1 << width) - 1)) << at
        at += width
    return word


def _check(lines: int, nodes: int, destinations: int, registers: int, tiles: list[_Tile], words: LineWords) -> None:
    """Raise a UserError for what has no room."""
    most = words.bank_words
    for what, number in (("lines", lines), ("nodes", nodes), ("destinations", destinations), ("outputs", registers)):
        if number > most:
            raise UserError(
                f"the population does not fit ADAM's banks: it has {number} {what}, and buffer.words_per_bank is "
                f"{most}; choose more words or a smaller population, or emulate ADAM"
            )
    if max((tile.stream for tile in tiles), default=0) >= 1 << STREAM_BITS:
        raise UserError(f"a node reads more than {(1 << STREAM_BITS) - 1} others, which ADAM's RTL cannot stream")
    for tile in tiles:
        for _, block, _, _, top, _, deep, _ in tile.pieces:
            if (top or deep < len(block.sources)) and len(block.nodes) > SUMS_KEPT:
                raise UserError(
                    f"a layer of {len(block.nodes)} nodes has more sources than adam.rows, but ADAM's RTL keeps the "
                    f"sums of {SUMS_KEPT} nodes; choose more rows, or the dataflow output_stationary"
                )
