"""Every condition in the native kernel, against plain Python to the bit, on both backends and in both fillings."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from backends.bench import DISTURBED, FEW, MANY, ONE, SEEDS, Bench, all_conditions, one_condition
from genesys_cli.backends.native.episode import is_plain
from genesys_cli.backends.native.rollout import ALONE_FROM
from genesys_cli.envs.registry import has_fixed_start
from reference import rollout
from reference.rollout import added


def compare(found, expected, episodes, *, moments):
    """Raise unless an evaluation is what plain Python found in the first `episodes` of each genome."""
    played = rollout.Played(*(each[:, :episodes] for each in expected[:5]), *expected[5:])
    np.testing.assert_array_equal(found.returns, played.returns)
    totals = np.array([added(row) for row in played.returns.tolist()])
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
@pytest.mark.parametrize(("backend", "env"), DISTURBED)
def test_everything_at_once(backend, env, feed_forward):
    with closing(Bench(env, backend, feed_forward=feed_forward)) as bench:
        changes = all_conditions(bench.env)
        assert not is_plain(bench.conditions(changes))
        expected = bench.expected(changes, SEEDS)
        if bench.env.name != "XOR":  # which shows the same whatever is answered
            seen = len(np.unique(expected.moments[..., 1, 0]))
            assert seen > (MANY if has_fixed_start(bench.env) else 2 * MANY)  # one start makes genomes more alike
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
@pytest.mark.parametrize("env", ["CartPole", pytest.param("MountainCar", marks=pytest.mark.soak), "Pendulum"])
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
        changes = {"max_steps": 30, "physics": bench.env.physics._replace(length=1.5, force=3.0)}
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
    """A bias that is no number makes the torque none, and from then on the pendulum's angle."""
    with closing(Bench("Pendulum", "software")) as bench:
        start, end = bench.population.node_offsets[1:3]
        bench.population.node_bias[start:end] = np.nan
        changes = {"moments": True}
        for episodes in (FEW, ALONE_FROM):
            found = bench.evaluate(changes, SEEDS[:episodes])
            with np.errstate(invalid="ignore"):
                expected = bench.expected(changes, SEEDS[:episodes])
            np.testing.assert_array_equal(found.returns, expected.returns)
            sound = np.isfinite(expected.moments).all(axis=(2, 3))
            assert not sound[1].any()
            assert found.moments.count == expected.decisions[sound].sum()
            assert np.isfinite(found.moments.squares).all()
