"""TOML in and out: the standard library reads it, tomli-w writes it; here each value has one line."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

import tomli_w

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOMLDecodeError = tomllib.TOMLDecodeError
# tomli-w gives each item of an array a line; within strings it has no new lines.
_ARRAY_END = re.compile(r",\n *\]")
_ARRAY_BREAK = re.compile(r"([\[,])\n +")


class _BeyondError(TOMLDecodeError):
    """TOML that the reader gives up on. Newer readers want a place for their own error, which is not known here."""

    def __init__(self, message: str) -> None:
        ValueError.__init__(self, message)


def parse(text: str) -> dict[str, Any]:
    """Return the document; raises :data:`TOMLDecodeError`, whose message names line and column."""
    try:
        return tomllib.loads(text)
    except TOMLDecodeError:
        raise
    except RecursionError:
        raise _BeyondError("Its tables and lists are nested too deep") from None
    except ValueError as error:  # a number of 5000 digits
        raise _BeyondError(f"It cannot be read ({error})") from None


def write(tables: Mapping[str, Mapping[str, object]]) -> str:
    """Return a document of tables. Keys whose value is None are left out, since TOML has no null.

    What is nested is written inline: a table of its own would have to come after the keys that follow it, and the
    arguments of an environment keep their order. Raises TypeError for values of a type that TOML does not have.
    """
    blocks = []
    for name, table in tables.items():
        lines = [f"{_key(key)} = {value_text(value)}" for key, value in table.items() if value is not None]
        blocks.append("\n".join([f"[{_key(name)}]", *lines]))
    return "\n\n".join(blocks) + "\n"


def _key(key: str) -> str:
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")


def value_text(value: object) -> str:
    """Return a value as it stands after ``key =``, on one line."""
    text = tomli_w.dumps({"value": [[_without_none(value)]]})  # what lies in a list in a list is written inline
    text = _ARRAY_BREAK.sub(lambda found: "[" if found[1] == "[" else ", ", _ARRAY_END.sub("]", text))
    return text.removeprefix("value = [[").removesuffix("]]\n")


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list | tuple) else value
