"""Every native environment against Gymnasium: the same starts, single steps from anywhere, whole episodes."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from genesys_cli.compiled.lanes import LANES
from genesys_cli.envs.registry import NATIVE, episode_starts
from genesys_cli.playback.physics import set_physics

IDS = [env_id for env_id, env in NATIVE.items() if env.gymnasium_id is not None]
EPISODES = range(32)

# One step from equal states. Both sides round alike but for the last bits of sine, cosine and squares; a float32 state
# differs by a float32's last bit where those decide a rounding.
STEP_TOLERANCE = dict.fromkeys(IDS, 1e-12) | {"MountainCarContinuous-v0": 2e-7}
# Pendulum's torque is squared in float32, of which a thousandth is paid: 2e-10 is one last bit of that.
REWARD_TOLERANCE = dict.fromkeys(IDS, 1e-12) | {"Pendulum-v1": 1e-9}
# Within one step at full speed, Acrobot's accelerations of hundreds of rad/s² multiply what is off by as much.
ANYWHERE_FACTOR = {"Acrobot-v1": 100}

# Steps for which an episode may be compared state by state. A difference of one last bit (1e-16) grows on its way: an
# upright pole multiplies it by e every quarter of a second, and Acrobot is chaotic once it swings over. How soon that
# shows depends on the sine that numpy picks for the machine, so these leave room. The others are compared whole.
FREE_STEPS = {"CartPole-v1": 200, "Acrobot-v1": 100}
# Where a last bit of the state turns one of a float32 observation, Pendulum's controller answers with another torque.
FREE_TOLERANCE = dict.fromkeys(IDS, 1e-6) | {"Pendulum-v1": 1e-5}
RETURN_TOLERANCE = dict.fromkeys(IDS, 1e-6) | {"Pendulum-v1": 1e-4}

# Boxes of states wider than episodes reach, to be clipped to what the environment allows: (low, high, clip). Of an
# environment that has none here, the states of its episodes have to do.
ANYWHERE = {
    "CartPole-v1": ([-3, -4, -0.3, -4], [3, 4, 0.3, 4], None),
    "MountainCar-v0": ([-1.3, -0.08], [0.7, 0.08], ([-1.2, -0.07], [0.6, 0.07])),
    "MountainCarContinuous-v0": ([-1.3, -0.08], [0.7, 0.08], ([-1.2, -0.07], [0.6, 0.07])),
    "Acrobot-v1": ([-np.pi, -np.pi, -13, -29], [np.pi, np.pi, 13, 29], ([-4, -4, -12, -28], [4, 4, 12, 28])),
    "Pendulum-v1": ([-30, -9], [30, 9], ([-30, -8], [30, 8])),
}


def _random_states(env, n, rng, recorded):
    if env.id not in ANYWHERE:
        return rng.choice(np.concatenate([recorded(env.id, seed).states[:-1] for seed in EPISODES]), n)
    low, high, clip = ANYWHERE[env.id]
    states = rng.uniform(low, high, (n, env.state_size))
    states = states if clip is None else np.clip(states, *clip)
    return np.float64(np.float32(states)) if env.id == "MountainCarContinuous-v0" else states


def _gymnasium_steps(world, env, states, actions):
    """Step Gymnasium's `world` once from each state; return states, observations, rewards and endings."""
    after, observations, rewards, ends = [], [], [], []
    for state, action in zip(states, actions, strict=True):
        world.state = state.astype(np.float32) if env.id == "MountainCarContinuous-v0" else state.copy()
        world.steps_beyond_terminated = None  # else CartPole pays a terminal state once only
        observation, reward, terminated, _, _ = world.step(int(action[0]) if action.dtype == np.int32 else action)
        after.append(np.float64(world.state))
        observations.append(observation)
        rewards.append(reward)
        ends.append(terminated)
    return np.array(after), np.array(observations), np.float64(rewards), np.array(ends)


def _assert_steps_agree(env_id, got, want, where, factor=1):
    atol = STEP_TOLERANCE[env_id] * factor
    np.testing.assert_allclose(got[0], want[0], rtol=0, atol=atol, err_msg=f"states, {where}")
    np.testing.assert_allclose(got[1], want[1], rtol=2e-7, atol=atol, err_msg=f"observations, {where}")
    np.testing.assert_allclose(got[2], want[2], rtol=0, atol=REWARD_TOLERANCE[env_id], err_msg=f"rewards, {where}")
    np.testing.assert_array_equal(got[3], want[3], err_msg=f"terminated, {where}")


@pytest.mark.parametrize("env_id", IDS)
def test_starts_are_gymnasiums(env_id, lanes):
    env = NATIVE[env_id]
    seeds = [*range(150), 2**31, 2**32 + 1, 2**63 - 1]
    starts = episode_starts(env, seeds)
    world = gymnasium.make(env_id).unwrapped
    ours = lanes(env)
    for seed, start in zip(seeds, starts, strict=True):
        observation, _ = world.reset(seed=seed)
        np.testing.assert_array_equal(start, np.float64(world.state), err_msg=f"seed {seed}")
        ours.state[:, 0] = start
        ours.observe(1)
        # Acrobot starts from float32 angles, of which Gymnasium takes float32 sines, less exact than ours.
        ulps = 4 if env_id == "Acrobot-v1" else 0
        distance = np.abs(ours.observation[:, 0].astype(np.float64) - observation) / np.spacing(np.abs(observation))
        assert distance.max() <= ulps, f"seed {seed}: {ours.observation[:, 0]} is not {observation}"


