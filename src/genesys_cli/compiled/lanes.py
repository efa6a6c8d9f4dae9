"""Lanes: the innermost dimension of everything that is simulated.

Up to :data:`LANES` episodes of one genome run side by side. A quantity of all lanes is a *row* of ``LANES`` consecutive
numbers in a flat array, so lane ``l`` of row ``r`` is element ``r * LANES + l``. Three things make the compiler turn
loops over lanes into SIMD, and each was measured to matter: the distance between rows is a constant, the number of
lanes in use is *not* (a constant trip count is unrolled to scalars first), and indices are unsigned (numba adds
a wrap-around test to signed ones, which becomes a gather).
"""

from __future__ import annotations

from typing import Any

import numpy as np

LANES = 16
ROW = np.uint64(LANES)


def rows(of: int | type[Any]) -> Any:
    """Return the offsets of consecutive rows of a lane array, unsigned so that indexing with them is SIMD.

    of: how many, which gives a tuple; or a NamedTuple type with a field for each row, which gives one of that type
    """
    if isinstance(of, int):
        return tuple(np.uint64(i * LANES) for i in range(of))
    return of(*rows(len(of._fields)))
