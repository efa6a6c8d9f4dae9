"""Pendulum: swing a pendulum up with too weak a motor and hold it there, as Gymnasium's Pendulum-v1.

Semi-implicit Euler with a step of 0.05 s; an angle of 0 is upright. A step costs angle² + 0.1 speed² + 0.001 torque²,
so a return of 0 is unreachable and an episode never ends early. State is float64; the torque is float32, and so are
the two terms that Gymnasium computes from it alone.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline
from ...compiled.lanes import rows
from ...compiled.mathf import sincos
from ..scene import Scene, line, rectangle
from ..spec import Box, NativeEnv


class State(NamedTuple):
    """Of one episode."""

    theta: float  # radians, upright at 0, counter-clockwise
    theta_dot: float


class Physics(NamedTuple):
    gravity: float = 10.0  # m/s²
    mass: float = 1.0  # kg
    length: float = 1.0  # metres
    max_torque: float = 2.0  # N m, beyond which the torque is cut off


THETA, THETA_DOT = rows(State)
COSINE, SINE, SPEED = rows(3)  # of the observation
TAU = 0.05  # seconds
MAX_SPEED = 8.0  # radians per second
TORQUE_COST = np.float32(0.001)
TURN = 2 * math.pi
TURN_HIGH = 6.28318530693650245667  # the first 33 bits of TURN, so that a few turns of it are exact
TURN_LOW = TURN - TURN_HIGH
ROUND = 6755399441055744.0  # 1.5 * 2**52: adding and subtracting it rounds a float64 to the nearest integer


@inline
def wrap(angle):
    """Return `angle` (float64, radians, a few turns at most) in [-pi, pi): ``(angle + pi) % (2 pi) - pi``, exactly."""
    shifted = angle + math.pi
    turns = (shifted * (1.0 / TURN) + ROUND) - ROUND
    rest = (shifted - turns * TURN_HIGH) - turns * TURN_LOW  # in [-pi, pi], without rounding
    rest = rest + TURN if rest < 0.0 else rest
    return rest - math.pi


@inline
def observe(state, lane, out, physics):
    sine, cosine = sincos(state[THETA + lane])
    out[COSINE + lane] = np.float32(cosine)
    out[SINE + lane] = np.float32(sine)
    out[SPEED + lane] = np.float32(state[THETA_DOT + lane])


@inline
def step(state, lane, action, physics):
    mass = physics.mass
    length = physics.length
    max_torque = np.float32(physics.max_torque)
    theta = state[THETA + lane]
    theta_dot = state[THETA_DOT + lane]
    torque = action[lane]
    torque = min(max(torque, -max_torque), max_torque)

    angle = wrap(theta)
    cost = angle * angle + 0.1 * (theta_dot * theta_dot) + TORQUE_COST * (torque * torque)
    sine, _ = sincos(theta)
    pull = 3.0 * physics.gravity / (2.0 * length) * sine
    drive = np.float32(3.0 / (mass * (length * length))) * torque
    theta_dot = theta_dot + (pull + drive) * TAU
    theta_dot = min(max(theta_dot, -MAX_SPEED), MAX_SPEED)

    state[THETA + lane] = theta + theta_dot * TAU
    state[THETA_DOT + lane] = theta_dot
    return -cost, False


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    high = np.array([math.pi, 1.0])
    return rng.uniform(-high, high)


def scene(state: State, physics: Physics) -> Scene:
    x, y = -physics.length * math.sin(state.theta), physics.length * math.cos(state.theta)
    reach = max(1.0, physics.length)
    return Scene(
        view=(-reach - 0.3, -reach - 0.2, reach + 0.3, reach + 0.2),
        shapes=(
            line((0.0, 0.0), (x, y)),
            rectangle(x - 0.05, y - 0.05, x + 0.05, y + 0.05),
            rectangle(-0.03, -0.03, 0.03, 0.03),
        ),
    )


def set_gymnasium(world: Any, physics: Physics) -> None:
    world.g = physics.gravity
    world.m = physics.mass
    world.l = physics.length
    world.max_torque = physics.max_torque


ENV = NativeEnv(
    id="Pendulum-v1",
    name="Pendulum",
    observation_names=("cos angle", "sin angle", "angular velocity"),
    action_names=("torque",),
    action=Box(low=(-2.0,), high=(2.0,)),
    max_steps=200,
    solved_at=-200.0,  # none is official; well-tuned reinforcement learning reaches about -150 to -170
    state=State,
    physics=Physics(),
    positive=("mass", "length", "max_torque"),
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
    render_fps=20.0,
    set_gymnasium=set_gymnasium,
)
