"""A small data set that both sides of a comparison learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def regression(rows: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return inputs, (rows, 2) from -1 to 1, and the product of both, (rows,), always the same."""
    inputs = np.random.default_rng(0).uniform(-1, 1, (rows, 2)).astype(np.float32)
    return inputs, inputs[:, 0] * inputs[:, 1]
