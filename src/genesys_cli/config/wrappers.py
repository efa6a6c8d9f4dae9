"""``environment.wrappers``: which wrappers are put around an environment, in which order, with which arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .stored import BadValueError, loaded, stored

_ENTRY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*", re.ASCII)
FORM = (
    'must be "module:Class", such as "gymnasium.wrappers:FlattenObservation", or a table such as '
    '{entry = "gymnasium.wrappers:FrameStackObservation", kwargs = {stack_size = 4}}'
)


class Wrapper(NamedTuple):
    """One wrapper. entry: ``module:Class``; kwargs: its arguments beside the environment, as Python has them"""

    entry: str
    kwargs: dict[str, Any]


def stored_wrappers(value: Any, *, marked: bool = False) -> list[Any] | None:
    """Return a list of wrappers as settings hold it; raises BadValueError where it is none.

    An entry without arguments is a text, one with arguments a table. A single entry counts as a list of one, and an
    empty list as none.

    value: texts, tables and :class:`Wrapper`; marked: their arguments are as settings hold them, not as Python does
    """
    if value is None:
        return None
    entries = list(value) if isinstance(value, list | tuple) and not isinstance(value, Wrapper) else [value]
    return [_stored_entry(entry, f"[{k}]", marked) for k, entry in enumerate(entries)] or None


def _stored_entry(entry: Any, inside: str, marked: bool) -> str | dict[str, Any]:
    table = entry._asdict() if isinstance(entry, Wrapper) else {"entry": entry} if isinstance(entry, str) else entry
    if not isinstance(table, Mapping) or "entry" not in table:
        raise BadValueError(FORM, inside)
    for key in table:
        if key not in ("entry", "kwargs"):
            raise BadValueError(
                f"has no key {key!r}; arguments of a wrapper are given as kwargs = {{{key} = ...}}", inside
            )
    name: Any = table["entry"]
    kwargs: Any = table.get("kwargs", {})
    if not isinstance(name, str) or not _ENTRY.fullmatch(name):
        raise BadValueError(FORM, inside)
    if not isinstance(kwargs, Mapping):
        raise BadValueError("must be a table of arguments, such as {stack_size = 4}", f"{inside}.kwargs")
    if not kwargs:
        return str(name)
    return {"entry": str(name), "kwargs": stored_kwargs(kwargs, f"{inside}.kwargs", marked=marked)}


def stored_kwargs(kwargs: Mapping[Any, Any], inside: str = "", *, marked: bool = False) -> dict[str, Any]:
    """Return arguments, by name, as settings hold them; raises BadValueError where they cannot. marked: they are so"""
    found = {}
    for name, value in kwargs.items():
        if not isinstance(name, str):
            raise BadValueError(f"has the argument {name!r}, but names of arguments have to be texts", inside)
        where = f"{inside}.{name}"
        found[str(name)] = stored(loaded(value, where) if marked else value, where)
    return found


def loaded_kwargs(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments that settings hold as Python has them."""
    return {name: loaded(value, f".{name}") for name, value in kwargs.items()}


def loaded_wrappers(value: list[Any] | None) -> tuple[Wrapper, ...]:
    """Return the wrappers that settings hold."""
    tables: list[dict[str, Any]] = [
        {"entry": entry, "kwargs": {}} if isinstance(entry, str) else entry for entry in value or []
    ]
    return tuple(Wrapper(table["entry"], loaded_kwargs(table["kwargs"])) for table in tables)


def wrapper_modules(value: list[Any] | None) -> list[str]:
    """Return the modules that the wrappers which settings hold are imported from, each once, in order."""
    return list(dict.fromkeys(wrapper.entry.partition(":")[0] for wrapper in loaded_wrappers(value)))
