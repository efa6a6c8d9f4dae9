"""Findings of Gymnasium's checker, in words about what they mean here."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.gym.examine import examine, meanings
from unsteady_envs import Steady


class Double(Steady):
    def see(self):
        return super().see().astype(np.float64)


class Flat(Steady):
    def see(self):
        return super().see()[:, None]


class Unseeded(Steady):
    def reset(self, *, seed=None, options=None):
        super().reset()
        self.goal = 1.0
        return self.see(), {}


class NoSeed(Steady):
    def reset(self):
        return super().reset()


class Outside(Steady):
    observation_space = spaces.Box(-0.001, 0.001, (2,), np.float32)


class Whole(Steady):
    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, int(terminated), truncated, info


class OldSeed(Steady):
    def seed(self, seed):
        pass


class Raises(Steady):
    def move(self):
        raise ValueError("stuck")


WRONG = {
    Double: "observations are of float64, but observation_space says float32; they become float32",
    Unseeded: "reset() does not call super().reset(seed=seed): what self.np_random draws does not follow the seed of",
    NoSeed: "reset() names no seed, which is given here: write def reset(self, *, seed=None, options=None)",
    Outside: "number 1 of an observation is ",
    Flat: "observations have the shape (2, 1), but observation_space says (2,)",
    Whole: "terminated is no bool but <class 'int'>; it counts as true or false",
    OldSeed: "seed() is the old Gym's and never called",
    Raises: "Gymnasium: ValueError: stuck",
}


@pytest.mark.parametrize("kind", WRONG, ids=lambda kind: kind.__name__)
def test_each_finding_says_what_it_means_here(kind, monkeypatch):
    monkeypatch.setattr(gymnasium.envs.registration, "registry", dict(gymnasium.registry))
    gymnasium.register("Wrong-v0", entry_point=kind)
    monkeypatch.setattr(gymnasium, "registry", gymnasium.envs.registration.registry)
    found = examine(describe_gym("Wrong-v0"))
    assert any(line.startswith(WRONG[kind]) for line in found), found
    assert not any("\x1b" in line or "WARN" in line or "\n" in line for line in found)


@pytest.mark.parametrize("name", ["Steady", "Parts", "Normalised"])
def test_where_nothing_matters_nothing_is_said(name):
    assert examine(describe_gym(f"unsteady_envs:{name}-v0")) == [] or name == "Normalised"


def test_what_is_not_known_is_passed_on_once_and_in_one_line():
    assert meanings(["\x1b[33mWARN: Something\n  new.\x1b[0m", "Something new."]) == ["Gymnasium: Something new."]
    assert meanings(["A Box observation space minimum value is -infinity. This is probably too low."]) == []
