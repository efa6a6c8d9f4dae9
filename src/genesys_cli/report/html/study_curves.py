"""Charts over the seeds of one study or several: averages of metrics with their bands, and how many are solved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...files.outcomes import Outcome
from ...stats import Floats, Interval, bootstrap, iqm, median, wilson
from ...studies.summary import Survey
from ..results import number, solved_words
from .chart import HOVERS, Area, Axes, Level, Line, Mark, chart, extent
from .curves import unit
from .markup import Markup

STYLES = 6  # of studies; more of them repeat
DRAWS = 2000  # resamples of the bootstrap for each point of a curve
THIN = 40  # runs at most that are drawn one by one
IQM, QUARTILES = "interquartile mean", "median"


class Curve(NamedTuple):
    """An average over runs by generation. xs: (G,); middle, low, high: (G,)"""

    xs: list[int]
    middle: list[float]
    low: list[float]
    high: list[float]


def held(runs: Sequence[Outcome], column: str, length: int) -> Floats:
    """Return a column of all runs, (R, length), NaN where there is no value; one that has ended keeps its last."""
    found = np.full((len(runs), length), math.nan)
    for k, run in enumerate(runs):
        values = [math.nan if (value := row.get(column)) is None else float(value) for row in run.rows]
        found[k, : len(values)] = values
        found[k, len(values) :] = values[-1] if values else math.nan
    return found


def averaged(values: Floats, kind: str) -> Curve:
    """Return an average of curves, and what lies around it: its 95 % interval, or the quartiles.

    values: (R, G), of which NaN is left out; kind: IQM or QUARTILES
    """
    xs = points(values.shape[1])
    found: list[tuple[int, float, float, float]] = []
    for x in xs:
        known = values[:, x]
        known = known[~np.isnan(known)]
        if not len(known):
            continue
        if kind == IQM:
            around = bootstrap(known, iqm, DRAWS)
        else:
            low, high = np.quantile(known, (0.25, 0.75))
            around = Interval(median(known), low, high)
        found.append((x, float(around.value), float(around.low), float(around.high)))
    return Curve(*map(list, zip(*found, strict=True))) if found else Curve([], [], [], [])


def points(length: int) -> list[int]:
    """Return the generations at which curves are averaged: all, or evenly spaced ones with the last."""
    step = math.ceil(length / HOVERS)
    return sorted({*range(0, length, step), length - 1}) if length else []


def longest(surveys: Sequence[Survey]) -> int:
    """Return the most generations of any run."""
    return max((run.generations for survey in surveys for run in survey.outcomes), default=0)


def fitness(surveys: Sequence[Survey], names: Sequence[str], column: str, kind: str, *, height: int = 240) -> Markup:
    """Draw an average of a column of fitness for each study; of one study alone, its runs as well."""
    length = longest(surveys)
    marks: list[Mark] = []
    values: list[float] = []
    said: list[tuple[float, str]] = []
    for k, (survey, name) in enumerate(zip(surveys, names, strict=True)):
        runs = [run for run in survey.outcomes if run.rows]
        found = held(runs, column, length)
        curve = averaged(found, kind)
        if len(surveys) == 1 and len(runs) <= THIN:
            marks += [_thin(run, column) for run in runs]
            values += [y for run in runs for _, y in _thin(run, column).points]
        marks += _banded(curve, name, k % STYLES)
        values += [*curve.low, *curve.high, *curve.middle]
        if len(surveys) == 1:
            said = [(x, f"generation {x} · {_span(y, low, high)}") for x, y, low, high in zip(*curve, strict=True)]
    low, high = extent(values)
    own = any(survey.study.settings.evaluation.validation is not None for survey in surveys)  # with a unit of its own
    for goal in dict.fromkeys(survey.goal for survey in surveys):
        near = low - 0.4 * (high - low) <= (goal.threshold or 0.0) <= high + 0.4 * (high - low)
        if goal.threshold is not None and near and (column == goal.column or not own):
            low, high = extent([low, high, goal.threshold], room=0.03)
            marks.append(Level(solved_words(goal), goal.threshold))
    starts = own and column == "champion_fitness"
    what = "starts" if starts else unit(surveys[0].goal, surveys[0].study.settings)
    title = f"{kind} of {column.replace('_', ' ')} over the generations"
    return chart(title, Axes(_across(length), (low, high), up=what), marks, said, height=height)


def sizes(surveys: Sequence[Survey], names: Sequence[str]) -> Markup:
    """Draw the median of the mean number of connections for each study, and its quartiles."""
    length = longest(surveys)
    marks: list[Mark] = []
    values: list[float] = []
    for k, (survey, name) in enumerate(zip(surveys, names, strict=True)):
        curve = averaged(held([run for run in survey.outcomes if run.rows], "conns_mean", length), QUARTILES)
        marks += _banded(curve, name, k % STYLES)
        values += [*curve.low, *curve.high]
    axes = Axes(_across(length), extent(values, zero=True), up="connections")
    return chart("Number of connections over the generations", axes, marks)


def solved(surveys: Sequence[Survey], names: Sequence[str]) -> Markup:
    """Draw which share of the runs was solved after so many generations, with Wilson's interval."""
    length = longest(surveys)
    marks: list[Mark] = []
    said: list[tuple[float, str]] = []
    for k, (survey, name) in enumerate(zip(surveys, names, strict=True)):
        runs = [run for run in survey.outcomes if run.rows]
        after = [run.solved_after for run in runs if run.solved_after is not None]
        tried = max((len(run.rows) for run in runs), default=0)  # nobody knows what its runs would have done then
        xs = points(length if len(after) == len(runs) else tried)
        counts = [sum(one <= x + 1 for one in after) for x in xs]
        rates = [wilson(count, len(runs)) for count in counts]
        style = k % STYLES
        area = [(x, float(rate.low) * 100, float(rate.high) * 100) for x, rate in zip(xs, rates, strict=True)]
        marks.append(Area("", f"band b{style}", area))
        marks.append(Line(name, f"bold g{style}", [(x, c / len(runs) * 100) for x, c in zip(xs, counts, strict=True)]))
        if len(surveys) == 1:
            said = [(x, f"generation {x} · {c} of {len(runs)} solved") for x, c in zip(xs, counts, strict=True)]
    axes = Axes(_across(length), (0.0, 103.0), up="% of the runs")
    return chart("Share of the runs that are solved, over the generations", axes, marks, said)


def _banded(curve: Curve, name: str, style: int) -> list[Mark]:
    area = Area("", f"band b{style}", list(zip(curve.xs, curve.low, curve.high, strict=True)))
    return [area, Line(name, f"bold g{style}", list(zip(curve.xs, curve.middle, strict=True)))]


def _thin(run: Outcome, column: str) -> Line:
    values = [(float(k), math.nan if (v := row.get(column)) is None else float(v)) for k, row in enumerate(run.rows)]
    return Line("", "thin g0", values, listed=False)


def _span(value: float, low: float, high: float) -> str:
    return f"{number(value)} ({number(low)} to {number(high)})"


def _across(length: int) -> tuple[float, float]:
    return (0.0, length - 1.0) if length > 1 else (-0.5, 0.5)
