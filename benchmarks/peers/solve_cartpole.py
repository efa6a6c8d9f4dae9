"""Evolve CartPole until solved with neat-python, as a program of its own, so that its whole wall time can be taken.

``python -m benchmarks.peers.solve_cartpole --seed 0`` prints one JSON object. "Solved" is judged as we judge it: the
best genome of a generation must balance 475 steps on average over 100 episodes that evolution did not see.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from typing import Any

import gymnasium
import neat
from neat.nn import FeedForwardNetwork

from benchmarks.peers.neat_config import neat_config
from benchmarks.peers.neat_python import CartPole, episode

SOLVED_AT = 475.0
HELD_OUT_EPISODES = 100


def solve(population: int, episodes: int, seed: int, generations: int) -> dict[str, Any]:
    """Evolve for at most so many generations; return the generation that solved it (None: none did) and its score."""
    started = time.perf_counter()
    evolution = neat.Population(
        neat_config(pop_size=population, no_fitness_termination=False, fitness_threshold=SOLVED_AT), seed=seed
    )
    cartpole = CartPole(episodes, seed)
    held_out = gymnasium.make("CartPole-v1", disable_env_checker=True)
    held_out.reset(seed=seed + 1_000_000)
    validated: list[float] = []

    def judge(genomes: Sequence[tuple[int, neat.DefaultGenome]], config: neat.Config) -> None:
        """Give fitness; let only a genome that passes validation keep one that ends the run."""
        cartpole(genomes, config)
        best = max((genome for _, genome in genomes), key=lambda genome: genome.fitness)
        if best.fitness < SOLVED_AT:
            return
        network = FeedForwardNetwork.create(best, config)
        validated.append(sum(episode(held_out, network) for _ in range(HELD_OUT_EPISODES)) / HELD_OUT_EPISODES)
        if validated[-1] < SOLVED_AT:
            for _, genome in genomes:
                genome.fitness = min(genome.fitness, SOLVED_AT - 1.0)

    evolution.run(judge, generations)
    solved = bool(validated) and validated[-1] >= SOLVED_AT
    return {
        "solved": solved,
        "generation": evolution.generation if solved else None,
        "validated": validated[-1] if validated else None,
        "env_steps": cartpole.env_steps,
        "evolving_s": time.perf_counter() - started,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--population", type=int, default=150)
    parser.add_argument("--episodes", type=int, default=5)
    parser.add_argument("--generations", type=int, default=50)
    asked = parser.parse_args()
    print(json.dumps(solve(asked.population, asked.episodes, asked.seed, asked.generations)))


if __name__ == "__main__":
    main()
