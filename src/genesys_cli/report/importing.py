"""What ``genesys presets import`` says of a configuration that has become a preset."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path

from ..config.neat_python.importing import Imported, Line
from ..config.neat_python.rules import OUTCOMES
from ..config.toml import value_text
from ..errors import cut
from .results import print_json, print_table
from .terminal import tell


def print_import(found: Imported, output: Path) -> None:
    """Write a table with each key that there is something to say of, and to standard error what was done."""
    lines = [line for line in found.lines if not line.silent]
    print_table(["neat-python", "meaning", "value", "genesys"], [_row(line) for line in lines], whole=2)
    counts = Counter(line.outcome for line in lines)
    tell("")
    for outcome, meaning in OUTCOMES.items():
        if counts[outcome]:
            tell(f"{counts[outcome]} {outcome}: {meaning}")
    if found.habits:
        tell(f"{len(found.habits)} more settings are what neat-python does without a key for it; the preset says why")
    env = "" if found.env is not None else " --env NAME"
    tell(f"written: {output}; try it with: genesys evolve --preset {shlex.quote(str(output))}{env}")


def print_import_json(found: Imported, output: Path) -> None:
    """Write one JSON object with every key of neat-python and of the file."""
    print_json(
        {
            "preset": output,
            "source": found.source,
            "env": None if found.env is None else found.env.id,
            "keys": [line._asdict() for line in found.lines],
            "habits": found.habits,
        }
    )


def _row(line: Line) -> list[str]:
    settings = ", ".join(f"{name} = {value_text(value)}" for name, value in line.settings.items())
    return [cut(line.key), line.outcome, line.value or "", ": ".join(filter(None, (settings, line.remark)))]
