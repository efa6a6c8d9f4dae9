"""Charts of one run over its generations: fitness, species, sizes, joules of the chip."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ...config.problem import MATCH
from ...config.schema import Settings
from ...evolution.goal import Goal
from ...files.species import SpeciesRow
from ...inspection.overview import Overview
from ..plot import frozen_lines
from ..results import number, quantity, solved_words
from ..units import units_of
from .chart import Area, Axes, Level, Line, Point, Span, chart, extent, legend
from .markup import Markup, joined, tag

Rows = Sequence[Mapping[str, float | None]]
NAMED = 8  # species that have a colour and a place in the legend: the largest
SIDE_BY_SIDE = 264  # px: the height of species beside both sizes
GREYS = 2  # shades of the others, in turn


def column(rows: Rows, name: str) -> list[Point]:
    """Return a column of metrics over the generations; NaN where a cell is empty."""
    points = []
    for row in rows:
        value = row.get(name)
        points.append((float(row["generation"] or 0), math.nan if value is None else float(value)))
    return points


def generations(rows: Rows) -> tuple[float, float]:
    """Return the range of the generations; of one alone, with room on both sides."""
    first, last = (float(rows[k]["generation"] or 0) for k in (0, -1))
    return (first, last) if last > first else (first - 0.5, last + 0.5)


def fitness(run: Overview) -> list[Markup]:
    """Draw best, mean, champion and threshold, and environment shifts; passed starts in a chart of their own."""
    rows, events = run.rows, run.facts["drift"]
    training = [
        Line("best in training", "c-best", column(rows, "best_fitness")),
        Line("mean of the population", "c-mean", column(rows, "mean_fitness")),
    ]
    met = run.settings.problem.call == MATCH
    how = "against earlier ones" if met else f"on held-out {units_of(run.facts).episodes}"
    judged = [Line(f"champion, {how}", "c-champion", column(rows, "champion_fitness"))]
    if events:
        xs, ys = frozen_lines(events, *zip(*column(rows, "frozen_fitness"), strict=True))
        judged.insert(0, Line("frozen before the shift", "c-frozen", list(zip(xs, ys, strict=True))))
    validation = run.settings.evaluation.validation
    if validation is None:
        return [_fitness(run, [*training, *judged], threshold=run.threshold)]
    judged[-1] = judged[-1]._replace(name=f"champion, in {validation}")
    by_score = run.goal.stop_on == "champion"
    return [
        _fitness(run, training, threshold=None if by_score else run.threshold),
        _fitness(run, judged, threshold=run.threshold if by_score else None, title=f"Starts passed in {validation}"),
    ]


def _fitness(run: Overview, lines: list[Line], *, threshold: float | None, title: str = "") -> Markup:
    """Draw some lines and the threshold that is theirs; title: of a chart of starts; empty: it is one of returns"""
    rows, events = run.rows, run.facts["drift"]
    low, high = extent(y for line in lines for _, y in line.points)
    marks: list[Line | Span | Level] = [*_changes(events, len(rows)), *lines]
    if threshold is not None and low - 0.4 * (high - low) <= threshold <= high + 0.4 * (high - low):
        low, high = extent([low, high, threshold], room=0.03 if low <= threshold <= high else 0.06)
        marks.append(Level(solved_words(run.goal), threshold))
    hovers = [(float(row["generation"] or 0), _said(row)) for row in rows]
    if title:
        return chart(title, Axes(generations(rows), (low, high), up="starts"), marks, hovers, height=200)
    known = [y for _, y in lines[0].points if not math.isnan(y)]
    to = f"{'down' if run.goal.minimise else 'up'} to"
    reached = f", {to} {number((min if run.goal.minimise else max)(known))} in training" if known else ""
    title = f"Fitness over {len(rows)} generations{reached}"
    axes = Axes(generations(rows), (low, high), up=unit(run.goal, run.settings))
    return chart(title, axes, marks, hovers, height=300)


def unit(goal: Goal, settings: Settings | None = None) -> str:
    """Return what an axis of fitness is called. settings: of runs that may learn a table, or have a function"""
    if settings is not None and settings.data.file is not None:
        return f"mean {settings.data.loss}"
    worth = "mean return" if settings is None or settings.problem.function is None else "fitness"
    return f"{worth}, less is better" if goal.minimise else worth


def _said(row: Mapping[str, float | None]) -> str:
    parts = [f"generation {row['generation']}"]
    for name, key in (("best", "best_fitness"), ("mean", "mean_fitness"), ("champion", "champion_fitness")):
        if row.get(key) is not None:
            parts.append(f"{name} {number(row[key])}")
    return " · ".join(parts)


def _changes(events: Sequence[Mapping[str, Any]], count: int) -> list[Span]:
    """Return where the environment shifted, and the time until the champion had recovered."""
    spans = []
    ends = [event["generation"] for event in events[1:]] + [count] * bool(events)
    for event, following in zip(events, ends, strict=True):
        # A change acts from the start of its generation, which the axis has half a generation before its number.
        begin, settled = event["generation"] - 0.5, min(event["settled"], following) - 0.5
        if settled > begin:
            spans.append(Span("the environment is shifting", "c-changing", begin, settled))
        recovered = event["recovered_generation"]
        end = min(count - 1, (following if recovered is None else recovered + 1) - 0.5)
        if event["recovery_generations"] != 0 and end > settled:
            spans.append(Span("until recovered", "c-until", settled, end))
        spans.append(Span("", "c-change", begin, begin))
    return spans


def species(run: Overview) -> Markup:
    """Draw the genomes of each species as a stack; without a record of them, only their number."""
    if not run.species:
        line = Line("species", "g0", column(run.rows, "species"))
        axes = Axes(generations(run.rows), extent((y for _, y in line.points), zero=True), up="species")
        said = [
            (float(row["generation"] or 0), f"generation {row['generation']} · {row['species']}") for row in run.rows
        ]
        return chart("Number of species over the generations", axes, [line], said, height=SIDE_BY_SIDE)
    lives: dict[int, list[SpeciesRow]] = {}
    for lived in run.species:
        lives.setdefault(lived.species, []).append(lived)
    times = sorted({lived.generation for lived in run.species})
    times = times[:: math.ceil(len(times) / 200)] if len(times) > 200 else times
    shown = set(times)
    floor = dict.fromkeys(times, 0.0)
    areas = []
    largest = sorted(lives, key=lambda one: -sum(lived.size for lived in lives[one]))[:NAMED]
    for one in sorted(lives):
        size = {lived.generation: lived.size for lived in lives[one] if lived.generation in shown}
        points = []
        for time in times:
            points.append((float(time), floor[time], floor[time] + size.get(time, 0)))
            floor[time] += size.get(time, 0)
        if len(times) == 1:
            points = [(times[0] + side, low, high) for side in (-0.5, 0.5) for _, low, high in points]
        style = f"f{largest.index(one)}" if one in largest else f"other{one % GREYS}"
        areas.append(
            Area(f"species {one}", style, _alive(points), _life(lives[one], run.goal.minimise), one in largest)
        )
    axes = Axes(generations(run.rows), (0.0, max(floor.values())), up="genomes")
    return chart(f"Genomes of each of {len(lives)} species over the generations", axes, areas, height=SIDE_BY_SIDE)


def _alive(points: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Leave out where there is none, but for the points beside it."""
    alive = [k for k, (_, low, high) in enumerate(points) if high > low]
    return list(points[max(0, alive[0] - 1) : alive[-1] + 2]) if alive else []


