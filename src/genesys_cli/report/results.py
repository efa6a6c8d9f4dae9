"""Results on standard output: one JSON object for scripts, aligned text for people."""

from __future__ import annotations

import dataclasses
import json
import math
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from ..config.problem import MATCH
from ..errors import one_line
from ..evolution.goal import Goal
from ..files.storage import plain
from .terminal import Terminal, write
from .units import units_of

# Wide enough that nothing wraps where no terminal sets a width: a file or a pipe gets one line a row.
UNWRAPPED = 10_000
PREFIXES = "pnµm kMGT"
NONE = "-"
SCHEMA = 2  # of JSON output: changes when a key goes away or changes its meaning


def stdout_console() -> Terminal:
    return Terminal(sys.stdout, None if sys.stdout.isatty() else UNWRAPPED)


def as_dict(result: Any) -> dict[str, Any]:
    """Return the fields of a result: a mapping, a dataclass or a named tuple."""
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return dataclasses.asdict(result)
    return dict(result._asdict() if hasattr(result, "_asdict") else result)


def print_json(result: Any) -> None:
    """Write one JSON object and nothing else. Paths become text, numbers plain ones, what is not finite null.

    Its first key is ``schema``, unless a command numbers its own.
    """
    write(
        json.dumps({"schema": SCHEMA, **plain(as_dict(result))}, indent=2, allow_nan=False).replace("\x7f", "\\u007f")
        + "\n"
    )


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]], whole: int = 0) -> None:
    """Write a table, folded to the terminal's width. whole: how many of the first columns are not folded"""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for k, name in enumerate(header):
        table.add_column(name, overflow="fold", no_wrap=k < whole)
    for row in rows:
        table.add_row(*(Text(one_line(shown(cell))) for cell in row))
    stdout_console().print(table)


def print_lines(pairs: Mapping[str, str]) -> None:
    """Write label and value, a line each, never wrapped, so that paths and commands can be copied."""
    console = stdout_console()
    width = max(map(len, pairs)) + 2
    for label, value in pairs.items():
        console.print(Text.assemble((f"{one_line(label):<{width}}", "bold"), one_line(value)), soft_wrap=True)


def print_summary(summary: Any) -> None:
    """Write how a run ended: ``summary.json``'s fields, or the object that holds them."""
    s = as_dict(summary)
    threshold = "" if s["solved_at"] is None else f" (needed: {needed(s)})"
    lines = {
        "solved": ("yes" if s["solved"] else "no") + threshold,
        "generations": str(s["generations"]),
        **_island_lines(s),
        units_of(s).steps: f"{number(s['env_steps'])}, {number(s['env_steps_per_s'])} a second",
        "wall time": f"{s['wall_time_s']:.2f} s",
        "run": str(s["run_dir"]),
    }
    if s["champion"] is not None:
        lines["champion"] = f"{judged_text(s)}, {number(s['best_fitness'])} in training"
        lines |= _score_lines(s.get("data"))
        nodes, conns = s["champion_nodes"], s["champion_conns"]
        lines["network"] = f"{nodes} node{'s'[: nodes != 1]}, {conns} connection{'s'[: conns != 1]}"
        lines["replay it"] = f"genesys replay {shlex.quote(str(s['champion']))}"
    elif note := s.get("note"):
        lines["fitness"] = f"none: {note}"
    if s.get("repeatable") is False:
        lines["repeatable"] = "no: see repeatable_note in summary.json"
    if drift := s.get("drift"):
        recovered = sum(event["recovered_generation"] is not None for event in drift)
        lines["shifts"] = f"{len(drift)}, recovered from {recovered}"
        lines["inspect it"] = f"genesys inspect {shlex.quote(str(s['run_dir']))}"
    print_lines(lines | fault_lines(s.get("faults", {})) | hint_lines(s.get("hints", ())))


