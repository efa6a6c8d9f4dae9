"""MountainCar: rock an underpowered car out of a valley (Moore 1990; Sutton & Barto), as Gymnasium's MountainCar-v0.

The valley's height is ``sin(3 x)``, so its slope pulls with ``cos(3 x)``; a step is one unit of time, in float64;
observations are float32. Every step costs 1 until the car stands at or beyond the flag and does not roll back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline
from ...compiled.lanes import rows
from ...compiled.mathf import sincos
from ..spec import Discrete, NativeEnv

POSITION, VELOCITY = rows(2)
MIN_POSITION = -1.2  # the wall on the left: the car stops dead
MAX_POSITION = 0.6
MAX_SPEED = 0.07
GOAL_POSITION = 0.5


@inline
def observe(state, lane, out, physics):
    out[POSITION + lane] = np.float32(state[POSITION + lane])
    out[VELOCITY + lane] = np.float32(state[VELOCITY + lane])


@inline
def step(state, lane, action, physics):
    gravity, force = physics[0], physics[1]
    position = state[POSITION + lane]
    velocity = state[VELOCITY + lane]

    _, cosine = sincos(3.0 * position)
    velocity = velocity + ((np.float64(action[lane]) - 1.0) * force + cosine * -gravity)
    velocity = min(max(velocity, -MAX_SPEED), MAX_SPEED)
    position = position + velocity
    position = min(max(position, MIN_POSITION), MAX_POSITION)
    velocity = 0.0 if (position == MIN_POSITION) & (velocity < 0.0) else velocity

    state[POSITION + lane] = position
    state[VELOCITY + lane] = velocity
    return -1.0, (position >= GOAL_POSITION) & (velocity >= 0.0)


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.array([rng.uniform(-0.6, -0.4), 0.0])


ENV = NativeEnv(
    id="MountainCar-v0",
    name="MountainCar",
    observation_names=("position", "velocity"),
    action_names=("push left", "coast", "push right"),
    action=Discrete(3),
    max_steps=200,
    solved_at=-110.0,
    state_size=2,
    physics={"gravity": 0.0025, "force": 0.001},
    reset=reset,
    observe=observe,
    step=step,
)
