"""Episodes played in Gymnasium, and the native environments' kernels behind plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import gymnasium
import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from genesys_cli.compiled.lanes import LANES
from genesys_cli.envs.registry import NATIVE
from genesys_cli.envs.spec import Box, Discrete, NativeEnv


class Lanes:
    """The kernels of an environment, compiled or interpreted, over arrays of shape (rows, LANES)."""

    def __init__(self, env: NativeEnv, compiled: bool = True) -> None:
        discrete = isinstance(env.action, Discrete)
        self._look, self._advance = _driver(env, compiled)
        self.physics = env.physics
        self.state = np.zeros((env.state_size, LANES))
        self.action = np.zeros((1 if discrete else env.n_outputs, LANES), np.int32 if discrete else np.float32)
        self.observation = np.zeros((env.n_inputs, LANES), np.float32)
        self.reward = np.zeros(LANES)
        self.terminated = np.zeros(LANES, np.bool_)

    def observe(self, lanes: int = LANES) -> None:
        self._look(self.state.ravel(), self.observation.ravel(), self.physics, lanes)

    def step(self, lanes: int = LANES) -> None:
        arrays = (self.state.ravel(), self.action.ravel(), self.physics, self.reward, self.terminated)
        self._advance(*arrays, lanes)

    def step_each(self, states: NDArray[Any], actions: NDArray[Any], lanes: int = LANES) -> tuple[NDArray[Any], ...]:
        """Step each of ``(n, state_size)`` states once with ``(n, rows)`` actions, `lanes` side by side.

        Return the new states, their observations, the rewards and whether they are terminal.
        """
        parts = []
        for first in range(0, len(states), lanes):
            n = len(states[first : first + lanes])
            self.state[:, :n] = states[first : first + n].T
            self.action[:, :n] = actions[first : first + n].T
            self.step(n)
            self.observe(n)
            got = (self.state[:, :n].T, self.observation[:, :n].T, self.reward[:n], self.terminated[:n])
            parts.append([part.copy() for part in got])
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


@cache
def _compiled(observe: Callable[..., Any], step: Callable[..., Any]) -> tuple[Callable[..., None], Callable[..., None]]:
    look, advance = _interpreted(observe, step)
    compile_ = numba.njit(error_model="numpy")
    return compile_(look), compile_(advance)


def _interpreted(observe: Any, step: Any) -> tuple[Callable[..., None], Callable[..., None]]:
    def look(state, out, physics, lanes):  # type: ignore[no-untyped-def]
        for lane in range(lanes):
            observe(state, np.uint64(lane), out, physics)

    def advance(state, action, physics, rewards, ends, lanes):  # type: ignore[no-untyped-def]
        for lane in range(lanes):
            u = np.uint64(lane)
            reward, terminated = step(state, u, action, physics)
            rewards[u] = reward
            ends[u] = terminated

    return look, advance


def _driver(env: NativeEnv, compiled: bool) -> tuple[Callable[..., None], Callable[..., None]]:
    return _compiled(env.observe, env.step) if compiled else _interpreted(env.observe, env.step)


# Controllers that reach the goal, so that episodes hold more than flailing: observation -> action. An environment that
# has none here acts at random.
CONTROLLERS: dict[str, Callable[[Any], Any]] = {
    "CartPole-v1": lambda o: int(o[2] + 0.5 * o[3] + 0.1 * o[0] + 0.2 * o[1] > 0),
    "MountainCar-v0": lambda o: 2 if o[1] >= 0 else 0,
    "MountainCarContinuous-v0": lambda o: 30 * o[1],
    "Acrobot-v1": lambda o: 2 if o[5] > 0 else 0,
    "Pendulum-v1": lambda o: -8 * o[1] - 2 * o[2] if o[0] > 0.8 else 2 * np.sign(o[2]),
}


class Player:
    """A controller that acts at random in none, a third or all of the steps, as `seed` decides."""

    def __init__(self, env: NativeEnv, seed: int) -> None:
        self._space = env.action
        self._control = CONTROLLERS.get(env.id)
        self._noise = 1.0 if self._control is None else (0.0, 1 / 3, 1.0)[seed % 3]
        self._rng = np.random.default_rng(seed)

    def act(self, observation: NDArray[np.float32]) -> Any:
        """Return an action for Gymnasium; what is drawn does not depend on the observations."""
        act_at_random = self._rng.random() < self._noise
        if isinstance(self._space, Discrete):
            drawn = int(self._rng.integers(self._space.n))
            return drawn if act_at_random else self._control(observation)
        low, high = np.float32(self._space.low), np.float32(self._space.high)
        throw = self._rng.uniform(low, high).astype(np.float32)
        return throw if act_at_random else np.clip(np.float32([self._control(observation)]), low, high)


@dataclass(frozen=True)
class Episode:
    """An episode of T steps in Gymnasium: T + 1 states and observations, T actions, rewards and endings."""

    seed: int
    states: NDArray[np.float64]
    observations: NDArray[np.float32]
    actions: NDArray[Any]
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]


@cache
def record(env_id: str, seed: int) -> Episode:
    """Play the episode `seed` in Gymnasium to its end or limit."""
    env = NATIVE[env_id]
    player = Player(env, seed)
    world = gymnasium.make(env.id).unwrapped
    observation, _ = world.reset(seed=seed)
    states, observations = [np.float64(world.state)], [observation]
    actions, rewards, ends = [], [], []
    for _ in range(env.max_steps):
        action = player.act(observation)
        observation, reward, terminated, _, _ = world.step(action)
        states.append(np.float64(world.state))
        observations.append(observation)
        actions.append(np.atleast_1d(action))
        rewards.append(reward)
        ends.append(terminated)
        if terminated:
            break
    return Episode(
        seed, np.array(states), np.array(observations), np.array(actions), np.float64(rewards), np.array(ends)
    )


def draw_actions(space: Discrete | Box, n: int, rng: np.random.Generator) -> NDArray[Any]:
    """Return ``(n, rows)`` random actions of the type that kernels are given."""
    if isinstance(space, Discrete):
        return rng.integers(space.n, size=(n, 1)).astype(np.int32)
    return rng.uniform(space.low, space.high, (n, len(space.low))).astype(np.float32)


@pytest.fixture
def lanes() -> type[Lanes]:
    return Lanes


@pytest.fixture
def player() -> type[Player]:
    return Player


@pytest.fixture
def recorded() -> Callable[[str, int], Episode]:
    return record


@pytest.fixture
def random_actions() -> Callable[..., NDArray[Any]]:
    return draw_actions
