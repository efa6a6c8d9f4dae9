"""Episodes of Gymnasium's environments, in plain Python."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from genesys_cli.envs.conditions import Conditions
from genesys_cli.envs.spec import Box, Discrete, GymEnv
from genesys_cli.network.network import Network

from .acting import Player


class Played(NamedTuple):
    """What came of an episode; moments: (2, I) float64, see the reference's Player."""

    total: float
    steps: int
    decisions: int
    terminated: bool
    moments: np.ndarray


class Lone:
    """EnvPool's version of an environment, with nothing but one episode in it, as one of Gymnasium's."""

    def __init__(self, make_id: str) -> None:
        self._make_id = make_id

    def reset(self, seed: int) -> Any:
        import envpool

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that bounds are of another type
            self._pool = envpool.make(
                self._make_id, env_type="gymnasium", num_envs=1, num_threads=1, env_seed=[seed], max_episode_steps=10**6
            )
            self._type = self._pool.single_action_space.dtype
            seen, info = self._pool.reset()
        return seen[0], info

    def step(self, action: Any) -> Any:
        return [one[0] for one in self._pool.step(np.array([action], self._type))[:4]] + [{}]

    def close(self) -> None:
        self._pool.close()


def play(env: GymEnv, network: Network, conditions: Conditions, seed: int) -> Played:
    """Play one episode in an environment made for it."""
    world: Any
    if conditions.pooled:
        world = Lone(env.make_id)
    else:
        world = gymnasium.make(env.make_id, max_episode_steps=-1, disable_env_checker=True, **env.kwargs)
    player = Player(network, env.action, conditions, seed)
    seen, _ = world.reset(seed=seed)
    total, steps, best, best_at = 0.0, 0, -np.inf, 0
    terminated = over = False
    while not over:
        rows = player.decide(np.asarray(seen, np.float32).ravel())
        assert isinstance(env.action, Discrete | Box)
        action = rows[0] if isinstance(env.action, Discrete) else np.array(rows, np.float32)
        for _ in range(conditions.action_repeat):
            seen, reward, terminated, truncated, _ = world.step(action)
            total = total - player.cost + max(float(reward), conditions.reward_min)
            steps += 1
            if total > best:
                best, best_at = total, steps
            bored = conditions.patience and steps - best_at >= conditions.patience
            over = bool(terminated or truncated or bored or steps == conditions.max_steps)
            if over:
                break
    world.close()
    return Played(total, steps, player.decisions, terminated, player.moments)
