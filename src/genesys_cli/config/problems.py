"""Turns what the schema refuses into one message that lists every problem, for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ..errors import UserError, cut, nearest
from .fields import accepts_none, allowed, choices, field_at, type_name
from .neighbours import neighbour
from .schema import ALL_TABLES, DRIFT, DriftSettings

FUNCTIONS = {"evaluation.fitness": "my_fitness:score", "problem.function": "my_module:evaluate"}
UNION_TAGS = ("as-name", "as-table")  # how the schema calls the arms of a union in the path of an error


def as_user_error(error: ValidationError, origins: Mapping[str, str]) -> UserError:
    """Return the error to raise instead of pydantic's.

    origins: for keys that a user gave, where: ``--set``, ``in my.toml``
    """
    seen: dict[str, None] = {}  # an ordered set: each arm of a union reports the same problem
    for problem in error.errors(include_url=False):
        seen.setdefault(_line(problem, origins))
    return joined(seen)


def joined(lines: Iterable[str]) -> UserError:
    """Return one error for all problems, a line each."""
    lines = list(lines)
    if len(lines) == 1:
        return UserError(lines[0])
    return UserError("\n  ".join([f"{len(lines)} settings cannot be used:", *lines]))


def problem_lines(error: UserError) -> list[str]:
    """Return the problems that :func:`joined` made one error of, a line each."""
    lines = str(error).splitlines()
    return [line.strip() for line in (lines[1:] if len(lines) > 1 else lines)]


def unknown_key(key: str, origin: str = "") -> str:
    """Return the line for a key that the schema does not have, with the one most like it."""
    known = [f"{table}.{name}" for table, model in ALL_TABLES.items() for name in model.model_fields]
    if hint := _drift_hint(key):
        return f"{_where(key, origin)}: there is no such setting{hint}"
    by_last = {name.partition(".")[2]: name for name in known}
    table, _, last = key.rpartition(".")
    hint = nearest(key, known, 0.8 if table in ALL_TABLES else 0.6)  # the table's name alone is much of a likeness
    if theirs := neighbour(key):
        hint = theirs
    if last in by_last:  # the right name in no table or in the wrong one
        hint = f"; did you mean {by_last[last]!r}?"
    elif "." not in key:
        hint = theirs or nearest(key, [*ALL_TABLES, DRIFT, *by_last])
        for name, full in by_last.items():
            hint = hint.replace(f"{name!r}", f"{full!r}")
    if key in ALL_TABLES:
        hint = f"; it is a table: give one of its keys, such as {next(k for k in known if k.startswith(key))!r}"
    return f"{_where(key, origin)}: there is no such setting{hint or '; genesys presets show lists them all'}"


def _drift_hint(key: str) -> str:
    """Return what to do about a key that is meant for the table of changes; empty where it is not."""
    table, _, rest = key.partition(".")
    name, _, last = rest.partition(".")
    if table == DRIFT:
        if not name or not last:
            return f"; it is a table: give a thing that changes and one of its keys, such as '{DRIFT}.gravity.to'"
        return nearest(last, DriftSettings.model_fields).replace("'", f"'{DRIFT}.{name}.", 1)
    if last in DriftSettings.model_fields and nearest(table, [DRIFT]):
        return f"; did you mean '{DRIFT}.{rest}'?"
    return ""


def _where(key: str, origin: str, value: str = "") -> str:
    return f"{key}{value}{f' ({origin})' if origin else ''}"


def _place(path: Sequence[str | int]) -> str:
    """Return where an error lies, as a user writes it: without the arms of unions."""
    place = str(path[0])
    for part in path[1:]:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part not in UNION_TAGS:
            place += f".{part}"
    return place


def _line(problem: Any, origins: Mapping[str, str]) -> str:
    """Return key, value and what is allowed, for one of pydantic's error details."""
    path = [str(part) for part in problem["loc"]]
    key = ".".join(path[:2])
    origin = origins.get(key, "")
    kind = problem["type"]
    if kind == "extra_forbidden" and len(path) == 2:
        return unknown_key(key, origin)
    if kind == "bad_value":
        return f"{_where('.'.join(path) + problem['ctx']['inside'], origin)}: {problem['ctx']['why']}"
    if len(path) == 1:
        return f"{_where(path[0], origin)}: must be a table of settings, not {_shown(problem['input'])}"
    place = _place(problem["loc"])
    value = _where(place, origin, f" = {_shown(problem['input'])}")
    if len(path) == 2 and path[0] == DRIFT:
        return f"{value}: must be a table of settings"
    if key in FUNCTIONS:
        module, _, function = FUNCTIONS[key].partition(":")
        argument = "episode" if function == "score" else "network"
        return (
            f"{value}: must be the name module:function of a function in a file of yours, such as {FUNCTIONS[key]} for "
            f"`def {function}({argument}): ...` in {module}.py"
        )
    if kind == "conflict":
        return f"{value}: {problem['ctx']['allowed']}"
    if kind == "extra_forbidden":
        return f"{_where(_place(problem['loc']), origin)}: there is no such setting"
    if kind == "missing":
        return f"{_where(place, origin)}: must be given"
    field = field_at(problem["loc"])
    if field is None:
        return f"{value}: {problem['msg']}"
    names = choices(field.annotation)
    if kind == "literal_error":
        return f"{value}: must be one of {', '.join(names)}{nearest(str(problem['input']), names)}"
    if kind in ("too_short", "string_too_short"):
        return f"{_where(place, origin)}: must not be empty"
    need = "a " + type_name(field.annotation)
    if accepts_none(field.annotation) and kind.startswith(("greater", "less")):
        need = need.replace(" or none", "")
    if names:
        need = f"{need}, each one of {', '.join(names)}"
    elif range_ := allowed(field):
        need = f"{need} {range_}"
    if kind == "finite_number":
        need = f"{need}, and finite"
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    if kind == "string_pattern_mismatch" and "form" in extra:
        return f"{value}: must be {extra['form']}"
    why = f", since {extra['why']}" if "why" in extra and kind.startswith(("greater", "less")) else ""
    return f"{value}: must be {need}{why}"


def _shown(value: Any) -> str:
    """Return a value as TOML-like text, shortened."""
    if isinstance(value, int) and abs(value) > 10**50:  # which Python may refuse to spell out
        return "a number of very many digits"
    words = {True: "true", False: "false", None: "none"}
    text = words[value] if value is None or isinstance(value, bool) else repr(value)
    return cut(text)
