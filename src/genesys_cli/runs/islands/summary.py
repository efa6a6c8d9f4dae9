"""What a run on islands came to: ``summary.json`` of each, and of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...config.schema import Settings
from ...errors import UserError
from ...files.faults import FaultCounts
from ...files.folder import RunFolder, read_metrics
from ..ending import closing_estimates, closing_hints
from ..hints.course import Course
from ..kernels import Kernels
from ..summary import summary_of
from .island import Island
from .journal import Journal, best_island_of

_OF_EACH = (
    "seed",
    "generations",
    "solved",
    "validated_fitness",
    "champion_nodes",
    "champion_conns",
    "env_steps",
    "run_dir",
)


def summed_up(
    folder: RunFolder,
    settings: Settings,
    islands: Sequence[Island],
    journal: Journal,
    kernels: Kernels,
    say: Callable[[str], object],
) -> dict[str, Any]:
    """Write the summaries of a run that is at its end, and return that of the whole.

    It is that of the island with the best champion, with what all have done added up.
    """
    best = best_island_of(islands, minimise=settings.evaluation.minimise)
    each = [_of_island(island) for island in islands]
    _close(islands[best], each[best], kernels, say)
    for island, summary in zip(islands, each, strict=True):
        island.folder.save_summary(summary)
    wall = journal.wall_time_s()
    steps = sum(one["env_steps"] for one in each)
    whole = each[best] | {
        "seed": settings.run.seed,
        "generations": journal.generations,
        "solved": any(one["solved"] for one in each),
        "env_steps": steps,
        "validation_steps": sum(one["validation_steps"] for one in each),
        "wall_time_s": wall,
        "env_steps_per_s": steps / wall,
        "run_dir": str(folder.path),
        "champion": str(folder.champion) if each[best]["champion"] else None,
        "invalid_fitness": sum(one["invalid_fitness"] for one in each),
        "faults": _faults(islands, journal),
        **folder.repeatable(),
        "island": best,
        "migrations": journal.moved,
        "islands": [{name: one[name] for name in _OF_EACH} for one in each],
    }
    folder.save_summary(whole)
    return whole


def _of_island(island: Island) -> dict[str, Any]:
    recorder = island.recorder
    assert recorder.state is not None  # a run has a generation at least
    where = island.loop, island.folder, recorder.state, recorder.faults, recorder.invalid
    return summary_of(*where, recorder.wall_time_s()) | {"matches": None}


def _close(island: Island, summary: dict[str, Any], kernels: Kernels, say: Callable[[str], object]) -> None:
    """Add hints and estimates to the summary of an island."""
    loop, recorder, folder = island.loop, island.recorder, island.folder
    state, rows = recorder.state, recorder.recent
    assert state is not None
    work = island.last.work if island.last is not None else None
    recorder.flush()  # what is computed again is so from a checkpoint
    course = Course(loop.goal, loop.env.n_outputs, read_metrics(folder.metrics))
    summary["hints"] = [hint.document() for hint in closing_hints(loop, folder, state, rows, work, course)]
    try:
        summary["estimates"] = closing_estimates(loop, folder, state, rows, work, kernels)
    except UserError as error:
        say(f"no estimates of time and energy: {error}")


def _faults(islands: Sequence[Island], journal: Journal) -> FaultCounts:
    """Return how often each kind of fault happened, on any island and to actors."""
    found = FaultCounts()
    for log in (*(island.recorder.faults for island in islands), journal.faults):
        for kind, entry in log.summary().items():
            same = found.setdefault(kind, {"count": 0, "first": entry["first"]})
            same["count"] += entry["count"]
    return found
