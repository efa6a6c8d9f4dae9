"""Environments whose episodes do not depend on seed and actions alone, each in its own way; and two that do."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import WrapperSpec

LENGTH = 30
_episodes = 0


class Steady(gymnasium.Env[Any, Any]):
    """Follow a number; an episode is its seed's."""

    observation_space: Any = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space: Any = spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.t, self.x, self.bonus, self.length = 0, 0.0, 0.0, LENGTH
        self.goal = self.np_random.uniform(-5, 5)
        self.change(seed)
        return self.see(), {}

    def change(self, seed: int | None) -> None:
        """What the others do in reset."""

    def see(self) -> Any:
        return np.array([self.x, self.goal], np.float32)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.t += 1
        self.x += float(np.ravel(action)[0])
        self.move()
        return self.see(), self.bonus - abs(self.x - self.goal), self.t >= self.length, False, {}

    def move(self) -> None:
        """What the others do in a step."""


class Parts(Steady):
    """Sees a Dict, and chooses one of two."""

    observation_space = spaces.Dict(where=spaces.Box(-np.inf, np.inf, (2,)), phase=spaces.Discrete(3))
    action_space = spaces.Discrete(2)

    def see(self) -> Any:
        return {"where": np.array([self.x, self.goal], np.float32), "phase": self.t % 3}


class Counter(Steady):
    """Counts the episodes of the instance."""

    played = 0

    def change(self, seed: int | None) -> None:
        self.played += 1
        self.goal *= self.played


class Later(Steady):
    """Gets harder with the fourth episode of the instance."""

    played = 0

    def change(self, seed: int | None) -> None:
        self.played += 1
        self.length = 3
        self.goal += self.played // 4


class Cached(Steady):
    """Keeps the goal of its first episode."""

    kept: float | None = None

    def change(self, seed: int | None) -> None:
        self.kept = self.goal if self.kept is None else self.kept
        self.goal = self.kept


class RewardDrifts(Steady):
    """Pays more in each episode of the instance; nothing else changes."""

    played = 0

    def change(self, seed: int | None) -> None:
        self.played += 1
        self.bonus = 0.1 * self.played


class LengthDrifts(Steady):
    """Lasts longer in each episode of the instance; nothing else changes."""

    played = 0

    def change(self, seed: int | None) -> None:
        self.played += 1
        self.length = LENGTH + self.played


class ClassCounter(Steady):
    """Counts the episodes of all instances, in the class."""

    played = 0

    def change(self, seed: int | None) -> None:
        type(self).played += 1
        self.goal += self.played


class ModuleCounter(Steady):
    """Counts the episodes of all instances, in the module."""

    def change(self, seed: int | None) -> None:
        global _episodes
        _episodes += 1
        self.goal += _episodes


class FileCounter(Steady):
    """Counts the episodes of all processes, in a file."""

    def __init__(self, file: str = "episodes") -> None:
        self.file = Path(file)

    def change(self, seed: int | None) -> None:
        played = len(self.file.read_bytes()) if self.file.exists() else 0
        self.file.write_bytes(b"x" * (played + 1))
        self.goal += played


class NumpyRandom(Steady):
    """Draws from numpy's global generator."""

    def change(self, seed: int | None) -> None:
        self.goal = np.random.uniform(-5, 5)


class PythonRandom(Steady):
    """Draws from Python's global generator, in steps."""

    def move(self) -> None:
        self.x += random.uniform(-0.1, 0.1)


class SeedsGlobal(Steady):
    """Seeds numpy's global generator in reset and draws from it in steps, as old environments do."""

    def change(self, seed: int | None) -> None:
        np.random.seed(seed)

    def move(self) -> None:
        self.x += np.random.uniform(-0.1, 0.1)


class Clock(Steady):
    """Is rewarded by the clock."""

    def move(self) -> None:
        self.bonus = time.perf_counter()


class Hashed(Steady):
    """Takes its goal from the hash of a text, which is another one in each process."""

    def change(self, seed: int | None) -> None:
        self.goal += hash(f"goal {seed}") % 1000


class ClassCached(Steady):
    """Keeps the goal of the first episode of its process, in the class."""

    kept: float | None = None

    def change(self, seed: int | None) -> None:
        if type(self).kept is None:
            type(self).kept = self.goal
        self.goal = self.kept or 0.0


class Told(Steady):
    """Is as hard as the module is told to be."""

    def change(self, seed: int | None) -> None:
        self.goal *= DIFFICULTY


DIFFICULTY = 1.0


class SecondCrashes(Steady):
    """Takes its process down when an instance is reset for the second time."""

    played = 0

    def change(self, seed: int | None) -> None:
        self.played += 1
        if self.played == 2:
            os._exit(5)


class SecondHangs(Steady):
    """Hangs when an instance is reset for the second time."""

    played = 0

    def change(self, seed: int | None) -> None:
        self.played += 1
        if self.played == 2:
            time.sleep(3600)


class SecondRaises(Steady):
    """Raises when an instance is reset for the second time."""

    played = 0

    def change(self, seed: int | None) -> None:
        self.played += 1
        if self.played == 2:
            raise RuntimeError("no second time")


class Picture(Steady):
    """Sees 100 x 100 pixels, of which one depends on the episodes that the instance has played."""

    observation_space = spaces.Box(0, 255, (100, 100), np.uint8)
    action_space = spaces.Discrete(2)
    played = 0

    def change(self, seed: int | None) -> None:
        self.played += 1

    def see(self) -> Any:
        picture = np.zeros((100, 100), np.uint8)
        picture[50, 50] = self.played
        return picture


for _kind in [*list(Steady.__subclasses__()), Steady]:
    gymnasium.register(id=f"{_kind.__name__}-v0", entry_point=_kind, max_episode_steps=100)
gymnasium.register(
    id="Normalised-v0",
    entry_point=Steady,
    max_episode_steps=100,
    additional_wrappers=(
        WrapperSpec("NormalizeObservation", "gymnasium.wrappers:NormalizeObservation", {"epsilon": 1e-8}),
    ),
)
