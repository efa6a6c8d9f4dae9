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

So much for SCALE-Sim, whose folds wait for one another. In a skewed array they need not: the first unit is free as soon
as it has taken the last operand, and the others follow it diagonally. *Pipelined*, a fold begins ``stream`` cycles
behind the one before with a stationary output, and only the last one drains. With stationary weights, its ``rows`` rows
of weights must be there by then, in a second register of each unit; a column swaps its registers when the first operand
arrives, so with M = 1 a fold begins ``rows`` cycles behind the one before. Both hold for M = 1, which is all that
packing makes: then a column has one result a fold, which moves down with the diagonal, and no two meet. The tests clock
such an array unit by unit (``reference/systolic.py``).
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


def lead(rows: int, dataflow: Dataflow) -> int:
    """Return the cycles for which a pipelined fold holds up the next one, beside its streamed length, with M = 1."""
    return 0 if dataflow == "output_stationary" else rows - 1


def pipeline_overhead(rows: int, cols: int, dataflow: Dataflow) -> int:
    """Return the cycles that pipelined folds take together, beside streamed length and :func:`lead` of each.

    The array fills once and drains once; like a product they end before they would hand over.
    """
    form = rows, cols, dataflow
    return fold_overhead(*form) - lead(rows, dataflow) - early_end(*form)


def folds_of(m: Size, n: Size, k: Size, rows: int, cols: int, dataflow: Dataflow) -> tuple[Size, Size]:
    """Return into how many folds a product is cut, and how long what streams through each of them is."""
    height, width, stream = (m, n, k) if dataflow == "output_stationary" else (k, n, m)
    return -(-height // rows) * -(-width // cols), stream


def gemm_cycles(m: Size, n: Size, k: Size, rows: int, cols: int, dataflow: Dataflow) -> Size:
    """Return the cycles of one product from its first operand to its last result; of many, where sizes are arrays."""
    folds, stream = folds_of(m, n, k, rows, cols, dataflow)
    return folds * (fold_overhead(rows, cols, dataflow) + stream) - early_end(rows, cols, dataflow)