def _island_lines(s: Mapping[str, Any]) -> dict[str, str]:
    """Return a line for islands, where there were several."""
    if (islands := s.get("islands")) is None:
        return {}
    moved = s["migrations"]
    migrants = f"{number(moved)} migrant{'s'[: moved != 1]}"
    return {"islands": f"{len(islands)}, {migrants}; the champion is of island {s['island']}"}


def judged_text(facts: Mapping[str, Any]) -> str:
    """Return how good a champion was found to be. facts: with the fields of ``summary.json`` about its validation"""
    score, episodes = number(facts["validated_fitness"]), facts["validation_episodes"]
    if (name := facts.get("validation")) is not None:
        return f"{name}: {passed_text(facts['validated_fitness'], episodes)}"
    if (data := facts.get("data")) is not None:
        rows = (
            f"{episodes} held-out row{'' if episodes == 1 else 's'}"
            if data["held_out_rows"]
            else f"the {episodes} rows that it trained on"
        )
        return f"{data['loss']} {score} ± {number(facts['validated_std'])} over {rows}"
    if (problem := facts.get("problem")) is not None and not problem["seeded"]:
        return f"{score} against earlier champions" if problem["call"] == MATCH else score
    where = f"{score} ± {number(facts['validated_std'])} over {episodes} held-out {units_of(facts).episodes}"
    return f"{where}, against earlier champions" if problem is not None and problem["call"] == MATCH else where


def _score_lines(data: Mapping[str, Any] | None) -> dict[str, str]:
    """Return a line for the scores of predictions, where a table was learnt."""
    scores = (data or {}).get("scores", {})
    words = [f"{key.replace('_', ' ')} {number(value)}" for key, value in scores.items()]
    return {"scores": ", ".join(words)} if words else {}


def passed_text(score: float, starts: int | None) -> str:
    """Return a score in trials, such as ``286 of 625 starts``. starts: how many there are, None: not known"""
    return f"{score:g} starts" if starts is None else f"{score:g} of {starts} start{'s'[: starts != 1]}"


STOPS = {"champion": "", "best": " by the best genome in training", "mean": " by the population's mean in training"}


def needed(facts: Mapping[str, Any]) -> str:
    """Return what solves the task, such as ``475`` or ``0.1 or less``. facts: with ``solved_at``, and more"""
    less = " or less" if facts.get("minimise") else ""
    return f"{number(facts['solved_at'])}{less}{STOPS[facts.get('stop_on', 'champion')]}"


def solved_words(goal: Goal) -> str:
    """Return what a chart says of the threshold, such as ``solved at 475``."""
    return "solved at " + needed({"solved_at": goal.threshold, "minimise": goal.minimise, "stop_on": goal.stop_on})


