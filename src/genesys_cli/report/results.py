"""Results on standard output: one JSON object for scripts, aligned text for people."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Wide enough that nothing wraps where no terminal sets a width: a file or a pipe gets one line a row.
UNWRAPPED = 10_000


def stdout_console() -> Console:
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else UNWRAPPED)


def as_dict(result: Any) -> dict[str, Any]:
    """Return the fields of a result: a mapping, a dataclass or a named tuple."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return dataclasses.asdict(result)
    return dict(result._asdict() if hasattr(result, "_asdict") else result)


def print_json(result: Any) -> None:
    """Write one JSON object and nothing else. Paths become text, numbers of numpy plain numbers."""
    json.dump(as_dict(result), sys.stdout, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    stdout_console().print(table)


def print_lines(pairs: Mapping[str, str]) -> None:
    """Write label and value, a line each, never wrapped, so that paths and commands can be copied."""
    console = stdout_console()
    width = max(map(len, pairs)) + 2
    for label, value in pairs.items():
        console.print(Text.assemble((f"{label:<{width}}", "bold"), value), soft_wrap=True)


def print_summary(summary: Any) -> None:
    """Write how a run ended: ``summary.json``'s fields, or the object that holds them."""
    s = as_dict(summary)
    threshold = "" if s["solved_at"] is None else f" (needed: {number(s['solved_at'])})"
    lines = {
        "solved": ("yes" if s["solved"] else "no") + threshold,
        "generations": str(s["generations"]),
        "env steps": f"{number(s['env_steps'])}, {number(s['env_steps_per_s'])} a second",
        "wall time": f"{s['wall_time_s']:.2f} s",
        "run": str(s["run_dir"]),
    }
    if s["champion"] is not None:
        lines["champion"] = (
            f"{number(s['validated_fitness'])} ± {number(s['validated_std'])} over {s['validation_episodes']} held-out "
            f"episodes, {number(s['best_fitness'])} in training"
        )
        lines["network"] = f"{s['champion_nodes']} nodes, {s['champion_conns']} connections"
        lines["replay it"] = f"genesys replay {s['champion']}"
    print_lines(lines)


def print_replay(result: Any) -> None:
    """Write what a replayed network scored: every field that is one value."""
    print_lines(dict(line.split(": ", 1) for line in scalar_lines(as_dict(result))))


def scalar_lines(fields: Mapping[str, Any]) -> list[str]:
    """Return ``name: value`` for each field that is neither a table nor a list."""
    return [
        f"{key.replace('_', ' ')}: {shown(value)}"
        for key, value in fields.items()
        if not isinstance(value, Mapping | list | tuple)
    ]


def shown(value: object) -> str:
    """Return a value as a person writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def number(value: float | None) -> str:
    """Return a number in few characters: 12, 475.3, 12.3 k, 4.56 M."""
    if value is None:
        return "none"
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.3g} {unit}"
    return str(value) if isinstance(value, int) else f"{value:.4g}"