@pytest.mark.parametrize("env_id", IDS)
def test_each_step_of_an_episode(env_id, lanes, recorded):
    ours = lanes(NATIVE[env_id])
    for seed in EPISODES:
        episode = recorded(env_id, seed)
        got = ours.step_each(episode.states[:-1], episode.actions)
        want = (episode.states[1:], episode.observations[1:], episode.rewards, episode.terminated)
        _assert_steps_agree(env_id, got, want, f"episode {seed}")


@pytest.mark.parametrize("env_id", IDS)
def test_steps_from_anywhere(env_id, lanes, recorded, random_actions):
    env = NATIVE[env_id]
    rng = np.random.default_rng(1)
    states, actions = _random_states(env, 2000, rng, recorded), random_actions(env.action, 2000, rng)
    want = _gymnasium_steps(gymnasium.make(env_id).unwrapped, env, states, actions)
    _assert_steps_agree(env_id, lanes(env).step_each(states, actions), want, "seed 1", ANYWHERE_FACTOR.get(env_id, 1))


@pytest.mark.parametrize(
    ("env_id", "constant"),
    [
        (env_id, name)
        for env_id in IDS
        for name in NATIVE[env_id].physics._fields
        if name not in NATIVE[env_id].fixed_in_gymnasium
    ],
)
def test_steps_with_drifted_physics(env_id, constant, lanes, recorded, random_actions):
    env = NATIVE[env_id]
    rng = np.random.default_rng(2)
    states, actions = _random_states(env, 200, rng, recorded), random_actions(env.action, 200, rng)
    drifted = 0.7 * getattr(env.physics, constant)
    world = gymnasium.make(env_id).unwrapped
    ours = lanes(env)
    ours.physics = env.physics._replace(**{constant: drifted})
    set_physics(world, env, ours.physics)
    want = _gymnasium_steps(world, env, states, actions)
    where = f"{constant} {drifted}, seed 2"
    _assert_steps_agree(env_id, ours.step_each(states, actions), want, where, ANYWHERE_FACTOR.get(env_id, 1))


@pytest.mark.parametrize("env_id", IDS)
def test_whole_episodes(env_id, lanes, player, recorded):
    """Ours and Gymnasium's run freely, each under the controller's answers to its own observations."""
    env = NATIVE[env_id]
    free_steps = FREE_STEPS.get(env_id, env.max_steps)
    for first in range(0, len(EPISODES), LANES):
        seeds = EPISODES[first : first + LANES]
        episodes = [recorded(env_id, seed) for seed in seeds]
        players = [player(env, seed) for seed in seeds]
        ours = lanes(env)
        ours.state[:] = episode_starts(env, seeds).T
        alive = np.ones(LANES, np.bool_)
        returns, lengths = np.zeros(LANES), np.zeros(LANES, int)
        for t in range(env.max_steps):
            ours.observe()
            for lane in np.flatnonzero(alive):
                ours.action[:, lane] = players[lane].act(ours.observation[:, lane])
            ours.step()
            returns += np.where(alive, ours.reward, 0.0)
            lengths += alive
            for lane in np.flatnonzero(alive & (t < free_steps)):
                assert t + 1 < len(episodes[lane].states), f"episode {seeds[lane]} outlives Gymnasium's"
                distance = np.abs(ours.state[:, lane] - episodes[lane].states[t + 1]).max()
                assert distance <= FREE_TOLERANCE[env_id], f"episode {seeds[lane]}, step {t}: off by {distance}"
            alive &= ~ours.terminated
        if env_id == "Acrobot-v1":
            continue  # chaos: where the trajectories have parted, lengths may differ
        for lane, episode in enumerate(episodes):
            assert lengths[lane] == len(episode.rewards), f"length of episode {episode.seed}"
            distance = abs(returns[lane] - episode.rewards.sum())
            assert distance <= RETURN_TOLERANCE[env_id], f"return of episode {episode.seed}: off by {distance}"


@pytest.mark.parametrize("env_id", IDS)
def test_episodes_show_what_they_should(env_id, recorded):
    """The comparisons above are worth little if no episode meets a goal, a wall, a limit or more than one turn."""
    episodes = [recorded(env_id, seed) for seed in EPISODES]
    limit = NATIVE[env_id].max_steps
    states = np.concatenate([episode.states for episode in episodes])
    if env_id == "Pendulum-v1":  # never ends early
        assert np.abs(states[:, 0]).max() > 3 * np.pi
        assert np.abs(states[:, 1]).max() == 8
        return
    assert sum(episode.terminated[-1] for episode in episodes) >= 5
    assert any(len(episode.rewards) == limit for episode in episodes)
    if env_id.startswith("MountainCar"):
        assert (np.float32(states[:, 0]) == np.float32(-1.2)).any()
