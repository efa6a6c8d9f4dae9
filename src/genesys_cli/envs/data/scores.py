"""How good predictions are, by the names and definitions of ``sklearn.metrics``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .rows import Rows


def loss_of_constant(loss: str, rows: Rows) -> float:
    """Return the mean loss, over the rows trained on, of one prediction for every row.

    It is the best one, but of `hinge` with several classes: there it is the better of two.
    """
    targets = rows.targets[rows.training]
    if loss == "squared_error":
        return float(targets.var(axis=0).mean())
    if loss == "absolute_error":
        return float(np.abs(targets - np.median(targets, axis=0)).mean())
    shares = np.unique(targets, return_counts=True)[1] / len(targets)
    if loss == "log_loss":
        return float(-(shares * np.log(shares)).sum())
    wrong = 1 - float(shares.max())
    return wrong if loss == "zero_one" else min(1.0, 2 * wrong)


def scores_of_numbers(targets: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    """Return r2, mean_squared_error and mean_absolute_error, of several targets the mean of each.

    targets, predicted: (N, T). A target that is the same in all rows has an r2 of 1 where it is met, else of 0.
    """
    errors = targets - predicted
    residual = (errors**2).sum(axis=0)
    about = ((targets - targets.mean(axis=0)) ** 2).sum(axis=0)
    r2 = np.where(about > 0, 1 - residual / np.where(about > 0, about, 1.0), residual == 0)
    return {
        "r2": float(r2.mean()),
        "mean_squared_error": float((errors**2).mean()),
        "mean_absolute_error": float(np.abs(errors).mean()),
    }


def scores_of_classes(confusion: NDArray[np.int64]) -> dict[str, float]:
    """Return accuracy, balanced_accuracy (over the classes that there are) and the macro average of f1.

    confusion: (C, C), see :func:`confusion_of`
    """
    right, there, given = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    recall = right[there > 0] / there[there > 0]
    either = there + given > 0
    return {
        "accuracy": float(right.sum() / confusion.sum()),
        "balanced_accuracy": float(recall.mean()),
        "f1_macro": float((2 * right[either] / (there + given)[either]).mean()),
    }


def confusion_of(targets: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Return (C, C) int64: rows whose class is the first index and that are taken for the second."""
    cells: Any = np.bincount(targets * classes + predicted, minlength=classes * classes)
    counted: NDArray[np.int64] = cells.reshape(classes, classes)
    return counted
