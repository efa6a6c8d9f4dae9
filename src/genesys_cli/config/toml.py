"""TOML in and out. The standard library reads TOML from Python 3.11 on and nowhere writes it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TOMLDecodeError = tomllib.TOMLDecodeError
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def parse(text: str) -> dict[str, Any]:
    """Return the document; raises :data:`TOMLDecodeError`, whose message names line and column."""
    try:
        return tomllib.loads(text)
    except TOMLDecodeError:
        raise
    except RecursionError:
        raise TOMLDecodeError("Its tables and lists are nested too deep") from None
    except ValueError as error:  # a number of 5000 digits
        raise TOMLDecodeError(f"It cannot be read ({error})") from None


def write(tables: Mapping[str, Mapping[str, object]]) -> str:
    """Return a document of tables. Keys whose value is None are left out, since TOML has no null."""
    blocks = []
    for name, table in tables.items():
        lines = [f"{_key(key)} = {value_text(value)}" for key, value in table.items() if value is not None]
        blocks.append("\n".join([f"[{_key(name)}]", *lines]))
    return "\n\n".join(blocks) + "\n"


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    # JSON's escapes are TOML's, except that TOML also wants DEL escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def value_text(value: object) -> str:
    """Return a value as it stands after ``key =``."""
    if isinstance(value, bool):  # before int, which it is a kind of
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)  # the shortest digits that read back as the same number
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(value_text(item) for item in value) + "]"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {value_text(item)}" for key, item in value.items() if item is not None)
        return "{" + ", ".join(pairs) + "}"
    raise TypeError(f"TOML has no form for {type(value).__name__}")
