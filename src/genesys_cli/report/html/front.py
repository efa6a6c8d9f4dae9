"""The front of a run: networks of which none beats another in every objective."""

from __future__ import annotations

from ...inspection.overview import Overview
from ..front import front_table, value_text
from ..results import number
from ..units import units_of
from .chart import Axes, Dots, Line, Mark, chart, extent
from .curves import unit
from .markup import Markup, table, tag
from .page import section

_ACROSS = {
    "connections": "enabled connections",
    "nodes": "nodes",
    "energy": "energy of an inference step, J",
    "worst_episode": "worst held-out episode",
}


def front(run: Overview) -> Markup | None:
    """Return the section; None where fitness is all that counts, or the run has not ended."""
    points = run.summary.get("front")
    if not points:
        return None
    about = (
        "Networks of which none beats another in every objective, judged on the same held-out "
        f"{units_of(run.facts).episodes}. Each is a file that can be replayed, exported and refined, also as front:0, "
        "front:1 and so on."
    )
    charts = [tag("div", _chart(run, name)) for name in points[0]["objectives"]]
    header, rows = front_table(points, units_of(run.facts).worth)
    body = [tag("div", charts, class_="side"), table(header, rows, numeric=range(1, len(header)))]
    return section("Front", *body, about=about, wide=True)


def _chart(run: Overview, name: str) -> Markup:
    """Draw fitness over one of the objectives; a line joins those that are best in these two."""
    points = sorted((point["objectives"][name], point["fitness"], point["file"]) for point in run.summary["front"])
    places = [(x, y) for x, y, _ in points]
    axes = Axes(extent(x for x, _ in places), extent(y for _, y in places), across=_ACROSS[name], up=unit(run.goal))
    axes = axes._replace(whole=name in ("connections", "nodes"))
    less = run.goal.minimise
    best = _best(places, fewer=name != "worst_episode" or less, less=less)
    marks: list[Mark] = [
        Line("best in these two", "c-champion", best),
        Dots("others of the front", "c-mean", [place for place in places if place not in best]),
    ]
    hovers = [(x, f"{file}: {number(y)} with {value_text(name, x)}") for x, y, file in points]
    return chart(f"Fitness over {_ACROSS[name]}", axes, marks, hovers)


def _best(places: list[tuple[float, float]], *, fewer: bool, less: bool) -> list[tuple[float, float]]:
    """Return whom nobody beats in x and y. fewer, less: whether less is better in x, and in y"""
    found: list[tuple[float, float]] = []
    for place in sorted(places, key=lambda place: (place[0] if fewer else -place[0], place[1] if less else -place[1])):
        if not found or (place[1] < found[-1][1] if less else place[1] > found[-1][1]):
            found.append(place)
    return sorted(found)
