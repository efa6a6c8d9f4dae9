"""What a network does: blocks that make actions of its outputs, shared by the kernels that play episodes.

Outputs lie in rows of `values` from `first_output` on, actions in rows of `action`, both lane arrays (see
``compiled.lanes``). A kind of action has one block that chooses for a range of lanes; permutation is part of it, except
for :class:`Discrete`, where the choice itself is permuted. Then comes the delay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled.jit import inline
from ..compiled.lanes import ROW
from ..envs.conditions import Conditions
from ..envs.spec import Action, Box, Discrete, MultiBinary, MultiDiscrete, Numbers, Real


class Acting(NamedTuple):
    """What an action and conditions say of actions, as kernels take it. R is the number of an action's rows.

    starts, sizes: (R,) int64, first output and number of outputs that decide a row of a MultiDiscrete
    middle, half: (R,) float32, middle and half width of numbers
    reach: float32, to which outputs are clipped before they are stretched, down and up: 1 of a Box, inf of a Real
    neutral: (R,) int32 or float32, the action that is taken until the first decision arrives
    permutation: (A,) int32, see ``envs.conditions``
    delay: decisions by which actions come late
    action_cost, change_cost: see :func:`priced`
    """

    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    middle: NDArray[np.float32]
    half: NDArray[np.float32]
    reach: np.float32
    neutral: NDArray[Any]
    permutation: NDArray[np.int32]
    delay: int
    action_cost: float
    change_cost: float


def action_type(action: Action) -> type:
    """Return the dtype of an action's rows."""
    return np.float32 if isinstance(action, Numbers) else np.int32


def acting_of(action: Action, conditions: Conditions) -> Acting:
    """Return the part of the conditions that lies between network and environment."""
    middle, half = _range(action)
    sizes = np.array(action.sizes if isinstance(action, MultiDiscrete) else (), np.int64)
    return Acting(
        np.cumsum(sizes) - sizes,
        sizes,
        middle,
        half,
        np.float32(np.inf if isinstance(action, Real) else 1.0),
        middle if isinstance(action, Numbers) else np.zeros(action.n_rows, np.int32),
        np.ascontiguousarray(conditions.permutation, np.int32),
        int(conditions.delay),
        float(conditions.action_cost),
        float(conditions.change_cost),
    )


