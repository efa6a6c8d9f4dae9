"""Small data sets that both sides of a comparison learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def regression(rows: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return inputs, (rows, 2) from -1 to 1, and the product of both, (rows,), always the same."""
    inputs = np.random.default_rng(0).uniform(-1, 1, (rows, 2)).astype(np.float32)
    return inputs, inputs[:, 0] * inputs[:, 1]


def table_of(rows: int, inputs: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (rows, inputs) normal numbers, and as the target the product of the first two."""
    values = np.random.default_rng(seed).normal(size=(rows, inputs))
    return values, values[:, 0] * values[:, 1]
