"""What is known of a run, finished or not, and of the network that it found, from the files in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserError
from ..files.champion import StoredChampion
from ..files.checkpoint import checkpoints, newest_valid
from ..files.faults import summarised
from ..files.folder import read_metrics, read_summary
from ..files.outcomes import run_at
from ..files.species import lifetimes, read_species
from ..files.start import sources_in
from ..files.target import find_target, names_generation
from .ablation import Say, ablate
from .anatomy import describe_network
from .ancestry import trace

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
    folder = run_at(run)
    settings = folder.settings()
    minimise = settings.evaluation.minimise
    rows = read_metrics(folder.metrics)
    last: Cells = rows[-1] if rows else {}
    summary = read_summary(folder.summary)
    if summary.get("generations") != len(rows):  # of an earlier end, before the run was resumed
        summary = {}
    drift: list[dict[str, Any]] = []
    if summary:
        drift = summary.get("drift", [])
    elif checkpoints(folder.checkpoints):
        drift = [event.told(minimise).summary() for event in newest_valid(folder.checkpoints)[1].events]
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
        "minimise": minimise,
        "stop_on": settings.evaluation.stop_on,
        "validation": settings.evaluation.validation,
        "data": settings.data.facts(),
        "problem": settings.problem.facts(),
        "start": sources_in(folder.start) if settings.start.sources else [],
        "best_fitness": last.get("best_fitness"),
        "champion_fitness": last.get("champion_fitness"),
        "champion_generation": _whole(last.get("champion_generation")),
        "env_steps": _whole(last.get("total_env_steps")),
        "validation_steps": _whole(last.get("total_validation_steps")),
        "wall_time_s": last.get("wall_time_s"),
        "faults": summarised(folder.faults),
        "drift": drift,
        "front": summary.get("front"),
        "species": lifetimes(read_species(folder.species), minimise=minimise),
    }
    return Inspection(facts, rows)


class Subject(NamedTuple):
    """What a word on the command line means: a run, or a network; a run with its champion, where it has one.

    run: folder, None where only a network was named
    network: None where a run has no champion that could be read; trouble: then the reason
    """

    run: Path | None
    network: StoredChampion | None
    trouble: str = ""

    def needed(self) -> StoredChampion:
        """Return the network; raises UserError where there is none."""
        if self.network is None:
            raise UserError(self.trouble)
        return self.network


def find_subject(target: str | None, run: Path | None) -> Subject:
    """Return what is to be inspected.

    target: a run folder, or a network as of :func:`.target.find_target`; None: a run
    run: folder in which networks are looked up, or that is meant itself; None: the newest
    """
    if target is not None and (names_generation(target) or not Path(target).is_dir()):
        return Subject(None, find_target(target, run))
    if target is not None and run is not None:
        raise UserError(f"{target} is a folder, and --run {run} names another run: give one of the two")
    run = run if target is None else Path(target)
    folder = run_at(run)
    try:
        return Subject(folder.path, find_target("champion", folder.path))
    except UserError as error:  # a run can be looked at without its champion
        return Subject(folder.path, None, str(error))


def inspect_network(
    stored: StoredChampion,
    *,
    ancestry: bool = False,
    ablation: bool = False,
    episodes: int | None = None,
    say: Say | None = None,
) -> dict[str, Any]:
    """Return what is known of a network as plain JSON: see :mod:`.anatomy`, :mod:`.ancestry` and :mod:`.ablation`.

    ``birth``: how it came about, where that is known; with `ancestry` the whole line; ablation, episodes, say: as of
    :func:`.ablation.ablate`
    """
    found = describe_network(stored)
    line = trace(stored, None if ancestry else 1)
    found["birth"] = line.births[0].document() if line.births[0].kind != "unknown" else None
    if ancestry:
        found["ancestry"] = line.document()
    if ablation:
        found["ablation"] = ablate(stored, episodes, say).document()
    return found


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
