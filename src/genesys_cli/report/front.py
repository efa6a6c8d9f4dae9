"""The front of a run with several objectives, as a table: for the terminal and for pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .results import number, print_table, quantity
from .terminal import write
from .units import units_of

SHOWN = 12  # networks in the terminal; the report has all


def front_table(points: Sequence[Mapping[str, Any]], worth: str) -> tuple[list[str], list[list[str]]]:
    """Return a header, and a row for each network. points: ``front`` of ``summary.json``; worth: what fitness is"""
    names = list(points[0]["objectives"]) if points else []
    sizes = [name for name in ("nodes", "connections") if name not in names]
    header = ["network", worth, *(_name(name) for name in names), *sizes]
    rows = []
    for point in points:
        worst = f"{number(point['fitness'])} ± {number(point['std'])}"
        size = {"nodes": point["nodes"], "connections": point["conns"]}
        values = [value_text(name, point["objectives"][name]) for name in names]
        rows.append([point["file"], worst, *values, *(str(size[name]) for name in sizes)])
    return header, rows


def value_text(name: str, value: float) -> str:
    """Return an objective as people write it."""
    return quantity(value, "J") if name == "energy" else number(int(value) if value == int(value) else value)


def _name(name: str) -> str:
    return "energy a step" if name == "energy" else name.replace("_", " ")


def print_front(facts: Mapping[str, Any]) -> None:
    """Write the front of a run, if it has one. facts: ``summary.json``, or those of an inspection"""
    points = facts.get("front")
    if not points:
        return
    some = points if len(points) <= SHOWN else [points[k * (len(points) - 1) // (SHOWN - 1)] for k in range(SHOWN)]
    among = "" if len(some) == len(points) else f", {len(some)} of {len(points)}"
    write(f"\nThe front: no network beats another in every objective{among}; in {facts['run_dir']}:\n")
    print_table(*front_table(some, units_of(facts).worth))
