"""MountainCar: rock an underpowered car out of a valley (Moore 1990; Sutton & Barto), as Gymnasium's MountainCar-v0.

The valley's height is ``sin(3 x)``, so its slope pulls with ``cos(3 x)``; a step is one unit of time, in float64;
observations are float32. Every step costs 1 until the car stands at or beyond the flag and does not roll back.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline
from ...compiled.lanes import rows
from ...compiled.mathf import sincos
from ..scene import Scene, line
from ..spec import Discrete, NativeEnv


class State(NamedTuple):
    """Of one episode; it is also what is observed."""

    position: float
    velocity: float  # a step


class Physics(NamedTuple):
    gravity: float = 0.0025  # of the valley
    force: float = 0.001  # of the engine


POSITION, VELOCITY = rows(State)
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
    position = state[POSITION + lane]
    velocity = state[VELOCITY + lane]

    _, cosine = sincos(3.0 * position)
    velocity = velocity + ((np.float64(action[lane]) - 1.0) * physics.force + cosine * -physics.gravity)
    velocity = min(max(velocity, -MAX_SPEED), MAX_SPEED)
    position = position + velocity
    position = min(max(position, MIN_POSITION), MAX_POSITION)
    velocity = 0.0 if (position == MIN_POSITION) & (velocity < 0.0) else velocity

    state[POSITION + lane] = position
    state[VELOCITY + lane] = velocity
    return -1.0, (position >= GOAL_POSITION) & (velocity >= 0.0)


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.array([rng.uniform(-0.6, -0.4), 0.0])


def height(x: float) -> float:
    """Return how high the valley is at `x`."""
    return 0.45 * math.sin(3 * x) + 0.55


def scene_of(state: Any, goal: float) -> Scene:
    """Return the valley with the car in it, and a flag at `goal`."""
    valley = [MIN_POSITION + (MAX_POSITION - MIN_POSITION) * i / 60 for i in range(61)]
    foot = height(goal)
    x, y = state.position, height(state.position)
    slope = math.atan(0.45 * 3 * math.cos(3 * x))
    along, up = (math.cos(slope), math.sin(slope)), (-math.sin(slope), math.cos(slope))
    corners = ((-0.06, 0.02), (0.06, 0.02), (0.06, 0.08), (-0.06, 0.08), (-0.06, 0.02))
    return Scene(
        view=(-1.25, 0.0, 0.65, 1.2),
        shapes=(
            line(*((x, height(x)) for x in valley)),
            line((goal, foot), (goal, foot + 0.2), (goal + 0.06, foot + 0.16), (goal, foot + 0.12)),
            line(*((x + a * along[0] + u * up[0], y + a * along[1] + u * up[1]) for a, u in corners)),
        ),
    )


def scene(state: State, physics: Physics) -> Scene:
    return scene_of(state, GOAL_POSITION)


def set_gymnasium(world: Any, physics: Physics) -> None:
    world.gravity = physics.gravity
    world.force = physics.force


ENV = NativeEnv(
    id="MountainCar-v0",
    name="MountainCar",
    observation_names=("position", "velocity"),
    action_names=("push left", "coast", "push right"),
    action=Discrete(3),
    max_steps=200,
    solved_at=-110.0,
    state=State,
    physics=Physics(),
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
    set_gymnasium=set_gymnasium,
)
