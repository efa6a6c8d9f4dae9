"""Whether two values are the same, not just equal: 1 is neither 1.0 nor True, a tuple no list, nan is nan."""

from __future__ import annotations

import math

import numpy as np


def same(one, other):
    """Say whether two values are equal, of the same types, down to the last element."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and same(one.tolist(), other.tolist())
    if isinstance(one, float):
        return one.hex() == other.hex() or (math.isnan(one) and math.isnan(other))
    return one == other
