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
from .backends import backend_names, is_backend, kind_of
from .chips import checked_chip, origins_of, read_chip
from .overrides import (
    ENV_KWARGS,
    Given,
    env_kwarg_problem,
    option_of,
    override_for,
    override_problem,
    put,
    put_override,
)
from .paths import forget_found, settle_paths
from .presets import ABOUT, Preset, find_preset, preset_note, read_preset
from .problem import ZOO
from .problems import as_user_error, joined, problem_lines, unknown_key
from .schema import (
    ALL_TABLES,
    CHIP_TABLES,
    DATA,
    DRIFT,
    PROBLEM,
    REFINE,
    RTL,
    TABLES,
    ChipSettings,
    RunSettings,
    Settings,
)
from .values import setting


def load_settings(
    preset: str | Path | None = None,
    env: str | None = None,
    overrides: Sequence[Given] = (),
    flags: Mapping[str, object] | None = None,
    chip: str | Path | None = None,
    env_kwargs: Sequence[Given] = (),
    *,
    with_chip: bool = False,
) -> Settings:
    """Return the checked settings of a run; raises one :class:`UserError` that lists every problem.

    preset: shipped name or TOML file; None: the shipped one of the environment, if there is one
    env: environment, in any spelling; None: the preset's
    overrides: ``table.key=value``, see :func:`~genesys_cli.config.values.parse`, or pairs of key and value
    flags: values by key (``neat.population``); those that are None were not given
    env_kwargs: ``name=value`` or pairs, arguments of the environment beside the preset's, which they override
    chip: shipped name or TOML file, in place of the preset's chip; for a backend that emulates one
    with_chip: keep the settings of a chip whatever the backend
    """
    learnt, function = (_given(key, overrides, flags or {}) for key in ("data.file", "problem.function"))
    chosen = read_preset(preset) if preset is not None else _preset_of(env, overrides, learnt, function)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if chosen is not None:
        values = copy.deepcopy(chosen.tables)
        origins = origins_of(values, chosen.path.name)
        settle_paths(values, chosen.path.parent)
    forget_found(values, learnt, function)
    problems = []
    if chip is not None:
        file = read_chip(chip)
        values = {table: keys for table, keys in values.items() if table not in CHIP_TABLES} | file.tables
        origins |= origins_of(file.tables, file.path.name)
        problems += file.problems
    if env is not None:
        put(values, "environment.id", _environment_id(env, chosen))
    of_chip = ["--chip"] if chip is not None else []
    of_rtl = ["--rtl-parts"] if (flags or {}).get("rtl.parts") is not None else []
    for override in overrides:
        if line := override_problem(override):
            problems.append(line)
            continue
        key = put_override(values, override)
        origins[key] = option_of(override)
        if key.partition(".")[0] in CHIP_TABLES:
            of_chip.append(f"--set {key}")
        if key.partition(".")[0] == RTL:
            of_rtl.append(f"--set {key}")
    for argument in env_kwargs:
        if line := env_kwarg_problem(argument):
            problems.append(line)
            continue
        origins[put_override(values, argument, ENV_KWARGS)] = (
            "--env-kwarg" if isinstance(argument, str) else "env_kwargs"
        )
    for key, value in (flags or {}).items():
        if value is not None:
            put(values, key, setting(value))
            origins.pop(key, None)
    settle_paths(values, Path())
    problems += _several(env, values)
    backend = _backend(values)
    if chosen is not None and _cannot_refine(backend) and values.get(REFINE) == chosen.tables.get(REFINE):
        values.pop(REFINE, None)
    if of_chip and not with_chip and is_backend(backend) and not kind_of(backend).emulates_chip:
        having = [name for name in backend_names() if kind_of(name).emulates_chip]
        problems.append(
            f"{', '.join(of_chip)}: only the backend {' or '.join(map(repr, having))} has a chip, but run.backend is "
            f"{backend!r}; add --backend {having[0]}, or leave it out"
        )
    if of_rtl and is_backend(backend) and not kind_of(backend).simulates_rtl:
        problems.append(
            f"{', '.join(of_rtl)}: only the backend 'rtl' simulates RTL, but run.backend is {backend!r}; add --backend "
            "rtl, or leave it out"
        )
    return _checked(values, origins, problems, with_chip=with_chip)


def settings_from_toml(text: str, origin: str = "") -> Settings:
    """Return the settings of a document such as :func:`to_toml` writes.

    origin: how messages call the document, such as ``in config.toml``
    """
    try:
        document = toml.parse(text)
    except toml.TOMLDecodeError as error:
        raise UserError(f"the settings{f' {origin}' if origin else ''} are not valid TOML: {error}") from None
    values = {key: value for key, value in document.items() if key not in ABOUT}
    return _checked(values, dict.fromkeys(origins_of(values, ""), origin), [])


def to_toml(settings: Settings) -> str:
    """Return every setting, resolved, with the version that wrote it; keys that are none are left out."""
    return toml.write({"written_by": {"genesys": __version__}, **settings.tables()})


