"""Episodes of Gymnasium's environments, in plain Python."""

from __future__ import annotations

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


def play(env: GymEnv, network: Network, conditions: Conditions, seed: int) -> Played:
    """Play one episode in an environment made for it."""
    world: Any = gymnasium.make(env.make_id, max_episode_steps=-1, disable_env_checker=True, **env.kwargs)
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
            total += max(float(reward), conditions.reward_min)
            steps += 1
            if total > best:
                best, best_at = total, steps
            bored = conditions.patience and steps - best_at >= conditions.patience
            over = bool(terminated or truncated or bored or steps == conditions.max_steps)
            if over:
                break
    world.close()
    return Played(total, steps, player.decisions, terminated, player.moments)
