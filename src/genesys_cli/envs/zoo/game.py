"""One game of an environment of PettingZoo: what a network sees becomes its inputs, and its outputs an action."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..gym.foreign import short
from ..gym.spaces import flat_action, flat_observation
from ..spec import Action, Box, Discrete, MultiBinary, MultiDiscrete
from .making import made

MASK = "action_mask"  # which actions are allowed, in an observation or beside it
_SEEN = "observation"


class Game:
    """An environment that is made once and played again and again, from seeds.

    agents: in the order of the players; space: of observations, without what says which actions are allowed
    """

    def __init__(self, env_id: str, kwargs: Mapping[str, Any], max_steps: int) -> None:
        """max_steps: turns, or moves of all at once, after which a game ends"""
        self._id, self._kwargs, self._max_steps = env_id, kwargs, max_steps
        self._world: Any = made(env_id, kwargs)
        self.agents: list[Any] = list(getattr(self._world, "possible_agents", ()))
        if self.agents:
            first = self.agents[0]
            space = self._world.observation_space(first)
            self.masked = hasattr(space, "spaces") and isinstance(space.spaces, dict) and MASK in space.spaces
            self.seen = flat_observation(space.spaces[_SEEN] if self.masked else space, env_id)
            self.done = flat_action(self._world.action_space(first), env_id)
            self._inputs = np.zeros(len(self.seen.names), np.float32)

    def alike(self) -> bool:
        """Say whether all agents see and do the same kinds of things."""
        world, first = self._world, self.agents[0]
        spaces = world.observation_space(first), world.action_space(first)
        return all((world.observation_space(agent), world.action_space(agent)) == spaces for agent in self.agents)

    def play(self, networks: Sequence[Any], seed: int) -> list[float]:
        """Let networks play, one for each agent; return the sum of the rewards of each."""
        try:
            if self._world is None:
                self._world = made(self._id, self._kwargs)
            turns = hasattr(self._world, "agent_iter")
            return self._in_turn(networks, seed) if turns else self._at_once(networks, seed)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take the environment away, whatever state it is in; another one is made for the next game."""
        if self._world is not None:
            with contextlib.suppress(BaseException):
                self._world.close()
            self._world = None

    def _in_turn(self, networks: Sequence[Any], seed: int) -> list[float]:
        world, player = self._world, dict(zip(self.agents, networks, strict=True))
        total = dict.fromkeys(self.agents, 0.0)
        world.reset(seed=seed)
        for agent in world.agent_iter(self._max_steps):
            observation, reward, terminated, truncated, info = world.last()
            total[agent] += _number(agent, reward)
            over = terminated or truncated
            world.step(None if over else self.act(player[agent], observation, info))
        for agent in world.agents:  # whom the limit ended, what they have not been told of
            total[agent] += _number(agent, world._cumulative_rewards.get(agent, 0.0))
        return [total[agent] for agent in self.agents]

    def _at_once(self, networks: Sequence[Any], seed: int) -> list[float]:
        world, player = self._world, dict(zip(self.agents, networks, strict=True))
        total = dict.fromkeys(self.agents, 0.0)
        seen, infos = world.reset(seed=seed)
        for _ in range(self._max_steps):
            if not world.agents:
                break
            actions = {agent: self.act(player[agent], seen[agent], infos.get(agent, {})) for agent in world.agents}
            seen, rewards, _, _, infos = world.step(actions)
            for agent, reward in rewards.items():
                total[agent] += _number(agent, reward)
        return [total[agent] for agent in self.agents]

    def act(self, network: Any, observation: Any, info: Any = None) -> Any:
        """Return the action of an agent that sees an observation; info: what else it is told

        Raises ValueError where the observation or the action is not finite.
        """
        mask = info.get(MASK) if isinstance(info, Mapping) else None
        if self.masked:
            observation, mask = observation[_SEEN], observation[MASK]
        self.seen.flatten(observation, self._inputs)
        if not np.isfinite(self._inputs).all():
            k = int(np.flatnonzero(~np.isfinite(self._inputs))[0])
            raise ValueError(f"{self._id}: observation {self.seen.names[k]} is {self._inputs[k]}")
        row = choose(self.done.action, network.activate(self._inputs), mask)
        if not np.isfinite(row).all():
            raise ValueError(f"{self._id}: the action of a network is not finite: {row.tolist()}")
        return self.done.unflatten(row)


def choose(action: Action, outputs: NDArray[np.float32], mask: Any = None) -> NDArray[Any]:
    """Return a row of an action, as the kernels choose it; of one choice the best that is allowed, (R,).

    outputs: (O,) float32; mask: (n,), of one choice: what is not zero is allowed; None, or nothing: all is
    """
    if isinstance(action, Discrete):
        allowed = np.flatnonzero(mask) if mask is not None else ()
        choices = np.arange(len(outputs)) if len(allowed) == 0 else allowed
        return np.array([choices[_largest(outputs[choices])]], np.int32)
    if isinstance(action, MultiDiscrete):
        starts = np.cumsum((0, *action.sizes))
        parts = [outputs[a:b] for a, b in pairwise(starts)]
        return np.array([_largest(part) for part in parts], np.int32)
    if isinstance(action, MultiBinary):
        return (outputs > 0).astype(np.int32)
    assert isinstance(action, Box)  # spaces of PettingZoo have no others
    low, high = np.array(action.low), np.array(action.high)
    middle, half = ((high + low) / 2).astype(np.float32), ((high - low) / 2).astype(np.float32)
    row: NDArray[np.float32] = middle + half * np.clip(outputs, np.float32(-1), np.float32(1))
    return row


def _largest(outputs: NDArray[np.float32]) -> int:
    """Return which is the largest, the first of equals; NaN is larger than nothing, but stays where it is the first."""
    return 0 if np.isnan(outputs[0]) else int(np.nanargmax(outputs))


def _number(agent: Any, reward: Any) -> float:
    try:
        return float(reward)
    except (TypeError, ValueError):
        raise ValueError(f"the reward of agent {agent!r} is {short(reward)} instead of a number") from None
