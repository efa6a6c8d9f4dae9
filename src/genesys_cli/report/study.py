"""A study in words and numbers: for standard output, and for the pages that show the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ..config.seeds import seeds_words
from ..studies.summary import MEASURES, Measure
from .results import hint_lines, needed, number, passed_text, print_lines, print_table, quantity
from .terminal import write

MOST_HINTS = 2
AVERAGES = {"median": "median (95 %)", "iqm": "IQM (95 %)"}
Fields = Mapping[str, Any]


def print_study(summary: Fields) -> None:
    """Write what a study came to. summary: as ``study.json`` has it"""
    print_lines({"runs": runs_text(summary), **solved_lines(summary)})
    header, rows = table_of(summary)
    if rows:
        write("\n")
        print_table(header, rows)
        write("\n")
    lines = {"study": summary["study"]}
    if (best := summary["best"]) is not None:
        lines["best"] = f"seed {best['seed']}, {fitness_text(best['validated_fitness'], summary)}"
        lines["replay it"] = f"genesys replay {shlex.quote(str(best['champion']))}"
        lines["report it"] = f"genesys report {shlex.quote(str(summary['study']))}"
    if lost := lost_text(summary):
        lines["lost"] = lost
    if unfinished := seeds_in(summary, "unfinished", "missing", "failed"):
        lines["unfinished"] = seeds_words(unfinished)
        lines["continue it"] = f"genesys evolve --resume {shlex.quote(str(summary['study']))}"
    print_lines(lines | hint_lines([{"text": hint_text(hint)} for hint in summary.get("hints", ())[:MOST_HINTS]]))


def hint_text(hint: Fields) -> str:
    """Return a hint with the seeds of the runs that got it; of several, what the first of them has to say."""
    seeds = hint["seeds"]
    return f"{seeds_words(seeds)}{', the first' if len(seeds) > 1 else ''}: {hint['text']}"


def seeds_in(summary: Fields, *states: str) -> list[int]:
    """Return the seeds of the runs in one of some states."""
    return [run["seed"] for run in summary["runs"] if run["state"] in states]


def runs_text(summary: Fields) -> str:
    """Return how many runs there are, and which."""
    seeds = summary["seeds"]
    finished = summary["finished"]
    text = f"{len(seeds)}, {seeds_words(seeds)}"
    if finished == len(seeds):
        return text
    failed = f", {len(summary['failed'])} failed" if summary["failed"] else ""
    return f"{text}; {finished} at their end{failed}"


def lost_text(summary: Fields) -> str:
    """Return how many actors of a cluster were lost while they carried out runs; empty where none was."""
    lost = summary.get("lost", ())
    if not lost:
        return ""
    seeds = sorted({one["seed"] for one in lost})
    return f"{len(lost)} actor{'s'[: len(lost) != 1]}, at runs of {seeds_words(seeds)}; see faults.jsonl in the study"


def solved_lines(summary: Fields) -> dict[str, str]:
    """Return how many runs were solved; nothing where none could be."""
    if summary["solved"] is None or not summary["finished"]:
        return {}
    lines = {"solved": f"{summary['solved']} of {summary['finished']}, {rate_text(summary)}"}
    if summary["solved_at"] is not None:
        lines["needed"] = needed(summary)
    return lines


def rate_text(summary: Fields) -> str:
    """Return the share of solved runs with its interval, such as ``90 % (70 % to 97 %)``."""
    value, low, high = (f"{summary['solved_rate'][key]:.0%}".replace("%", " %") for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def table_of(summary: Fields) -> tuple[list[str], list[list[str]]]:
    """Return a header, and a row for each measure."""
    rows = []
    for measure in MEASURES:
        found = summary["measures"][measure.name]
        if found is not None:
            rows.append([title_of(measure, summary), *(average_text(measure, found, name) for name in AVERAGES)])
    return ["", *AVERAGES.values()], rows


def title_of(measure: Measure, summary: Fields) -> str:
    """Return what a measure is called in a study."""
    if measure.until and summary["solved"] is not None:
        return f"{measure.title} to solve"
    return measure.title


def average_text(measure: Measure, found: Fields, name: str) -> str:
    """Return an average with its interval, such as ``≥ 12 (9.5 to ≥ 30)``; of one run there is none."""
    value, *ends = (
        ("≥ " if f"{name}{end}" in found["at_least"] else "") + value_text(measure, found[f"{name}{end}"])
        for end in ("", "_low", "_high")
        if found[f"{name}{end}"] is not None
    )
    return f"{value} ({' to '.join(ends)})" if ends else value


def probability_text(found: Fields) -> str:
    """Return a probability with its interval, such as ``83 % (70 % to 93 %)``."""
    value, low, high = (
        f"{found[key]:.0%}".replace("%", " %") for key in ("probability", "probability_low", "probability_high")
    )
    return f"{value} ({low} to {high})"


def value_text(measure: Measure, value: float) -> str:
    """Return a value of a measure in few characters."""
    return quantity(value, "s") if measure.name == "wall_time_s" else number(value)


def fitness_text(value: float, summary: Fields) -> str:
    """Return a validated fitness, with what it is of where that is a validation of the environment's own."""
    return number(value) if summary["validation"] is None else f"{summary['validation']}: {passed_text(value, None)}"


def note_on(summary: Fields) -> str:
    """Return what has to be known to read the table."""
    words = "95 % intervals: percentile bootstrap over the seeds, and Wilson's for the share that is solved. "
    words += "IQM: mean of the middle half."
    if summary["solved"] is not None and any(run["solved"] is False for run in summary["runs"]):
        words += " Runs that were not solved count at their full length; ≥ marks what depends on them."
    return words
