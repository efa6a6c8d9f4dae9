"""The runs of islands inside the folder of a run, and which of them is meant where one network is wanted."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from .folder import ISLANDS, RunFolder, read_metrics


def has_islands(path: Path) -> bool:
    """Say whether a folder is a run on islands."""
    try:
        return (path / ISLANDS).is_dir() and RunFolder(path).config.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def run_around(island: Path) -> RunFolder:
    """Return the run that an island is a part of."""
    return RunFolder(island.parent.parent)


def best_island(run: Path) -> tuple[Path, str]:
    """Return the island whose champion has the best validated fitness, of equals the first; and a sentence about it."""
    folder = RunFolder.open(run)
    settings = folder.settings()
    count, minimise = settings.islands.count, settings.evaluation.minimise
    scores: dict[int, float] = {}
    for number in range(count):
        island = folder.island(number)
        last = read_metrics(island.metrics)[-1:]
        score = last[0].get("champion_fitness") if last else None
        if score is not None and island.champion.is_file():
            scores[number] = -score if minimise else score
    best = max(scores, key=lambda number: scores[number], default=0)
    island = folder.island(best)
    if not island.config.is_file():
        raise UserError(f"{run} has no run of island {best}: {island.path} is missing")
    why = "this is island {}, whose champion is the best by validated fitness" if scores else "none has a champion yet"
    return island.path, f"{run} is a run on {count} islands: {why.format(best)}"
