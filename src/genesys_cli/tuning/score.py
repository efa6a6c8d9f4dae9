"""What a trial is worth: validated fitness of its champions, over generations and over seeds."""

from __future__ import annotations

from collections.abc import Iterable

from ..files.outcomes import Outcome
from ..stats import iqm

FEWEST = 8  # generations of which a trial is judged early


def score(outcome: Outcome, generations: int, objective: str, *, minimise: bool) -> float | None:
    """Return what the first generations of a run are worth, in the unit of fitness; None: it has no champion.

    A run that ended when it was solved keeps its last value; before the first champion it has the worst one.
    objective: ``curve``: the mean over the generations, which is better the sooner and the further a run gets;
        ``final``: the last one
    """
    values = [row.get("champion_fitness") for row in outcome.rows[:generations]]
    known = [value for value in values if value is not None]
    if not known:
        return None
    if objective == "final":
        return known[-1]
    worst = (max if minimise else min)(known)
    held, total = worst, 0.0
    for k in range(generations):
        value = values[k] if k < len(values) else None
        held = held if value is None else value
        total += held
    return total / generations


def of_trial(outcomes: Iterable[Outcome], generations: int, objective: str, *, minimise: bool) -> float | None:
    """Return the interquartile mean over the seeds; None: a run has no champion."""
    found = [score(one, generations, objective, minimise=minimise) for one in outcomes]
    known = [one for one in found if one is not None]
    return float(iqm(known)) if len(known) == len(found) else None


def rungs(generations: int, *, early: bool) -> list[int]:
    """Return after how many generations a trial is judged, such as an eighth, a quarter, a half and all.

    early: not only at the end
    """
    if not early:
        return [generations]
    found = [generations]
    while found[0] >= 2 * FEWEST and len(found) < 4:
        found.insert(0, found[0] // 2)
    return found