def _life(lived: Sequence[SpeciesRow], minimise: bool) -> str:
    first, last = lived[0].generation, lived[-1].generation
    when = f"generation {first}" if first == last else f"generations {first} to {last}"
    best = [one.best for one in lived if one.best is not None]
    words = f"species {lived[0].species} · {when} · up to {max(one.size for one in lived)} genomes"
    return words + (f" · best {number((min if minimise else max)(best))}" if best else "")


def sizes(run: Overview) -> Markup:
    """Draw connections, and nodes below them: of the population on average, and of the best of each generation."""
    figures: list[Markup] = []
    for what, mean, best in (("connections", "conns_mean", "best_conns"), ("nodes", "nodes_mean", "best_nodes")):
        listed = not figures
        lines = [
            Line("best of the generation", "c-best", column(run.rows, best), listed),
            Line("mean of the population", "c-champion", column(run.rows, mean), listed),
        ]
        values = [y for line in lines for _, y in line.points if not math.isnan(y)]
        said = [(float(row["generation"] or 0), _size(row, mean, best)) for row in run.rows]
        axes = Axes(generations(run.rows), extent(values, zero=min(values, default=0) >= 0), up=what)
        figures.append(chart(f"Number of {what} over the generations", axes, lines, said, height=110))
    return joined(figures)


