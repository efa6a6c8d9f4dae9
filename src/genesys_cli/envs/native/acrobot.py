"""Acrobot: swing the free end of a two-link chain above a line by a motor at the elbow, as Gymnasium's Acrobot-v1.

Sutton & Barto's equations of motion ("book" in Gymnasium, which has them from RLPy), one classical Runge-Kutta step of
0.2 s in float64. Angle 1 is 0 when the first link hangs down, angle 2 is relative to the first link. Every step costs 1
until the free end is more than one link length above the shoulder.
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
    """Of one episode: angles in radians, angular velocities in radians per second."""

    theta_1: float
    theta_2: float
    omega_1: float
    omega_2: float


class Physics(NamedTuple):
    gravity: float = 9.8  # m/s²
    mass_1: float = 1.0  # kg
    mass_2: float = 1.0
    length_1: float = 1.0  # metres; the length of link 2 has no part in the motion
    centre_1: float = 0.5  # metres from a link's joint to its centre of mass
    centre_2: float = 0.5
    moment: float = 1.0  # kg m², of each link
    torque: float = 1.0  # N m


THETA_1, THETA_2, OMEGA_1, OMEGA_2 = rows(State)
COS_1, SIN_1, COS_2, SIN_2, SPEED_1, SPEED_2 = rows(6)  # of the observation
TAU = 0.2  # seconds
MAX_OMEGA_1 = 4 * math.pi  # radians per second
MAX_OMEGA_2 = 9 * math.pi
TURN = 2 * math.pi
ROUND = 6755399441055744.0  # 1.5 * 2**52: adding and subtracting it rounds a float64 to the nearest integer


@inline
def wrap(angle):
    """Return `angle` (float64, radians) in [-pi, pi]; up to one turn off, exactly what repeated subtraction gives."""
    return angle - ((angle * (1.0 / TURN) + ROUND) - ROUND) * TURN


@inline
def derivative(theta_1, theta_2, omega_1, omega_2, torque, physics):
    """Return the rates of change of both angles and both angular velocities."""
    gravity = physics.gravity
    mass_1 = physics.mass_1
    mass_2 = physics.mass_2
    length_1 = physics.length_1
    centre_1 = physics.centre_1
    centre_2 = physics.centre_2
    moment = physics.moment
    sin_2, cos_2 = sincos(theta_2)
    _, cos_12 = sincos(theta_1 + theta_2 - math.pi / 2.0)
    _, cos_1 = sincos(theta_1 - math.pi / 2.0)
    d1 = (
        mass_1 * (centre_1 * centre_1)
        + mass_2 * (length_1 * length_1 + centre_2 * centre_2 + 2.0 * length_1 * centre_2 * cos_2)
        + moment
        + moment
    )
    d2 = mass_2 * (centre_2 * centre_2 + length_1 * centre_2 * cos_2) + moment
    phi_2 = mass_2 * centre_2 * gravity * cos_12
    phi_1 = (
        -mass_2 * length_1 * centre_2 * (omega_2 * omega_2) * sin_2
        - 2.0 * mass_2 * length_1 * centre_2 * omega_2 * omega_1 * sin_2
        + (mass_1 * centre_1 + mass_2 * length_1) * gravity * cos_1
        + phi_2
    )
    alpha_2 = (torque + d2 / d1 * phi_1 - mass_2 * length_1 * centre_2 * (omega_1 * omega_1) * sin_2 - phi_2) / (
        mass_2 * (centre_2 * centre_2) + moment - d2 * d2 / d1
    )
    alpha_1 = -(d2 * alpha_2 + phi_1) / d1
    return omega_1, omega_2, alpha_1, alpha_2


@inline
def observe(state, lane, out, physics):
    sin_1, cos_1 = sincos(state[THETA_1 + lane])
    sin_2, cos_2 = sincos(state[THETA_2 + lane])
    out[COS_1 + lane] = np.float32(cos_1)
    out[SIN_1 + lane] = np.float32(sin_1)
    out[COS_2 + lane] = np.float32(cos_2)
    out[SIN_2 + lane] = np.float32(sin_2)
    out[SPEED_1 + lane] = np.float32(state[OMEGA_1 + lane])
    out[SPEED_2 + lane] = np.float32(state[OMEGA_2 + lane])


@inline
def step(state, lane, action, physics):
    a = state[THETA_1 + lane]
    b = state[THETA_2 + lane]
    c = state[OMEGA_1 + lane]
    d = state[OMEGA_2 + lane]
    torque = (np.float64(action[lane]) - 1.0) * physics.torque

    half = TAU / 2.0
    a1, b1, c1, d1 = derivative(a, b, c, d, torque, physics)
    a2, b2, c2, d2 = derivative(a + half * a1, b + half * b1, c + half * c1, d + half * d1, torque, physics)
    a3, b3, c3, d3 = derivative(a + half * a2, b + half * b2, c + half * c2, d + half * d2, torque, physics)
    a4, b4, c4, d4 = derivative(a + TAU * a3, b + TAU * b3, c + TAU * c3, d + TAU * d3, torque, physics)
    sixth = TAU / 6.0
    a = wrap(a + sixth * (a1 + 2.0 * a2 + 2.0 * a3 + a4))
    b = wrap(b + sixth * (b1 + 2.0 * b2 + 2.0 * b3 + b4))
    c = c + sixth * (c1 + 2.0 * c2 + 2.0 * c3 + c4)
    d = d + sixth * (d1 + 2.0 * d2 + 2.0 * d3 + d4)
    c = min(max(c, -MAX_OMEGA_1), MAX_OMEGA_1)
    d = min(max(d, -MAX_OMEGA_2), MAX_OMEGA_2)

    state[THETA_1 + lane] = a
    state[THETA_2 + lane] = b
    state[OMEGA_1 + lane] = c
    state[OMEGA_2 + lane] = d
    _, cos_1 = sincos(a)
    _, cos_12 = sincos(b + a)
    terminated = -cos_1 - cos_12 > 1.0
    return (0.0 if terminated else -1.0), terminated


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.uniform(-0.1, 0.1, 4).astype(np.float32).astype(np.float64)  # Gymnasium starts from float32


def scene(state: State, physics: Physics) -> Scene:
    upper, lower = state.theta_1, state.theta_1 + state.theta_2
    elbow = (physics.length_1 * math.sin(upper), -physics.length_1 * math.cos(upper))
    free_end = (elbow[0] + math.sin(lower), elbow[1] - math.cos(lower))
    reach = physics.length_1 + 1.0
    return Scene(
        view=(-reach - 0.2, -reach - 0.1, reach + 0.2, reach + 0.1),
        shapes=(
            line((-reach - 0.2, 1.0), (reach + 0.2, 1.0)),  # links of 1 m have to rise above this line
            line((0.0, 0.0), elbow, free_end),
            rectangle(-0.06, -0.06, 0.06, 0.06),
        ),
    )


def set_gymnasium(world: Any, physics: Physics) -> None:
    world.LINK_MASS_1 = physics.mass_1
    world.LINK_MASS_2 = physics.mass_2
    world.LINK_LENGTH_1 = physics.length_1
    world.LINK_COM_POS_1 = physics.centre_1
    world.LINK_COM_POS_2 = physics.centre_2
    world.LINK_MOI = physics.moment
    world.AVAIL_TORQUE = [-physics.torque, 0.0, physics.torque]


ENV = NativeEnv(
    id="Acrobot-v1",
    name="Acrobot",
    observation_names=(
        "cos angle 1",
        "sin angle 1",
        "cos angle 2",
        "sin angle 2",
        "angular velocity 1",
        "angular velocity 2",
    ),
    action_names=("torque -1", "no torque", "torque +1"),
    action=Discrete(3),
    max_steps=500,
    solved_at=-100.0,
    state=State,
    physics=Physics(),
    positive=("mass_1", "mass_2", "length_1", "centre_1", "centre_2", "moment"),
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
    render_fps=15.0,
    set_gymnasium=set_gymnasium,
    fixed_in_gymnasium=("gravity",),
)
