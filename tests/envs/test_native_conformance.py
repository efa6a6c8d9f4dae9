"""What every native environment promises to the kernels that inline it, the example of the handbook included."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from genesys_cli.compiled.lanes import LANES
from genesys_cli.envs.own.rules import problems_of
from genesys_cli.envs.own.trial import try_out
from genesys_cli.envs.registry import NATIVE, episode_starts, has_fixed_start
from genesys_cli.envs.spec import Box, Discrete, NativeEnv

ROOT = Path(__file__).parents[2]
HANDBOOK = ROOT / "docs" / "environments.md"
EXAMPLE = ROOT / "examples" / "puck.py"


def _example() -> NativeEnv:
    """Return the environment of ``examples/puck.py``, which the handbook explains."""
    spec = importlib.util.spec_from_file_location("puck", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module.ENV, NativeEnv)
    return module.ENV


ENVS = [*NATIVE.values(), _example()]
every_env = pytest.mark.parametrize("env", ENVS, ids=[env.id for env in ENVS])
gymnasiums_env = pytest.mark.parametrize(
    "env_id", [env_id for env_id, env in NATIVE.items() if env.gymnasium_id is not None]
)


def _same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def _some_states_and_actions(env, n, random_actions, seed):
    """Return states that `n` episodes reach after 0 to 15 random steps in plain Python, and an action for each."""
    rng = np.random.default_rng(seed)
    states = episode_starts(env, range(seed, seed + n))
    for i in range(n):
        state = np.repeat(states[i], LANES)
        for action in random_actions(env.action, i % 16, rng):
            env.step(state, np.uint64(3), np.repeat(action, LANES), env.physics)
        states[i] = state[3::LANES]
    return states, random_actions(env.action, n, rng)


@every_env
def test_the_description_is_consistent(env):
    assert len(env.observation_names) == env.n_inputs > 0
    assert len(env.action_names) == env.n_outputs > 0
    assert len(set(env.observation_names)) == env.n_inputs
    assert len(set(env.action_names)) == env.n_outputs
    if isinstance(env.action, Box):
        assert len(env.action.low) == len(env.action.high)
        assert all(low < high for low, high in zip(env.action.low, env.action.high, strict=True))
    assert env.max_steps >= 1
    assert env.solved_at is not None or env.validations
    assert problems_of(env) == []
    assert env.id.startswith(env.name)


def test_names_are_unique():
    names = [name.lower() for env in ENVS for name in (env.id, env.name, *env.aliases)]
    assert len(set(names)) == len(names)
    assert all(env.id == key for key, env in NATIVE.items())


@gymnasiums_env
def test_limits_thresholds_and_spaces_are_gymnasiums(env_id):
    env = NATIVE[env_id]
    published = gymnasium.spec(env_id)
    assert env.max_steps == published.max_episode_steps
    assert env.solved_at == (-200.0 if env_id == "Pendulum-v1" else published.reward_threshold)
    for alias, (max_steps, solved_at) in env.aliases.items():
        assert gymnasium.spec(alias).entry_point == published.entry_point
        assert gymnasium.spec(alias).max_episode_steps == max_steps
        assert gymnasium.spec(alias).reward_threshold == solved_at
    world = gymnasium.make(env_id)
    assert world.observation_space.shape == (env.n_inputs,)
    if isinstance(env.action, Discrete):
        assert world.action_space == gymnasium.spaces.Discrete(env.action.n)
    else:
        assert world.action_space == gymnasium.spaces.Box(np.float32(env.action.low), np.float32(env.action.high))


@every_env
def test_starts_are_float64_and_follow_the_generator(env):
    start = env.reset(np.random.default_rng(5))
    assert start.shape == (env.state_size,)
    assert start.dtype == np.float64
    assert np.isfinite(start).all()
    assert _same_bits(start, env.reset(np.random.default_rng(5)))
    assert _same_bits(start, env.reset(np.random.default_rng(6))) == has_fixed_start(env)


@every_env
def test_a_lane_is_written_completely_and_alone(env, lanes):
    ours = lanes(env)
    ours.state[:] = episode_starts(env, range(LANES)).T
    ours.observation[:] = np.nan
    before = ours.state.copy()
    look, advance = env.observe, env.step
    look(ours.state.ravel(), np.uint64(5), ours.observation.ravel(), ours.physics)
    assert np.isfinite(ours.observation[:, 5]).all()
    assert np.isnan(np.delete(ours.observation, 5, axis=1)).all()
    assert _same_bits(ours.state, before)
    advance(ours.state.ravel(), np.uint64(5), ours.action.ravel(), ours.physics)
    assert np.isfinite(ours.state).all()
    assert not _same_bits(ours.state[:, 5], before[:, 5])
    assert _same_bits(np.delete(ours.state, 5, axis=1), np.delete(before, 5, axis=1))


@every_env
@pytest.mark.parametrize("width", [2, 7, 8, 16])
def test_lanes_side_by_side_give_what_one_lane_gives(env, width, lanes, random_actions):
    states, actions = _some_states_and_actions(env, 64, random_actions, seed=3)
    for alone, together in zip(
        lanes(env).step_each(states, actions, 1), lanes(env).step_each(states, actions, width), strict=True
    ):
        assert _same_bits(alone, together), "seed 3"


@every_env
def test_plain_python_gives_what_compiled_code_gives(env, lanes, random_actions):
    states, actions = _some_states_and_actions(env, 64, random_actions, seed=4)
    for compiled, plain in zip(
        lanes(env).step_each(states, actions), lanes(env, compiled=False).step_each(states, actions), strict=True
    ):
        assert _same_bits(compiled, plain), "seed 4"


@every_env
def test_every_physics_constant_matters(env, lanes, random_actions):
    states, actions = _some_states_and_actions(env, 64, random_actions, seed=5)
    usual = lanes(env).step_each(states, actions)
    for constant, value in env.physics._asdict().items():
        ours = lanes(env)
        ours.physics = env.physics._replace(**{constant: 0.5 * value})
        drifted = ours.step_each(states, actions)
        assert any(not _same_bits(a, b) for a, b in zip(usual, drifted, strict=True)), constant


@pytest.mark.parametrize("env", NATIVE.values(), ids=NATIVE.keys())
def test_the_handbook_lists_it(env):
    rows = [line for line in HANDBOOK.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{env.id}`")]
    assert len(rows) == 1
    cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert cells[1] == ", ".join(env.observation_names)
    validations = list(env.validations.items())
    judged = [f"{trials[-1].needed} of {len(trials[-1].starts)} starts in `{name}`" for name, trials in validations]
    assert cells[3:] == [str(env.max_steps), f"{env.solved_at:g}" if env.solved_at is not None else judged[0]]
    for name in env.action_names:
        assert name in cells[2]


@every_env
def test_it_keeps_the_rules_that_hold_for_modules_of_others(env):
    try_out(env, env.id)


def test_what_gymnasium_registers_is_not_taken_for_another_one():
    """An id of Gymnasium's without a way to give it its physics would be compared with nothing."""
    for env in NATIVE.values():
        assert (env.id in gymnasium.registry) == (env.gymnasium_id is not None), env.id


def test_which_environments_have_one_start():
    assert [env.name for env in ENVS if has_fixed_start(env)] == ["XOR", "DoublePole", "DoublePoleNoVelocity"]


def test_the_handbook_shows_the_example():
    _, _, code = EXAMPLE.read_text(encoding="utf-8").partition('"""\n\nfrom typing')
    assert f"```python\nfrom typing{code}```\n" in HANDBOOK.read_text(encoding="utf-8")
