"""Values as people write them: the one parser of ``--set``, ``--env-kwarg``, ``--wrapper`` and ``--sweep``.

``docs/environments.md`` has the table of what is accepted. Python programs give values, not texts; see :func:`setting`.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import toml
from .stored import BadValueError, loaded, stored

WORDS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}
"""Words that are no texts, beside TOML's ``inf`` and ``nan``. Any other spelling of them is refused."""

AMBIGUOUS = {
    **{word.lower(): word for word in ("true", "false", "none", "inf", "+inf", "-inf", "nan", "+nan", "-nan")},
    **{"null": "none", "nil": "none", "undefined": "none", "yes": "true", "on": "true", "no": "false", "off": "false"},
    **{"infinity": "inf", "+infinity": "inf", "-infinity": "-inf"},
}
"""Words in lower case that other languages read as something else than a text, and how to write what they may mean."""

_QUOTE = "put it in quotes, '\"{}\"', if it is a text"
_IN_TOML = {"True": "true", "False": "false", "None": '{python = "None"}', "none": '{python = "None"}'}
_OUTSIDE_TEXTS = re.compile(
    r""" "(?:[^"\\]|\\.)*" | '[^']*' | (?<![\w.-]) (?:True|False|None|none) (?![\w.-]|\s*=) """, re.VERBOSE
)
_CALL = re.compile(r"[A-Za-z_][\w.]*\(.*\)", re.DOTALL)
_OPENING, _CLOSING = "[{(", "]})"
_DIGITS = re.compile(r"[+-]?[\d_]+", re.ASCII)
_ZEROS = re.compile(r"[+-]?0\d+", re.ASCII)


class _UnreadableError(Exception):
    """A text is not what a reader reads."""


def parse(text: str) -> Any:
    """Return the value that a text means; raises BadValueError where it could mean several, or cannot be read.

    It is a word of WORDS, or TOML, in which the words may be Python's too, or a Python literal such as ``(1, None)``,
    or else the text itself.
    """
    text = text.strip()
    if text in WORDS:
        return WORDS[text]
    meant = AMBIGUOUS.get(text.lower())
    if meant is not None and meant != text:
        raise BadValueError(f"could be {meant} or a text; write {meant}, or {_QUOTE.format(text)}")
    if _ZEROS.fullmatch(text):
        raise BadValueError(f"is no number, since it begins with a zero; leave that away, or {_QUOTE.format(text)}")
    for read in (_toml, _python):
        try:
            return read(text)
        except _UnreadableError:
            continue
    if text.startswith(("[", "{", "(", '"', "'")):
        raise BadValueError("is neither TOML, such as [1, 2] or {a = 1}, nor a Python literal, such as (1, 2)")
    if _DIGITS.fullmatch(text):
        raise BadValueError(f"has more digits than can be read; {_QUOTE.format(text[:9] + '...')}")
    if _CALL.fullmatch(text):
        raise BadValueError(f"looks like a call, and nothing is called here; {_QUOTE.format(text)}")
    return text


def _toml(text: str) -> Any:
    words = _OUTSIDE_TEXTS.sub(lambda found: _IN_TOML.get(found[0], found[0]), text)
    try:
        document = toml.parse(f"value = {words}")
    except toml.TOMLDecodeError:
        raise _UnreadableError from None
    if len(document) != 1:
        raise _UnreadableError
    value = loaded(document["value"])
    if isinstance(value, float) and math.isinf(value) and "inf" not in text:
        raise BadValueError("is larger than any number; write inf if that is meant")
    return value


def _python(text: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in texts
            tree = ast.parse(text, mode="eval").body
        value = _literal(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _UnreadableError from None
    if isinstance(value, tuple) and not text.startswith("("):
        raise BadValueError(f"could be a list or a text; write [{text}], or {_QUOTE.format(text)}")
    return value


def _literal(tree: ast.expr) -> Any:
    """Return the value of a literal; raises _UnreadableError where it is none."""
    if isinstance(tree, ast.Constant) and isinstance(tree.value, bool | int | float | str | None):
        return tree.value
    if isinstance(tree, ast.Name) and tree.id in ("inf", "nan"):
        return float(tree.id)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub | ast.UAdd):
        value = _literal(tree.operand)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value if isinstance(tree.op, ast.USub) else value
    if isinstance(tree, ast.List):
        return [_literal(item) for item in tree.elts]
    if isinstance(tree, ast.Tuple):
        return tuple(_literal(item) for item in tree.elts)
    if isinstance(tree, ast.Dict) and None not in tree.keys:
        return {_literal(key): _literal(item) for key, item in zip(tree.keys, tree.values, strict=True) if key}
    raise _UnreadableError


def spelled(value: Any) -> str:
    """Return how a value is written so that :func:`parse` reads it; of one that cannot be given, what Python shows."""
    try:
        plain = loaded(stored(value))
    except BadValueError:
        return str(value)
    text = repr(plain)  # whose escapes TOML would take for letters
    return toml.value_text(stored(plain)) if "\\" in text or _has_array(plain) else text


def _has_array(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return isinstance(value, np.ndarray) or any(map(_has_array, items))


def setting(value: Any) -> Any:
    """Return what a setting is to be that a Python program gives: NumPy's numbers are numbers, tuples are lists.

    Whether the setting may have it is for the schema to say.
    """
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: setting(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [setting(item) for item in value]
    return value


def split(text: str) -> list[str]:
    """Return the parts between commas that stand in no bracket and no quotation."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += letter
    return parts
