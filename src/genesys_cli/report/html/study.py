"""The page of a study."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...config.seeds import seeds_words
from ...files.outcomes import ENDED, Outcome
from ...studies.summary import MEASURES, Survey
from ..results import number, solved_words
from ..study import average_text, hint_text, note_on, rate_text, table_of, title_of
from . import record, study_curves
from .markup import Markup, table, tag
from .page import note, page, section, tile, tiles
from .run import duration
from .study_curves import IQM, QUARTILES

Fields = Mapping[str, Any]
HELD = "A run that has ended keeps its last value."


def study_page(survey: Survey, place: Path) -> str:
    """Return the page of a study. place: the file that it will be, from which links go"""
    summary, settings = survey.summary, survey.study.settings
    words, kind = _status(summary)
    under = f"population {summary['population']} · {summary['backend']} · {seeds_words(summary['seeds'])} · "
    head = tag(
        "header",
        tag("p", "Report of a study", class_="over"),
        tag("div", tag("h1", summary["env"]), tag("span", words, class_=f"badge {kind}"), class_="head"),
        tag("p", f"{under}{summary['study']}", class_="soft"),
    )
    cards: list[object] = []
    if any(run.rows for run in survey.outcomes):
        cards += curves_of([survey], ["champion"])
    else:
        cards.append(section("Champions", note("No run has finished a generation yet."), wide=True))
    told = [{"key": hint["key"], "text": hint_text(hint)} for hint in summary.get("hints", ())]
    cards += [record.hints(told), _averages(survey), runs_of(survey, place), *_lost(summary)]
    cards += [record.settings(settings), _again(summary)]
    return page(
        f"{summary['env']}, {seeds_words(summary['seeds'])}, {summary['backend']}",
        head,
        tiles(_tiles(survey)),
        tag("div", cards, class_="cards"),
    )


def _status(summary: Fields) -> tuple[str, str]:
    if summary["finished"] < len(summary["seeds"]):
        return f"{summary['finished']} of {len(summary['seeds'])} runs at their end", "open"
    if summary["solved"] is None:
        return "ended", ""
    return f"{solved_text(summary)} solved", "good" if summary["solved"] == summary["finished"] else "open"


def solved_text(summary: Fields) -> str:
    """Return how many runs were solved."""
    return f"{summary['solved']} of {summary['finished']}"


def rate_words(summary: Fields) -> str:
    """Return which share that is."""
    return "" if summary["solved_rate"] is None else rate_text(summary)


def _tiles(survey: Survey) -> list[Markup]:
    summary = survey.summary
    found = []
    if summary["solved"] is not None:
        needed = "" if survey.goal.threshold is None else f"; {solved_words(survey.goal)}"
        found.append(tile("solved", solved_text(summary), f"{rate_words(summary)}{needed}"))
    for measure in MEASURES:
        averages = summary["measures"][measure.name]
        if averages is not None:
            value, _, rest = average_text(measure, averages, "iqm").partition(" (")
            found.append(tile(title_of(measure, summary), value, f"IQM, {rest.removesuffix(')')}"))
    if (best := summary["best"]) is not None:
        found.append(tile("best champion", number(best["validated_fitness"]), f"seed {best['seed']}"))
    return found


def curves_of(surveys: Sequence[Survey], names: Sequence[str]) -> list[Markup]:
    """Return the sections with curves. names: of the studies"""
    alone = len(surveys) == 1
    thin = ", and each run" if alone and len(surveys[0].outcomes) <= study_curves.THIN else ""
    iqm = "the interquartile mean over the seeds with its 95 % bootstrap interval"
    cards = [
        section(
            "Champions",
            study_curves.fitness(surveys, names, "champion_fitness", IQM, height=300),
            wide=True,
            about=f"Validated fitness: {iqm}{thin}. {HELD}",
        )
    ]
    if any(survey.summary["solved"] is not None for survey in surveys):
        about = "Runs that were solved after so many generations, with Wilson's 95 % interval."
        cards.append(section("Solved", study_curves.solved(surveys, ["solved"] if alone else names), about=about))
    best = ["best in training"] if alone else names
    sizes = ["mean of the population"] if alone else names
    cards.append(
        section(
            "Best in training",
            study_curves.fitness(surveys, best, "best_fitness", IQM),
            about=f"Best genome of each generation: {iqm}.",
        )
    )
    quartiles = f"The median over the seeds; half of the runs lie in the band. {HELD}"
    cards.append(
        section(
            "Median champion",
            study_curves.fitness(surveys, names, "champion_fitness", QUARTILES),
            about=quartiles,
        )
    )
    cards.append(section("Connections", study_curves.sizes(surveys, sizes), about=f"Of the population. {quartiles}"))
    return cards


def _averages(survey: Survey) -> Markup:
    header, rows = table_of(survey.summary)
    if not rows:
        return section("Averages", note("No run is at its end yet: there is nothing to average."), wide=True)
    return section(
        "Averages",
        table(["measure", *header[1:]], rows, numeric=range(1, len(header))),
        wide=True,
        about=note_on(survey.summary),
    )


def runs_of(survey: Survey, place: Path, part: str = "") -> Markup:
    """Return the table of a study's runs. place: file of the page; part: the study's name where there are several"""
    header = ("seed", "state", "champion", "generations", "steps", "time", "nodes", "connections")
    rows = [(_link(run, place), _state(run), *_cells(run)) for run in survey.outcomes]
    title = f"Runs of {part}" if part else "Runs"
    about = "Champion: validated fitness. Generations, steps and time until it was solved, or of the whole run. "
    about += "A seed leads to the folder of its run."
    return section(title, table(header, rows, numeric=range(2, 8)), wide=True, about=about)


def _lost(summary: Fields) -> list[Markup]:
    """Return the section of what was lost on a cluster; nothing where nothing was."""
    if not summary["lost"]:
        return []
    rows = [(one["seed"], one["message"]) for one in summary["lost"]]
    about = "Actors that were lost while they carried out a run. Its bits do not depend on who went on with it."
    return [section("Lost on the cluster", table(("seed", "what"), rows), wide=True, about=about)]


def _state(run: Outcome) -> str:
    if run.state != ENDED:
        return run.state
    return "solved" if run.solved else "ended" if run.threshold is None else "not solved"


def _cells(run: Outcome) -> tuple[object, ...]:
    if not run.rows:
        return ("-",) * 6
    return (
        "-" if run.validated_fitness is None else number(run.validated_fitness),
        run.solved_after or run.generations,
        number(run.env_steps),
        duration(run.wall_time_s),
        "-" if run.nodes is None else run.nodes,
        "-" if run.conns is None else run.conns,
    )


def _link(run: Outcome, place: Path) -> Markup:
    """Return a link to a run's folder, which works wherever page and study are moved together."""
    if not run.run_dir.is_dir():
        return tag("span", run.seed)
    try:
        where = Path(os.path.relpath(run.run_dir.resolve(), place.resolve().parent)).as_posix()
        address = quote(where) + "/"
    except ValueError:  # on another drive
        address = run.run_dir.resolve().as_uri()
    return tag("a", run.seed, href=address if address[0] in "./" else f"./{address}")


def _again(summary: Fields) -> Markup:
    folder = summary["study"]
    seeds = ["--seeds", seeds_words(summary["seeds"]).split(" ", 1)[1]]
    pairs = [("Repeat it, bit for bit", ["genesys", "evolve", "--preset", f"{folder}/study.toml", *seeds])]
    if summary["finished"] < len(summary["seeds"]):
        pairs.append(("Finish it", ["genesys", "evolve", "--resume", folder]))
    if summary["best"] is not None:
        pairs.append(("Replay its best champion", ["genesys", "replay", folder]))
    pairs.append(("Look at a single run", ["genesys", "report", str(Path(folder) / f"seed-{summary['seeds'][0]:04d}")]))
    body = [[tag("p", words, class_="soft"), tag("pre", tag("code", shlex.join(command)))] for words, command in pairs]
    return section("Reproduce it", *body, wide=True)
