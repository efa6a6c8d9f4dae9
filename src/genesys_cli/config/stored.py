"""An environment's arguments as settings hold them: values that TOML has, and tables that stand for those it lacks.

``{python = "None"}`` is None, ``{python = "tuple", items = [...]}`` a tuple, and ``{python = "array", dtype = "int64",
shape = [2, 2], items = [...]}`` a NumPy array. All else stays as it is, so that files can be read by people.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

LEVELS = 32  # of tables and lists inside one another
BITS = 1024  # of a whole number
NUMBERS = 1_000_000  # of an array

_TAG = "python"
_TAGGED = {"None": {_TAG}, "tuple": {_TAG, "items"}, "array": {_TAG, "dtype", "shape", "items"}}
_TAG_KEYS = {_TAG, "dtype", "shape", "items"}
_ALLOWED = (
    "allowed are none, true and false, numbers, texts, lists, tuples, tables whose keys are texts, and arrays of NumPy"
)


class BadValueError(ValueError):
    """A value cannot be used. inside: where it lies in what was given, such as ``.config.start``"""

    def __init__(self, why: str, inside: str = "") -> None:
        super().__init__(why)
        self.inside = inside


def stored(value: Any, inside: str = "", level: int = 0) -> Any:
    """Return a Python value as settings hold it; raises BadValueError where they cannot.

    Numbers and texts of NumPy become Python's; everything else comes back from :func:`loaded` as it was.

    inside: where it lies in what was given, for messages; level: how many tables and lists are around it
    """
    _check_level(level, inside)
    if isinstance(value, np.generic):
        value = value.item()
    if value is None:
        return {_TAG: "None"}
    if isinstance(value, bool | float) and not isinstance(value, Enum):
        return value
    if isinstance(value, int) and not isinstance(value, Enum):
        if value.bit_length() > BITS:
            raise BadValueError(f"is a whole number of more than {BITS} bits", inside)
        return int(value)
    if isinstance(value, str) and not isinstance(value, Enum):
        return _text(value, inside)
    if type(value) is list:
        return [stored(item, f"{inside}[{k}]", level + 1) for k, item in enumerate(value)]
    if type(value) is tuple:
        return {_TAG: "tuple", "items": stored(list(value), inside, level)}
    if type(value) is np.ndarray:
        return _stored_array(value, inside)
    if isinstance(value, Mapping):
        return _stored_table(value, inside, level)
    raise BadValueError(f"{_kind(value)}; {_ALLOWED}", inside)


def _text(value: str, inside: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadValueError("has characters that are not Unicode (surrogates); give a text in UTF-8", inside) from None
    return str(value)


def _stored_table(value: Mapping[Any, Any], inside: str, level: int) -> dict[str, Any]:
    for key in value:
        if not isinstance(key, str):
            raise BadValueError(f"has the key {key!r}, but keys have to be texts", inside)
        _text(key, inside)
    if _is_tag(value):
        raise BadValueError(
            f"is a table with the key {_TAG!r}, by which settings mark what TOML does not have; call the key otherwise",
            inside,
        )
    return {str(key): stored(item, f"{inside}.{key}", level + 1) for key, item in value.items()}


def _stored_array(value: np.ndarray[Any, Any], inside: str) -> dict[str, Any]:
    _check_array(value.dtype, value.size, inside)
    texts = value.dtype.kind == "U"
    dtype = value.dtype.str.lstrip("<>=") if texts else value.dtype.name
    items = [_text(item, inside) if texts else item for item in value.ravel().tolist()]
    return {_TAG: "array", "dtype": dtype, "shape": list(value.shape), "items": items}


def _check_array(dtype: np.dtype[Any], size: int, inside: str) -> None:
    if dtype.kind not in "biufU" or (dtype.kind != "U" and dtype.itemsize > 8):
        raise BadValueError(f"is an array of {dtype}; allowed are numbers of 64 bits or less, and texts", inside)
    if size * dtype.itemsize > 8 * NUMBERS:
        raise BadValueError(f"is an array of more than {NUMBERS} numbers; let the environment load it", inside)


def _check_level(level: int, inside: str) -> None:
    if level > LEVELS:
        raise BadValueError(f"is nested more than {LEVELS} levels deep", f"{inside[:60]}...")


def _kind(value: Any) -> str:
    kind = type(value)
    if kind.__module__ == "datetime" or kind.__name__ == "datetime64":
        return "is a date or a time, which no environment takes from settings; put it in quotes, as a text"
    if isinstance(value, Enum):
        return "is a member of an enumeration; give its value"
    if isinstance(value, type) or callable(value):
        return "is a class or a function; register the environment with it, under an id of your own"
    return f"is a {kind.__module__}.{kind.__name__}".replace("builtins.", "")


def loaded(value: Any, inside: str = "", level: int = 0) -> Any:
    """Return the Python value that settings hold; raises BadValueError where a table marks something else."""
    _check_level(level, inside)
    if isinstance(value, list):
        return [loaded(item, f"{inside}[{k}]", level + 1) for k, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if not _is_tag(value):
        return {key: loaded(item, f"{inside}.{key}", level + 1) for key, item in value.items()}
    kind, items = value[_TAG], value.get("items")
    if isinstance(kind, str) and value.keys() == _TAGGED.get(kind):
        if kind == "None":
            return None
        if kind == "tuple" and isinstance(items, list):
            return tuple(loaded(items, inside, level))
        if kind == "array" and isinstance(items, list):
            return _loaded_array(value, inside)
    raise BadValueError(
        f'has the key {_TAG!r}, which marks what TOML does not have: {{python = "None"}}, {{python = "tuple", items = '
        '[...]} or {python = "array", dtype = "float64", shape = [2, 3], items = [...]}',
        inside,
    )


def _loaded_array(value: dict[str, Any], inside: str) -> np.ndarray[Any, Any]:
    try:
        dtype = np.dtype(value["dtype"])
        _check_array(dtype, len(value["items"]), inside)
        return np.array(value["items"], dtype).reshape(value["shape"])
    except BadValueError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise BadValueError(f"is no array of NumPy: {error}", inside) from None


def _is_tag(value: Mapping[Any, Any]) -> bool:
    return _TAG in value and value.keys() <= _TAG_KEYS
