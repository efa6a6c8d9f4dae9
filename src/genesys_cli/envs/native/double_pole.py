"""DoublePole: balance two poles of different length, side by side on one cart, all velocities observed.

The task of Wieland (1991) as Gomez & Miikkulainen (1999) and Stanley & Miikkulainen (2002) set it. The equations are
Wieland's, with friction of cart and hinges, integrated by classical Runge-Kutta in float64: two steps of 0.01 s an
action. Constants, limits and the scale of observations are those of Stanley's program (NEAT 1.2.1, experiments.cpp),
which leaves out the friction of the cart: 0.0005 N beside a force of up to 10 N. Each step after which cart and poles
are within their limits is rewarded with 1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.jit import inline
from ...compiled.lanes import rows
from ...compiled.mathf import sincos_small
from ..scene import Line, Scene, line
from ..spec import Box, NativeEnv


class State(NamedTuple):
    """Of one episode. Pole 1 is the long one."""

    x: float  # metres from the middle
    x_dot: float
    theta_1: float  # radians, upright at 0, clockwise
    theta_1_dot: float
    theta_2: float
    theta_2_dot: float


class Physics(NamedTuple):
    gravity: float = 9.8  # m/s²
    mass_cart: float = 1.0  # kg
    mass_1: float = 0.1
    mass_2: float = 0.01
    length_1: float = 0.5  # metres from the hinge to the middle of a pole
    length_2: float = 0.05
    cart_friction: float = 5e-4  # N, against the motion
    hinge_friction: float = 2e-6  # N m s


X, X_DOT, THETA_1, THETA_1_DOT, THETA_2, THETA_2_DOT = rows(State)
TAU = 0.01  # seconds, of one of the two Runge-Kutta steps
X_LIMIT = 2.4  # metres
THETA_LIMIT = math.radians(36.0)
X_SCALE = 4.8  # what observations are divided by
THETA_SCALE = 0.52
SPEED_SCALE = 2.0


@inline
def accelerations(x_dot, theta_1, omega_1, theta_2, omega_2, force, physics):
    """Return the accelerations of the cart, of pole 1 and of pole 2; angles as within an episode, see THETA_LIMIT."""
    mass_1 = physics.mass_1
    mass_2 = physics.mass_2
    length_1 = physics.length_1
    length_2 = physics.length_2
    moment_1 = mass_1 * length_1
    moment_2 = mass_2 * length_2
    sin_1, cos_1 = sincos_small(theta_1)
    sin_2, cos_2 = sincos_small(theta_2)
    pull_1 = physics.hinge_friction / moment_1 * omega_1 - physics.gravity * sin_1
    pull_2 = physics.hinge_friction / moment_2 * omega_2 - physics.gravity * sin_2
    drag = physics.cart_friction if x_dot > 0.0 else -physics.cart_friction
    drag = drag if x_dot != 0.0 else 0.0
    force_1 = moment_1 * (omega_1 * omega_1) * sin_1 + 0.75 * mass_1 * cos_1 * pull_1
    force_2 = moment_2 * (omega_2 * omega_2) * sin_2 + 0.75 * mass_2 * cos_2 * pull_2
    effective_1 = mass_1 * (1.0 - 0.75 * (cos_1 * cos_1))
    effective_2 = mass_2 * (1.0 - 0.75 * (cos_2 * cos_2))
    x_acc = (force - drag + force_1 + force_2) / (physics.mass_cart + effective_1 + effective_2)
    return x_acc, -0.75 / length_1 * (x_acc * cos_1 + pull_1), -0.75 / length_2 * (x_acc * cos_2 + pull_2)


@inline
def runge_kutta(x, v, a, p, b, q, force, physics):
    """Return the state TAU later; v, p, q: the velocities of x and of the angles a and b."""
    half = TAU / 2.0
    v1, p1, q1 = accelerations(v, a, p, b, q, force, physics)
    v_2, p_2, q_2 = v + half * v1, p + half * p1, q + half * q1
    v2, p2, q2 = accelerations(v_2, a + half * p, p_2, b + half * q, q_2, force, physics)
    v_3, p_3, q_3 = v + half * v2, p + half * p2, q + half * q2
    v3, p3, q3 = accelerations(v_3, a + half * p_2, p_3, b + half * q_2, q_3, force, physics)
    v_4, p_4, q_4 = v + TAU * v3, p + TAU * p3, q + TAU * q3
    v4, p4, q4 = accelerations(v_4, a + TAU * p_3, p_4, b + TAU * q_3, q_4, force, physics)
    sixth = TAU / 6.0
    return (
        x + sixth * (v + v_4 + 2.0 * (v_2 + v_3)),
        v + sixth * (v1 + v4 + 2.0 * (v2 + v3)),
        a + sixth * (p + p_4 + 2.0 * (p_2 + p_3)),
        p + sixth * (p1 + p4 + 2.0 * (p2 + p3)),
        b + sixth * (q + q_4 + 2.0 * (q_2 + q_3)),
        q + sixth * (q1 + q4 + 2.0 * (q2 + q3)),
    )


@inline
def push(state, lane, action, physics):
    """Advance one lane under a force, and return whether cart and poles are within their limits."""
    x, v = state[X + lane], state[X_DOT + lane]
    a, p = state[THETA_1 + lane], state[THETA_1_DOT + lane]
    b, q = state[THETA_2 + lane], state[THETA_2_DOT + lane]
    force = np.float64(action[lane])
    x, v, a, p, b, q = runge_kutta(x, v, a, p, b, q, force, physics)
    x, v, a, p, b, q = runge_kutta(x, v, a, p, b, q, force, physics)
    state[X + lane] = x
    state[X_DOT + lane] = v
    state[THETA_1 + lane] = a
    state[THETA_1_DOT + lane] = p
    state[THETA_2 + lane] = b
    state[THETA_2_DOT + lane] = q
    return (abs(x) <= X_LIMIT) & (abs(a) <= THETA_LIMIT) & (abs(b) <= THETA_LIMIT)


@inline
def observe(state, lane, out, physics):
    out[X + lane] = np.float32(state[X + lane] / X_SCALE)
    out[X_DOT + lane] = np.float32(state[X_DOT + lane] / SPEED_SCALE)
    out[THETA_1 + lane] = np.float32(state[THETA_1 + lane] / THETA_SCALE)
    out[THETA_1_DOT + lane] = np.float32(state[THETA_1_DOT + lane] / SPEED_SCALE)
    out[THETA_2 + lane] = np.float32(state[THETA_2 + lane] / THETA_SCALE)
    out[THETA_2_DOT + lane] = np.float32(state[THETA_2_DOT + lane] / SPEED_SCALE)


@inline
def step(state, lane, action, physics):
    balanced = push(state, lane, action, physics)
    nothing = 0.0 * np.float64(action[lane])  # an action that is no number makes no return
    return (1.0 + nothing if balanced else nothing), (False if balanced else True)


def reset(rng: np.random.Generator) -> NDArray[np.float64]:
    return np.array(State(0.0, 0.0, math.radians(1.0), 0.0, 0.0, 0.0))


def scene(state: State, physics: Physics) -> Scene:
    reach = max(1.0, 2 * physics.length_1, 2 * physics.length_2)
    return Scene(
        view=(-2.6, -0.3, 2.6, 0.4 + reach),
        shapes=(
            line((-X_LIMIT, -0.1), (X_LIMIT, -0.1)),
            line((-X_LIMIT, -0.25), (-X_LIMIT, 0.05)),
            line((X_LIMIT, -0.25), (X_LIMIT, 0.05)),
            line(
                (state.x - 0.3, -0.1),
                (state.x - 0.3, 0.1),
                (state.x + 0.3, 0.1),
                (state.x + 0.3, -0.1),
                (state.x - 0.3, -0.1),
            ),
            pole(state.x - 0.05, state.theta_1, physics.length_1),
            pole(state.x + 0.05, state.theta_2, physics.length_2),
        ),
    )


def pole(x: float, theta: float, length: float) -> Line:
    """Return a pole that stands at `x`; length: half of its own."""
    return line((x, 0.1), (x + 2 * length * math.sin(theta), 0.1 + 2 * length * math.cos(theta)))


ENV = NativeEnv(
    id="DoublePole-v0",
    name="DoublePole",
    observation_names=(
        "cart position",
        "cart velocity",
        "long pole angle",
        "long pole angular velocity",
        "short pole angle",
        "short pole angular velocity",
    ),
    action_names=("force",),
    action=Box(low=(-10.0,), high=(10.0,)),
    max_steps=100_000,
    solved_at=100_000.0,
    state=State,
    physics=Physics(),
    positive=("mass_cart", "mass_1", "mass_2", "length_1", "length_2"),
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
    render_fps=50.0,
)
