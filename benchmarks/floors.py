"""What needs no learning: the return of random actions, and of the best single action held for whole episodes.

``python -m benchmarks.floors ALE/Asterix-v5`` prints the rows of docs/results.md. A learned controller has to be above
both: in two of the four Atari games a constant action beats a random one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from typing import Any

import gymnasium

from genesys_cli.envs.gym.world import GymWorld
from genesys_cli.envs.registry import find
from genesys_cli.envs.spec import GymEnv
from genesys_cli.evolution.episodes import episode_seeds

SEED = 2**61  # of episodes that no run here trains or is judged on

HEAD = "| environment | random | best constant action | episodes |\n| --- | --- | --- | --- |\n"


def returns(world: Any, max_steps: int, choose: Callable[[], Any], seeds: list[int]) -> list[float]:
    """Return the return of each episode; choose: gives the next action."""
    found = []
    for seed in seeds:
        world.reset(seed=seed)
        total = 0.0
        for _ in range(max_steps):
            _, reward, terminated, truncated, _ = world.step(choose())
            total += float(reward)
            if terminated or truncated:
                break
        found.append(total)
    return found


def row(name: str, episodes: int) -> str:
    """Return the Markdown row of an environment with discrete actions."""
    env = find(name)
    if not isinstance(env, GymEnv):
        raise SystemExit(f"{env.id} is native; its floors are in the environment's own documentation")
    world = GymWorld(env).env
    if not isinstance(world.action_space, gymnasium.spaces.Discrete):
        raise SystemExit(f"{env.id} has no discrete actions")
    seeds = episode_seeds(SEED, episodes, generation=None)
    world.action_space.seed(SEED % 2**31)
    chance = returns(world, env.max_steps, world.action_space.sample, seeds)
    constant: dict[str, list[float]] = {}
    for k, action in enumerate(env.action_names):
        constant[action] = returns(world, env.max_steps, lambda k=k: k, seeds)  # type: ignore[misc]
        print(f"{env.id}: {action} {statistics.mean(constant[action]):.0f}", file=sys.stderr)
    best = max(constant, key=lambda action: statistics.mean(constant[action]))
    cells = (env.id, _spread(chance), f"{_spread(constant[best])} ({best})", str(episodes))
    return f"| {' | '.join(cells)} |\n"


def _spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.0f} ± {statistics.stdev(values):.0f}"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.floors", description=__doc__)
    arguments.add_argument("envs", nargs="+", help="Gymnasium ids or short names")
    arguments.add_argument("--episodes", type=int, default=30, metavar="N")
    asked = arguments.parse_args()
    print(HEAD + "".join(row(name, asked.episodes) for name in asked.envs), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
