"""What a tuning found, on standard output."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ..config.seeds import seeds_words
from .results import number, print_lines, print_table, shown
from .study import probability_text
from .terminal import write

BAR = 24  # characters of the longest bar
OBJECTIVES = {
    "curve": "validated fitness, mean over {} generations",
    "final": "validated fitness after {} generations",
}
Fields = Mapping[str, Any]


def print_tuning(summary: Fields) -> None:
    """Write what was tried, what was best, and whether it holds on other seeds. summary: as ``tuning.json`` has it"""
    trials, best, original = summary["trials"], summary["best"], summary["original"]
    print_lines(
        {
            "trials": f"{trials['complete']} complete, {trials['pruned']} pruned, {trials['failed']} failed",
            "objective": OBJECTIVES[summary["objective"]].format(summary["generations"])
            + (", lower is better" if summary["minimise"] else ""),
            "original": f"{number(original['value'])} over {seeds_words(summary['seeds'])}",
            "best": f"{number(best['value'])}, trial {best['trial']}",
        }
    )
    _values(summary)
    if (held_out := summary["held_out"]) is not None:
        _held_out(summary, held_out)
    write("\n")
    print_lines({"verdict": verdict_text(summary), **_next(summary)})


def verdict_text(summary: Fields) -> str:
    """Return in a sentence whether the original stands."""
    held_out = summary["held_out"]
    if held_out is None:
        return "no trial was better than the original, which stands"
    how = f"a run of it does better with a probability of {probability_text(held_out)}"
    if summary["verdict"] == "better":
        return f"the tuned preset is better on the held-out seeds: {how}"
    if summary["verdict"] == "equal":
        return f"the tuned preset is no worse on the held-out seeds, which do not tell the two apart: {how}"
    return f"the tuned settings are not better on the held-out seeds, so the original stands: {how}"


def _next(summary: Fields) -> dict[str, str]:
    lines = {"tuning": summary["tuning"]}
    if summary["preset"] is not None:
        lines["preset"] = summary["preset"]
        lines["use it"] = f"genesys evolve --preset {shlex.quote(str(summary['preset']))}"
    if summary["held_out"] is not None:
        lines["report it"] = f"genesys report {shlex.quote(str(summary['tuning']))}"
    return lines


def _values(summary: Fields) -> None:
    importances = summary["importances"]
    largest = max(importances.values(), default=0.0) or 1.0
    rows = []
    for key in sorted(summary["space"], key=lambda key: (-importances.get(key, 0.0), key)):
        share = importances.get(key)
        bar = "" if share is None else "█" * round(share / largest * BAR)
        rows.append(
            [
                key,
                summary["space"][key],
                shown(summary["original"]["values"][key]),
                shown(summary["best"]["values"][key]),
                "" if share is None else f"{share:.0%}",
                bar,
            ]
        )
    write("\n")
    print_table(["setting", "space", "original", "best", "importance", ""], rows)


def _held_out(summary: Fields, held_out: Fields) -> None:
    rows = []
    for name in ("original", "tuned"):
        found = held_out[name]
        span = f"{number(found['iqm'])} ({number(found['iqm_low'])} to {number(found['iqm_high'])})"
        rows.append([name, span, f"{found['solved']} of {held_out['runs']}"])
    write("\n")
    print_table([seeds_words(summary["held_out_seeds"]), "IQM (95 %)", "solved"], rows)
    write("\n")
    tests = {test["name"]: f"p = {test['p']:.2g}" for test in held_out["tests"]}
    print_lines({"tuned is better (95 %)": probability_text(held_out), **tests})
