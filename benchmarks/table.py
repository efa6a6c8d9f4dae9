"""The measured rows as a table on the terminal, as Markdown and as JSON."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.limits import Limit
from benchmarks.rows import Row
from benchmarks.timing import Comparison, Spread

COLUMNS = ("what", "peer", "peer needs", "ours", "times faster", "of pairs", "at least")
LIMIT_COLUMNS = ("what", "ours", "of tries", "at most")

#: A single-threaded row that kept more processors busy than this did not measure what it claims.
CORES_ALLOWED = 1.1


def comparison_figures(row: Row, comparison: Comparison) -> dict[str, Any]:
    """Return a row as plain data: every figure of the tables and every turn they come from."""
    figures: dict[str, Any] = {"key": row.key, "title": row.title, "peer": row.peer, "unit": row.unit}
    for name, spread in (
        ("ours_seconds_each", comparison.ours_each),
        ("peer_seconds_each", comparison.peer_each),
        ("times_faster", comparison.ratio),
    ):
        figures[name] = {"median": spread.median, "smallest": spread.smallest, "largest": spread.largest}
    return {
        **figures,
        "at_least": row.at_least,
        "reached": row.at_least is None or comparison.ratio.median >= row.at_least,
        "cores_of_ours": comparison.cores,
        "turns": {
            name: [[sample.amount, sample.seconds] for sample in samples]
            for name, samples in (("ours", comparison.ours), ("peer", comparison.peer))
        },
    }


def limit_figures(limit: Limit, measured: list[float]) -> dict[str, Any]:
    """Return a limit as plain data."""
    median = Spread.of(measured).median
    return {
        "key": limit.key,
        "title": limit.title,
        "unit": limit.unit,
        "measured": measured,
        "median": median,
        "at_most": limit.at_most,
        "reached": median <= limit.at_most,
    }


def comparison_cells(row: Row, comparison: Comparison) -> tuple[str, ...]:
    """Return the cells under :data:`COLUMNS`."""
    ratio = comparison.ratio
    reached = row.at_least is None or ratio.median >= row.at_least
    busy = f" ({comparison.cores:.1f} cores)" if comparison.cores > CORES_ALLOWED else ""
    return (
        row.title,
        row.peer,
        amount(row, comparison.peer_each.median),
        amount(row, comparison.ours_each.median) + busy,
        f"{number(ratio.median)}×",
        f"{number(ratio.smallest)}–{number(ratio.largest)}",
        "" if row.at_least is None else f"{number(row.at_least)}×" + ("" if reached else " missed"),
    )


def limit_cells(limit: Limit, measured: list[float]) -> tuple[str, ...]:
    """Return the cells under :data:`LIMIT_COLUMNS`."""
    spread = Spread.of(measured)
    missed = "" if spread.median <= limit.at_most else " missed"
    return (
        limit.title,
        f"{number(spread.median)} {limit.unit}",
        f"{number(spread.smallest)}–{number(spread.largest)}" if len(measured) > 1 else "",
        f"{number(limit.at_most)} {limit.unit}{missed}",
    )


def amount(row: Row, seconds_each: float) -> str:
    """Write a time for one unit as the row wants it shown: ``81 800 env steps/s`` or ``85 ms``."""
    if row.shown == "rate":
        return f"{number(1.0 / seconds_each)} {row.unit}/s"
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if seconds_each >= scale:
            return f"{number(seconds_each / scale)} {unit}"
    return f"{number(seconds_each / 1e-9)} ns"


def number(value: float) -> str:
    """Write three significant digits, thousands apart by a thin space: ``0.0123``, ``4.56``, ``81 800``."""
    if value == 0.0:
        return "0"
    if abs(value) >= 1000:
        digits = len(str(int(abs(value)))) - 3
        return f"{round(value, -digits):,.0f}".replace(",", "\N{THIN SPACE}")
    return f"{float(f'{value:.3g}'):g}"


def machine() -> dict[str, str]:
    """Return what ran the rows: processor, system, Python, and the versions that matter."""
    found = {"processor": _processor(), "cores": str(os.cpu_count()), "system": platform.system()}
    found["python"] = platform.python_version()
    for name in ("genesys-cli", "numba", "numpy", "neat-python", "gymnasium"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def markdown(columns: tuple[str, ...], cells: list[tuple[str, ...]]) -> str:
    """Return a Markdown table that ends with a newline; empty without cells."""
    if not cells:
        return ""
    lines = [columns, tuple("---" for _ in columns), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def show(console: Console, title: str, columns: tuple[str, ...], cells: list[tuple[str, ...]]) -> None:
    """Print the same table to a terminal."""
    if not cells:
        return
    table = Table(title=title, title_justify="left")
    for position, name in enumerate(columns):
        table.add_column(name, justify="left" if position == 0 else "right")
    for line in cells:
        table.add_row(*line)
    console.print(table)
