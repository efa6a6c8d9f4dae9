"""CartPole: keep a pole upright on a cart (Barto, Sutton & Anderson 1983), as Gymnasium's CartPole-v1 and -v0.

Semi-explicit Euler with a step of 0.02 s in float64; observations are float32. The arithmetic follows Gymnasium's
operation by operation, so that trajectories agree to the last bits of sine and cosine.
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
from ..spec import Discrete, NativeEnv


class State(NamedTuple):
    """Of one episode; it is also what is observed."""

    x: float  # metres from the middle
    x_dot: float
    theta: float  # radians, upright at 0, clockwise
    theta_dot: float


class Physics(NamedTuple):
    gravity: float = 9.8  # m/s²
    mass_cart: float = 1.0  # kg
    mass_pole: float = 0.1
    length: float = 0.5  # metres from the hinge to the middle of the pole, Gymnasium's name for it
    force: float = 10.0  # N, of a push


X, X_DOT, THETA, THETA_DOT = rows(State)
TAU = 0.02  # seconds
X_LIMIT = 2.4  # metres
THETA_LIMIT = 12 * 2 * math.pi / 360  # radians


@inline
def observe(state, lane, out, physics):
    out[X + lane] = np.float32(state[X + lane])
    out[X_DOT + lane] = np.float32(state[X_DOT + lane])
    out[THETA + lane] = np.float32(state[THETA + lane])
    out[THETA_DOT + lane] = np.float32(state[THETA_DOT + lane])


@inline
def step(state, lane, action, physics):
    mass_pole = physics.mass_pole
    half_length = physics.length
    total_mass = mass_pole + physics.mass_cart
    pole_moment = mass_pole * half_length
    x = state[X + lane]
    x_dot = state[X_DOT + lane]
    theta = state[THETA + lane]
    theta_dot = state[THETA_DOT + lane]

    force = physics.force if action[lane] == 1 else -physics.force
    sine, cosine = sincos(theta)
    temp = (force + pole_moment * (theta_dot * theta_dot) * sine) / total_mass
    theta_acc = (physics.gravity * sine - cosine * temp) / (
        half_length * (4.0 / 3.0 - mass_pole * (cosine * cosine) / total_mass)
    )
    x_acc = temp - pole_moment * theta_acc * cosine / total_mass

    x = x + TAU * x_dot
    theta = theta + TAU * theta_dot
    state[X + lane] = x
    state[X_DOT + lane] = x_dot + TAU * x_acc
    state[THETA + lane] = theta
    state[THETA_DOT + lane] = theta_dot + TAU * theta_acc
    terminated = (x < -X_LIMIT) | (x > X_LIMIT) | (theta < -THETA_LIMIT) | (theta > THETA_LIMIT)
    return 1.0, terminated


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.uniform(-0.05, 0.05, 4)


def scene(state: State, physics: Physics) -> Scene:
    length = 2 * physics.length
    tip = (state.x + length * math.sin(state.theta), 0.1 + length * math.cos(state.theta))
    return Scene(
        view=(-2.6, -0.3, 2.6, max(1.4, 0.4 + length)),
        shapes=(
            line((-X_LIMIT, -0.1), (X_LIMIT, -0.1)),
            line((-X_LIMIT, -0.25), (-X_LIMIT, 0.05)),
            line((X_LIMIT, -0.25), (X_LIMIT, 0.05)),
            rectangle(state.x - 0.25, -0.1, state.x + 0.25, 0.1),
            line((state.x, 0.1), tip),
        ),
    )


def set_gymnasium(world: Any, physics: Physics) -> None:
    world.gravity = physics.gravity
    world.masscart = physics.mass_cart
    world.masspole = physics.mass_pole
    world.length = physics.length
    world.force_mag = physics.force
    world.total_mass = physics.mass_pole + physics.mass_cart
    world.polemass_length = physics.mass_pole * physics.length


ENV = NativeEnv(
    id="CartPole-v1",
    name="CartPole",
    observation_names=("cart position", "cart velocity", "pole angle", "pole angular velocity"),
    action_names=("push left", "push right"),
    action=Discrete(2),
    max_steps=500,
    solved_at=475.0,
    state=State,
    physics=Physics(),
    positive=("mass_cart", "mass_pole", "length"),
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
    render_fps=50.0,
    set_gymnasium=set_gymnasium,
    aliases={"CartPole-v0": (200, 195.0)},
)
