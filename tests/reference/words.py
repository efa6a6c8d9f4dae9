"""Gene words bit by bit, from the description of a layout, on plain integers and fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from genesys_cli.config.layout import FieldSettings, LayoutSettings


def fields_of(layout: LayoutSettings, kind: str) -> dict[str, FieldSettings]:
    return {field.name: field for field in getattr(layout, kind)}


def written(layout: LayoutSettings, kind: str, raw: dict[str, int]) -> int:
    """Return the word whose fields hold these whole numbers, negative ones in two's complement; others are 0."""
    bits = ["0"] * 64
    for name, value in {"type": int(kind == "connection"), **raw}.items():
        field = fields_of(layout, kind)[name]
        digits = format(value % 2**field.width, f"0{field.width}b")
        for place, digit in enumerate(reversed(digits)):
            bits[field.offset + place] = digit
    return int("".join(reversed(bits)), 2)


def read(layout: LayoutSettings, kind: str, word: int) -> dict[str, int]:
    """Return the whole numbers in a word's fields."""
    found = {}
    for name, field in fields_of(layout, kind).items():
        value = word // 2**field.offset % 2**field.width
        if field.format == "fixed" and value >= 2 ** (field.width - 1):
            value -= 2**field.width
        found[name] = value
    return found


def nearest_raw(value: Any, field: FieldSettings) -> tuple[int, bool]:
    """Return the whole number nearest to a real one times 2**fraction, ties to even, and whether it was limited."""
    raw = round(Fraction(float(value)) * 2**field.fraction)
    low, high = -(2 ** (field.width - 1)), 2 ** (field.width - 1) - 1
    return min(max(raw, low), high), not low <= raw <= high


def stream_order(layout: LayoutSettings, word: int) -> tuple[int, ...]:
    """Return what the words of a genome are sorted by."""
    if read(layout, "connection", word)["type"]:
        conn = read(layout, "connection", word)
        return (1, conn["source"], conn["destination"])
    return (0, read(layout, "node", word)["id"], 0)
