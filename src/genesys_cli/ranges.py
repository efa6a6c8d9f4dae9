"""A quantity that is known within bounds: joules, watts, seconds, square millimetres, or a ratio of two of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple


class Range(NamedTuple):
    """Low, nominal and high of one quantity, in its unit; ``low <= nominal <= high``, all of the same sign.

    Bounds add up as bounds: a sum's low is the sum of the lows. Errors of parts are not assumed to cancel.
    """

    low: float
    nominal: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> Range:
        return cls(value, value, value)

    @classmethod
    def total(cls, parts: Iterable[Range]) -> Range:
        """Return the sum of ranges, in their order; nothing sums to zero."""
        low = nominal = high = 0.0
        for part in parts:
            low, nominal, high = low + part.low, nominal + part.nominal, high + part.high
        return cls(low, nominal, high)

    def plus(self, other: Range) -> Range:
        return Range(self.low + other.low, self.nominal + other.nominal, self.high + other.high)

    def scaled(self, factor: float) -> Range:
        """Return the range times a number that is not negative."""
        if factor < 0:
            raise ValueError(f"a range cannot be scaled by {factor}: its bounds would change places")
        return Range(self.low * factor, self.nominal * factor, self.high * factor)

    def times(self, other: Range) -> Range:
        """Return the product of two ranges that are not negative."""
        return Range(self.low * other.low, self.nominal * other.nominal, self.high * other.high)

    def ratio(self, other: Range) -> Range:
        """Return self / other, both not negative: the least is low / high. A division by zero is infinite."""
        return Range(
            _divided(self.low, other.high), _divided(self.nominal, other.nominal), _divided(self.high, other.low)
        )


def summed(parts: Iterable[Range]) -> Range:
    """Return a sum that does not depend on the order of its parts."""
    parts = tuple(parts)
    return Range(*(math.fsum(values) for values in zip(*parts, strict=True))) if parts else Range.exactly(0.0)


def _divided(a: float, b: float) -> float:
    if b == 0:
        return 0.0 if a == 0 else float("inf")
    return a / b
