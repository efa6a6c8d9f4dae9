"""XOR: answer the four rows of its truth table, as Stanley & Miikkulainen (2002) score networks.

An episode shows the rows 00, 01, 10 and 11, one a step. The action is the answer. The only reward comes with the last
row: the square of four less the sum of the four errors. Whoever answers each row on the right side of one half has
solved it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline
from ...compiled.lanes import rows
from ..scene import Scene, circle, line
from ..spec import Box, NativeEnv, Trial


class State(NamedTuple):
    """Of one episode."""

    row: float  # that is shown, 0 to 3; 4 after the last
    error: float  # sum of |answer - truth| so far
    answer: float  # to the row before


ROW_SHOWN, ERROR, ANSWER = rows(State)
A, B = rows(2)  # of the observation


@inline
def observe(state, lane, out, physics):
    row = state[ROW_SHOWN + lane]
    out[A + lane] = np.float32(1.0 if row >= 2.0 else 0.0)
    out[B + lane] = np.float32(1.0 if (row == 1.0) | (row == 3.0) else 0.0)


@inline
def answer_row(state, lane, action):
    """Take an answer; return its error, and the row that it is for."""
    row = state[ROW_SHOWN + lane]
    answer = np.float64(action[lane])
    truth = 1.0 if (row == 1.0) | (row == 2.0) else 0.0
    error = abs(answer - truth)
    state[ROW_SHOWN + lane] = row + 1.0
    state[ERROR + lane] += error
    state[ANSWER + lane] = answer
    return error, row


@inline
def step(state, lane, action, physics):
    _, row = answer_row(state, lane, action)
    right = 4.0 - state[ERROR + lane]
    terminated = row >= 3.0
    return (right * right if terminated else 0.0), terminated


@inline
def step_checked(state, lane, action, physics):
    """Reward an answer on the right side of one half, and end."""
    error, _ = answer_row(state, lane, action)
    return (1.0 if error < 0.5 else 0.0 * error), True


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.zeros(len(State._fields))


def scene(state: State, physics: tuple[()]) -> Scene:
    """Show the four truths as bars, the row that is shown as a mark below, and the last answer as a circle."""
    shapes = [line((-0.5, 0.0), (3.5, 0.0)), line((-0.5, 0.5), (3.5, 0.5))]
    shapes += [line((row - 0.3, truth), (row + 0.3, truth)) for row, truth in enumerate((0.0, 1.0, 1.0, 0.0))]
    if state.row < 4:
        shapes.append(line((state.row - 0.1, -0.1), (state.row + 0.1, -0.1)))
    if state.row > 0:
        shapes.append(circle(state.row - 1, state.answer, 0.08))
    return Scene(view=(-0.6, -0.2, 3.6, 1.2), shapes=shapes)


def _each_row() -> NDArray[np.float64]:
    starts = np.zeros((4, len(State._fields)))
    starts[:, 0] = range(4)
    return starts


ENV = NativeEnv(
    id="XOR-v0",
    name="XOR",
    observation_names=("a", "b"),
    action_names=("a xor b",),
    action=Box(low=(0.0,), high=(1.0,)),
    max_steps=4,
    solved_at=None,  # what counts is `answers`
    state=State,
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
    render_fps=2.0,
    validations={"answers": (Trial(_each_row(), max_steps=1, pass_at=1.0, needed=4, step=step_checked),)},
)
