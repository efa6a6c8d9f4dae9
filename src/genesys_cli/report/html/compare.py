"""The page of several runs: groups that differ in nothing but the seed, with the spread over their seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...files.identity import RESUMABLE
from ...inspection.overview import Overview
from ..results import number, solved_words
from . import record
from .chart import Area, Axes, Level, Line, Point, chart, extent
from .curves import column, unit
from .markup import Markup, joined, table, tag
from .page import note, page, section, tile, tiles
from .run import duration, status

SEED, BACKEND = "run.seed", "run.backend"
STYLES = 6  # of groups; more of them repeat
LONGEST = 48  # letters of a group's name that says all; longer ones are numbered
Number = float | None


class Group(NamedTuple):
    """Runs of one environment that differ only in the seed.

    name: short; what: the backend, and all settings that set them apart from the others
    """

    name: str
    what: str
    runs: list[Overview]


def compare_page(runs: Sequence[Overview]) -> str:
    """Return the page of two runs or more. Environments do not share a chart: each has its own part."""
    by_env: dict[str, list[Overview]] = {}
    for run in runs:
        by_env.setdefault(run.facts["env"], []).append(run)
    names = ", ".join(by_env)
    under = f"{len(runs)} runs" + (f" of {len(by_env)} environments" if len(by_env) > 1 else "")
    head = tag("header", tag("p", under, class_="over"), tag("h1", names if len(by_env) < 4 else under))
    body: list[object] = [head]
    for env, found in by_env.items():
        if len(by_env) > 1:
            body.append(tag("h2", env, class_="env"))
        body.append(_environment(found, env if len(by_env) > 1 else ""))
    return page(f"{names}: {len(runs)} runs compared", *body)


def grouped(runs: Sequence[Overview]) -> list[Group]:
    """Return runs of one environment as groups, named after backend and the settings that differ between them."""
    keys = record.differing([run.settings for run in runs], (SEED, BACKEND, *RESUMABLE))
    found: dict[str, list[Overview]] = {}
    for run in runs:
        values = {one.key: one.value for one in record.all_settings(run.settings)}
        parts = [f"{key.partition('.')[2]} {record.as_text(values[key])}" for key in keys if key in values]
        found.setdefault(", ".join([run.facts["backend"], *parts]), []).append(run)
    if max(map(len, found)) <= LONGEST:
        return [Group(what, what, members) for what, members in found.items()]
    names = [f"group {k}, {members[0].facts['backend']}" for k, members in enumerate(found.values(), 1)]
    return [Group(name, what, members) for name, (what, members) in zip(names, found.items(), strict=True)]


def _environment(runs: Sequence[Overview], part: str) -> Markup:
    groups = grouped(runs)
    drawn = [run for run in runs if run.rows]
    solved = [run for run in runs if run.solved_in is not None]
    cards: list[object] = []
    alike = f"in {len(groups)} groups" if len(groups) > 1 else "that differ only in the seed" if len(runs) > 1 else ""
    scored = [(score, run.facts["seed"]) for run in runs if (score := _score(run)) is not None]
    found = [tile("runs", len(runs), alike)]
    if any(run.threshold is not None for run in runs):
        words = " or ".join(sorted({solved_words(run.goal) for run in runs if run.threshold is not None}))
        found.append(tile("solved", f"{len(solved)} of {len(runs)}", f"needed: {words.removeprefix('solved at ')}"))
    if solved:
        middle = statistics.median(run.solved_in for run in solved if run.solved_in is not None)
        found.append(tile("generation of solving", number(middle), "median of those that solved it"))
        seconds = [value for run in solved if (value := seconds_to_solved(run)) is not None]
        if seconds:
            found.append(tile("time to solved", duration(statistics.median(seconds)), "median of those that solved it"))
    if scored and len({run.goal.minimise for run in runs}) == 1:
        score, seed = (min if runs[0].goal.minimise else max)(scored)
        found.append(tile("best champion", number(score), f"seed {seed}"))
    if drawn:
        about = "Thin: each run. Bold: the mean of a group, with one standard deviation over its runs around it. "
        about += "A run that has ended keeps its last value."
        cards.append(section("Champions", _curves(groups, "champion_fitness"), wide=True, about=about, part=part))
        cards.append(section("Best in training", _curves(groups, "best_fitness"), part=part))
        cards.append(
            section("Connections, mean of the population", _curves(groups, "conns_mean", fitness=False), part=part)
        )
    else:
        cards.append(
            section("Champions", note("None of these runs has finished a generation yet."), wide=True, part=part)
        )
    if len(groups) > 1:
        cards.append(_groups(groups, part))
    cards.append(_runs(groups, part))
    return joined([tiles(found), tag("div", cards, class_="cards")])


def _score(run: Overview) -> Number:
    """Return the champion's mean return over the held-out episodes, in the environment of the last generation."""
    score: Number = run.facts["champion_fitness"]
    return score


def seconds_to_solved(run: Overview) -> Number:
    """Return the time after which the champion was good enough; None: it was not."""
    return next((row["wall_time_s"] for row in run.rows if row["generation"] == run.solved_in), None)