def _size(row: Mapping[str, float | None], mean: str, best: str) -> str:
    return f"generation {row['generation']} · mean {row[mean]:.1f} · best {number(row.get(best))}"


def joules(run: Overview) -> Markup:
    """Draw joules of the emulated chip, phase upon phase."""
    inference, evolution = (column(run.rows, f"energy_{phase}_j") for phase in ("inference", "evolution"))
    lower = [(x, 0.0, 0.0 if math.isnan(y) else y) for x, y in inference]
    upper = [
        (x, low, low + (0.0 if math.isnan(y) else y)) for (x, _, low), (_, y) in zip(lower, evolution, strict=True)
    ]
    if len(lower) == 1:
        lower, upper = (
            [(x + side, low, high) for side in (-0.5, 0.5) for x, low, high in part] for part in (lower, upper)
        )
    unit, scale = _unit(max(high for *_, high in upper))
    areas = [
        Area(name, style, [(x, low * scale, high * scale) for x, low, high in points])
        for name, style, points in (("inference (ADAM)", "b0", lower), ("evolution (EvE)", "b1", upper))
    ]
    said = [
        (float(row["generation"] or 0), f"generation {row['generation']} · {quantity(row.get('energy_j'), 'J')}")
        for row in run.rows
    ]
    top = extent((high for area in areas for *_, high in area.points), zero=True)
    axes = Axes(generations(run.rows), top, up=f"{unit} a generation")
    return chart("Energy of the chip over the generations", axes, areas, said)


def _unit(value: float) -> tuple[str, float]:
    """Return a unit of energy in which a value has few digits, and how many there are in a joule."""
    for name, scale in (("J", 1.0), ("mJ", 1e3), ("µJ", 1e6)):
        if value * scale >= 1:
            return name, scale
    return "nJ", 1e9


def scores(returns: Sequence[float], what: str = "return", of: str = "episodes") -> Markup:
    """Draw how the returns of episodes, or the losses of rows, are spread, if they are not all the same."""
    low, high = min(returns), max(returns)
    if not math.isfinite(high - low) or low == high:
        return Markup("")
    bins = min(20, max(5, round(math.sqrt(len(returns)) * 1.6)))
    counts = [0] * bins
    for value in returns:
        counts[min(bins - 1, int((value - low) / (high - low) * bins))] += 1
    edges = [low + (high - low) * k / bins for k in range(bins + 1)]
    bars = [
        Area("", "b0", [(a, 0.0, float(count)), (b, 0.0, float(count))], f"{count} {of}, {number(a)} to {number(b)}")
        for count, (a, b) in zip(counts, pairwise(edges), strict=True)
    ]
    axes = Axes((low, high), (0.0, max(counts) * 1.05), across=what, up=of, whole=False)
    return chart(f"{what.capitalize()} of {len(returns)} {of}, {number(low)} to {number(high)}", axes, bars, height=110)


def shares(parts: Iterable[tuple[str, str, float, str]]) -> Markup:
    """Draw one bar. parts: name, class, how much, and that in words"""
    parts = list(parts)
    total = sum(value for _, _, value, _ in parts) or 1.0
    bars, at = [], 0.0
    for name, style, value, words in parts:
        place = {"x": f"{at / total:.2%}", "width": f"{value / total:.2%}", "height": "100%"}
        bars.append(tag("rect", tag("title", f"{name}: {words}"), class_=f"mark {style}", **place))
        at += value
    title = ", ".join(f"{name} {value / total:.0%}" for name, _, value, _ in parts)
    drawing = tag("svg", bars, role="img", aria_label=title, width="100%", height="26")
    names = legend((f"{name} {value / total:.0%}", style, True) for name, style, value, _ in parts)
    return tag("figure", drawing, names)
