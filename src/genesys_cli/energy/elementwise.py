"""Comparisons for formulas whose numbers are floats, or NumPy arrays with one number for each draw.

Floats are compared as Python does it, so that results are plain floats and the same to the last bit; of arrays each
element is compared. To mypy an array of draws is a float: formulas do the same to both.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np


def larger(a: float, b: float) -> float:
    return cast(float, np.maximum(a, b)) if _drawn(a, b) else max(a, b)


def smaller(a: float, b: float) -> float:
    return cast(float, np.minimum(a, b)) if _drawn(a, b) else min(a, b)


def ceiling(a: float) -> float:
    return cast(float, np.ceil(a)) if _drawn(a) else math.ceil(a)


def chosen(condition: bool, a: float, b: float) -> float:
    """Return a where the condition holds, else b."""
    return cast(float, np.where(condition, a, b)) if _drawn(condition, a, b) else (a if condition else b)


def share(part: float, whole: float) -> float:
    """Return part / whole, at most 1; 0 of nothing."""
    if _drawn(part, whole):
        whole = cast(float, np.where(np.equal(whole, 0), np.inf, whole))
        return cast(float, np.minimum(1.0, part / whole))
    return min(1.0, part / whole) if whole else 0.0


def ascending(numbers: list[float]) -> list[float]:
    if _drawn(*numbers):
        return cast(list[float], list(np.sort(np.stack(np.broadcast_arrays(*numbers)), axis=0)))
    return sorted(numbers)


def _drawn(*numbers: Any) -> bool:
    return any(isinstance(number, np.ndarray) for number in numbers)
