"""Everything that a run's folder says, gathered for a report: finished or not, of this version or an older one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ..config.schema import Settings
from ..envs.registry import environment_of
from ..envs.trials import needed_in
from ..errors import GenesysError
from ..evolution.goal import Goal, goal_of, known_counts
from ..files.champion import StoredChampion, load_champion
from ..files.folder import read_document, read_summary
from ..files.outcomes import run_at
from ..files.species import SpeciesRow, read_species
from ..files.target import why_none
from .inspect import Cells, inspect


class Overview(NamedTuple):
    """What is known of a run.

    facts, rows: as of :func:`.inspect.inspect`
    settings: those of ``config.toml``
    summary: of ``summary.json``; empty where the run is not at its end
    around: of ``environment.json``; empty where that cannot be read
    champion: None where there is none, `note` says why
    species: in the order of generations; empty where the run has no record of them
    goal: its threshold is None where nobody has said, or it cannot be known here
    solved_in: generation after which that was reached; None: it was not, or there is no threshold
    """

    facts: dict[str, Any]
    rows: list[Cells]
    settings: Settings
    summary: dict[str, Any]
    around: dict[str, Any]
    champion: StoredChampion | None
    note: str
    species: list[SpeciesRow]
    goal: Goal
    solved_in: int | None

    @property
    def threshold(self) -> float | None:
        """Fitness from which the task counts as solved."""
        return self.goal.threshold


def overview(run: Path | None) -> Overview:
    """Return what is known of a run; raises UserError where it is none, DamagedFileError where nothing is sound.

    run: its folder; None: the newest
    """
    folder = run_at(run)
    facts, rows = inspect(folder.path)
    settings = folder.settings()
    champion, note = None, ""
    if folder.champion.is_file():
        try:
            champion, note = load_champion(folder.champion), ""
        except GenesysError as error:
            note = str(error)
    else:
        note = why_none(folder)
    summary = read_summary(folder.summary) if facts["ended"] else {}
    threshold = summary["solved_at"] if "solved_at" in summary else _threshold(settings)
    goal = goal_of(settings.evaluation, None)._replace(threshold=threshold)
    return Overview(
        facts,
        rows,
        settings,
        summary,
        read_document(folder.path / "environment.json"),
        champion,
        note,
        [row for row in read_species(folder.species) if row.generation < len(rows)],
        goal,
        goal.reached_in(rows, facts["drift"][-1]["settled"] if facts["drift"] else 0),
    )


def _threshold(settings: Settings) -> float | None:
    if settings.evaluation.solved_at is not None or not known_counts(settings.evaluation):
        return settings.evaluation.solved_at
    try:
        return needed_in(environment_of(settings), settings.evaluation)
    except GenesysError:  # such as an environment that is not installed here
        return None
