"""What a study came to, as ``study.json`` has it: counts, robust averages, and their intervals."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..config.schema import Settings
from ..config.seeds import seeds_words
from ..evolution.goal import Goal, goal_of
from ..files.outcomes import ENDED, Outcome, best_of, outcomes_of
from ..files.study import Study, StudyFolder
from ..stats import CONFIDENCE, RESAMPLES, Floats, Statistic, bootstrap, iqm, median, wilson

AVERAGES: dict[str, Statistic] = {"median": median, "iqm": iqm}


class Measure(NamedTuple):
    """What runs are measured by.

    name: as ``study.json`` has it; title: as people read it
    until: whether it counts until the run is solved, so that of an unsolved run it is a lower bound
    """

    name: str
    title: str
    until: bool


MEASURES = (
    Measure("generations", "generations", True),
    Measure("validated_fitness", "validated fitness", False),
    Measure("env_steps", "env steps", True),
    Measure("wall_time_s", "wall time", True),
)


class Sample(NamedTuple):
    """A measure of the runs that are at their end and have it.

    seeds, values: (N,), in the order of the seeds; bounds: (N,) bool, where a value is only a lower bound
    """

    seeds: tuple[int, ...]
    values: Floats
    bounds: np.ndarray[Any, np.dtype[np.bool_]]


class Survey(NamedTuple):
    """All that is known of a study. summary: as ``study.json`` has it; outcomes: of all seeds"""

    study: Study
    summary: dict[str, Any]
    outcomes: list[Outcome]

    @property
    def path(self) -> Path:
        return Path(self.summary["study"])

    @property
    def ended(self) -> list[Outcome]:
        """Runs that are at their end."""
        return [one for one in self.outcomes if one.state == ENDED]

    @property
    def goal(self) -> Goal:
        return goal_of(self.study.settings.evaluation, None)._replace(threshold=self.summary["solved_at"])

    def sample(self, measure: Measure) -> Sample:
        return sample_of(self.ended, measure, judged=self.summary["solved"] is not None)


def survey(path: Path) -> Survey:
    """Return what the files of a study say, whether its runs are at their ends or not."""
    folder = StudyFolder.open(path)
    study = folder.read()
    folder.check_runs(study)
    outcomes = outcomes_of(folder, study.settings, study.seeds)
    return Survey(study, summary_of(folder, study, outcomes), outcomes)


def summary_of(
    folder: StudyFolder, study: Study, outcomes: list[Outcome], failures: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """Return ``study.json``. failures: why runs have failed, by seed"""
    settings, failures = study.settings, failures or {}
    ended = [one for one in outcomes if one.state == ENDED]
    goal = goal_of(settings.evaluation, None)
    best = best_of(outcomes, goal)
    solved = sum(bool(one.solved) for one in ended)
    judged = judges(ended, settings)
    return {
        "study": str(folder.path),
        "env": settings.environment.id,
        "backend": settings.run.backend,
        "population": settings.neat.population,
        "max_generations": settings.neat.generations,
        "seeds": list(study.seeds),
        "finished": len(ended),
        "failed": sorted(failures),
        "lost": [{"seed": one.seed, "message": one.message} for one in folder.losses()],
        "solved": solved if judged else None,
        "solved_at": threshold_of(ended, settings),
        "solved_rate": _rate(solved, len(ended)) if judged and ended else None,
        "minimise": goal.minimise,
        "stop_on": goal.stop_on,
        "validation": settings.evaluation.validation,
        "measures": {measure.name: averages(sample_of(ended, measure, judged=judged)) for measure in MEASURES},
        "confidence": CONFIDENCE,
        "resamples": RESAMPLES,
        "hints": hints_of(ended),
        "best": None if best is None else _best(best),
        "runs": [run_document(one, failures.get(one.seed)) for one in outcomes],
    }


def to_do(outcomes: Sequence[Outcome], settings: Settings) -> list[int]:
    """Return the seeds whose runs are not at the end that the study's settings say."""
    return [
        one.seed
        for one in outcomes
        if one.state != ENDED
        or (one.generations < settings.neat.generations and not (settings.ends_when_solved and one.solved))
    ]


