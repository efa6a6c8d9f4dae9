"""Cycles of a matrix product on the systolic array, equal to SCALE-Sim's (``tests/data/scalesim.csv``).

The product is ``(M, K) x (K, N)`` on an array of ``rows x cols`` units. Two of the three sizes lie on the array, cut
into *folds* where they exceed it, and the third streams through. A fold takes the streamed length plus what it takes to
skew the operands in and the results out; a product ends one cycle before its last fold would hand over to the next.

=================  ====================  =================  ======================
dataflow           on rows and columns   streamed           cycles of one fold
=================  ====================  =================  ======================
output stationary  M and N               K                  rows + cols + K - 2
weight stationary  K and N               M                  2 rows + cols + M - 2
=================  ====================  =================  ======================

Weight stationary loads its fold first, which takes the other ``rows`` cycles. One unit alone does not end early with a
stationary output: it would do more products than it has cycles.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Size = int | NDArray[np.int64] | Any
Dataflow = Literal["output_stationary", "weight_stationary"]


def fold_overhead(rows: int, cols: int, dataflow: Dataflow) -> int:
    """Return the cycles of a fold in which the array fills and drains: those beside its streamed length."""
    return (rows if dataflow == "output_stationary" else 2 * rows) + cols - 2


def early_end(rows: int, cols: int, dataflow: Dataflow) -> int:
    """Return the cycles by which a product ends before its last fold would hand over.

    A single unit with a stationary output neither fills nor drains: it takes a cycle for each product of two numbers.
    """
    return min(1, fold_overhead(rows, cols, dataflow))


def folds_of(m: Size, n: Size, k: Size, rows: int, cols: int, dataflow: Dataflow) -> tuple[Size, Size]:
    """Return into how many folds a product is cut, and how long what streams through each of them is."""
    height, width, stream = (m, n, k) if dataflow == "output_stationary" else (k, n, m)
    return -(-height // rows) * -(-width // cols), stream


def gemm_cycles(m: Size, n: Size, k: Size, rows: int, cols: int, dataflow: Dataflow) -> Size:
    """Return the cycles of one product from its first operand to its last result; of many, where sizes are arrays."""
    folds, stream = folds_of(m, n, k, rows, cols, dataflow)
    return folds * (fold_overhead(rows, cols, dataflow) + stream) - early_end(rows, cols, dataflow)
