"""Writes ``observations.json``: what two environments say in some steps of a random policy.

``python -m benchmarks.m0.record`` needs Gymnasium and Box2D. The file is kept, so that counts depend on no version of
either: words of float32 as the bus of the chip carries them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from genesys_cli.backends.evaluation import Moments
from genesys_cli.evolution.normaliser import Normaliser

FILE = Path(__file__).with_name("observations.json")
ENVIRONMENTS = {"CartPole": "CartPole-v1", "LunarLander": "LunarLander-v3"}
STEPS, KEPT, SEED = 2000, 64, 0


def record(environment: str) -> dict[str, Any]:
    """Return observations, rewards, and offset and scale of each input after all steps, as words."""
    env = gymnasium.make(environment)
    env.action_space.seed(SEED)
    observations, rewards = [], []
    observation, _ = env.reset(seed=SEED)
    for _ in range(STEPS):
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        observations.append(observation)
        rewards.append(reward)
        if terminated or truncated:
            observation, _ = env.reset()
    seen = np.array(observations, np.float64)
    nothing = np.zeros(seen.shape[1], np.float32)
    moments = Moments(count=len(seen), total=seen.sum(0), squares=(seen * seen).sum(0))
    offset, scale = Normaliser.empty(seen.shape[1]).merged(moments, nothing).scaling()
    every = slice(None, None, STEPS // KEPT)
    return {
        "observations": [words(row) for row in seen[every][:KEPT]],
        "rewards": words(np.array(rewards)[every][:KEPT]),
        "offset": words(offset),
        "scale": words(scale),
    }


def words(values: Any) -> list[int]:
    """Return float32 numbers as the words that hold them."""
    return [int(word) for word in np.asarray(values, np.float32).view(np.uint32)]


def main() -> None:
    found = {name: record(environment) for name, environment in ENVIRONMENTS.items()}
    FILE.write_text(json.dumps(found).replace('], "', '],\n"').replace("], [", "],\n[") + "\n")


if __name__ == "__main__":
    main()
