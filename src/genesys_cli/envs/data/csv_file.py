"""Text files of columns, as spreadsheets and programs write them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...config.presets import read_text
from ...errors import UserError, cut

UNNAMED = "unnamed"  # what a column without a name is called, with its place
_SEPARATORS = ",;\t|"
_MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "?", "#n/a"))
_FLAGS = {"true": "1", "false": "0"}
_QUOTED = re.compile(r'"[^"]*"')


def read_csv(path: Path) -> dict[str, NDArray[np.float64] | list[str]]:
    """Return the columns of a file with a line of names; raises :class:`UserError` where there are none.

    Commas, semicolons, tabs or bars separate the values, whichever the first line has most of outside of quotes. A file
    without names, whose first line has nothing but numbers, gets 1, 2 and so on for names. Separators at the end of a
    line, after which nothing stands, are no columns.
    """
    wrong = f"data.file = {str(path)!r}"
    try:
        text = read_text(path)
    except UnicodeDecodeError as error:
        raise UserError(f"{wrong} is not text in UTF-8 ({error.reason}); export it as CSV in UTF-8") from None
    lines = _lines(text, wrong)
    if not lines:
        raise UserError(f"{wrong} is empty")
    first, head = lines[0]
    width = len(head)
    if all(_is_number(cell) for cell in head):
        names = [str(k + 1) for k in range(width)]
    else:
        names = [cell.strip() or f"{UNNAMED} {k + 1}" for k, cell in enumerate(head)]
        lines = lines[1:]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"{wrong} has two columns called {twice!r}; rename one of them")
    for number, cells in lines:
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            raise UserError(
                f"{wrong}: line {number} has {len(cells)} value{'s'[: len(cells) != 1]} instead of the {width} of line "
                f"{first} ({cut(', '.join(cells))}); a value that holds the separator has to stand in quotes, and the "
                "first line has to be the names"
            )
    return {name: _column([cells[k] for _, cells in lines]) for k, name in enumerate(names)}


def _lines(text: str, wrong: str) -> list[tuple[int, list[str]]]:
    """Return the lines that hold something, each with its number in the file."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=_QUOTED.sub("", first).count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    found = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, cells))
    except csv.Error as error:
        raise UserError(f"{wrong}: line {reader.line_num} is no CSV: {error}") from None
    return found


def _column(cells: list[str]) -> NDArray[np.float64] | list[str]:
    """Return numbers where all values are numbers or missing, else texts, empty where one is missing."""
    try:
        return _numbers(cells)
    except ValueError:
        pass
    tidy = [cell.strip() for cell in cells]
    known = ["nan" if cell.lower() in _MISSING else _FLAGS.get(cell.lower(), cell) for cell in tidy]
    try:
        return _numbers(known)
    except ValueError:
        return ["" if cell.lower() in _MISSING else cell for cell in tidy]


def _numbers(cells: list[str]) -> NDArray[np.float64]:
    """Return numbers; raises ValueError where a cell is none: 18_25 is one to Python alone."""
    if any("_" in cell for cell in cells):
        raise ValueError
    return np.array(cells, np.float64)


def _is_number(cell: str) -> bool:
    try:
        _numbers([cell])
    except ValueError:
        return cell.strip() == ""
    return True
