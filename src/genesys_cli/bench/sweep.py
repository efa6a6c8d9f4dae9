"""Sweeps: values of settings, every combination of which is a point, and which settings a chip may change for free."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from ..config.chip import CHIP_TABLES
from ..config.fields import field_of
from ..config.overrides import override_problem, override_value
from ..config.problems import joined, unknown_key
from ..config.values import split
from ..errors import UserError

Point = dict[str, Any]
MAX_POINTS = 10_000

TIMING_TABLES = ("clock", "noc", "buffer", "cpu", "power")
TIMING_KEYS = (
    "eve.pes",
    "eve.clock_gating",
    *(f"adam.{key}" for key in ("rows", "cols", "dataflow", "packing", "tiles", "table_ports", "interface")),
)
"""With those of TIMING_TABLES the keys that change neither a child nor a step, only how long the chip takes."""

SWEPT = ("environment", "evaluation", "neat", "world", *CHIP_TABLES)
INSTEAD = {
    "run.seed": "give --seeds N",
    "run.backend": "give --backend once for each",
    "run.threads": "give --threads N",
    "neat.generations": "give --generations N",
    "environment.id": "give --env once for each",
}


def only_timing(key: str) -> bool:
    """Say whether a key of the chip leaves every result of a run as it is."""
    return key in TIMING_KEYS or key.partition(".")[0] in TIMING_TABLES


def parse_sweeps(sweeps: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of each swept key, from texts ``KEY=A,B,C``; raises one UserError with every problem.

    Whether a setting may have a value is for its schema to say, point by point.
    """
    found: dict[str, list[Any]] = {}
    problems = []
    for sweep in sweeps:
        key, equals, text = sweep.partition("=")
        key = key.strip()
        values = [part.strip() for part in split(text)]
        if not equals or not key or not all(values):
            problems.append(f"--sweep {sweep}: must have the form KEY=A,B,C, such as eve.pes=64,128,256")
        elif field_of(key) is None:
            problems.append(unknown_key(key, "--sweep"))
        elif key in INSTEAD:
            problems.append(f"--sweep {key}: cannot be swept; {INSTEAD[key]}")
        elif key.partition(".")[0] not in SWEPT:
            problems.append(f"--sweep {key}: cannot be swept; what can is in the tables {', '.join(SWEPT)}")
        elif key in found:
            problems.append(f"--sweep {key}: is given twice; give all its values at once, separated by commas")
        elif len(set(values)) < len(values):
            problems.append(f"--sweep {sweep}: has a value twice")
        else:
            wrong = [line for value in values if (line := override_problem(f"{key}={value}", option="--sweep"))]
            problems += wrong
            if not wrong:
                found[key] = [override_value(key, value) for value in values]
    if problems:
        raise joined(problems)
    return found


def points(sweeps: Mapping[str, Sequence[Any]]) -> list[Point]:
    """Return every combination, the last key changing fastest; without sweeps the one empty point."""
    count = 1
    for values in sweeps.values():
        count *= len(values)
    if count > MAX_POINTS:
        raise UserError(f"--sweep: {count} points are more than {MAX_POINTS}; sweep fewer keys or fewer values at once")
    return [dict(zip(sweeps, values, strict=True)) for values in itertools.product(*sweeps.values())]
