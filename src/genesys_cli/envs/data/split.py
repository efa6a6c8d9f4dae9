"""Which rows are trained on and which are held out: a pure function of a seed and of what the rows are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def split(
    rows: int, share: float, seed: int, classes: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows to train on and those that are held out, each ascending in the first and shuffled in the second.

    share: of the rows that are held out, of each class the same as far as whole numbers allow; a class of one row is
    trained on, and of a share above 0 at least one row is held out
    classes: (rows,) of each row; None: there are none

    The bits come from Philox, whose stream NumPy guarantees, and not from a method of its Generator, which it does not.
    """
    keys = np.random.Philox(key=seed).random_raw(rows)
    order = np.argsort(keys, kind="stable")
    if share == 0:
        return np.arange(rows), np.empty(0, np.int64)
    chosen = np.zeros(rows, np.bool_)
    before = 0
    for one in range(1) if classes is None else np.unique(classes):
        members = order if classes is None else order[classes[order] == one]
        up_to = before + len(members)  # what is lost by rounding in one class is made up for in the next
        count = min(round(share * up_to) - round(share * before), len(members) - 1)
        chosen[members[:count]] = True
        before = up_to
    if not chosen.any():
        chosen[order[0]] = True
    return np.flatnonzero(~chosen), order[chosen[order]]
