"""The page of several studies of one environment: their curves together, and the first compared with each other one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...config.seeds import seeds_words
from ...files.identity import RESUMABLE
from ...studies.compare import apart
from ...studies.summary import MEASURES, Survey
from ..study import average_text, probability_text, title_of
from . import record
from .markup import Markup, table, tag
from .page import note, page, section, tile, tiles
from .study import curves_of, rate_words, runs_of, solved_text

Fields = Mapping[str, Any]
ENDS = ("neat.generations", "run.stop_when_solved")  # when a run ends, which its results depend on here
IRRELEVANT = ("run.seed", *(key for key in RESUMABLE if key not in ENDS))


def studies_page(surveys: Sequence[Survey], comparisons: Sequence[Fields], place: Path) -> str:
    """Return the page of several studies of one environment. comparisons: of the first with each of the others"""
    env = surveys[0].summary["env"]
    names = names_of(surveys)
    head = tag(
        "header", tag("p", f"{len(surveys)} studies compared", class_="over"), tag("h1", env), tag("p", class_="soft")
    )
    found = [
        tile(f"{name}: solved", solved_text(survey.summary), rate_words(survey.summary))
        for name, survey in zip(names, surveys, strict=True)
        if survey.summary["solved"] is not None
    ]
    cards: list[object] = []
    if any(run.rows for survey in surveys for run in survey.outcomes):
        cards += curves_of(surveys, names)
    for comparison, (other, name) in zip(comparisons, list(zip(surveys, names, strict=True))[1:], strict=True):
        cards.append(_compared(surveys[0], other, (names[0], name), comparison))
    cards.append(_differences(surveys, names))
    for survey, name in zip(surveys, names, strict=True):
        cards.append(runs_of(survey, place, name))
    return page(f"{env}: {', '.join(names)} compared", head, tiles(found), tag("div", cards, class_="cards"))


def names_of(surveys: Sequence[Survey]) -> list[str]:
    """Return short names of studies: of their folders, or the paths where those are alike."""
    names = [survey.path.resolve().name for survey in surveys]
    return names if len(set(names)) == len(names) else [str(survey.path) for survey in surveys]


def sentence(comparison: Fields, names: tuple[str, str], measure: str, title: str) -> str:
    """Return in words whether one study's runs are better than another's."""
    found = comparison["measures"][measure]
    low, high = found["probability_low"], found["probability_high"]
    a, b = names
    how = f"{found['probability']:.0%} ({low:.0%} to {high:.0%})".replace("%", " %")
    if apart(found):
        better, worse = (b, a) if low > 0.5 else (a, b)
        verdict = f"runs of {better} are better than those of {worse}"
    else:
        verdict = f"these runs do not tell {a} and {b} apart"
    return f"By {title}, {verdict}: a run of {b} is the better one with a probability of {how}."


def _compared(one: Survey, other: Survey, names: tuple[str, str], comparison: Fields) -> Markup:
    """Return the table of two studies, with what tests say of their difference."""
    a, b = names
    header = ("measure", f"{a}: IQM (95 %)", f"{b}: IQM (95 %)", f"{b} is better (95 %)", "p")
    rows: list[tuple[object, ...]] = []
    said = []
    for measure in MEASURES:
        mine, theirs = (survey.summary["measures"][measure.name] for survey in (one, other))
        if mine is None or theirs is None:
            continue
        found = comparison["measures"].get(measure.name)
        cells = [title_of(measure, one.summary), *(average_text(measure, each, "iqm") for each in (mine, theirs))]
        if found is None:
            rows.append((*cells, "-", "-"))
            continue
        rows.append((*cells, probability_text(found), [tag("div", p_text(test)) for test in found["tests"]]))
        if measure.name in ("generations", "validated_fitness"):
            said.append(tag("p", sentence(comparison, names, measure.name, title_of(measure, one.summary))))
    paired = any(found["paired"] for found in comparison["measures"].values())
    about = f"{b} is better: the probability that a run of {b} does better than one of {a}, plus half of that for "
    about += "equals, with its bootstrap interval. p: how often chance alone makes a difference as large."
    if paired:
        about += " Both have the same seeds, so the bootstrap draws both runs of a seed, and Wilcoxon's test is paired."
    body = [*said, table(header, rows, numeric=(1, 2, 3)), *(note(one) for one in comparison["notes"])]
    return section(f"{a} and {b}", *body, wide=True, about=about)


def p_text(test: Fields) -> str:
    """Return the outcome of a test, such as ``0.012, Mann–Whitney U, exact``."""
    p = test["p"]
    return f"{'< 0.0001' if p < 1e-4 else f'{p:.2g}'}, {test['name']}"


def _differences(surveys: Sequence[Survey], names: Sequence[str]) -> Markup:
    keys = record.differing([survey.study.settings for survey in surveys], IRRELEVANT)
    tables = [{one.key: one.value for one in record.all_settings(survey.study.settings)} for survey in surveys]
    rows = [
        (tag("code", key), *(tag("code", record.as_text(found[key])) if key in found else "-" for found in tables))
        for key in keys
    ]
    rows.append(("seeds", *(seeds_words(survey.study.seeds) for survey in surveys)))
    rows.append(("folder", *(tag("code", survey.summary["study"]) for survey in surveys)))
    return section("What differs", table(("setting", *names), rows), wide=True)
