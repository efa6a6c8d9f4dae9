"""What is known of each setting, read from the schema: for help, documents and messages."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from .base import OneOf, Table
from .drift import DriftSettings
from .schema import ALL_TABLES, DRIFT, TABLES, Settings


class Key(NamedTuple):
    """One setting, for people to read.

    key: with its table, ``neat.population``
    type: such as ``whole number`` or ``list of numbers``
    default: None where the default is "none"
    allowed: the range or the choices; empty where the type says it all
    description: one sentence, with the unit
    """

    key: str
    type: str
    default: Any
    allowed: str
    description: str


def describe(tables: Mapping[str, type[Table]] = TABLES) -> list[Key]:
    """Return every setting of the tables, in the order of the schema."""
    return [
        Key(f"{table}.{name}", type_name(field.annotation), field.default, allowed(field), field.description or "")
        for table, model in tables.items()
        for name, field in model.model_fields.items()
    ]


def describe_drift(names: Sequence[str] = ("NAME",)) -> list[Key]:
    """Return every setting of the things of these names that change, in the order of the schema."""
    return [
        Key(
            f"{DRIFT}.{name}.{key}",
            type_name(field.annotation),
            None if field.is_required() else field.default,
            allowed(field),
            field.description or "",
        )
        for name in names
        for key, field in DriftSettings.model_fields.items()
    ]


def field_of(key: str) -> FieldInfo | None:
    """Return the schema's field of a key such as ``neat.population``, or of anything inside it."""
    table, _, rest = key.partition(".")
    if table == DRIFT:
        name, _, last = rest.partition(".")
        return DriftSettings.model_fields.get(last) if last else Settings.model_fields[DRIFT] if name else None
    model = ALL_TABLES.get(table)
    return model.model_fields.get(rest.partition(".")[0]) if model else None


def field_at(path: Sequence[str | int]) -> FieldInfo | None:
    """Return the field where a validation error lies, such as ``("genes", "layout", "table", "node", 0, "width")``."""
    model = ALL_TABLES.get(str(path[0])) if path[0] != DRIFT else DriftSettings
    field = None
    for part in path[1:]:
        if isinstance(part, int) or model is None or part not in model.model_fields:
            continue  # an element of a list, or the tag of a union's arm
        field = model.model_fields[part]
        model = _table_in(field.annotation)
    return field


def _table_in(annotation: Any) -> type[Table] | None:
    """Return the table that a field may hold, alone, in a list or in a union."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next(filter(None, map(_table_in, get_args(annotation))), None)


def choices(annotation: Any) -> tuple[str, ...]:
    """Return the names that a field, or each element of a list field, is one of; empty where it is not a choice."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) is list:
        return choices(get_args(annotation)[0])
    return ()


def accepts_none(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


_NOUNS = {bool: "true or false", int: "whole number", float: "number", str: "text", type(None): "none"}
_PLURALS = {int: "whole numbers", float: "numbers", str: "texts"}


def type_name(annotation: Any) -> str:
    """Return what a person calls the type."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(args[0])
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return "table"
    if origin is Literal:
        return "name"
    if origin is list:
        if _table_in(annotation):
            return "list of tables"
        inner = get_args(args[0])[0] if get_origin(args[0]) is Annotated else args[0]
        return "list of " + ("names" if choices(annotation) else _PLURALS.get(inner, "values"))
    if origin is dict:
        return "table of values"
    if origin in (Union, types.UnionType):
        return " or ".join(", ".join(get_args(arg)) if get_origin(arg) is Literal else type_name(arg) for arg in args)
    return _NOUNS.get(annotation, str(annotation))


def allowed(field: FieldInfo) -> str:
    """Return the range or the choices of a field, or of each element of a list, as words; empty where it has none."""
    for one in field.metadata:
        if isinstance(one, OneOf):
            return ", ".join(one.names())
    if names := choices(field.annotation):
        return ", ".join(names)
    low = high = ""
    for bound in field.metadata + _of_elements(field.annotation):
        if (ge := getattr(bound, "ge", None)) is not None:
            low = f"from {_short(ge)}"
        if (gt := getattr(bound, "gt", None)) is not None:
            low = f"above {_short(gt)}"
        if (le := getattr(bound, "le", None)) is not None:
            high = f"to {_short(le)}"
        if (lt := getattr(bound, "lt", None)) is not None:
            high = f"to below {_short(lt)}"
    if low.startswith("above") and high.startswith("to "):
        high = f"up {high}"
    return " ".join(filter(None, (low, high)))


def clipped(field: FieldInfo, value: float) -> float:
    """Return the number in a field's range that is nearest to `value`; where only numbers above one are, the value."""
    for bound in field.metadata:
        if (low := getattr(bound, "ge", None)) is not None:
            value = max(value, low)
        if (high := getattr(bound, "le", None)) is not None:
            value = min(value, high)
    return value


def _of_elements(annotation: Any) -> list[Any]:
    """Return the bounds that a list has for each element."""
    if get_origin(annotation) is not list or get_origin(get_args(annotation)[0]) is not Annotated:
        return []
    _, *given = get_args(get_args(annotation)[0])
    return [bound for one in given for bound in (one.metadata if isinstance(one, FieldInfo) else [one])]


def _short(number: float) -> str:
    """Return a number without noise: 9223372036854775807 as 2**63 - 1, 1.0 as 1."""
    if number == 2**63 - 1:
        return "2**63 - 1"
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else f"{number:g}"