def _curves(groups: Sequence[Group], name: str, *, fitness: bool = True) -> Markup:
    """Draw a column of metrics for every run, and the mean of each group."""
    marks: list[Line | Area | Level] = []
    values: list[float] = []
    last = 1.0
    for k, group in enumerate(groups):
        style = k % STYLES
        curves = [column(run.rows, name) for run in group.runs if run.rows]
        if not curves:
            continue
        last = max(last, *(curve[-1][0] for curve in curves))
        values += [y for curve in curves for _, y in curve]
        if len(curves) > 1:
            marks += [Line("", f"thin g{style}", curve) for curve in curves]
            mean, band = mean_and_band(curves)
            marks.append(Area("", f"band b{style}", band))
            values += [y for _, *both in band for y in both]
        else:
            (mean,) = curves
        label = f"{group.name} ({len(curves)} run{'s'[: len(curves) > 1]})"
        marks.append(Line(label, f"bold g{style}", mean))
    what = " or ".join(sorted({unit(run.goal) for group in groups for run in group.runs}))
    low, high = extent(values, zero=not fitness and min(values, default=0.0) >= 0)
    if fitness:
        for goal in {run.goal for group in groups for run in group.runs}:
            if goal.threshold is not None and low - 0.4 * (high - low) <= goal.threshold <= high + 0.4 * (high - low):
                low, high = extent([low, high, goal.threshold], room=0.03)
                marks.append(Level(solved_words(goal), goal.threshold))
    axes = Axes((0.0, last), (low, high), up=what if fitness else "connections")
    title = f"{name.replace('_', ' ')} of each run over the generations"
    return chart(title, axes, marks, height=300 if name == "champion_fitness" else 210)


def mean_and_band(curves: Sequence[Sequence[Point]]) -> tuple[list[Point], list[tuple[float, float, float]]]:
    """Return the mean of curves, and one standard deviation around it; where one has ended its last value counts."""
    known = [{x: y for x, y in curve if not math.isnan(y)} for curve in curves]
    xs = sorted({x for curve in known for x in curve})
    held: list[Number] = [None] * len(known)
    mean, band = [], []
    for x in xs:
        held = [curve.get(x, before) for curve, before in zip(known, held, strict=True)]
        values = [value for value in held if value is not None]
        middle = statistics.fmean(values)
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        mean.append((x, middle))
        band.append((x, middle - spread, middle + spread))
    return mean, band


def _groups(groups: Sequence[Group], part: str) -> Markup:
    header = ("group", "runs", "solved", "generation", "time", "champion", "connections")
    rows = []
    for group in groups:
        solved = [run for run in group.runs if run.solved_in is not None]
        scores = [score for run in group.runs if (score := _score(run)) is not None]
        conns = [float(len(run.champion.champion.genome.conn_in)) for run in group.runs if run.champion is not None]
        rows.append(
            (
                group.name,
                len(group.runs),
                len(solved),
                _median([run.solved_in for run in solved], number),
                _median([seconds_to_solved(run) for run in solved], duration),
                _mean(scores),
                _mean(conns),
            )
        )
    about = "Generation and time until solved: medians of the runs that solved it. Champion and connections: mean ± "
    about += "standard deviation over the runs."
    body = [table(header, rows, numeric=range(1, 7))]
    if any(group.name != group.what for group in groups):
        apart = [(group.name, tag("code", group.what)) for group in groups]
        body.append(table(("group", "settings that differ"), apart))
    return section("Groups", *body, wide=True, about=about, part=part)


def _median(values: Sequence[Number], shown: Callable[[float], str]) -> str:
    known = [value for value in values if value is not None]
    return shown(statistics.median(known)) if known else "-"


def _mean(values: Sequence[float]) -> str:
    if not values:
        return "-"
    spread = f" ± {number(statistics.stdev(values))}" if len(values) > 1 else ""
    return number(statistics.fmean(values)) + spread


def _runs(groups: Sequence[Group], part: str) -> Markup:
    header = [
        "run",
        "seed",
        "state",
        "champion",
        "solved in generation",
        "time to solved",
        "generations",
        "steps",
        "time",
    ]
    rows: list[tuple[object, ...]] = []
    for group in groups:
        for run in group.runs:
            facts = run.facts
            seconds = seconds_to_solved(run)
            rows.append(
                (
                    tag("code", facts["run_dir"]),
                    facts["seed"],
                    status(run)[0],
                    "-" if _score(run) is None else number(_score(run)),
                    "-" if run.solved_in is None else run.solved_in,
                    "-" if seconds is None else duration(seconds),
                    facts["generations"],
                    number(facts["env_steps"]) if run.rows else "-",
                    duration(facts["wall_time_s"]) if run.rows else "-",
                )
            )
    if len(groups) > 1:
        names = [group.name for group in groups for _ in group.runs]
        header, rows = [*header, "group"], [(*row, name) for row, name in zip(rows, names, strict=True)]
    about = "Champion: mean return over the held-out episodes."
    return section("Runs", table(header, rows, numeric=(1, 3, 4, 5, 6, 7, 8)), wide=True, about=about, part=part)
