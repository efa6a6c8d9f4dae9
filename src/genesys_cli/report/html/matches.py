"""How the champion of a run of matches fares against earlier champions, and they among themselves."""

from __future__ import annotations

import math
from typing import Any

from ...inspection.overview import Overview
from ..results import number
from .chart import Axes, Level, Line, Mark, chart, extent
from .markup import Markup, table, tag
from .page import section


def matches(run: Overview) -> Markup | None:
    """Return the section; None where networks played no matches, or the run has not ended."""
    found = run.summary.get("matches")
    if not found or len(found["generations"]) < 2:
        return None
    generations, points = found["generations"], found["points"]
    names = [str(g) for g in generations[:-1]] + [f"{generations[-1]}, champion"]
    about = (
        "The share of points, a draw being half, that the champion wins against the best of earlier generations, which "
        f"it has met with held-out seeds; the mean is {number(_mean(points[-1]))}."
    )
    header = ("won by the best of generation", *names)
    rows = [(name, *map(_cell, row)) for name, row in zip(names, points, strict=True)]
    body = [
        _curve(generations, points[-1]),
        tag("h3", "Each against each"),
        table(header, rows, numeric=range(1, len(header))),
    ]
    return section("Against earlier champions", *body, about=about, wide=True)


def _curve(generations: list[int], shares: list[float | None]) -> Markup:
    line = [(float(g), math.nan if x is None else x) for g, x in zip(generations[:-1], shares[:-1], strict=True)]
    axes = Axes(extent([g for g, _ in line]), (0.0, 1.05), across="generation of the opponent", up="points")
    marks: list[Mark] = [Line("champion", "c-champion", line), Level("even", 0.5)]
    return chart("Share of points of the champion over the generation of its opponent", axes, marks)


def _cell(share: float | None) -> Markup:
    if share is None:
        return Markup("")
    return tag("span", f"{share:.0%}", class_="share", style=f"--share:{share:.0%}")


def _mean(shares: list[Any]) -> float:
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else math.nan
