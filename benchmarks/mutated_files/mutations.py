"""Random alterations of JSON documents, TOML, text, bytes and arrays."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

NASTY = (
    *(None, True, False, -1, 0, 1, 2, 7, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**300),
    *(0.5, -0.0, 1e39, -1e39, 1e308, 1e-320, float("inf"), float("-inf"), float("nan")),
    *("", "0", "x", "tanh", "sum", "\x1b[2J", "\0", "\ud800", "a" * 5000, "[red]", "<script>", "../..", "évil:Foo-v0"),
    *([], {}, [0], [[]], {"a": 1}, [None] * 50, [1e300] * 4, {"in": 0, "out": 1}),
)
LITERALS = (
    "NaN",
    "-Infinity",
    "1e999",
    "9" * 5000,
    "[" * 100_000,
    '{"a":' * 2000,
    '"\\ud800"',
    "-",
    "\0",
    '"generation": 1, ',
)
TOML_VALUES = (
    "0",
    "-1",
    "1e999",
    "nan",
    "true",
    '""',
    '"x"',
    "[]",
    "{}",
    "9" * 5000,
    "0x" + "f" * 6000,
    "[" * 3000,
    "1979-05-27",
    '"evil:Foo-v0"',
)
DTYPES = ("u1", "i4", "i8", "f4", "f8", ">f4", "S5", "U3", "?", "c16", "f2", "M8[s]")


def _places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(document, dict | list):
        for key in document if isinstance(document, dict) else range(len(document)):
            yield from _places(document[key], (*path, key))


def alter_document(document: Any, rng: random.Random) -> Any:
    """Return a document with a field or several removed, retyped, out of range, doubled, moved or added."""
    document = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(_places(document))
        if not places:
            break
        tops = [place for place in places if len(place) < 3]
        *way, last = rng.choice(tops if rng.random() < 0.5 else places)
        holder = document
        for key in way:
            holder = holder[key]
        value = holder[last]
        kind = rng.random()
        if isinstance(value, str) and len(value) > 100 and kind < 0.8:
            holder[last] = alter_toml(value, rng)
        elif kind < 0.2:
            del holder[last]
        elif kind < 0.65:
            holder[last] = copy.deepcopy(rng.choice(NASTY))
        elif kind < 0.8 and isinstance(value, int | float) and not isinstance(value, bool):
            holder[last] = rng.choice(
                (-value, value + 1, value - 1, value * 1000, float(value), str(value), value + 0.5)
            )
        elif isinstance(holder, list):
            holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(rng.choice(holder)))
        else:
            holder[rng.choice(("x", "later", *holder))] = copy.deepcopy(value)
    return document


def alter_toml(text: str, rng: random.Random) -> str:
    """Return settings with a line removed, doubled, or with another value, or with text spliced in."""
    lines = text.splitlines(keepends=True)
    k = rng.randrange(len(lines))
    kind = rng.random()
    if kind < 0.6:
        keyed = [j for j, line in enumerate(lines) if " = " in line]
        k = rng.choice(keyed or [k])
        lines[k] = f"{lines[k].partition(' = ')[0]} = {rng.choice((*TOML_VALUES, str(rng.randrange(10**6))))}\n"
    elif kind < 0.75:
        del lines[k]
    elif kind < 0.85:
        lines.insert(k, lines[k])
    else:
        lines.insert(k, rng.choice(("[later]\nx = 1\n", "x = 1\n", "\0", "]]", 'é = "\x1b"\n', "drift.mass.at = 1\n")))
    return "".join(lines)


def alter_text(text: str, rng: random.Random) -> str:
    """Return text with something spliced in, cut out or flipped."""
    a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    kind = rng.random()
    if kind < 0.4:
        return text[:a] + rng.choice(LITERALS) + text[a:]
    if kind < 0.7:
        return text[:a] + text[min(b, a + 40) :]
    return text[:a] + text[b : b + 60] + text[a:]


def alter_bytes(data: bytes, rng: random.Random) -> bytes:
    altered = bytearray(data)
    for _ in range(rng.choice((1, 3, 20))):
        altered[rng.randrange(len(altered))] = rng.randrange(256)
    return bytes(altered[: rng.randrange(len(altered))] if rng.random() < 0.1 else altered)


def alter_array(array: Any, rng: random.Random) -> Any:
    """Return an array with other numbers, another length, shape or type."""
    kind = rng.random()
    if array.ndim != 1:  # altered before
        return array
    if kind < 0.5 and array.size:
        array = array.copy()
        for _ in range(rng.choice((1, 1, 5))):
            k = rng.randrange(array.size)
            if array.dtype.kind == "f":
                array[k] = rng.choice((np.nan, np.inf, -1e30, 0.0, 1e30))
            elif array.dtype.kind in "iu":
                limits = np.iinfo(array.dtype)
                near = int(array[k]) + rng.choice((-1, 1))
                array[k] = min(max(rng.choice((limits.min, limits.max, near, near, 0, -1, 5)), limits.min), limits.max)
        return array
    if kind < 0.7:
        return (
            np.concatenate((array, array[: rng.choice((1, 3))]))
            if rng.random() < 0.5
            else array[: max(0, array.size - rng.choice((1, 2, array.size)))]
        )
    if kind < 0.85:
        with contextlib.suppress(TypeError, ValueError), np.errstate(all="ignore"):
            return array.astype(rng.choice(DTYPES))
    return rng.choice((array[None], array[:, None], np.zeros((2, 2), order="F"), np.float64(3), array[:0], array[::-1]))
