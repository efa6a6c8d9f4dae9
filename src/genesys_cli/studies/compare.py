"""Whether the runs of one study are better than those of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import UserError
from ..stats import CONFIDENCE, RESAMPLES, Floats, improvement, mann_whitney, wilcoxon
from .summary import MEASURES, Measure, Survey

FEWEST_PAIRS = 3


def check_comparable(one: Survey, other: Survey) -> None:
    """Raise UserError where numbers of two studies do not mean the same."""
    mine, theirs = one.study.settings, other.study.settings
    for what, here, there in (
        ("environment", mine.environment.id, theirs.environment.id),
        ("data.sha256", mine.data.sha256, theirs.data.sha256),
        ("data.loss", mine.data.loss, theirs.data.loss),
        ("evaluation.validation", mine.evaluation.validation, theirs.evaluation.validation),
        ("evaluation.fitness", mine.evaluation.fitness, theirs.evaluation.fitness),
        ("evaluation.minimise", mine.evaluation.minimise, theirs.evaluation.minimise),
    ):
        if here != there:
            raise UserError(
                f"{one.path} and {other.path} cannot be compared: {what} is {here!r} in one and {there!r} in the "
                "other; give studies whose numbers mean the same"
            )


def compare(one: Survey, other: Survey) -> dict[str, Any]:
    """Return how probable it is that a run of the other study is better than one of this, for each measure.

    paired: whether both have the same seeds. Runs of a seed begin alike, so resamples of the bootstrap take both or
        none, runs of different seeds are compared, and Wilcoxon's signed-rank test stands beside the U test.
    """
    check_comparable(one, other)
    measures = {}
    for measure in MEASURES:
        x, y = _ranked(one, other, measure), _ranked(other, one, measure)
        if x is None or y is None:
            continue
        paired = x[0] == y[0] and len(x[0]) >= FEWEST_PAIRS
        found = improvement(x[1], y[1], paired=paired)
        tests = [mann_whitney(x[1], y[1]), *([wilcoxon(x[1], y[1])] if paired else [])]
        measures[measure.name] = {
            "better": "lower" if _lower_is_better(one, measure) else "higher",
            "runs": [len(x[1]), len(y[1])],
            "paired": paired,
            "probability": float(found.value),
            "probability_low": float(found.low),
            "probability_high": float(found.high),
            "tests": [test._asdict() for test in tests],
        }
    return {
        "studies": [one.summary["study"], other.summary["study"]],
        "measures": measures,
        "confidence": CONFIDENCE,
        "resamples": RESAMPLES,
        "notes": _notes(one, other),
    }


def apart(found: Mapping[str, Any]) -> bool:
    """Say whether runs tell two studies apart. found: a measure of :func:`compare`

    The interval leaves out one half, and the U test is of the same mind: of a few runs that do not overlap no resample
    does either, so that the interval alone would be sure.
    """
    inside = found["probability_low"] <= 0.5 <= found["probability_high"]
    return not inside and bool(found["tests"][0]["p"] < 1 - CONFIDENCE)


def _ranked(one: Survey, other: Survey, measure: Measure) -> tuple[tuple[int, ...], Floats] | None:
    """Return seeds and values of which higher is better; a run that is not solved is worse than any that is.

    So is one that was solved only after more generations than the runs of either study may have. None: there are none,
    or those of the two do not mean the same.
    """
    sample = one.sample(measure)
    if not len(sample.values):
        return None
    values = -sample.values if _lower_is_better(one, measure) else sample.values
    if measure.until:
        if one.summary["solved"] is None or one.goal != other.goal:
            return None
        most = min(survey.summary["max_generations"] for survey in (one, other))
        known = set(sample.seeds)
        late = np.array([(run.solved_after or 0) > most for run in one.ended if run.seed in known], np.bool_)
        values = np.where(sample.bounds | late, -np.inf, values)
    return sample.seeds, values


def _lower_is_better(one: Survey, measure: Measure) -> bool:
    return measure.until or one.goal.minimise


def _notes(one: Survey, other: Survey) -> list[str]:
    """Return what has to be known of a comparison."""
    found = []
    if one.goal != other.goal:
        found.append("They count as solved from different fitness on, so how soon they were is not compared.")
    lengths = [survey.summary["max_generations"] for survey in (one, other)]
    if lengths[0] != lengths[1] and one.goal == other.goal and one.summary["solved"] is not None:
        found.append(
            f"Their runs have {lengths[0]} and {lengths[1]} generations at most; what was solved after more than "
            f"{min(lengths)} counts as not solved here."
        )
    return found
