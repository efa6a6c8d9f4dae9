"""Episodes played one genome, one episode, one step at a time, in plain Python around one network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from genesys_cli.compiled.lanes import LANES
from genesys_cli.envs.conditions import Conditions
from genesys_cli.envs.registry import episode_starts
from genesys_cli.envs.spec import Box, NativeEnv
from genesys_cli.network.network import Network

from .acting import Player


class Episode(NamedTuple):
    """What came of an episode: its return, environment steps, decisions, how it ended, and (2, I) moments."""

    total: float
    steps: int
    decisions: int
    terminated: bool
    moments: np.ndarray


def play(env: NativeEnv, network: Network, seed: int, conditions: Conditions) -> Episode:
    """Play the episode of a Gymnasium seed."""
    lane = np.uint64(0)
    state = np.zeros((env.state_size, LANES))
    state[:, 0] = episode_starts(env, [seed])[0]
    state = state.ravel()
    seen = np.zeros(env.n_inputs * LANES, np.float32)
    rows = np.zeros((env.action.n_rows, LANES), np.float32 if isinstance(env.action, Box) else np.int32)
    player = Player(network, env.action, conditions, seed)
    total, best, best_step, steps = 0.0, 0.0, 0, 0
    while True:
        env.observe(state, lane, seen, conditions.physics)
        rows[:, 0] = player.decide(seen[::LANES])
        for _ in range(conditions.action_repeat):
            with np.errstate(all="ignore"):
                reward, terminated = env.step(state, lane, rows.ravel(), conditions.physics)
            total = total - player.cost + max(reward, conditions.reward_min)
            steps += 1
            if steps == 1 or total > best:
                best, best_step = total, steps
            out_of_patience = conditions.patience > 0 and steps - best_step >= conditions.patience
            if terminated or out_of_patience or steps == conditions.max_steps:
                return Episode(total, steps, player.decisions, bool(terminated), player.moments)


class Played(NamedTuple):
    """P genomes in E episodes: (P, E) each, moments (P, E, 2, I); edges, nodes of each network (P,)."""

    returns: np.ndarray
    steps: np.ndarray
    decisions: np.ndarray
    terminated: np.ndarray
    moments: np.ndarray
    edges: np.ndarray
    nodes: np.ndarray


def evaluate(env: NativeEnv, networks: Sequence[Network], seeds: Sequence[int], conditions: Conditions) -> Played:
    """Let every network play the episode of every seed."""
    played = [[play(env, network, seed, conditions) for seed in seeds] for network in networks]
    columns = [np.array([[episode[k] for episode in row] for row in played]) for k in range(len(Episode._fields))]
    return Played(
        *columns,
        np.array([network.n_connections for network in networks]),
        np.array([each.n_nodes for each in networks]),
    )


def added(numbers: Iterable[float]) -> float:
    """Return their sum, from the first to the last; the built-in one compensates for rounding from Python 3.12 on."""
    total = 0.0
    for number in numbers:
        total += number
    return total
