"""Numbers of tables, and where each is from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..config.chips import TAGS
from ..ranges import Range


def provenance(entry: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with an entry's source and tag."""
    found = []
    source = entry.get("source")
    if not isinstance(source, str) or not source.strip():
        found.append("has no source: say where the number is from, or with the tag 'own' how it was chosen")
    if entry.get("tag") not in TAGS:
        found.append(f"tag = {shown(entry.get('tag'))} must be one of {', '.join(TAGS)}")
    return found


def number_of(value: object) -> float | None:
    """Return a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def shown(value: object) -> str:
    return "(not given)" if value is None else repr(value)


def range_of(stated: object, place: str, problems: list[str]) -> Range | None:
    """Return ``{ low, nominal, high, tag, source }`` as a range, or None and what is wrong with it."""
    if not isinstance(stated, dict):
        problems.append(f"{place}: must be given, as {{ low, nominal, high, tag, source }}")
        return None
    keys = ("low", "nominal", "high")
    numbers = [number_of(stated.get(key)) for key in keys]
    found = [f"there is no field {key!r}" for key in stated if key not in (*keys, "tag", "source")]
    for key, number in zip(keys, numbers, strict=True):
        if number is None or number < 0:
            found.append(f"{key} = {shown(stated.get(key))} must be a finite number that is not negative")
    known = [number for number in numbers if number is not None]
    if len(known) == len(keys) and sorted(known) != known:
        found.append("low, nominal and high must ascend")
    found += provenance(stated)
    problems += [f"{place}: {line}" for line in found]
    return None if found else Range(*known)
