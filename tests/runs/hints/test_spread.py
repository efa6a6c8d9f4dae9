"""How much inputs vary, beside environments that are stepped one by one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from genesys_cli.backends.evaluation import Moments
from genesys_cli.config.load import load_settings
from genesys_cli.envs.gym.native import make_native
from genesys_cli.envs.registry import environment_of, find
from genesys_cli.errors import UserError
from genesys_cli.evolution.episodes import held_out_episodes
from genesys_cli.runs.hints.spread import EPISODES, STEPS, _wander, spread_of
from small_runs import tiny


def champion():
    return SimpleNamespace(genome="a network")


def evolution(env="CartPole", answer=None, settings=None):
    """An evolution whose backend gives such moments, or raises them."""

    def evaluate(genome, seeds, conditions):
        assert (genome, conditions.moments) == ("a network", True)
        asked.append((list(seeds), conditions.max_steps))
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(moments=answer)

    asked = []
    settings = settings or tiny(env)
    backend = SimpleNamespace(evaluate=evaluate)
    return SimpleNamespace(env=environment_of(settings), settings=settings, backend=backend, asked=asked)


@pytest.mark.parametrize("name", ["CartPole", "Pendulum", "MountainCarContinuous"])
def test_a_native_environment_is_wandered_in(name):
    """The observations are those of the same actions in the same environment, stepped as one of Gymnasium's."""
    env, seeds = find(name), [3, 1, 4, 1]
    seen = _wander(env, seeds)
    assert seen.shape[1] == env.n_inputs
    world = make_native(env)
    first, _ = world.reset(seed=3)
    np.testing.assert_array_equal(seen[0], first)
    assert len(seen) <= len(seeds) * min(STEPS, env.max_steps)
    np.testing.assert_array_equal(seen, _wander(env, seeds))
    found = spread_of(evolution(name), champion())
    mine = _wander(env, held_out_episodes(tiny(name), env, EPISODES))
    np.testing.assert_array_equal(found.deviations, mine.std(axis=0))
    assert found.where == "with random actions"


GYM = ("environment.kwargs.sutton_barto_reward=true",)


def test_the_champion_plays_an_environment_of_gymnasium():
    rng = np.random.default_rng(5)
    seen = rng.normal(size=(50, 4)) * (1, 10, 0, 3) + (5, 0, 7, 1)
    asked = evolution(answer=Moments(50, seen.sum(axis=0), (seen**2).sum(axis=0)), settings=tiny("CartPole", *GYM))
    found = spread_of(asked, champion())
    np.testing.assert_allclose(found.deviations, seen.std(axis=0), atol=1e-6)
    assert found.where == "where the champion goes"
    ((seeds, steps),) = asked.asked
    assert (len(seeds), steps) == (EPISODES, STEPS)


@pytest.mark.parametrize(
    "answer",
    [None, Moments(0, np.zeros(4), np.zeros(4)), Moments(3, np.full(4, np.inf), np.zeros(4)), UserError("no worker")],
)
def test_what_cannot_be_found_is_no_more_than_a_hint_less(answer):
    with np.errstate(invalid="ignore"):
        assert spread_of(evolution(answer=answer, settings=tiny("CartPole", *GYM)), champion()) is None


def test_all_rows_of_a_table_that_is_not_standardised(tmp_path):
    rng = np.random.default_rng(6)
    np.savez(tmp_path / "t.npz", x=rng.normal(size=(40, 2)) * (1, 100), y=rng.normal(size=40))
    flags = {"data.file": str(tmp_path / "t.npz"), "data.target": "y", "data.standardise": False}
    asked = evolution(
        answer=Moments(10, np.zeros(2), np.array([10.0, 1000.0])), settings=load_settings("Data", None, [], flags)
    )
    found = spread_of(asked, champion())
    np.testing.assert_allclose(found.deviations, [1, 10])
    assert (len(asked.asked[0][0]), found.where) == (10, "over the rows")
