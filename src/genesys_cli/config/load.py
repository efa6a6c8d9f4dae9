"""From presets, overrides and flags to settings. What comes later wins: default, preset, ``--set``, flag."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .. import __version__
from ..errors import UserError
from . import toml
from .presets import ABOUT, Preset, find_preset, read_preset
from .problems import as_user_error, joined, unknown_key
from .schema import TABLES, Settings, accepts_none, field_of


def load_settings(
    preset: str | Path | None = None,
    env: str | None = None,
    overrides: Sequence[str] = (),
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """Return the checked settings of a run; raises one :class:`UserError` that lists every problem.

    preset: shipped name or TOML file; None: the shipped one of the environment, if there is one
    env: environment, in any spelling; None: the preset's
    overrides: ``table.key=value``, the value in TOML or a bare word
    flags: values by key (``neat.population``); those that are None were not given
    """
    chosen = read_preset(preset) if preset is not None else find_preset(env or "CartPole")
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if chosen is not None:
        values = copy.deepcopy(chosen.tables)
        origins = {
            f"{table}.{key}": f"in {chosen.path.name}"
            for table, keys in values.items()
            if isinstance(keys, dict)
            for key in keys
        }
    if env is not None:
        _put(values, "environment.id", _environment_id(env, chosen))
    problems = []
    for override in overrides:
        key, equals, text = override.partition("=")
        key = key.strip()
        if not equals or not key:
            problems.append(f"--set {override}: must have the form KEY=VALUE, such as neat.population=300")
        elif field_of(key) is None:
            problems.append(unknown_key(key, "--set"))
        else:
            _put(values, key, override_value(key, text.strip()))
            origins[".".join(key.split(".")[:2])] = "--set"
    for key, value in (flags or {}).items():
        if value is not None:
            _put(values, key, value)
            origins.pop(key, None)
    return _checked(values, origins, problems)


def settings_from_toml(text: str, origin: str = "") -> Settings:
    """Return the settings of a document such as :func:`to_toml` writes.

    origin: how messages call the document, such as ``in config.toml``
    """
    try:
        document = toml.parse(text)
    except toml.TOMLDecodeError as error:
        raise UserError(f"the settings{f' {origin}' if origin else ''} are not valid TOML: {error}") from None
    values = {key: value for key, value in document.items() if key not in ABOUT}
    keys = [f"{table}.{key}" for table, found in values.items() if isinstance(found, dict) for key in found]
    return _checked(values, dict.fromkeys(keys, origin), [])


def to_toml(settings: Settings) -> str:
    """Return every setting, resolved, with the version that wrote it; keys that are none are left out."""
    return toml.write({"written_by": {"genesys": __version__}, **settings.model_dump()})


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


def _environment_id(env: str, preset: Preset | None) -> str:
    """Return the preset's id where `env` is a short or differently spelled name of the same environment."""
    tables = preset.tables.get("environment", {}) if preset else {}
    known = tables.get("id") if isinstance(tables, dict) else None
    if not isinstance(known, str):
        return env
    return known if env.lower() in (known.lower(), known.rpartition("-v")[0].lower()) else env


def _put(values: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key. What stands in the way and is not a table is replaced by one."""
    *tables, last = key.split(".")
    for table in tables:
        if not isinstance(values.get(table), dict):
            values[table] = {}
        values = values[table]
    values[last] = value


def _checked(values: dict[str, Any], origins: Mapping[str, str], problems: list[str]) -> Settings:
    """Return the settings, or raise all problems: those found before and the schema's."""
    problems = problems + [unknown_key(table) for table in values if table not in TABLES]
    known = {table: found for table, found in values.items() if table in TABLES}
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        lines = str(as_user_error(error, origins)).splitlines()
        problems += [line.strip() for line in (lines[1:] if len(lines) > 1 else lines)]
    if problems:
        raise joined(problems) from None
    return settings
