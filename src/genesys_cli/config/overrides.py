"""Settings given as ``KEY=VALUE``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import UserError
from . import toml
from .problems import joined, unknown_key
from .schema import accepts_none, field_of

ENV_KWARGS = "environment.kwargs"


def env_kwarg_problem(argument: str) -> str:
    """Return what is wrong with the form of an environment's argument; empty where nothing is."""
    name, equals, _ = argument.partition("=")
    if not equals or not name.strip().isidentifier():
        return f"--env-kwarg {argument}: must have the form NAME=VALUE, such as gravity=-5.0 or obs_type=ram"
    return ""


def override_problem(override: str, tables: Iterable[str] | None = None) -> str:
    """Return what is wrong with the form or the key of an override; empty where nothing is.

    tables: a chip's, where it may reach no others
    """
    key, equals, _ = override.partition("=")
    key = key.strip()
    if not equals or not key:
        return f"--set {override}: must have the form KEY=VALUE, such as neat.population=300"
    if field_of(key) is None:
        return unknown_key(key, "--set")
    if tables is not None and key.partition(".")[0] not in tables:
        return f"--set {key}: is no setting of a chip; those are in the tables {', '.join(tables)}"
    return ""


def override_value(key: str, text: str) -> Any:
    """Return the value of ``--set key=text``: TOML where it is TOML, None for the word where the key allows it."""
    field = field_of(key)
    if text.lower() == "none" and field is not None and accepts_none(field.annotation):
        return None
    try:
        document = toml.parse(f"value = {text}")
    except toml.TOMLDecodeError:
        return text
    return document["value"] if len(document) == 1 else text


def put(values: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key. What stands in the way and is not a table is replaced by one."""
    *tables, last = key.split(".")
    for table in tables:
        if not isinstance(values.get(table), dict):
            values[table] = {}
        values = values[table]
    values[last] = value


def env_kwargs_of(arguments: Iterable[str]) -> dict[str, Any]:
    """Return an environment's arguments from ``name=value`` texts; raises UserError for one without that form."""
    values: dict[str, Any] = {}
    for argument in arguments:
        if problem := env_kwarg_problem(argument):
            raise UserError(problem)
        name, _, text = argument.partition("=")
        values[name.strip()] = override_value(f"{ENV_KWARGS}.{name.strip()}", text.strip())
    return values


def settings_of(overrides: Iterable[str]) -> dict[str, Any]:
    """Return values by key such as ``run.instances`` from ``key=value`` texts; raises one UserError for all."""
    overrides = list(overrides)
    if problems := [problem for override in overrides if (problem := override_problem(override))]:
        raise joined(problems)
    keys = [override.partition("=")[0].strip() for override in overrides]
    values = [override.partition("=")[2].strip() for override in overrides]
    return {key: override_value(key, text) for key, text in zip(keys, values, strict=True)}


def put_override(values: dict[str, Any], override: str) -> str:
    """Set what a sound override says; return the key of the setting that it belongs to."""
    key, _, text = override.partition("=")
    key = key.strip()
    put(values, key, override_value(key, text.strip()))
    return ".".join(key.split(".")[:2])
