"""The double poles beside their equations, written down once more and integrated by a plain Runge-Kutta."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genesys_cli.envs.gym.native import NativeGym
from genesys_cli.envs.native import double_pole, double_pole_no_velocity
from genesys_cli.envs.registry import episode_starts

POLE, HIDDEN = double_pole.ENV, double_pole_no_velocity.ENV


def derivative(y, force):
    """Wieland's equations, a sum over poles, with gravity as he has it."""
    gravity, cart, mu_c, mu_p = -9.8, 1.0, 5e-4, 2e-6
    masses, lengths = np.array([0.1, 0.01]), np.array([0.5, 0.05])
    speed, angles, spins = y[1], y[2::2], y[3::2]
    hinge = mu_p * spins / (masses * lengths)
    pushes = masses * lengths * spins**2 * np.sin(angles)
    pushes += 0.75 * masses * np.cos(angles) * (hinge + gravity * np.sin(angles))
    weights = masses * (1 - 0.75 * np.cos(angles) ** 2)
    acceleration = (force - mu_c * np.sign(speed) + pushes.sum()) / (cart + weights.sum())
    twists = -0.75 / lengths * (acceleration * np.cos(angles) + gravity * np.sin(angles) + hinge)
    return np.array([speed, acceleration, spins[0], twists[0], spins[1], twists[1]])


def advanced(y, force, h=0.01):
    for _ in range(2):
        k1 = derivative(y, force)
        k2 = derivative(y + h / 2 * k1, force)
        k3 = derivative(y + h / 2 * k2, force)
        k4 = derivative(y + h * k3, force)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


def fallen(y):
    return abs(y[0]) > 2.4 or (np.abs(y[2::2]) > math.radians(36)).any()


def random_states(count, seed):
    high = np.array([2.4, 2.0, 0.6, 2.0, 0.6, 4.0])
    rng = np.random.default_rng(seed)
    return rng.uniform(-high, high, (count, 6)), rng.uniform(-10, 10, (count, 1)).astype(np.float32)


@pytest.mark.parametrize("env", [POLE, HIDDEN], ids=lambda env: env.name)
def test_a_step_is_that_of_the_equations(env, lanes):
    states, actions = random_states(200, seed=1)
    room = np.zeros((len(states), env.state_size))
    room[:, :6] = states
    found, _, rewards, ends = lanes(env).step_each(room, actions)
    for before, action, after, reward, end in zip(states, actions, found, rewards, ends, strict=True):
        expected = advanced(before, float(action[0]))
        np.testing.assert_allclose(after[:6], expected, rtol=1e-12, atol=1e-12, err_msg="seed 1")
        assert end == fallen(expected)
        assert end == (reward == 0.0)
    assert 0 < ends.sum() < len(ends)


def test_a_whole_episode_is_that_of_the_equations():
    """A weak push to and fro, until they fall: errors grow as they would."""
    world = NativeGym(POLE)
    world.reset(seed=0)
    y = np.array([0, 0, math.radians(1), 0, 0, 0])
    for step in range(200):
        force = np.float32(0.2 * math.sin(0.3 * step))
        _, reward, terminated, _, _ = world.step(np.array([force], np.float32))
        y = advanced(y, float(force))
        np.testing.assert_allclose(world.state, y, rtol=1e-9, atol=1e-9)
        assert terminated == fallen(y)
        assert reward == (0.0 if terminated else 1.0)
        if terminated:
            break
    assert step > 10


def test_observations_are_scaled_as_in_the_papers(lanes):
    for env, columns in ((POLE, range(6)), (HIDDEN, (0, 2, 4))):
        ours = lanes(env)
        ours.state[:6] = np.arange(1, 7)[:, None]
        ours.observe()
        scaled = np.array([1 / 4.8, 2 / 2, 3 / 0.52, 4 / 2, 5 / 0.52, 6 / 2], np.float32)
        assert ours.observation[:, 0].tolist() == scaled[list(columns)].tolist()


def test_starts():
    assert episode_starts(POLE, [5])[0].tolist() == [0, 0, math.radians(1), 0, 0, 0]
    assert episode_starts(HIDDEN, [5])[0].tolist() == [0, 0, 0.07, *[0] * (HIDDEN.state_size - 3)]
    (alone, many) = HIDDEN.validations["generalisation"]
    assert alone.starts.tolist() == episode_starts(HIDDEN, [0]).tolist()
    assert many.starts.shape == (625, HIDDEN.state_size)
    assert len(np.unique(many.starts, axis=0)) == 625
    np.testing.assert_allclose(many.starts[0, :4], np.array([-2.16, -1.35, -0.06283152, -0.15009752]) * 0.9)
    assert many.starts[312].tolist() == [0.0] * HIDDEN.state_size  # the middle
    assert (many.starts[:, 4:] == 0).all()


@pytest.mark.parametrize("env", [POLE, HIDDEN], ids=lambda env: env.name)
def test_an_action_that_is_no_number_makes_no_return(env, lanes):
    """And does not balance for ever, as poles would that are never found to have fallen."""
    ours = lanes(env)
    ours.state[:] = episode_starts(env, range(16)).T
    ours.action[:] = np.nan
    ours.step()
    assert np.isnan(ours.reward).all()
    assert ours.terminated.all()


@pytest.mark.parametrize("ends", [60, 99, 100, 101, 150, 230])
def test_the_return_is_gruaus_fitness_whenever_an_episode_ends(ends, lanes):
    """The poles are put up again by hand before each step, but for the last one."""
    rng = np.random.default_rng(ends)
    ours = lanes(HIDDEN)
    ours.state[:] = episode_starts(HIDDEN, range(16)).T
    total, restless = np.zeros(16), []
    for step in range(ends + 1):
        high = np.array([2.0, 0.5, 0.3, 0.5, 0.1, 0.5])[:, None] * (0.01 if step % 7 else 1.0)
        ours.state[:6] = rng.uniform(-high, high, (6, 16)) if step < ends else 1e3
        ours.action[:] = rng.uniform(-1, 1, (1, 16))
        ours.step()
        total += ours.reward
        assert ours.terminated.tolist() == [step == ends] * 16
        if step < ends:
            restless.append(np.abs(ours.state[:4]).sum(axis=0))
            quiet = 0.75 / np.sum(restless[-100:], axis=0) if step + 1 >= 100 else 0.0
            np.testing.assert_allclose(total, 0.1 * (step + 1) / 1000 + 0.9 * quiet, rtol=1e-11, err_msg=f"seed {ends}")
