"""DoublePoleNoVelocity: as DoublePole, but no velocity is observed, so that a network has to remember.

Gruau, Whitley & Pyeatt's (1996) task and fitness as Stanley & Miikkulainen (2002) have them. The return of an
episode in which the poles stay up for t steps is

    0.1 t / 1000 + 0.9 f,   f = 0.75 / (sum of |x| + |x_dot| + |theta_1| + |theta_1_dot| over the last 100 of them)

and f = 0 for t < 100, which punishes poles that are held up by shaking them. As in Stanley's program (NEAT 1.2.1,
experiments.cpp), the sum is over 100 states, and the long pole starts at 0.07 rad, some 4 degrees.

``generalisation`` judges as they do: a champion has to balance for 100 000 steps; then it has 1000 steps from each of
625 starts, which differ in the state of the cart and of the long pole. The task is solved with 200 of them.
"""

from __future__ import annotations

import itertools
from collections import namedtuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline
from ...compiled.lanes import ROW, rows
from ..spec import Box, NativeEnv, Trial
from . import double_pole
from .double_pole import THETA_1, THETA_1_DOT, THETA_2, THETA_SCALE, X_DOT, X_SCALE, Physics, X, push, scene

LAST = 100  # steps whose restlessness counts
START_ANGLE = 0.07  # radians

# After DoublePole's rows: steps so far; the sum of the last restlessness; the return so far; the last restlessness, the
# oldest first.
State: Any = namedtuple(  # type: ignore[misc]
    "State", [*double_pole.State._fields, "steps", "total", "paid", *(f"restless_{k}" for k in range(1, LAST + 1))]
)

STEPS, TOTAL, PAID, OLDEST = rows(State)[6:10]
NEWEST = OLDEST + np.uint64(LAST - 1) * ROW
X_SEEN, THETA_1_SEEN, THETA_2_SEEN = rows(3)  # of the observation


@inline
def observe(state, lane, out, physics):
    out[X_SEEN + lane] = np.float32(state[X + lane] / X_SCALE)
    out[THETA_1_SEEN + lane] = np.float32(state[THETA_1 + lane] / THETA_SCALE)
    out[THETA_2_SEEN + lane] = np.float32(state[THETA_2 + lane] / THETA_SCALE)


@inline
def move_up(state, lane, first):
    """Move 33 rows from `first` on by one towards the older ones. LLVM unrolls so short a loop, and lanes stay SIMD."""
    for k in range(33):
        row = first + np.uint64(k) * ROW + lane
        state[row] = state[row + ROW]


@inline
def step(state, lane, action, physics):
    balanced = push(state, lane, action, physics)
    restless = abs(state[X + lane]) + abs(state[X_DOT + lane])
    restless = restless + (abs(state[THETA_1 + lane]) + abs(state[THETA_1_DOT + lane]))
    total = state[TOTAL + lane] + (restless - state[OLDEST + lane])
    move_up(state, lane, OLDEST)
    move_up(state, lane, OLDEST + np.uint64(33) * ROW)
    move_up(state, lane, OLDEST + np.uint64(66) * ROW)
    state[NEWEST + lane] = restless
    steps = state[STEPS + lane] + 1.0
    quiet = 0.75 / max(total, 1e-9)
    fitness = 1e-4 * steps + 0.9 * (quiet if steps >= LAST else 0.0)
    paid = state[PAID + lane]
    nothing = 0.0 * np.float64(action[lane])  # an action that is no number makes no return
    reward = fitness - paid + nothing if balanced else nothing  # so that the return is the fitness whenever it ends
    state[TOTAL + lane] = total
    state[STEPS + lane] = steps
    state[PAID + lane] = paid + reward
    return reward, (False if balanced else True)


def _start(x: float, x_dot: float, theta_1: float, theta_1_dot: float) -> NDArray[np.float64]:
    start = np.zeros(len(State._fields))
    start[:4] = x, x_dot, theta_1, theta_1_dot
    return start


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    return _start(0.0, 0.0, START_ANGLE, 0.0)


def _many_starts() -> NDArray[np.float64]:
    """Return the 625 starts, in the order of Stanley's program, with its bounds in radians."""
    parts = (0.05, 0.25, 0.5, 0.75, 0.95)
    bounds = (2.16, 1.35, 0.06283152, 0.15009752)  # m, m/s, 3.6 degrees, 8.6 degrees/s
    return np.array(
        [
            _start(*(part * 2 * bound - bound for part, bound in zip(chosen, bounds, strict=True)))
            for chosen in itertools.product(parts, repeat=4)
        ]
    )


GENERALISATION = (
    Trial(reset(np.random.default_rng(0))[None], max_steps=100_000, pass_at=1e5, needed=1, step=double_pole.step),
    Trial(_many_starts(), max_steps=1000, pass_at=1000.0, needed=200, step=double_pole.step),
)

ENV = NativeEnv(
    id="DoublePoleNoVelocity-v0",
    name="DoublePoleNoVelocity",
    observation_names=("cart position", "long pole angle", "short pole angle"),
    action_names=("force",),
    action=Box(low=(-10.0,), high=(10.0,)),
    max_steps=1000,
    solved_at=None,  # what counts is `generalisation`
    state=State,
    physics=Physics(),
    positive=double_pole.ENV.positive,
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
    render_fps=50.0,
    validations={"generalisation": GENERALISATION},
)
