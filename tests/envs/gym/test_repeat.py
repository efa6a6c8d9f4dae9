"""Where an episode is another one the second time, for each way in which an environment can be unsteady."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from genesys_cli.config.schema import Settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.gym.repeat import BESIDE, FRESH, STEPS, Limit, differs_here, first_difference, record, rehearse
from genesys_cli.envs.gym.world import GymWorld
from genesys_cli.envs.spec import Box

SEEDS = (11, 12)
USED = {
    "Counter": (0, "observation obs[1]"),
    "Later": (0, "observation obs[1]"),
    "Cached": (0, "observation obs[1]"),
    "RewardDrifts": (1, "reward"),
    "LengthDrifts": (31, "end"),
    "Normalised": (0, "observation obs[0]"),
    "Picture": (0, "observation"),
}
LASTING = {
    "ClassCounter": FRESH,
    "ModuleCounter": FRESH,
    "FileCounter": FRESH,
    "NumpyRandom": FRESH,
    "PythonRandom": FRESH,
    "Clock": FRESH,
    "SeedsGlobal": BESIDE,
}


class Dice:
    """Acts at random, of the episode's seed."""

    def __init__(self, env):
        kind = np.float32 if isinstance(env.action, Box) else np.int32
        self.row = np.zeros(env.action.n_rows, kind)

    def begin(self, seed):
        self._draws = np.random.default_rng(seed)

    def decide(self, observation):
        self.row[...] = self._draws.integers(2, size=len(self.row))
        return True


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def described(name, **changes):
    return replace(describe_gym(f"unsteady_envs:{name}-v0"), **changes)


def rehearsed(env, *, beside=True, **limits):
    return rehearse(env, Dice(env), SEEDS, conditions_of(Settings(), env), beside=beside, **limits)


@pytest.mark.parametrize("name", ["Steady", "Parts"])
def test_what_repeats_is_found_to_repeat(name):
    found = rehearsed(described(name))
    assert (found.used, found.kind, found.lasting, found.complete) == (None, None, None, True)
    assert differs_here(described(name), found.trace) is None
    assert len(found.trace.actions) == 30
    assert found.trace.ends[-1] == "terminated"


@pytest.mark.parametrize("name", USED)
def test_what_an_instance_remembers_is_found_and_a_new_one_cures_it(name):
    env = described(name, rebuild=False)  # which a wrapper that is known to remember would get
    found = rehearsed(env)
    assert found.used is not None
    assert (found.used.step, found.used.what) == USED[name]
    assert (found.kind, found.lasting, found.complete) == (None, None, True)
    assert (found.used.first == found.used.second) == (name == "Picture")  # of a picture both are left out
    again = rehearsed(replace(env, rebuild=True))
    assert (again.used, again.kind) == (None, None)


@pytest.mark.parametrize("name", LASTING)
def test_what_a_new_instance_does_not_cure_is_told_apart(name):
    found = rehearsed(described(name))
    assert found.kind == LASTING[name]
    assert found.lasting is not None
    assert found.lasting.seed in SEEDS
    assert found.lasting.first != found.lasting.second


def test_instances_are_only_stepped_in_turn_where_workers_do_that():
    assert rehearsed(described("SeedsGlobal"), beside=False).kind is None


def test_another_process_is_another_world(monkeypatch):
    import unsteady_envs

    env = described("Told")
    trace = rehearsed(env).trace
    monkeypatch.setattr(unsteady_envs, "DIFFICULTY", 2.0)
    found = differs_here(env, trace)
    assert found is not None
    assert (found.step, found.what) == (0, "observation obs[1]")
    assert float(found.second) == pytest.approx(2 * float(found.first))


def test_the_first_step_is_named_and_the_numbers_in_it():
    env, other = described("Steady"), described("LengthDrifts")
    conditions = conditions_of(Settings(), env)
    with GymWorld(env) as one, GymWorld(other) as another:
        trace = record(one, env, Dice(env), 5, conditions, steps=STEPS, limit=Limit(60))
        found = first_difference(another, env, trace, Limit(60))
    assert found == (5, 30, "end", "terminated", "goes on")


def test_global_generators_are_left_as_they_were():
    random.seed(3)
    np.random.seed(3)
    before = random.getstate(), np.random.get_state()[1].tobytes()
    rehearsed(described("PythonRandom"))
    rehearsed(described("NumpyRandom"))
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == before


def test_there_is_an_end_to_it():
    found = rehearsed(described("Steady"), seconds=0.0)
    assert not found.complete
    assert len(found.trace.actions) == 0
    assert len(rehearsed(described("Steady"), steps=7).trace.actions) == 7


def test_what_an_environment_raises_comes_through():
    with pytest.raises(RuntimeError, match="no second time"):
        rehearsed(described("SecondRaises"))
