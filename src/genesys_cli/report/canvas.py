"""A drawing surface made of braille characters, each two dots wide and four high."""

from __future__ import annotations

import math
from itertools import pairwise

# Bit of the dot in column x, row y of a character; U+2800 is the one without dots.
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_EMPTY = 0x2800


class Canvas:
    """`width` by `height` characters that show the rectangle from (left, bottom) to (right, top).

    One unit is as long on both axes, so the rectangle is centred and its sides keep their proportion.
    """

    def __init__(self, width: int, height: int, left: float, bottom: float, right: float, top: float) -> None:
        self.width, self.height = width, height
        self._cells = [[0] * width for _ in range(height)]
        self._dots = min((2 * width - 1) / (right - left), (4 * height - 1) / (top - bottom))  # for one unit
        self._left = (left + right) / 2 - (width - 0.5) / self._dots
        self._top = (bottom + top) / 2 + (2 * height - 0.5) / self._dots

    def line(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Draw a straight line; parts that lie outside are left out, and all of one that does not end anywhere."""
        if not all(map(math.isfinite, (x0, y0, x1, y1))):
            return
        column0, row0 = (x0 - self._left) * self._dots, (self._top - y0) * self._dots
        column1, row1 = (x1 - self._left) * self._dots, (self._top - y1) * self._dots
        # Far ends are drawn no finer than the canvas, so that a state that ran away costs no time.
        steps = min(int(max(abs(column1 - column0), abs(row1 - row0))) + 1, 8 * (self.width + self.height))
        for i in range(steps + 1):
            self._dot(
                round(column0 + (column1 - column0) * i / steps),
                round(row0 + (row1 - row0) * i / steps),
            )

    def lines(self, *points: tuple[float, float]) -> None:
        """Draw straight lines from each point to the next."""
        for (x0, y0), (x1, y1) in pairwise(points):
            self.line(x0, y0, x1, y1)

    def box(self, left: float, bottom: float, right: float, top: float) -> None:
        self.lines((left, bottom), (left, top), (right, top), (right, bottom), (left, bottom))

    def text(self) -> str:
        return "\n".join("".join(chr(_EMPTY + cell) for cell in row) for row in self._cells)

    def _dot(self, column: int, row: int) -> None:
        if 0 <= column < 2 * self.width and 0 <= row < 4 * self.height:
            self._cells[row // 4][column // 2] |= _BITS[column % 2][row % 4]
