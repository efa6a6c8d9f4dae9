"""Samples of cycles, and the lines through them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Sample(NamedTuple):
    """A call of a routine. group: the input's kind; cycles: of the call; units: how much it did, of each unit"""

    group: str
    cycles: int
    units: tuple[int, ...]


class Fit(NamedTuple):
    """Cycles as a sum of units times factors, by least squares of relative errors.

    factors: cycles of each unit; error: largest relative error
    """

    factors: tuple[float, ...]
    error: float


def fit(samples: Sequence[Sample]) -> Fit:
    """Return the factors of the units of all samples. Small calls count as much as large ones."""
    units = np.array([sample.units for sample in samples], np.float64)
    cycles = np.array([sample.cycles for sample in samples], np.float64)
    factors, *_ = np.linalg.lstsq(units / cycles[:, None], np.ones(len(cycles)), rcond=None)
    error = np.abs(units @ factors / cycles - 1.0).max()
    return Fit(tuple(round(float(factor), 2) for factor in factors), round(float(error), 4))


class Each(NamedTuple):
    """Cycles per unit: of all samples together, the smallest and the largest of one."""

    mean: float
    least: float
    most: float


def each(samples: Sequence[Sample], unit: int) -> Each:
    """Return the cycles for each of a unit, everything else included; samples without it are left out."""
    some = [sample for sample in samples if sample.units[unit]]
    ratios = [sample.cycles / sample.units[unit] for sample in some]
    mean = sum(sample.cycles for sample in some) / sum(sample.units[unit] for sample in some)
    return Each(round(mean, 2), round(min(ratios), 2), round(max(ratios), 2))


def equal(what: str, found: Any, expected: Any) -> None:
    """Raise AssertionError where a routine's result is not the reference's."""
    if found != expected:
        raise AssertionError(f"{what}: the CPU has {found!r}, Python {expected!r}")
