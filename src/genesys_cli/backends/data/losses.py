"""Losses of single rows, as blocks that are inlined in the kernel.

Each takes the outputs of one lane's network, lane arrays of values, and the lane's target, and returns a float64. Those
of numbers compare the action, which is what exports give; those of classes take outputs for logits, as scikit-learn's
functions of these names take decision values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...compiled.jit import inline
from ...compiled.lanes import ROW
from ...compiled.mathf import exp, log
from ...envs.spec import Action, Discrete, Real


@inline
def _number(values, first_output, k, acting, from_value, formats, lane):
    """Return number k of the action, as ``acting.choose_numbers`` makes it."""
    output = from_value(values[first_output + np.uint64(k) * ROW + lane], formats)
    return np.float64(acting.middle[k] + acting.half[k] * output)


@inline
def squared_error(values, first_output, n_outputs, acting, from_value, formats, targets, lane):
    """Return the mean over T targets of (prediction - target)². targets: (T * 16,) float64, a lane array"""
    total = 0.0
    for k in range(n_outputs):
        predicted = _number(values, first_output, k, acting, from_value, formats, lane)
        error = predicted - targets[np.uint64(k) * ROW + lane]
        total += error * error
    return total / n_outputs


@inline
def absolute_error(values, first_output, n_outputs, acting, from_value, formats, targets, lane):
    """Return the mean over targets of \\|prediction - target\\|."""
    total = 0.0
    for k in range(n_outputs):
        predicted = _number(values, first_output, k, acting, from_value, formats, lane)
        total += abs(predicted - targets[np.uint64(k) * ROW + lane])
    return total / n_outputs


@inline
def _kept(loss, output):
    """Return a loss; NaN where the output that it comes from is not finite: comparisons hide that."""
    return loss + (output - output)


@inline
def _margin(values, first_output, from_value, formats, targets, lane):
    """Return the output of one of two classes, positive where it is on the side of the target (0.0 or 1.0)."""
    output = np.float64(from_value(values[first_output + lane], formats))
    return output if targets[lane] == 1.0 else -output


@inline
def log_loss_of_two(values, first_output, n_outputs, acting, from_value, formats, targets, lane):
    """Return -log of the probability of the target, where the sigmoid of the output is that of the second class."""
    margin = _margin(values, first_output, from_value, formats, targets, lane)
    small = exp(-abs(margin))
    return _kept(log(1.0 + small) + (0.0 if margin > 0.0 else -margin), margin)


@inline
def hinge_of_two(values, first_output, n_outputs, acting, from_value, formats, targets, lane):
    """Return max(0, 1 - margin)."""
    margin = _margin(values, first_output, from_value, formats, targets, lane)
    return _kept(0.0 if margin > 1.0 else 1.0 - margin, margin)


@inline
def zero_one_of_two(values, first_output, n_outputs, acting, from_value, formats, targets, lane):
    """Return 1 where the wrong class is chosen; the second is where the output is above zero."""
    output = np.float64(from_value(values[first_output + lane], formats))
    chosen = 1.0 if output > 0.0 else 0.0
    return _kept(0.0 if chosen == targets[lane] else 1.0, output)


@inline
def _best_other(values, first_output, n_outputs, from_value, formats, target, lane):
    """Return the largest output but the target's, and whether the target is chosen: the first of the largest ones."""
    own = np.float64(from_value(values[first_output + np.uint64(target) * ROW + lane], formats))
    best = -np.inf
    right = True
    strange = 0.0
    for k in range(n_outputs):
        output = np.float64(from_value(values[first_output + np.uint64(k) * ROW + lane], formats))
        strange += output - output
        if k != target:
            best = output if output > best else best
            right = right and (output < own or (output == own and k > target))
    return own, best, right, strange


@inline
def log_loss_of_several(values, first_output, n_outputs, acting, from_value, formats, targets, lane):
    """Return -log of the target's softmax. targets: (16,) float64, index of the class"""
    target = np.int64(targets[lane])
    own, best, _, strange = _best_other(values, first_output, n_outputs, from_value, formats, target, lane)
    best = own if own > best else best
    total = 0.0
    for k in range(n_outputs):
        output = np.float64(from_value(values[first_output + np.uint64(k) * ROW + lane], formats))
        total += exp(output - best)
    return log(total) + (best - own) + strange


@inline
def hinge_of_several(values, first_output, n_outputs, acting, from_value, formats, targets, lane):
    """Return max(0, 1 + the largest other output - the target's), Crammer and Singer's."""
    own, best, _, strange = _best_other(
        values, first_output, n_outputs, from_value, formats, np.int64(targets[lane]), lane
    )
    short = 1.0 + best - own
    return (0.0 if short < 0.0 else short) + strange


@inline
def zero_one_of_several(values, first_output, n_outputs, acting, from_value, formats, targets, lane):
    """Return 1 where another class is chosen."""
    _, _, right, strange = _best_other(
        values, first_output, n_outputs, from_value, formats, np.int64(targets[lane]), lane
    )
    return (0.0 if right else 1.0) + strange


_OF_NUMBERS = {"squared_error": squared_error, "absolute_error": absolute_error}
_OF_TWO = {"log_loss": log_loss_of_two, "hinge": hinge_of_two, "zero_one": zero_one_of_two}
_OF_SEVERAL = {"log_loss": log_loss_of_several, "hinge": hinge_of_several, "zero_one": zero_one_of_several}


def loss_block(loss: str, action: Action) -> Callable[..., Any]:
    """Return the block of a loss (``data.loss``) for such an action."""
    if isinstance(action, Real):
        return _OF_NUMBERS[loss]
    return (_OF_SEVERAL if isinstance(action, Discrete) else _OF_TWO)[loss]
