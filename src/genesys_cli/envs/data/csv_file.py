"""Text files of columns, as spreadsheets and programs write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...config.presets import read_text
from ...errors import UserError, cut

_SEPARATORS = ",;\t|"
_MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "?", "#n/a"))
_FLAGS = {"true": "1", "false": "0"}


def read_csv(path: Path) -> dict[str, NDArray[np.float64] | list[str]]:
    """Return the columns of a file with a line of names; raises :class:`UserError` where there are none.

    Commas, semicolons, tabs or bars separate the values, whichever the first line has most of. A file without names,
    whose first line has nothing but numbers, gets 1, 2 and so on for names.
    """
    wrong = f"data.file = {str(path)!r}"
    try:
        text = read_text(path)
    except UnicodeDecodeError as error:
        raise UserError(f"{wrong} is not text in UTF-8 ({error.reason}); save it as CSV in UTF-8") from None
    lines = _lines(text, wrong)
    if not lines:
        raise UserError(f"{wrong} is empty")
    width = len(lines[0][1])
    if all(_is_number(cell) for cell in lines[0][1]):
        names = [str(k + 1) for k in range(width)]
    else:
        names = [cell.strip() or f"column {k + 1}" for k, cell in enumerate(lines[0][1])]
        lines = lines[1:]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UserError(f"{wrong} has two columns called {twice!r}; rename one of them")
    for number, cells in lines:
        if len(cells) != width:
            raise UserError(
                f"{wrong}: line {number} has {len(cells)} values instead of {width} "
                f"({cut(', '.join(cells))}); a value that holds the separator has to stand in quotes"
            )
    return {name: _column([cells[k] for _, cells in lines]) for k, name in enumerate(names)}


def _lines(text: str, wrong: str) -> list[tuple[int, list[str]]]:
    """Return the lines that hold something, each with its number in the file."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
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
        return np.array(cells, np.float64)
    except ValueError:
        pass
    tidy = [cell.strip() for cell in cells]
    known = ["nan" if cell.lower() in _MISSING else _FLAGS.get(cell.lower(), cell) for cell in tidy]
    try:
        return np.array(known, np.float64)
    except ValueError:
        return ["" if cell.lower() in _MISSING else cell for cell in tidy]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip() == ""
    return True