def judges(ended: Sequence[Outcome], settings: Settings) -> bool:
    """Say whether runs can be solved: there is a threshold, or shifts to recover from."""
    return threshold_of(ended, settings) is not None or bool(settings.drift)


def threshold_of(ended: Sequence[Outcome], settings: Settings) -> float | None:
    """Return from which fitness runs count as solved, as they have said themselves."""
    return next((one.threshold for one in ended if one.threshold is not None), settings.evaluation.solved_at)


def sample_of(ended: Sequence[Outcome], measure: Measure, *, judged: bool) -> Sample:
    """Return a measure of runs that are at their end; of an unsolved one what it had when it was given up.

    judged: whether runs can be solved, see :func:`judges`
    """
    found: list[tuple[int, float, bool]] = []
    for one in ended:
        if measure.name == "generations":
            value: float | None = one.solved_after or one.generations
        else:
            value = getattr(one, measure.name)
        if value is not None:
            found.append((one.seed, float(value), judged and measure.until and not one.solved))
    return Sample(
        tuple(seed for seed, _, _ in found),
        np.array([value for _, value, _ in found], np.float64),
        np.array([bound for _, _, bound in found], np.bool_),
    )


def averages(sample: Sample) -> dict[str, Any] | None:
    """Return median and interquartile mean with their intervals; None: there is nothing to average.

    at_least: those of the figures that are only lower bounds, since they depend on runs that were not solved
    """
    if not len(sample.values):
        return None
    found: dict[str, Any] = {"runs": len(sample.values), "at_least": []}
    never = np.where(sample.bounds, math.inf, sample.values)
    for name, statistic in AVERAGES.items():
        known = bootstrap(sample.values, statistic)
        with np.errstate(invalid="ignore"):  # between two infinities
            open_ended = bootstrap(never, statistic) if sample.bounds.any() else known
        for end, value, checked in zip(("", "_low", "_high"), known, open_ended, strict=True):
            if end and len(sample.values) == 1:  # of one run nobody knows how much runs differ
                found[f"{name}{end}"] = None
                continue
            found[f"{name}{end}"] = float(value)
            if not math.isfinite(float(checked)):
                found["at_least"].append(f"{name}{end}")
    return found


def hints_of(ended: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the hints of all runs, those with the same setting together, the most frequent first.

    key: the setting; seeds: whose runs got it; text: as the first of them has it
    """
    found: dict[str, dict[str, Any]] = {}
    for one in ended:
        for hint in one.hints:
            same = found.setdefault(hint["key"], {"key": hint["key"], "seeds": [], "text": hint["text"]})
            same["seeds"].append(one.seed)
    return sorted(found.values(), key=lambda hint: -len(hint["seeds"]))


def failure_text(summary: Mapping[str, Any]) -> str:
    """Return what is to be said where runs have failed; empty where none has."""
    failed = [run for run in summary["runs"] if run["failure"] is not None]
    if not failed:
        return ""
    first = failed[0]
    return (
        f"{len(failed)} of {len(summary['runs'])} runs failed, {seeds_words([run['seed'] for run in failed])}; the "
        f"first: {first['failure']}; `genesys evolve --resume {shlex.quote(str(summary['study']))}` tries "
        f"{'it' if len(failed) == 1 else 'them'} again"
    )


def _rate(solved: int, ended: int) -> dict[str, float]:
    share = wilson(solved, ended)
    return {"value": float(share.value), "low": float(share.low), "high": float(share.high)}


def _best(best: Outcome) -> dict[str, Any]:
    return {
        "seed": best.seed,
        "validated_fitness": best.validated_fitness,
        "champion": str(best.run_dir / "champion.json"),
    }


def run_document(one: Outcome, failure: str | None = None) -> dict[str, Any]:
    """Return what ``study.json`` says of a run. failure: why it failed"""
    return {
        "seed": one.seed,
        "state": one.state if failure is None else "failed",
        "failure": failure,
        "solved": one.solved,
        "generations": one.solved_after or one.generations,
        "validated_fitness": one.validated_fitness,
        "env_steps": one.env_steps,
        "validation_steps": one.validation_steps,
        "wall_time_s": one.wall_time_s,
        "champion_nodes": one.nodes,
        "champion_conns": one.conns,
        "run_dir": str(one.run_dir),
        "champion": str(one.run_dir / "champion.json") if one.champion else None,
    }
