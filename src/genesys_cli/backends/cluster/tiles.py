"""The tiles of an evaluation: which genomes, in which episodes, and how large a portion for whom."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple, Protocol

SHORTEST_S = 0.02  # of a tile: less would be spent on handing it out
PORTIONS = 3  # an actor is given this part of its share of what is left: the last tiles are small


class Tile(NamedTuple):
    """Genomes, or matches, ``lo .. hi``, in the episodes ``first .. last`` of an evaluation."""

    lo: int
    hi: int
    first: int
    last: int

    @property
    def size(self) -> int:
        """How many episodes there are in it."""
        return (self.hi - self.lo) * (self.last - self.first)


class TileSource(Protocol):
    """Hands out tiles, as :class:`Tiles` does. left: above 0 where there is one now"""

    @property
    def left(self) -> int: ...
    def take(self, share: float, rate: float | None) -> Tile | None: ...
    def give_back(self, tiles: Iterable[Tile]) -> None: ...


class Tiles:
    """What is left of an evaluation. It is handed out row by row, or, where there are few rows, cut across."""

    def __init__(self, rows: int, columns: int, *, across: bool, whole: bool = False) -> None:
        """rows: genomes or matches; columns: episodes of each

        across: whether the episodes of a genome may lie in several tiles
        whole: whether each tile has all the rows, because they are in the episodes together
        """
        self._strips = 1 if whole else rows
        self._rows, self._columns = rows, columns
        self._across = across
        self._next = 0  # row and column of what was not handed out yet, as one number
        self._again: deque[Tile] = deque()
        self.left = rows * columns

    def take(self, share: float, rate: float | None) -> Tile | None:
        """Return a tile for an actor; None: nothing is left.

        share: of all actors' speed that is this one's; rate: episodes that it does in a second, None: nobody knows
        """
        if self._again:
            tile = self._again.popleft()
            self.left -= tile.size
            return tile
        if not self.left:
            return None
        wanted = self.left * share / PORTIONS
        if rate is not None:
            wanted = max(wanted, rate * SHORTEST_S)
        each = self._rows * self._columns // self._strips  # episodes of a strip
        row, column = divmod(self._next, self._columns)
        if column == 0 and (wanted >= each or not self._across):
            strips = min(max(1, round(wanted / each)), self._strips - row)
            return self._cut(row, strips, 0, self._columns)
        deep = each // self._columns  # rows of a strip
        columns = min(max(1, round(wanted / deep)), self._columns - column)
        return self._cut(row, 1, column, columns)

    def give_back(self, tiles: Iterable[Tile]) -> None:
        """Hand out again what an actor that was lost had not finished."""
        for tile in tiles:
            self._again.append(tile)
            self.left += tile.size

    def _cut(self, row: int, strips: int, column: int, columns: int) -> Tile:
        deep = self._rows // self._strips
        tile = Tile(row * deep, (row + strips) * deep, column, column + columns)
        self._next += strips * columns
        self.left -= tile.size
        return tile
