"""Numbers and tables of ``genesys bench`` on standard output."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from ..errors import one_line
from .results import stdout_console

WIDTH = 100  # of everything that is printed, in characters


def significant(value: float) -> str:
    """Return a number with three digits: 0.00123, 12.3, 12 300; with a power of ten where it is far from 1; ∞."""
    if value == 0:
        return "0"
    if math.isinf(value):
        return "∞"
    exponent = math.floor(math.log10(abs(value)))
    if not -4 <= exponent <= 6:
        return short(value, 2)
    rounded = float(f"{value:.2e}")
    return f"{rounded:.{max(0, 2 - exponent)}f}" if exponent < 4 else f"{rounded:,.0f}".replace(",", " ")


def short(value: float | None, digits: int = 1) -> str:
    """Return a factor: 7.3, 120, 5.1e4; None: it is not finite."""
    if value is None:
        return "∞"
    if value == 0 or 0.01 <= value < 1000:
        return f"{value:.2g}" if value < 100 else f"{value:.0f}"
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def milli(watts: float) -> str:
    return f"{watts * 1e3:.1f}"


def or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def unique(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def head(text: str) -> None:
    for line in wrapped(text, WIDTH):
        say(line, "bold")


def say(text: str, style: str = "") -> None:
    stdout_console().print(Text(text, style=style), soft_wrap=True)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> None:
    """Write a table. words: how many columns, from the left, are words; numbers stand on the right."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for k, name in enumerate(header):
        table.add_column(name, justify="left" if k < words else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    stdout_console().print(table)
