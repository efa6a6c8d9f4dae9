"""What the runs of a study came to, from their files; and which of them is meant where one network is wanted."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..config.schema import Settings
from ..errors import DamagedFileError, UserError
from ..evolution.goal import COLUMNS, Goal, goal_of
from .folder import RunFolder, newest, read_metrics, read_summary
from .islands import best_island, has_islands
from .study import StudyFolder, is_study

ENDED, UNFINISHED, MISSING = "ended", "unfinished", "missing"
KEPT = ("generation", *COLUMNS.values(), "conns_mean", "total_env_steps", "total_validation_steps", "wall_time_s")
"""Columns of ``metrics.csv`` that a study is about; all of them, of many runs, would fill the memory."""

Row = dict[str, float | None]


class Outcome(NamedTuple):
    """What the run of a seed came to.

    state: one of ENDED, UNFINISHED and MISSING
    solved: as ``summary.json`` has it; None: the run is not at its end
    threshold: from which it counts as solved; None: nobody has said, or the run is not at its end
    generations: how many there are; solved_after: how many there were when it was solved; None: it is not
    validated_fitness: of the champion, in the last generation; None: there is none
    env_steps, validation_steps, wall_time_s: until it was solved, or of the whole run
    nodes, conns: genes of the champion, where the run is at its end
    run_dir: folder; champion: whether it has one
    rows: of ``metrics.csv``, with the columns KEPT
    hints: what the run most likely lacked, as ``summary.json`` has it
    """

    seed: int
    state: str
    solved: bool | None
    threshold: float | None
    generations: int
    solved_after: int | None
    validated_fitness: float | None
    env_steps: float
    validation_steps: float
    wall_time_s: float
    nodes: int | None
    conns: int | None
    run_dir: Path
    champion: bool
    rows: Sequence[Row]
    hints: Sequence[Mapping[str, Any]] = ()


def outcomes_of(folder: StudyFolder, settings: Settings, seeds: Iterable[int]) -> list[Outcome]:
    """Return what each run came to, whether it is there or not. settings: of the study"""
    return [_outcome(folder.run(seed), settings, seed) for seed in seeds]


def _outcome(run: RunFolder, settings: Settings, seed: int) -> Outcome:
    rows = [{name: row.get(name) for name in KEPT} for row in read_metrics(run.metrics)]
    try:
        summary = read_summary(run.summary)
    except DamagedFileError:  # a resume writes it again
        summary = {}
    if not run.config.is_file():
        rows, summary = [], {}
    if summary.get("generations") != len(rows):  # of an earlier end, before the run was resumed
        summary = {}
    last: Row = rows[-1] if rows else {}
    until, after = last, None
    threshold = summary.get("solved_at")
    if summary.get("solved"):
        drift = summary.get("drift", [])
        goal = goal_of(settings.evaluation, None)._replace(threshold=threshold)
        first = goal.reached_in(rows, drift[-1]["settled"] if drift else 0)
        after = len(rows) if first is None else first + 1
        until = rows[after - 1]
    return Outcome(
        seed=seed,
        state=ENDED if summary else UNFINISHED if run.config.is_file() else MISSING,
        solved=summary.get("solved"),
        threshold=threshold,
        generations=len(rows),
        solved_after=after,
        validated_fitness=last.get("champion_fitness"),
        env_steps=until.get("total_env_steps") or 0,
        validation_steps=until.get("total_validation_steps") or 0,
        wall_time_s=until.get("wall_time_s") or 0.0,
        nodes=summary.get("champion_nodes"),
        conns=summary.get("champion_conns"),
        run_dir=run.path,
        champion=run.champion.is_file(),
        rows=rows,
        hints=summary.get("hints", ()),
    )


def best_of(outcomes: Iterable[Outcome], goal: Goal) -> Outcome | None:
    """Return the run whose champion has the best validated fitness, of equals that of the smallest seed."""
    known = [one for one in outcomes if one.champion and one.validated_fitness is not None]
    return (min if goal.minimise else max)(known, key=lambda one: one.validated_fitness or 0.0, default=None)


def run_at(path: Path | None) -> RunFolder:
    """Return the run at a path, None: the newest. Of a study, and of islands, it is the one with the best champion."""
    place = newest() if path is None else path
    if has_islands(place):
        place, _ = best_island(place)
    return RunFolder.open(best_run(place)[0]) if is_study(place) else RunFolder.open(place)


def best_run(study: Path) -> tuple[Path, str]:
    """Return the run of a study whose champion has the best validated fitness, and a sentence that says so."""
    folder = StudyFolder.open(study)
    settings, seeds, _ = folder.read()
    best = best_of(outcomes_of(folder, settings, seeds), goal_of(settings.evaluation, None))
    if best is None:
        raise UserError(
            f"{study} is a study of {len(seeds)} seeds, none of which has a champion yet; `genesys evolve --resume "
            f"{shlex.quote(str(study))}` carries it on"
        )
    return best.run_dir, (
        f"{study} is a study: this is its run of seed {best.seed}, whose champion is the best of {len(seeds)} by "
        f"validated fitness ({best.validated_fitness:.6g})"
    )