def note_on_preset(
    preset: str | Path | None, env: str | None, overrides: Sequence[Given] = (), settings: Settings | None = None
) -> str:
    """Return what a run has to say of the preset that :func:`load_settings` takes; mostly nothing.

    settings: that were loaded with it; raises :class:`UserError` where a preset for tables or functions has none, since
        an environment would be evolved with what suits another kind of problem
    """
    named = _named(env, overrides)
    chosen = find_preset(named) if preset is None else read_preset(preset)
    notes = []
    if preset is None:
        notes.append(preset_note(named, chosen))
    elif chosen is not None and settings is not None:
        name = chosen.name.lower()
        if name == DATA and settings.data.file is None:
            raise UserError("preset Data: it is for tables; name one: --data FILE --target COLUMN")
        if name == PROBLEM and settings.problem.facts() is None:
            raise UserError("preset Problem: it is for functions of your own; name one: --problem my_module:function")
    if chosen is not None and settings is not None and _cannot_refine(settings.run.backend) and REFINE in chosen.tables:
        notes.append(
            f"the preset {chosen.name} refines its champions; the backend {settings.run.backend!r} does not, and may "
            "need more generations"
        )
    return "; ".join(filter(None, notes))


def _named(env: str | None, overrides: Sequence[Given]) -> str:
    """Return the environment whose preset is wanted."""
    if env is not None:
        return env
    named = [value for given in overrides if isinstance(value := override_for("environment.id", given), str)]
    return named[-1] if named else "CartPole"


def _given(key: str, overrides: Sequence[Given], flags: Mapping[str, object]) -> object:
    """Return the value of a key that is given beside a preset; None: there is none."""
    named = [value for given in overrides if (value := override_for(key, given)) is not None]
    return flags.get(key) or (named[-1] if named else None)


def _preset_of(env: str | None, overrides: Sequence[Given], learnt: object, function: object) -> Preset | None:
    """Return the shipped preset of what is to be evolved, or None. learnt: a table of data; function: the user's own"""
    if learnt is not None or function is not None:
        return read_preset(DATA if learnt is not None else PROBLEM)
    named = _named(env, overrides)
    return read_preset(PROBLEM) if named.startswith(ZOO) else find_preset(named)


def _several(env: str | None, values: Mapping[str, Any]) -> list[str]:
    """Return what to say where networks are to live in more than one world."""
    worlds = {
        "an environment": env,
        "a table of data": _inside(values, DATA, "file"),
        "a function": _inside(values, PROBLEM, "function"),
    }
    given = [f"{what} ({name})" for what, name in worlds.items() if name is not None]
    return [f"{' and '.join(given)}: networks live in one world; give one of them"] if len(given) > 1 else []


def _inside(values: Mapping[str, Any], table: str, key: str) -> Any:
    """Return a value of settings that are not checked yet; None where there is none."""
    keys = values.get(table)
    return keys.get(key) if isinstance(keys, dict) else None


def _environment_id(env: str, preset: Preset | None) -> str:
    """Return the preset's id where `env` is a short or differently spelled name of the same environment."""
    tables = preset.tables.get("environment", {}) if preset else {}
    known = tables.get("id") if isinstance(tables, dict) else None
    if not isinstance(known, str):
        return env
    return known if env.lower() in (known.lower(), known.rpartition("-v")[0].lower()) else env


def _cannot_refine(backend: Any) -> bool:
    """Say whether a backend is known to have no refinement, with which a preset then does without."""
    return is_backend(backend) and not kind_of(backend).numbers_connections


def _backend(values: Mapping[str, Any]) -> Any:
    """Return what run.backend will be; None where the table is none."""
    run = values.get("run", {})
    return run.get("backend", RunSettings().backend) if isinstance(run, dict) else None


def _checked(
    values: Mapping[str, Any], origins: Mapping[str, str], problems: list[str], *, with_chip: bool = False
) -> Settings:
    """Return the settings, or raise all problems: those found before and the schema's.

    A backend without a chip ignores the chip's tables, so that a chip's run can be repeated in software.
    """
    known = {*ALL_TABLES, DRIFT}
    problems = problems + [unknown_key(table, origins.get(table, "")) for table in values if table not in known]
    chip: ChipSettings | None = None
    backend = _backend(values)
    if with_chip or (is_backend(backend) and kind_of(backend).emulates_chip):
        chip, found = checked_chip({table: keys for table, keys in values.items() if table in CHIP_TABLES}, origins)
        problems += found
    settings: Settings | None = None
    try:
        settings = Settings.model_validate({table: keys for table, keys in values.items() if table in (*TABLES, DRIFT)})
    except ValidationError as error:
        problems += problem_lines(as_user_error(error, origins))
    if problems or settings is None:
        raise joined(problems) from None
    return settings.model_copy(update={"chip": chip})
