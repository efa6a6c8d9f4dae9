"""YAML of nested tables and lists, as Accelergy writes it: a small part of YAML, which every parser reads alike."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-/]*(\[[0-9.]+\])?")
TAKEN = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")  # words that YAML 1.1 takes for something else


def document(content: Mapping[str, Any], comment: str = "") -> str:
    """Return the text of a document. comment: lines put before it"""
    head = [f"# {line}" for line in comment.splitlines()]
    return "\n".join([*head, *_lines(content)]) + "\n"


def scalar(value: object) -> str:
    """Return a number or a text, as YAML 1.1 and 1.2 both read it."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    text = str(value)
    return text if PLAIN.fullmatch(text) and text.lower() not in TAKEN else json.dumps(text)


def number(value: float) -> str:
    """Return a float to its last digit. YAML 1.1 takes ``1e-06`` for a text: it wants a point and a signed exponent."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number that a table can have")
    mantissa, letter, exponent = repr(value).partition("e")
    if not letter:
        return mantissa
    mantissa = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{mantissa}e{exponent if exponent[0] in '+-' else f'+{exponent}'}"


def _lines(value: Mapping[str, Any] | Sequence[Any], indent: str = "") -> Iterator[str]:
    """Yield the lines of a table or a list; items of a list in a table begin where the table's keys do."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(item, Mapping) and item:
                yield f"{indent}{scalar(key)}:"
                yield from _lines(item, indent + "  ")
            elif isinstance(item, list | tuple) and item:
                yield f"{indent}{scalar(key)}:"
                yield from _lines(item, indent)
            else:
                yield f"{indent}{scalar(key)}: {_flat(item)}"
        return
    for item in value:
        if isinstance(item, Mapping | list | tuple) and item:
            first, *rest = _lines(item, indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{indent}- {_flat(item)}"


def _flat(value: object) -> str:
    """Return a scalar, or an empty table or list."""
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, list | tuple) else scalar(value)
