"""How the blocks of a population are laid on the array: which piece lies on which tile, and where.

Every genome has one environment, so a layer is a product with M = 1: one row of inputs times a block of ``K x N``
weights. With packing ``single`` genomes run one after the other, each layer a product of its own, whose folds are its
tiles.

With packing ``population`` all genomes take their steps together, layer after layer. Blocks are cut into pieces no
larger than the array and put on it along its diagonal, in the order of genomes: a piece begins at the row and column
where the one before ended, and where it does not fit a new *tile* begins. So no two genomes share a row or a column,
and what lies beside the diagonal multiplies nothing of use. Output stationary, a piece covers one row and as many
columns as its layer has nodes, and its K sources stream through; weight stationary, it covers sources and nodes, and
the one input vector streams through. A tile takes as long as its longest stream, see ``timing``.

The CPU packs once a generation. A tile is run in a step as long as one of its genomes still plays; a genome that has
finished leaves its place empty. A step's layers wait for one another. Within a layer tiles follow one another like
products, and a tile that begins inside a block is another fold of the product before it; or, with ``adam.tiles``
``pipelined``, like the folds of one product that never waits for the array to drain.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import kernel
from ...config.chip import ChipSettings
from .timing import early_end, fold_overhead
from .vectorise import Layers


class Packing(NamedTuple):
    """Tiles of a population and the pieces on them.

    tile_layer, tile_stream, tile_cycles: (T,) int64, layer that a tile belongs to, its streamed length, and its cycles;
        tiles of a layer are consecutive and layers ascend, with packing ``single`` those of a genome
    piece_tile, piece_genome, piece_row, piece_col, piece_height, piece_width: (B,) int64, where each piece lies; pieces
        of a tile are consecutive
    piece_stream: (B,) int64, how long what streams through it is, at most as long as its tile's
    piece_top, piece_left: (B,) int64, where it lies in its block: first source, 0 where sources stream, and first node
    """

    tile_layer: NDArray[np.int64]
    tile_stream: NDArray[np.int64]
    tile_cycles: NDArray[np.int64]
    piece_tile: NDArray[np.int64]
    piece_genome: NDArray[np.int64]
    piece_row: NDArray[np.int64]
    piece_col: NDArray[np.int64]
    piece_height: NDArray[np.int64]
    piece_width: NDArray[np.int64]
    piece_stream: NDArray[np.int64]
    piece_top: NDArray[np.int64]
    piece_left: NDArray[np.int64]


def pack(layers: Layers, chip: ChipSettings) -> Packing:
    """Lay a population's blocks on the array."""
    adam = chip.adam
    weights_stay = adam.dataflow == "weight_stationary"
    single = adam.packing == "single"
    none = np.empty((0, 3), np.int64), np.empty((0, 9), np.int64)
    sizes = _lay(layers, adam.rows, adam.cols, weights_stay, single, *none)
    tiles, pieces = np.empty((sizes[0], 3), np.int64), np.empty((sizes[1], 9), np.int64)
    _lay(layers, adam.rows, adam.cols, weights_stay, single, tiles, pieces)
    layer, stream, begins = tiles.T
    form = adam.rows, adam.cols, adam.dataflow
    return Packing(layer, stream, stream + fold_overhead(*form) - begins * early_end(*form), *pieces.T)


@kernel
def _lay(layers, rows, cols, weights_stay, single, tiles, pieces):
    """Lay all blocks; return the numbers of tiles and of pieces, and write as many as there is room for.

    tiles: (T, 3) int64, layer, streamed length, whether a block begins it
    pieces: (B, 9) int64, in the order of the fields of Packing
    """
    genomes = len(layers.depth)
    deepest = 0
    for g in range(genomes):
        deepest = max(deepest, layers.depth[g])
    n_tiles = 0
    n_pieces = 0
    outer, inner = (genomes, deepest) if single else (deepest, genomes)
    row = rows
    col = cols
    for i in range(outer):
        for j in range(inner):
            g, layer = (i, j) if single else (j, i)
            if single or j == 0:  # the first piece of a layer begins a tile
                row = rows
                col = cols
            if layer >= layers.depth[g]:
                continue
            at = layers.offsets[g] + layer
            sources = np.int64(layers.sources[at])
            nodes = np.int64(layers.nodes[at])
            height = sources if weights_stay else np.int64(1)
            stream = np.int64(1) if weights_stay else sources
            for top in range(0, height, rows):
                for left in range(0, nodes, cols):
                    piece_height = min(rows, height - top)
                    piece_width = min(cols, nodes - left)
                    if row + piece_height > rows or col + piece_width > cols:
                        n_tiles += 1
                        row = 0
                        col = 0
                        if n_tiles <= len(tiles):
                            tiles[n_tiles - 1, 0] = layer
                            tiles[n_tiles - 1, 1] = 0
                            tiles[n_tiles - 1, 2] = 1 if top == 0 and left == 0 else 0
                    if n_tiles <= len(tiles):
                        tiles[n_tiles - 1, 1] = max(tiles[n_tiles - 1, 1], stream)
                    if n_pieces < len(pieces):
                        pieces[n_pieces, 0] = n_tiles - 1
                        pieces[n_pieces, 1] = g
                        pieces[n_pieces, 2] = row
                        pieces[n_pieces, 3] = col
                        pieces[n_pieces, 4] = piece_height
                        pieces[n_pieces, 5] = piece_width
                        pieces[n_pieces, 6] = stream
                        pieces[n_pieces, 7] = top
                        pieces[n_pieces, 8] = left
                    n_pieces += 1
                    row += piece_height
                    col += piece_width
    return n_tiles, n_pieces
