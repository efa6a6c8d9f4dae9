"""A skewed systolic array, unit by unit and cycle by cycle: when results leave it, and what its units multiply.

Operands of a row move right and what comes from above moves down, a unit a cycle. Nothing here knows of formulas.
"""

from __future__ import annotations

from typing import NamedTuple


class Piece(NamedTuple):
    """A block on a tile. weights: (sources, nodes) integers; inputs: (sources,); row, col: of its first unit"""

    row: int
    col: int
    weights: list[list[int]]
    inputs: list[int]


class Done(NamedTuple):
    """What became of some tiles.

    results: by (tile, column), sums; left: by (tile, column), the cycle in which a sum left the array, from 0
    together: unit cycles in which both operands were there; own: those of them in which they belong to one piece
    """

    results: dict[tuple[int, int], int]
    left: dict[tuple[int, int], int]
    together: int
    own: int

    @property
    def last(self) -> int:
        return max(self.left.values())


def output_stationary(tiles: list[list[Piece]], rows: int, cols: int, begins: list[int]) -> Done:
    """Let tiles through, whose first operands enter in the cycles `begins`.

    A unit adds up. Behind the last operand of the tile's longest stream it hands its sum down, a row a cycle; two sums
    must not meet.
    """
    # (row or column, cycle of entry) -> tile, piece, value or None where the piece has ended, whether the tile ends
    from_left, from_top = {}, {}
    for t, (pieces, begin) in enumerate(zip(tiles, begins, strict=True)):
        longest = max(len(piece.inputs) for piece in pieces)
        for p, piece in enumerate(pieces):
            for k in range(longest):
                there = k < len(piece.inputs)
                value = piece.inputs[k] if there else None
                from_left[piece.row, begin + piece.row + k] = t, p, value, k == longest - 1
                for c in range(len(piece.weights[0])):
                    at = piece.col + c, begin + piece.col + c + k
                    assert at not in from_top, "two tiles want a column at once"
                    from_top[at] = t, p, piece.weights[k][c] if there else None, k == longest - 1
    right = [[None] * cols for _ in range(rows)]
    down = [[None] * cols for _ in range(rows)]
    sums = [[0] * cols for _ in range(rows)]
    sinking = [[None] * cols for _ in range(rows)]
    results, left = {}, {}
    together = own = 0
    expected = sum(len(piece.weights[0]) for pieces in tiles for piece in pieces)
    cycle = 0
    while len(results) < expected:
        right = [[from_left.get((r, cycle)) if c == 0 else right[r][c - 1] for c in range(cols)] for r in range(rows)]
        down = [[from_top.get((c, cycle)) if r == 0 else down[r - 1][c] for c in range(cols)] for r in range(rows)]
        sinking = [[None] * cols, *sinking[:-1]]
        for r in range(rows):
            for c in range(cols):
                operand, weight = right[r][c], down[r][c]
                if operand is None or weight is None:
                    continue
                both = operand[2] is not None and weight[2] is not None
                together += both
                if operand[:2] != weight[:2]:
                    continue  # of two genomes: where both are there, the product is of no use
                own += both
                sums[r][c] += operand[2] * weight[2] if both else 0
                if operand[3]:
                    assert sinking[r][c] is None, "two sums meet"
                    sinking[r] = [*sinking[r][:c], (operand[0], sums[r][c]), *sinking[r][c + 1 :]]
                    sums[r][c] = 0
        for c in range(cols):
            if sinking[-1][c] is not None:
                tile, value = sinking[-1][c]
                results[tile, c] = value
                left[tile, c] = cycle
        cycle += 1
    return Done(results, left, together, own)


def weight_stationary(tiles: list[list[Piece]], rows: int, cols: int, begins: list[int]) -> Done:
    """Let tiles through, whose weights begin to enter in the cycles `begins`, the lowest row's first.

    Each unit has two registers of weights: one of a chain that moves down while a tile is loaded, and one that
    multiplies. A column copies the first to the second when the first operand of the tile arrives at its top.
    """
    from_left, from_top, copies = {}, {}, {}
    for t, (pieces, begin) in enumerate(zip(tiles, begins, strict=True)):
        start = begin + rows
        for c in range(cols):
            copies[c, start + c] = True
            for r in range(rows):
                at = c, begin + c + rows - 1 - r
                assert at not in from_top, "two tiles want a column at once"
                from_top[at] = 0
        for p, piece in enumerate(pieces):
            for k, value in enumerate(piece.inputs):
                from_left[piece.row + k, start + piece.row + k] = t, p, value
                for c, weight in enumerate(piece.weights[k]):
                    from_top[piece.col + c, begin + piece.col + c + rows - 1 - piece.row - k] = weight
    owner = {
        (t, piece.col + c): p
        for t, pieces in enumerate(tiles)
        for p, piece in enumerate(pieces)
        for c in range(len(piece.weights[0]))
    }
    chain = [[0] * cols for _ in range(rows)]
    active = [[0] * cols for _ in range(rows)]
    right = [[None] * cols for _ in range(rows)]
    sums = [[0] * cols for _ in range(rows)]
    results, left = {}, {}
    together = own = 0
    for cycle in range(max(begins) + 2 * rows + cols):
        for c in range(cols):
            if copies.get((c, cycle)):
                for r in range(rows):
                    active[r][c] = chain[r][c]
            if (c, cycle) in from_top:
                for r in range(rows - 1, 0, -1):
                    chain[r][c] = chain[r - 1][c]
                chain[0][c] = from_top[c, cycle]
        right = [[from_left.get((r, cycle)) if c == 0 else right[r][c - 1] for c in range(cols)] for r in range(rows)]
        above = [[0] * cols, *sums[:-1]]
        sums = [[above[r][c] for c in range(cols)] for r in range(rows)]
        for r in range(rows):
            for c in range(cols):
                operand = right[r][c]
                if operand is None:
                    continue
                sums[r][c] += operand[2] * active[r][c]
                if (operand[0], c) in owner:
                    together += 1
                    own += owner[operand[0], c] == operand[1]
        for t, begin in enumerate(begins):
            for c in range(cols):
                if (t, c) in owner and cycle == begin + rows + rows - 1 + c:
                    results[t, c] = sums[-1][c]
                    left[t, c] = cycle
    return Done(results, left, together, own)
