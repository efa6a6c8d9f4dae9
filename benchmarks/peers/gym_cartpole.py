"""Gymnasium's CartPole-v1 driven from Python, with no network at all: the bound of everything that calls it in a loop.

Actions are drawn beforehand and the checker of return values is left out, so what remains is Gymnasium itself.
"""

from __future__ import annotations

import gymnasium
import numpy as np

from benchmarks.timing import Sample, Turn, stopwatch


def bare(steps: int, seed: int) -> Turn:
    """Step one environment with random actions, starting over at each end. Amount: env steps."""
    env = gymnasium.make("CartPole-v1", disable_env_checker=True)
    env.reset(seed=seed)
    actions = np.random.default_rng(seed).integers(0, 2, steps).tolist()

    def turn() -> Sample:
        step, reset = env.step, env.reset
        reset()
        with stopwatch() as watch:
            for action in actions:
                _, _, terminated, truncated, _ = step(action)
                if terminated or truncated:
                    reset()
        return watch.sample(steps)

    return turn


def episodes(genomes: int, episodes_each: int, seed: int) -> Turn:
    """Play `episodes_each` episodes for each of so many genomes, with random actions. Amount: env steps.

    The resets count here as they do in :func:`bare`, but every episode starts from a seed, as common random numbers
    need it: genome after genome plays the same starts.
    """
    env = gymnasium.make("CartPole-v1", disable_env_checker=True)
    actions = np.random.default_rng(seed).integers(0, 2, 500).tolist()

    def turn() -> Sample:
        steps = 0
        with stopwatch() as watch:
            for _ in range(genomes):
                for number in range(episodes_each):
                    env.reset(seed=seed + number)
                    for action in actions:
                        _, _, terminated, truncated, _ = env.step(action)
                        steps += 1
                        if terminated or truncated:
                            break
        return watch.sample(steps)

    return turn


def vectorised(lanes: int, calls: int, seed: int) -> Turn:
    """Step Gymnasium's own array version of CartPole, `lanes` poles at once. Amount: env steps.

    This is the quickest that Gymnasium offers; a pole that fell costs one call in which it starts anew.
    """
    env = gymnasium.make_vec("CartPole-v1", num_envs=lanes, vectorization_mode="vector_entry_point")
    env.reset(seed=seed)
    actions = np.random.default_rng(seed).integers(0, 2, (calls, lanes))

    def turn() -> Sample:
        with stopwatch() as watch:
            for action in actions:
                env.step(action)
        return watch.sample(lanes * calls)

    return turn
