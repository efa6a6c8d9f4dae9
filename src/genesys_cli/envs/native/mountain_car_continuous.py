"""MountainCarContinuous: the underpowered car with a throttle, as Gymnasium's MountainCarContinuous-v0.

A step is one unit of time. Reaching the flag without rolling back pays 100, and every step costs 0.1 times the squared
throttle. Gymnasium keeps this state as float32 from the first step on, and its roundings are repeated here. Sums in
float64 that are then rounded give the same bits as float32 sums, so only three operations are rounded on their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline
from ...compiled.lanes import rows
from ...compiled.mathf import sincos
from ..scene import Scene
from ..spec import Box, NativeEnv
from .mountain_car import scene_of


class State(NamedTuple):
    """Of one episode; it is also what is observed."""

    position: float
    velocity: float  # a step


class Physics(NamedTuple):
    gravity: float = 0.0025  # of the valley
    power: float = 0.0015  # of the engine


POSITION, VELOCITY = rows(State)
# Limits are compared with and stored as float32; these are the float64 numbers equal to those float32 numbers.
MIN_POSITION = float(np.float32(-1.2))  # the wall on the left: the car stops dead
MAX_POSITION = float(np.float32(0.6))
MAX_SPEED = float(np.float32(0.07))
GOAL_POSITION = float(np.float32(0.45))


@inline
def observe(state, lane, out, physics):
    out[POSITION + lane] = np.float32(state[POSITION + lane])
    out[VELOCITY + lane] = np.float32(state[VELOCITY + lane])


@inline
def step(state, lane, action, physics):
    position = state[POSITION + lane]
    velocity = state[VELOCITY + lane]
    throttle = action[lane]

    # A start is a float64 that float32 does not hold (but for one in 2**29), later positions are float32: Gymnasium
    # triples either one in its own precision.
    tripled = 3.0 * position
    tripled = np.float64(np.float32(tripled)) if np.float64(np.float32(position)) == position else tripled
    _, cosine = sincos(tripled)
    push = throttle * np.float32(physics.power)
    acceleration = push - np.float32(physics.gravity * cosine)  # both float32, and so is the difference
    velocity = np.float64(np.float32(velocity + acceleration))
    velocity = min(max(velocity, -MAX_SPEED), MAX_SPEED)
    position = np.float64(np.float32(position + velocity))
    position = min(max(position, MIN_POSITION), MAX_POSITION)
    velocity = 0.0 if (position == MIN_POSITION) & (velocity < 0.0) else velocity

    state[POSITION + lane] = position
    state[VELOCITY + lane] = velocity
    terminated = (position >= GOAL_POSITION) & (velocity >= 0.0)
    cost = (np.float64(throttle) * np.float64(throttle)) * 0.1
    return (100.0 if terminated else 0.0) - cost, terminated


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.array([rng.uniform(-0.6, -0.4), 0.0])


def scene(state: State, physics: Physics) -> Scene:
    return scene_of(state, GOAL_POSITION)


def set_gymnasium(world: Any, physics: Physics) -> None:
    world.power = physics.power


ENV = NativeEnv(
    id="MountainCarContinuous-v0",
    name="MountainCarContinuous",
    observation_names=("position", "velocity"),
    action_names=("throttle",),
    action=Box(low=(-1.0,), high=(1.0,)),
    max_steps=999,
    solved_at=90.0,
    state=State,
    physics=Physics(),
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
    set_gymnasium=set_gymnasium,
    fixed_in_gymnasium=("gravity",),
)
