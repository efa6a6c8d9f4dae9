"""Sections on what a run was: its settings, how to run it again, what ran it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...config.fields import describe
from ...config.schema import ALL_TABLES, CHIP_TABLES, DRIFT, Settings
from ...config.toml import value_text
from ...inspection.overview import Overview
from .markup import Markup, table, tag
from .page import facts, folded, section

MISSING = object()  # the value of a setting that a run does not have


class Set(NamedTuple):
    """A setting of a run. default: None where it has none"""

    key: str
    value: Any
    default: Any
    meaning: str

    @property
    def differs(self) -> bool:
        return bool(self.value != self.default)


def all_settings(settings: Settings) -> list[Set]:
    """Return every setting of a run, in the order of the schema; each thing that drifts is one."""
    tables = settings.tables()
    known = describe({name: table for name, table in ALL_TABLES.items() if name in tables})
    found = []
    for key in known:
        name, _, last = key.key.partition(".")
        found.append(Set(key.key, tables[name].get(last, key.default), key.default, key.description))
    for name, value in tables.get(DRIFT, {}).items():
        found.append(Set(f"{DRIFT}.{name}", value, None, "How it changes over the generations."))
    return found


def as_text(value: Any) -> str:
    return "none" if value is None else value_text(value)


def settings(known: Settings) -> Markup:
    every = all_settings(known)
    changed = [one for one in every if one.differs and one.key != "environment.id"]  # which the head says
    rows = [(_code(one.key), _code(as_text(one.value)), _code(as_text(one.default)), one.meaning) for one in changed]
    all_rows = [(_code(one.key), _code(as_text(one.value)), one.meaning) for one in every]
    return section(
        "Settings",
        table(("key", "value", "default", "meaning"), rows, stacked=True),
        folded(f"All {len(every)} settings", table(("key", "value", "meaning"), all_rows, stacked=True)),
        wide=True,
        about=f"{len(changed)} of {len(every)} differ from the defaults.",
    )


def again(run: Overview) -> Markup:
    """Return the commands that lead here once more."""
    folder = run.facts["run_dir"]
    pairs = [("Repeat it, bit for bit", ["genesys", "evolve", "--preset", f"{folder}/config.toml"])]
    if not run.facts["ended"]:
        pairs.append(("Resume it", ["genesys", "evolve", "--resume", folder]))
    if run.champion is not None:
        replay = ["genesys", "replay", str(run.champion.origin)]
        pairs.append(("Replay its champion", replay))
        if run.settings.data.file is None and run.settings.problem.function is None:
            pairs.append(("Watch it", [*replay, "--render", "window", "--episodes", "3"]))
    pairs.append(("Inspect it", ["genesys", "inspect", folder]))
    typed = run.around.get("command")
    if isinstance(typed, list):
        pairs.insert(0, ("The command", [str(word) for word in typed]))
    body = [[tag("p", words, class_="soft"), tag("pre", tag("code", shlex.join(command)))] for words, command in pairs]
    return section("Reproduce it", *body)


def origin(run: Overview) -> Markup:
    around = run.around
    packages = around.get("packages")
    versions = {"genesys": around.get("genesys"), "Python": around.get("python")}
    versions |= packages if isinstance(packages, dict) else {}
    pairs: list[tuple[str, Any]] = [("run folder", _code(run.facts["run_dir"])), ("started", around.get("started"))]
    pairs += [("begins with", ", ".join(run.facts.get("start", [])) or None)]
    pairs += versions.items()
    pairs += [("system", around.get("platform")), ("processor", around.get("processor"))]
    pairs += [("cores", around.get("cores")), ("host", around.get("host"))]
    known = [(name, value) for name, value in pairs if value is not None]
    return section("Versions and host", facts(known), wide=True)


def hints(found: Sequence[Mapping[str, Any]]) -> Markup | None:
    """Return what the end of a run, or of the runs of a study, said of what was lacking."""
    if not found:
        return None
    pairs = [[tag("h3", _code(hint["key"])), tag("p", hint["text"])] for hint in found]
    return section("Hints", *pairs, wide=True)


def faults(run: Overview) -> Markup | None:
    found = run.facts["faults"]
    if not found:
        return None
    rows = [(kind, seen["count"], seen["first"]) for kind, seen in found.items()]
    about = "An episode whose environment failed is played once more; if it fails again the genome has no fitness. "
    where = f"{run.facts['run_dir']}/faults.jsonl names genome, seed and step of each."
    return section("Faults", table(("kind", "times", "the first"), rows, numeric=(1,)), wide=True, about=about + where)


def _code(text: str) -> Markup:
    return tag("code", text)


def differing(known: Sequence[Settings], but: Sequence[str]) -> list[str]:
    """Return the keys whose values are not the same in all settings that have them. but: keys that do not count

    Only a run on the chip has the chip's settings; one that software lacks is no difference.
    """
    tables = [{one.key: one.value for one in all_settings(settings)} for settings in known]
    keys = dict.fromkeys(key for found in tables for key in found)
    return [key for key in keys if key not in but and _differs([found.get(key, MISSING) for found in tables], key)]


def _differs(values: list[Any], key: str) -> bool:
    if key.partition(".")[0] in CHIP_TABLES:
        values = [value for value in values if value is not MISSING]
    return any(value != values[0] for value in values[1:])
