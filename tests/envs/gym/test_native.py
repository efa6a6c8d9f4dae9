"""Native environments that Gymnasium has not, as environments of Gymnasium."""

from __future__ import annotations

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from genesys_cli.envs.gym.native import NativeGym, make_native
from genesys_cli.envs.picture import picture_of
from genesys_cli.envs.registry import NATIVE, episode_starts
from genesys_cli.envs.scene import Scene, line
from genesys_cli.errors import UserError

OURS = [env for env in NATIVE.values() if env.gymnasium_id is None]


@pytest.mark.parametrize("env", NATIVE.values(), ids=NATIVE.keys())
def test_an_episode_has_the_bits_of_the_kernels(env, lanes, random_actions):
    world, ours = NativeGym(env), lanes(env)
    seen, _ = world.reset(seed=7)
    ours.state[:] = episode_starts(env, [7]).T
    ours.observe()
    for action in random_actions(env.action, 20, np.random.default_rng(7)):
        assert seen.tobytes() == ours.observation[:, 0].tobytes()
        assert world.state.tobytes() == ours.state[:, 0].tobytes()
        ours.action[:] = action[:, None]
        ours.step()
        ours.observe()
        seen, reward, terminated, _, _ = world.step(action if action.dtype == np.float32 else int(action[0]))
        assert (reward, terminated) == (ours.reward[0], ours.terminated[0])
        if terminated:
            break


@pytest.mark.parametrize("env", OURS, ids=lambda env: env.name)
def test_gymnasiums_checker_has_nothing_to_say(env):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        check_env(NativeGym(env, render_mode="rgb_array"), skip_render_check=True)
    bounds = ("infinity", "symmetric and normalized", "different from its unwrapped")
    assert [str(one.message) for one in told if not any(word in str(one.message) for word in bounds)] == []


def test_what_it_refuses():
    world = NativeGym(NATIVE["DoublePole-v0"])
    with pytest.raises(gymnasium.error.ResetNeeded):
        world.step(np.zeros(1, np.float32))
    world.reset(seed=1)
    for wrong in (np.array([11], np.float32), np.array([np.nan], np.float32), np.zeros(2, np.float32)):
        with pytest.raises(gymnasium.error.InvalidAction, match="DoublePole-v0"):
            world.step(wrong)
    with pytest.raises(UserError, match="'ansi': DoublePole-v0 has the modes 'human', 'rgb_array'"):
        make_native(world.native, render_mode="ansi")


@pytest.mark.parametrize("env", OURS, ids=lambda env: env.name)
def test_it_draws_its_scene(env):
    world = NativeGym(env, render_mode="rgb_array")
    world.reset(seed=1)
    first = world.render()
    for _ in range(3):
        world.step(world.action_space.high)
    assert first.dtype == np.uint8
    assert first.shape == world.render().shape
    assert (first != world.render()).any()
    assert first.min() < 64
    assert first.max() == 255


def test_lines_are_where_they_belong():
    square = picture_of(Scene((0.0, 0.0, 1.0, 1.0), [line((0.5, 0.0), (0.5, 0.5)), line((np.inf, 0.0), (0.0, 0.0))]))
    assert square.shape == (400, 400, 3)
    assert square[300, 199:201].max() < 64  # below the middle; pictures have y downwards
    assert square[100].min() == 255
    assert square[300, 210].min() == 255
