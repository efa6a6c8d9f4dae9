"""What is known of a run, finished or not, from the files in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from .checkpoint import checkpoints, newest_sound
from .faults import summarised
from .folder import RunFolder, read_metrics

Cells = dict[str, float | None]


class Inspection(NamedTuple):
    """A run for people to look at.

    facts: plain JSON, what the run is and how far it came; ``drift`` as in ``summary.json``
    rows: of ``metrics.csv``, its cells as numbers; None where a cell is empty
    """

    facts: dict[str, Any]
    rows: list[Cells]


def inspect(run: Path | None) -> Inspection:
    """Return what a run's folder says; raises UserError where it is no run.

    run: its folder; None: the newest
    """
    folder = RunFolder.open(run) if run is not None else RunFolder.newest()
    settings = folder.settings()
    rows = read_metrics(folder.metrics)
    last: Cells = rows[-1] if rows else {}
    summary = _summary(folder.summary)
    if summary.get("generations") != len(rows):  # of an earlier end, before the run was resumed
        summary = {}
    drift: list[dict[str, Any]] = []
    if summary:
        drift = summary.get("drift", [])
    elif checkpoints(folder.checkpoints):
        feed_forward = settings.neat.feed_forward
        drift = [event.summary() for event in newest_sound(folder.checkpoints, feed_forward=feed_forward)[1].events]
    facts = {
        "run_dir": str(folder.path),
        "env": settings.environment.id,
        "backend": settings.run.backend,
        "seed": settings.run.seed,
        "population": settings.neat.population,
        "generations": len(rows),
        "ended": bool(summary),
        "solved": summary.get("solved"),
        "solved_at": summary.get("solved_at"),
        "best_fitness": last.get("best_fitness"),
        "champion_fitness": last.get("champion_fitness"),
        "champion_generation": _whole(last.get("champion_generation")),
        "env_steps": _whole(last.get("total_env_steps")),
        "validation_steps": _whole(last.get("total_validation_steps")),
        "wall_time_s": last.get("wall_time_s"),
        "faults": summarised(folder.faults),
        "drift": drift,
    }
    return Inspection(facts, rows)


def _summary(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