def fault_lines(faults: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return a line for each kind of fault that environments had."""
    return {f"fault: {kind}": f"{times(found['count'])}, the first: {found['first']}" for kind, found in faults.items()}


def hint_lines(hints: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return a line for each hint that a run got."""
    return {"hint" if k == 0 else f"hint {k + 1}": hint["text"] for k, hint in enumerate(hints)}


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def drift_table(events: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return a header, and a row for each environment shift."""
    header = ["generation", "change", "before", "frozen", "level", "after", "recovered in", "env steps"]
    on_chip = any(event.get("recovery_energy_j") is not None for event in events)
    return [*header, "energy"] if on_chip else header, [_drift_row(event, on_chip) for event in events]


def _drift_row(event: Mapping[str, Any], on_chip: bool) -> list[str]:
    """Return an environment shift as a row of a table. on_chip: with energy of the chip"""
    first, settled, taken = event["generation"], event["settled"], event["recovery_generations"]
    recovered = "not" if taken is None else "at once" if taken == 0 else f"{taken} generation{'s'[: taken > 1]}"
    return [
        str(first) if first == settled else f"{first} to {settled}",
        changes_text(event),
        *(number(event[key]) for key in ("before", "frozen", "recovered_level", "after")),
        recovered,
        "" if taken is None else number(event["recovery_env_steps"]),
        *([""] if on_chip and taken is None else [quantity(event["recovery_energy_j"], "J")] if on_chip else []),
    ]


def changes_text(event: Mapping[str, Any], separator: str = ", ") -> str:
    """Return what changed, such as ``length 0.5 → 1.5``."""
    return separator.join(
        f"{change['name'].replace('_', ' ')} {change['from']:.3g} → {change['to']:.3g}" for change in event["changes"]
    )


def print_replay(result: Any) -> None:
    """Write what a replayed network scored: every field that is one value, its film, and its episodes if several.

    Where an episode has another return than was stored, both are counted and the note is written below.
    """
    fields = as_dict(result)
    repeats, note, _ = (fields.pop(name, None) for name in ("repeats", "note", "first_difference"))
    lines = dict(line.split(": ", 1) for line in scalar_lines(fields))
    if differing := fields.get("differing_episodes"):
        same = "yes, but" if fields["same_episodes_as_stored"] else "some, and"
        lines["same episodes as stored"] = f"{same} {len(differing)} with another return"
    elif repeats and not fields["same_episodes_as_stored"]:
        lines["same episodes as stored"] = "some, with the same returns"
    lines.pop("validation", None)
    if (judged := fields.get("validation")) is not None:
        passed = passed_text(judged["score"], judged["starts"])
        lines[judged["name"]] = f"{passed} (needed: {judged['needed']:g})"
    if film := fields.get("film"):
        lines["film"] = film_text(film)
    print_lines(lines)
    episodes = fields.get("episode_list", [])
    if len(episodes) > 1:
        write("\n")
        rows = [[entry[key] for key in ("episode", "seed", "return", "steps", "ended")] for entry in episodes]
        print_table(["episode", "seed", "return", "steps", "ended"], rows)
    if note:
        write(f"\n{note}\n")


def film_text(film: Mapping[str, Any]) -> str:
    """Return what a film is, in one line."""
    size = quantity(film["bytes"], "B")
    whole = "" if film["complete"] else ", which is not all: --max-seconds makes it longer"
    return (
        f"{film['file']}: {film['seconds']:.3g} s, {film['pictures']} pictures of {film['width']} × {film['height']}, "
        f"{size}{whole}"
    )


def scalar_lines(fields: Mapping[str, Any]) -> list[str]:
    """Return ``name: value`` for each field that is neither a table nor a list."""
    return [
        f"{key.replace('_', ' ')}: {shown(value)}"
        for key, value in fields.items()
        if not isinstance(value, Mapping | list | tuple)
    ]


def shown(value: object) -> str:
    """Return a value as a person writes it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, float):
        return "none" if math.isnan(value) else f"{value:.6g}"
    return str(value)


def number(value: float | None) -> str:
    """Return a number in few characters: 12, 475.3, 12.3 k, 4.56 M."""
    if value is None or math.isnan(value):
        return "none"
    if abs(value) >= 1e15:
        return f"{value:.4g}"
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e4)):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):.3g} {unit}"
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def quantity(value: float | None, unit: str, digits: int | None = None) -> str:
    """Return a number in few characters: 2.19 ms, 575 µJ; without a unit 81k. digits: significant ones, 3 or 2"""
    if value is None or not math.isfinite(value):
        return NONE
    digits = digits or (3 if unit else 2)
    if value == 0:
        return f"0 {unit}".strip()
    value = float(f"{value:.{digits}g}")
    step = min(max(math.floor(math.log10(abs(value)) / 3 + 1e-9), -4), 4)
    if not unit and step < 0:
        return f"{value:.{digits}g}"
    number = f"{value / 1000.0**step:.{digits}g}"
    if "e" in number:
        number = f"{value / 1000.0**step:.0f}"
    prefix = PREFIXES[step + 4].strip()
    return f"{number} {prefix}{unit}" if unit else f"{number}{prefix}"