def _range(action: Action) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return middle and half width of each number, (R,); (0,) where an action has none."""
    if isinstance(action, Real):
        middle, half = np.array(action.middle), np.array(action.half)
    else:
        low, high = (np.array(action.low), np.array(action.high)) if isinstance(action, Box) else (np.empty(0),) * 2
        middle, half = (high + low) / 2, (high - low) / 2
    return middle.astype(np.float32) + np.float32(0), half.astype(np.float32)  # never -0, nor is the action


@inline
def choose_one(values, first_output, n_outputs, acting, action, from_value, formats, lo, hi):
    """Choose a Discrete action, not yet permuted, for lanes ``lo .. hi``: the largest output, the first of equals."""
    for lane in range(lo, hi):
        u = np.uint64(lane)
        best = values[first_output + u]
        choice = np.int32(0)
        for k in range(1, n_outputs):
            output = values[first_output + np.uint64(k) * ROW + u]
            choice = np.int32(k) if output > best else choice
            best = output if output > best else best
        action[u] = choice


@inline
def choose_several(values, first_output, n_outputs, acting, action, from_value, formats, lo, hi):
    """Choose every row of a MultiDiscrete action for lanes ``lo .. hi``."""
    for row in range(len(acting.sizes)):
        group = acting.permutation[row]
        first = first_output + np.uint64(acting.starts[group]) * ROW
        for lane in range(lo, hi):
            u = np.uint64(lane)
            best = values[first + u]
            choice = 0
            for k in range(1, acting.sizes[group]):
                output = values[first + np.uint64(k) * ROW + u]
                choice = k if output > best else choice
                best = output if output > best else best
            action[np.uint64(row) * ROW + u] = np.int32(choice % acting.sizes[row])


@inline
def choose_switches(values, first_output, n_outputs, acting, action, from_value, formats, lo, hi):
    """Choose every row of a MultiBinary action for lanes ``lo .. hi``."""
    for row in range(n_outputs):
        source = first_output + np.uint64(acting.permutation[row]) * ROW
        for lane in range(lo, hi):
            u = np.uint64(lane)
            on = from_value(values[source + u], formats) > np.float32(0.0)
            action[np.uint64(row) * ROW + u] = np.int32(1) if on else np.int32(0)


@inline
def choose_numbers(values, first_output, n_outputs, acting, action, from_value, formats, lo, hi):
    """Choose every row of numbers for lanes ``lo .. hi``; a row is stretched over its own range."""
    for row in range(n_outputs):
        source = first_output + np.uint64(acting.permutation[row]) * ROW
        shift = acting.middle[row]
        factor = acting.half[row]
        for lane in range(lo, hi):
            u = np.uint64(lane)
            output = from_value(values[source + u], formats)
            output = -acting.reach if output < -acting.reach else output
            output = acting.reach if output > acting.reach else output
            action[np.uint64(row) * ROW + u] = shift + factor * output


_CHOOSERS: dict[type, Callable[..., None]] = {
    Discrete: choose_one,
    MultiDiscrete: choose_several,
    MultiBinary: choose_switches,
    Box: choose_numbers,
    Real: choose_numbers,
}


def chooser(action: Action) -> Callable[..., None]:
    """Return the block that chooses such an action; all have the arguments of :func:`choose_one`."""
    return _CHOOSERS[type(action)]


@inline
def permute_choice(acting, action, lane):
    """Replace a Discrete choice in one `lane` (uint64) by the action that it does."""
    action[lane] = acting.permutation[action[lane]]


@inline
def postpone(acting, late, action, decision, lane):
    """Exchange the action in one `lane` (uint64) for the one of `delay` decisions ago.

    late: lane array of ``delay * R`` rows, the actions that have not arrived; decision: uint64
    """
    if acting.delay > 0:
        n_rows = np.uint64(len(acting.neutral))
        first = decision % np.uint64(acting.delay) * n_rows
        for k in range(len(acting.neutral)):
            row = np.uint64(k)
            arrived = late[(first + row) * ROW + lane]
            late[(first + row) * ROW + lane] = action[row * ROW + lane]
            action[row * ROW + lane] = arrived


@inline
def forget_late(acting, late, lane):
    """Fill the delay line of one `lane` (uint64) with the neutral action."""
    n_rows = np.uint64(len(acting.neutral))
    for turn in range(acting.delay):
        for k in range(len(acting.neutral)):
            late[(np.uint64(turn) * n_rows + np.uint64(k)) * ROW + lane] = acting.neutral[k]


@inline
def priced(acting, action, before, first, lane):
    """Return what an action costs in each step that it lasts, and keep it as the one before.

    Numbers cost ``action_cost`` times their mean square, the ends of a range being -1 and 1. All actions cost
    ``change_cost`` times the mean square of what changed since the decision before, any other choice being 1.

    before: lane array of R rows, written; first: whether there is none; lane: uint64
    """
    n_rows = len(acting.neutral)
    numbers = len(acting.half) > 0
    effort = 0.0
    change = 0.0
    for k in range(n_rows):
        at = np.uint64(k) * ROW + lane
        moved = 0.0 if action[at] == before[at] else 1.0
        if numbers:
            half = np.float64(acting.half[k])
            force = (np.float64(action[at]) - np.float64(acting.middle[k])) / half if half > 0.0 else 0.0
            moved = (np.float64(action[at]) - np.float64(before[at])) / half if half > 0.0 else 0.0
            effort += force * force
        change += moved * moved
        before[at] = action[at]
    change = 0.0 if first else change
    return (acting.action_cost * effort + acting.change_cost * change) / n_rows
