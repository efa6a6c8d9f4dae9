"""Settings given as ``KEY=VALUE``, or by a Python program as pairs of key and value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import UserError
from .fields import accepts_none, choices, field_of
from .problems import joined, unknown_key
from .stored import BadValueError, loaded, stored
from .values import parse, setting
from .wrappers import Wrapper, loaded_wrappers, stored_kwargs, stored_wrappers

ENV_KWARGS = "environment.kwargs"
WRAPPERS = "environment.wrappers"

Given = str | tuple[str, Any]
"""A text ``KEY=VALUE``, or a key and a value of Python's."""


def env_kwarg_problem(argument: Given) -> str:
    """Return what is wrong with an environment's argument as such; empty where nothing is."""
    name, equals, _ = _parts(argument)
    if not equals or not name.isidentifier():
        if not isinstance(argument, str):
            return f"env_kwargs: {name!r} is no name of an argument"
        return f"--env-kwarg {argument}: must have the form NAME=VALUE, such as gravity=-5.0 or obs_type=ram"
    return _value_problem(
        f"{ENV_KWARGS}.{name}", argument, "--env-kwarg" if isinstance(argument, str) else "env_kwargs"
    )


def override_problem(override: Given, tables: Iterable[str] | None = None, option: str = "") -> str:
    """Return what is wrong with the form, the key or the value of an override; empty where nothing is.

    tables: a chip's, where it may reach no others; option: where it was given, if that is not --set. Whether the
    setting may have the value is for the schema to say
    """
    key, equals, _ = _parts(override)
    if not equals or not key:
        return f"--set {override}: must have the form KEY=VALUE, such as neat.population=300"
    option = option or option_of(override)
    if field_of(key) is None:
        return unknown_key(key, option)
    if tables is not None and key.partition(".")[0] not in tables:
        return f"--set {key}: is no setting of a chip; those are in the tables {', '.join(tables)}"
    return _value_problem(key, override, option)


def option_of(given: Given) -> str:
    """Return how messages say where an override was given."""
    return "--set" if isinstance(given, str) else "settings"


def _parts(given: Given) -> tuple[str, bool, Any]:
    """Return the key, whether there is a value, and the value: a text, or of Python's."""
    if isinstance(given, str):
        key, equals, text = given.partition("=")
        return key.strip(), bool(equals), text
    return given[0].strip(), True, given[1]


def _value_problem(key: str, given: Given, option: str) -> str:
    value = _parts(given)[2]
    try:
        override_value(key, value) if isinstance(given, str) else _placed(key, value)
    except BadValueError as error:
        shown = f" = {value.strip()[:60]}" if isinstance(given, str) and not error.inside else ""
        return f"{key}{error.inside}{shown} ({option}): {error}"
    return ""


def override_value(key: str, text: str) -> Any:
    """Return the value of ``--set key=text`` as settings hold it; raises BadValueError where it can be none."""
    return _placed(key, parse(text))


def _placed(key: str, value: Any) -> Any:
    """Return what a setting is to be, of a value as Python has it."""
    if key == WRAPPERS:
        return stored_wrappers(value)
    if key == ENV_KWARGS and isinstance(value, Mapping):
        return stored_kwargs(value)
    if key.startswith(f"{ENV_KWARGS}."):
        return stored(value)
    field = field_of(key)
    if (
        value is None
        and field is not None
        and not accepts_none(field.annotation)
        and "none" in choices(field.annotation)
    ):
        return "none"  # which is one of the setting's names
    return setting(value)


def override_for(wanted: str, override: Given) -> Any:
    """Return the value that a sound override gives to a key; None where it gives none."""
    if _parts(override)[0] != wanted or override_problem(override):
        return None
    return _value_of(override)


def put(values: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key. What stands in the way and is not a table is replaced by one."""
    *tables, last = key.split(".")
    for table in tables:
        if not isinstance(values.get(table), dict):
            values[table] = {}
        values = values[table]
    values[last] = value


def env_kwargs_of(arguments: Iterable[str]) -> dict[str, Any]:
    """Return an environment's arguments from ``name=value`` texts; raises UserError where they cannot be."""
    values: dict[str, Any] = {}
    for argument in arguments:
        if problem := env_kwarg_problem(argument):
            raise UserError(problem)
        name, _, text = _parts(argument)
        values[name] = loaded(override_value(f"{ENV_KWARGS}.{name}", text))
    return values


def wrappers_of(entries: Iterable[str]) -> tuple[Wrapper, ...]:
    """Return the wrappers of texts, each ``module:Class`` or a table; raises UserError where they cannot be."""
    found: list[Any] = []
    for entry in entries:
        try:
            found += stored_wrappers(parse(entry)) or []
        except BadValueError as error:
            raise UserError(f"--wrapper {entry}: {error}") from None
    return loaded_wrappers(found)


def settings_of(overrides: Iterable[Given]) -> dict[str, Any]:
    """Return values by key such as ``run.instances``; raises one UserError for all that cannot be."""
    overrides = list(overrides)
    if problems := [problem for override in overrides if (problem := override_problem(override))]:
        raise joined(problems)
    return {_parts(override)[0]: _value_of(override) for override in overrides}


def _value_of(override: Given) -> Any:
    """Return the value of a sound override."""
    key, _, value = _parts(override)
    return override_value(key, value) if isinstance(override, str) else _placed(key, value)


def put_override(values: dict[str, Any], override: Given, inside: str = "") -> str:
    """Set what a sound override says; return the key of the setting that it belongs to. inside: a key around its own"""
    if inside:
        key, _, value = _parts(override)
        override = f"{inside}.{key}={value}" if isinstance(override, str) else (f"{inside}.{key}", value)
    key = _parts(override)[0]
    put(values, key, _value_of(override))
    return ".".join(key.split(".")[:2])
