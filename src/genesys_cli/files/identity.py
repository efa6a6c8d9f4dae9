"""Which settings decide what a run computes, and which only when it ends and how it is carried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from .. import __version__
from ..config import toml
from ..config.backends import results_of
from ..config.problems import as_user_error
from ..config.schema import CLUSTER, RTL, Settings

RESUMABLE = (
    "neat.generations",
    "run.threads",
    "run.stop_when_solved",
    "run.checkpoint_every",
    "run.keep",
    "run.instances",
    "run.step_timeout",
    "world.pace_hz",
    "cluster.address",
    "cluster.actors",
    "cluster.distribute",
    "cluster.cores",
    "cluster.files",
    "cluster.timeout",
    "rtl.parts",
)
"""Settings that change no bit of any generation, so a resumed run may change them."""


def decisive(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the tables of settings without those of RESUMABLE. Of backends with the same results one is named."""
    tables = {
        table: {key: value for key, value in keys.items() if f"{table}.{key}" not in RESUMABLE}
        for table, keys in settings.tables().items()
        if table not in (CLUSTER, RTL)
    }
    tables["run"]["backend"] = results_of(settings.run.backend)
    return tables


def decisive_toml(settings: Settings) -> str:
    """Return what checkpoints and champions keep of the settings: equal runs write equal files, on any threads."""
    return toml.write({"written_by": {"genesys": __version__}, **decisive(settings)})


def changed(settings: Settings, values: Mapping[str, object]) -> Settings:
    """Return the settings with new values, by key such as ``run.keep``; raises UserError where they cannot be."""
    tables = settings.tables()
    for key, value in values.items():
        table, name = key.split(".")
        tables.setdefault(table, {})[name] = value
    if "cluster.address" in values and values["cluster.address"] is None:
        del tables[CLUSTER]  # what was said of it means nothing any more
    try:
        return Settings.from_tables(tables)
    except ValidationError as error:
        raise as_user_error(error, {}) from None


def value_of(settings: Settings, key: str) -> Any:
    """Return the value of a key such as ``run.keep`` or ``drift.length.to``; None where there is none."""
    found: Any = settings.tables()
    for part in key.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def differences(one: Settings, other: Settings) -> Iterator[str]:
    """Yield each key outside RESUMABLE whose value differs."""
    mine, others = decisive(one), decisive(other)
    for table in {**mine, **others}:  # of two backends one has no chip
        here, there = mine.get(table, {}), others.get(table, {})
        for key in {**here, **there}:
            if _text(here.get(key)) != _text(there.get(key)):
                yield f"{table}.{key}"


def _text(value: Any) -> str:
    """Return a value as files have it: nan is not equal to itself, and 1 is equal to 1.0 and to true."""
    return "none" if value is None else toml.value_text(value)
