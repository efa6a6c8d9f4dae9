"""What comes of episodes in worker processes: what comes of them in a plain loop, however many workers there are."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from backends.fault_envs import ID, LENGTH
from backends.workers.playing import SEEDS
from genesys_cli.accelerator.adam.numbers import fixed_point_of
from genesys_cli.backends.base import make_backend
from genesys_cli.backends.chip.network import FixedNetwork
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.chip import ChipSettings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import find
from genesys_cli.network.network import Network
from reference.grow import Scene, grow
from reference.gym import play
from small_runs import bits, start, tiny

WILD = {"max_steps": 90, "action_repeat": 3, "noise": 0.2, "dropout": 0.1, "clip": 2.0, "delay": 2, "moments": True}
WILD |= {"action_cost": 0.2, "change_cost": 0.3}
SIZE = 12
CASES = [("CartPole-v1", "software"), ("CartPole-v1", "genesys"), ("Pendulum-v1", "software")]


def grown(env, feed_forward=True):
    changes = {"population": SIZE, "feed_forward": feed_forward}
    return grow(Scene(env.n_inputs, env.n_outputs, 5, changes, 6))[-1].children


def conditions(env, settings, wild):
    given = conditions_of(settings, env)
    if not wild:
        return given._replace(max_steps=150)
    rng = np.random.default_rng(8)
    return given._replace(
        offset=rng.normal(size=env.n_inputs).astype(np.float32),
        scale=rng.normal(size=env.n_inputs).astype(np.float32),
        permutation=given.permutation[::-1].copy(),
        **WILD,
    )


@pytest.mark.parametrize("wild", [False, True], ids=["plain", "wild"])
@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
@pytest.mark.parametrize(("name", "arithmetic"), CASES)
def test_what_a_plain_loop_finds(playing, name, arithmetic, feed_forward, wild):
    overrides = () if arithmetic == "software" else (f"run.backend={arithmetic}",)
    if feed_forward:
        env, settings, backend = playing.backend(name, *overrides, workers=2)
    else:
        env, settings, backend = playing.backend(name, *overrides, "neat.feed_forward=false")
    given = conditions(env, settings, wild)
    population = backend.adopt(grown(env, feed_forward))
    found = backend.evaluate(population, SEEDS, given, keep_returns=True)
    number = fixed_point_of(ChipSettings())
    episodes = []
    for g in range(SIZE):
        if arithmetic == "software":
            network = Network(population, g, feed_forward=feed_forward)
        else:
            network = FixedNetwork(number, population.select(np.array([g])), feed_forward=feed_forward)
        episodes.append([play(env, network, given, seed) for seed in SEEDS])
    returns = np.array([[episode.total for episode in row] for row in episodes])
    every = [episode for row in episodes for episode in row]
    np.testing.assert_array_equal(found.returns, returns)
    np.testing.assert_array_equal(found.fitness, (returns[:, 0] + returns[:, 1] + returns[:, 2]) / 3)
    assert found.env_steps == found.counts["env_steps"] == sum(episode.steps for episode in every)
    assert found.counts["episodes_terminated"] == sum(episode.terminated for episode in every)
    assert found.counts["episodes_truncated"] == sum(not episode.terminated for episode in every)
    assert found.faults == ()
    if not wild:
        assert found.moments is None
        return
    assert found.moments.count == sum(episode.decisions for episode in every)
    total, squares = np.array([episode.moments for episode in every]).sum(axis=0)
    np.testing.assert_array_equal(found.moments.total, total)
    np.testing.assert_array_equal(found.moments.squares, squares)


def test_the_number_of_workers_and_instances_changes_nothing(playing):
    def evaluated(workers, *instances):
        env, settings, backend = playing.backend("CartPole-v1", *instances, workers=workers)
        return backend.evaluate(grown(env), range(9), conditions(env, settings, True), keep_returns=True)

    alone = evaluated(1, "run.instances=1")
    for found in (evaluated(2), evaluated(3, "run.instances=16")):
        np.testing.assert_array_equal(found.returns, alone.returns)
        np.testing.assert_array_equal(found.fitness, alone.fitness)
        np.testing.assert_array_equal(found.moments.total, alone.moments.total)
        np.testing.assert_array_equal(found.moments.squares, alone.moments.squares)
        assert found.counts == alone.counts


def test_what_the_native_kernel_finds(playing):
    """CartPole's physics is the same to the bit, so its episodes are as long."""
    env, settings, backend = playing.backend("CartPole-v1", workers=2)
    population = grown(env)
    native = make_backend(settings, find("CartPole"), Threads(1))
    ours = backend.evaluate(population, SEEDS, keep_returns=True)
    theirs = native.evaluate(population, SEEDS, keep_returns=True)
    np.testing.assert_array_equal(ours.returns, theirs.returns)
    assert ours.env_steps == theirs.env_steps
    assert ours.counts["macs"] == theirs.counts["macs"]


def test_a_larger_population_needs_a_larger_board(playing):
    """Workers that have mapped the board of a small one meet a large one, and the other way round."""
    env, _, backend = playing.backend("CartPole-v1", workers=2)
    population = grown(env)
    many = population.select(np.arange(60 * SIZE) % SIZE)
    small = backend.evaluate(population, SEEDS, keep_returns=True)
    large = backend.evaluate(many, SEEDS, keep_returns=True)
    again = backend.evaluate(population, SEEDS, keep_returns=True)
    np.testing.assert_array_equal(large.returns, np.tile(small.returns, (60, 1)))
    np.testing.assert_array_equal(again.returns, small.returns)


def test_episodes_end_where_patience_does(playing):
    """The reward is the action: who chooses 0 for some time in a row has no new best return."""
    env, settings, backend = playing.backend(ID, workers=2)
    population = grown(env)
    patient = conditions_of(settings, env)
    for patience in (1, 2, 5):
        given = patient._replace(patience=patience)
        found = backend.evaluate(population, SEEDS, given, keep_returns=True)
        for g in range(SIZE):
            network = Network(population, g, feed_forward=True)
            expected = [play(env, network, given, seed) for seed in SEEDS]
            assert [episode.total for episode in expected] == found.returns[g].tolist()
        assert found.counts["episodes_truncated"] > 0
        assert found.env_steps < SIZE * len(SEEDS) * LENGTH


def test_the_environment_cuts_an_episode_off(playing):
    found = playing.evaluate(ID, kind="truncate", bad=[5, 7], step=4)
    assert (found.counts["episodes_terminated"], found.counts["episodes_truncated"]) == (10, 20)
    assert found.env_steps == 10 * (4 + LENGTH + 4)


def test_actions_that_are_no_numbers_never_reach_the_environment(playing):
    """Networks that overflow have no fitness, as with native environments; nothing is wrong with the environment."""
    env, _, backend = playing.backend("Pendulum-v1", workers=2)
    population = grown(env)
    population.node_bias[population.node_offsets[:-1]] = np.nan  # of the output
    found = backend.evaluate(population.select(np.arange(3)), SEEDS)
    assert np.isnan(found.fitness).all()
    assert found.faults == ()
    assert found.env_steps == 0


@pytest.mark.soak
@pytest.mark.skipif(find_spec("Box2D") is None, reason="needs the extra box2d")
def test_lunar_lander_with_one_worker_and_with_two(tmp_path):
    small = "environment.max_steps=60", "evaluation.validate_episodes=4", "neat.generations=3"
    for threads in (1, 2):
        start(tiny("LunarLander", *small, f"run.threads={threads}"), tmp_path / str(threads))
    assert bits(tmp_path / "1") == bits(tmp_path / "2")
