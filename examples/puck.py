"""Puck: bring a puck on frictionless ice to rest in the middle of the rink.

Semi-implicit Euler with a step of 0.1 s in float64; a step costs position² + 0.1 thrust². Off the rink ends an episode.

A native environment of one's own, compiled with the network into one kernel: ``genesys evolve --env puck:ENV`` in this
folder. ``puck_gym.py`` has the same physics as an environment of Gymnasium.
"""

from typing import NamedTuple

import numpy as np

from genesys_cli.envs.native import Box, NativeEnv, Scene, circle, inline, line, rows

TAU = 0.1  # seconds
RINK = 5.0  # metres from the middle to the edge


class State(NamedTuple):
    position: float  # metres from the middle
    velocity: float


class Physics(NamedTuple):
    mass: float = 2.0  # kg
    power: float = 1.0  # N, of full thrust


POSITION, VELOCITY = rows(State)


@inline
def observe(state, lane, out, physics):
    out[POSITION + lane] = np.float32(state[POSITION + lane])
    out[VELOCITY + lane] = np.float32(state[VELOCITY + lane])


@inline
def step(state, lane, action, physics):
    thrust = np.float64(action[lane])
    velocity = state[VELOCITY + lane] + TAU * (physics.power * thrust / physics.mass)
    position = state[POSITION + lane] + TAU * velocity
    state[POSITION + lane] = position
    state[VELOCITY + lane] = velocity
    reward = -(position * position + 0.1 * (thrust * thrust))
    terminated = (position < -RINK) | (position > RINK)
    return reward, terminated


def reset(rng):
    return rng.uniform(-1.0, 1.0, 2)


def scene(state, physics):
    return Scene(
        view=(-RINK - 0.5, -1.0, RINK + 0.5, 1.0),
        shapes=(
            line((-RINK, -0.8), (-RINK, 0.8)),
            line((RINK, -0.8), (RINK, 0.8)),
            line((0.0, -0.1), (0.0, 0.1)),
            circle(state.position, 0.0, 0.15 * physics.mass),
        ),
    )


ENV = NativeEnv(
    id="Puck-v0",
    name="Puck",
    observation_names=("position", "velocity"),
    action_names=("thrust",),
    action=Box(low=(-1.0,), high=(1.0,)),
    max_steps=100,
    solved_at=-15.0,
    state=State,
    physics=Physics(),
    positive=("mass",),
    reset=reset,
    observe=observe,
    step=step,
    scene=scene,
)
