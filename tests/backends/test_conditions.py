"""Every condition in the native kernel, against plain Python to the bit, on both backends and in both fillings."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from genesys_cli.backends.base import make_backend
from genesys_cli.backends.episode import is_plain
from genesys_cli.backends.rollout import ALONE_FROM
from genesys_cli.compiled.lanes import LANES
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import BACKENDS
from genesys_cli.envs.conditions import conditions_of, n_permuted
from genesys_cli.envs.registry import NATIVE, find
from reference import rollout
from reference.grow import Scene, grow

GENOMES = 5
FEW = ALONE_FROM - 1  # genomes share the lanes
MANY = LANES + 2  # each has them for itself, twice
SEEDS = [7 + 1000 * k for k in range(MANY)]
STEPS = 61  # no multiple of the repeats below


def one_condition(env, name):
    """Return what one condition changes."""
    moved = np.roll(np.arange(n_permuted(env)), 1).astype(np.int32)
    return {
        "noise": {"noise": 0.2},
        "dropout": {"dropout": 0.3},
        "clip": {"clip": 0.05},
        "delay": {"delay": 2},
        "permutation": {"permutation": moved},
        "action_repeat": {"action_repeat": 4},
        "patience": {"patience": 1},
        "moments": {"moments": True},
    }[name]


ONE = ["noise", "dropout", "clip", "delay", "permutation", "action_repeat", "patience", "moments"]


def all_conditions(env):
    """Return changes of everything at once; less gravity, so that nobody falls before late actions arrive."""
    factor = {"gravity": 0.2, "half_length": 2.0}
    return {
        **one_condition(env, "noise"),
        **one_condition(env, "permutation"),
        "dropout": 0.1,
        "clip": 1.7,
        "delay": 2,
        "action_repeat": 3,
        "patience": 40,
        "moments": True,
        "physics": np.array([value * factor.get(name, 1.1) for name, value in env.physics.items()]),
    }


class Bench:
    """A backend with genomes that have a history, and what plain Python makes of the same genomes."""

    def __init__(self, env, backend, *, feed_forward=True, threads=1):
        self.env = find(env)
        overrides = (f"run.backend={backend}", f"neat.feed_forward={str(feed_forward).lower()}")
        scale = f"evaluation.observation_scale={[1.5] * self.env.n_inputs}"
        offset = f"evaluation.observation_offset={[0.1] * self.env.n_inputs}"
        self.settings = load_settings(
            env=env, overrides=[*overrides, scale, offset, "neat.population=70", f"environment.max_steps={STEPS}"]
        )
        self.threads = Threads(threads)
        self.backend = make_backend(self.settings, self.env, self.threads)
        changes = {"population": 20, "feed_forward": feed_forward, "num_hidden": 2, "initial_direct": True}
        changes |= {"conn_delete_prob": 0.05, "node_delete_prob": 0.05, "weight_init_stdev": 3.0}
        grown = grow(Scene(self.env.n_inputs, self.env.n_outputs, 9, changes, 6))[-1].children
        self.population = self.backend.adopt(grown.select(np.arange(GENOMES)))

    def conditions(self, changes):
        return conditions_of(self.settings, self.env)._replace(**changes)

    def evaluate(self, changes, seeds):
        return self.backend.evaluate(self.population, seeds, self.conditions(changes), keep_returns=True)

    def expected(self, changes, seeds):
        networks = [self.backend.network(self.population.select(np.array([g]))) for g in range(GENOMES)]
        return rollout.evaluate(self.env, networks, seeds, self.conditions(changes))

    def close(self):
        self.backend.close()
        self.threads.close()


def compare(found, expected, episodes, *, moments):
    """Raise unless an evaluation is what plain Python found in the first `episodes` of each genome."""
    played = rollout.Played(*(each[:, :episodes] for each in expected[:5]), *expected[5:])
    np.testing.assert_array_equal(found.returns, played.returns)
    totals = np.array([sum(row) for row in played.returns.tolist()])
    np.testing.assert_array_equal(found.fitness, totals / episodes)
    assert found.env_steps == played.steps.sum()
    assert found.counts["env_steps"] == found.env_steps
    assert found.counts["episodes_terminated"] == played.terminated.sum()
    assert found.counts["episodes_truncated"] == (~played.terminated).sum()
    each = played.decisions.sum(axis=1)
    if "macs" in found.counts:
        assert found.counts["macs"] == each @ played.edges
    if not moments:
        assert found.moments is None
        return
    assert found.moments.count == each.sum()
    total = np.zeros((2, played.moments.shape[-1]))
    for genome in played.moments:
        mine = np.zeros_like(total)
        for episode in genome:
            mine += episode
        total += mine
    np.testing.assert_array_equal(found.moments.total, total[0])
    np.testing.assert_array_equal(found.moments.squares, total[1])


@pytest.mark.parametrize("feed_forward", [True, False], ids=["feed-forward", "recurrent"])
@pytest.mark.parametrize("env", list(NATIVE))
@pytest.mark.parametrize("backend", BACKENDS)
def test_everything_at_once(backend, env, feed_forward):
    with closing(Bench(env, backend, feed_forward=feed_forward)) as bench:
        changes = all_conditions(bench.env)
        assert not is_plain(bench.conditions(changes))
        expected = bench.expected(changes, SEEDS)
        assert len(np.unique(expected.moments[..., 1, 0])) > 2 * MANY
        few, many = bench.evaluate(changes, SEEDS[:FEW]), bench.evaluate(changes, SEEDS)
        compare(few, expected, FEW, moments=True)
        compare(many, expected, MANY, moments=True)
    with closing(Bench(env, backend, feed_forward=feed_forward, threads=3)) as bench:
        for seeds, one in ((SEEDS[:FEW], few), (SEEDS, many)):
            same = bench.evaluate(changes, seeds)
            np.testing.assert_array_equal(same.returns, one.returns)
            np.testing.assert_array_equal(same.fitness, one.fitness)
            np.testing.assert_array_equal(same.moments.squares, one.moments.squares)
            assert same.counts == one.counts


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("env", ["CartPole", "MountainCar", "Pendulum"])
def test_one_at_a_time(env, name):
    with closing(Bench(env, "software")) as bench:
        changes = one_condition(bench.env, name)
        assert not is_plain(bench.conditions(changes)) or (env, name) == ("Pendulum", "permutation")
        expected = bench.expected(changes, SEEDS[: ALONE_FROM + 1])
        for episodes in (FEW, ALONE_FROM + 1):
            found = bench.evaluate(changes, SEEDS[:episodes])
            compare(found, expected, episodes, moments=name == "moments")


def test_a_limit_and_physics_alone_are_plain():
    """They are arguments of the fast kernel."""
    with closing(Bench("CartPole", "software")) as bench:
        changes = {"max_steps": 30, "physics": np.array([9.8, 1.0, 0.1, 1.5, 3.0])}
        assert is_plain(bench.conditions(changes))
        compare(bench.evaluate(changes, SEEDS[:FEW]), bench.expected(changes, SEEDS[:FEW]), FEW, moments=False)


@pytest.mark.parametrize("env", ["CartPole", "Pendulum"])
def test_conditions_that_disturb_nothing_change_nothing(env):
    """The kernel that honours everything gives the plain one's bits where there is nothing to honour."""
    with closing(Bench(env, "software")) as bench:
        nothing = {"patience": 10**6, "clip": 1e30}
        for seeds in (SEEDS[:FEW], SEEDS):
            plain, other = bench.evaluate({}, seeds), bench.evaluate(nothing, seeds)
            np.testing.assert_array_equal(other.returns, plain.returns)
            assert other.counts == plain.counts


def test_moments_leave_out_episodes_without_finite_observations():
    """A bias that is no number makes the throttle none, and from then on the car's position."""
    with closing(Bench("MountainCarContinuous", "software")) as bench:
        start, end = bench.population.node_offsets[1:3]
        bench.population.node_bias[start:end] = np.nan
        changes = {"moments": True}
        for episodes in (FEW, ALONE_FROM):
            found = bench.evaluate(changes, SEEDS[:episodes])
            expected = bench.expected(changes, SEEDS[:episodes])
            np.testing.assert_array_equal(found.returns, expected.returns)
            sound = np.isfinite(expected.moments).all(axis=(2, 3))
            assert not sound[1].any()
            assert found.moments.count == expected.decisions[sound].sum()
            assert np.isfinite(found.moments.squares).all()
