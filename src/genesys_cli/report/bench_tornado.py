"""The tornado of ``genesys bench``: what the prices that decide do to the chip's energy, each alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .bench_chip import DECIDE, si
from .figure import BLUE, FAINT, INK, ORANGE, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Fields = Mapping[str, Any]
HEIGHT = 2.95  # inches of the panels, with what is written around them
BELOW, ROW = 0.62, 0.36  # inches below the axes, and for each bar with its name above it
TITLES = {"alone": "GENESYS, computing alone: one price from low to high", "world": "GENESYS, in the world"}


def panels(figure: Figure, height: float, chip: Fields, lefts: Sequence[float], width: float) -> None:
    """Draw a panel for computing alone, and one for the world where there is one, at the bottom of a figure.

    height: of the figure, inches; lefts, width: of panels, as shares of the figure
    """
    for left, (where, title) in zip(lefts, TITLES.items(), strict=True):
        rows = chip["tornado"][where]
        if not rows:
            continue
        axes = figure.add_axes((left, BELOW / height, width, ROW * DECIDE / height))
        each = 1 / chip["generations"]
        likely = chip["energy"]["uncertainty"]
        _panel(axes, rows[:DECIDE], (likely if where == "alone" else likely["world"])["joules"], each)
        axes.set_title(title, fontsize=10, color=INK, loc="left")


def _panel(axes: Axes, rows: Sequence[Fields], likely: Mapping[str, float], each: float) -> None:
    """Draw a bar for each unknown, from low over nominal to high, and the 90 % interval behind them."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    nominal = rows[0]["nominal"]
    low, high = likely["low_90"] * each, likely["high_90"] * each
    axes.axvspan(low, high, color="#eeeeee", lw=0, zorder=0)
    right = max(*(row["high"] for row in rows), high)
    for y, row in enumerate(rows):
        less, more = nominal - row["low"], row["high"] - nominal
        axes.barh(y + 0.24, -less, 0.4, left=nominal, color=BLUE, zorder=2)
        axes.barh(y + 0.24, more, 0.4, left=nominal, color=ORANGE, zorder=2)
        said = "   ".join([row["unknown"], *(f"{sign}{si(by, 'J')}" for sign, by in (("−", less), ("+", more)) if by)])
        axes.text(0.008 * right, y - 0.21, said, fontsize=8, color=INK, va="center", zorder=4)
    axes.axvline(nominal, color=FAINT, lw=0.9, zorder=3)
    axes.set_ylim(DECIDE - 0.45, -0.5)
    axes.set_xlim(0, right * 1.04)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: si(value, "J")))
    axes.set_xlabel("energy per generation; grey: 90 % of all draws", color=INK)
    plain(axes, "x")
