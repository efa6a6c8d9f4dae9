"""CartPole: keep a pole upright on a cart (Barto, Sutton & Anderson 1983), as Gymnasium's CartPole-v1 and -v0.

Semi-explicit Euler with a step of 0.02 s in float64; observations are float32. The arithmetic follows Gymnasium's
operation by operation, so that trajectories agree to the last bits of sine and cosine.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline
from ...compiled.lanes import rows
from ...compiled.mathf import sincos
from ..spec import Discrete, NativeEnv

X, X_DOT, THETA, THETA_DOT = rows(4)
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
    gravity, mass_cart, mass_pole, half_length, force_magnitude = (
        physics[0],
        physics[1],
        physics[2],
        physics[3],
        physics[4],
    )
    total_mass = mass_pole + mass_cart
    pole_moment = mass_pole * half_length
    x = state[X + lane]
    x_dot = state[X_DOT + lane]
    theta = state[THETA + lane]
    theta_dot = state[THETA_DOT + lane]

    force = force_magnitude if action[lane] == 1 else -force_magnitude
    sine, cosine = sincos(theta)
    temp = (force + pole_moment * (theta_dot * theta_dot) * sine) / total_mass
    theta_acc = (gravity * sine - cosine * temp) / (
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


ENV = NativeEnv(
    id="CartPole-v1",
    name="CartPole",
    observation_names=("cart position", "cart velocity", "pole angle", "pole angular velocity"),
    action_names=("push left", "push right"),
    action=Discrete(2),
    max_steps=500,
    solved_at=475.0,
    state_size=4,
    physics={
        "gravity": 9.8,
        "mass_cart": 1.0,
        "mass_pole": 0.1,
        "length": 0.5,  # from the hinge to the middle of the pole, Gymnasium's name for it
        "force": 10.0,
    },
    positive=("mass_cart", "mass_pole", "length"),
    reset=reset,
    observe=observe,
    step=step,
    aliases={"CartPole-v0": (200, 195.0)},
)
