"""What fixed point costs: champions of software, played in float32 and on the chip, on the same episodes.

``python -m benchmarks.fixed_point`` prints a row for each native environment and gene layout, as in docs/results.md.
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

import numpy as np

from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import find, names
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.evolution.loop import Loop
from genesys_cli.genome.population import Population

LAYOUTS = ("wide16", "rtl8")
FEW = {"neat__population": 100}  # as many genomes as any layout tells apart; one plays


def champion(env: str, seed: int) -> Population:
    """Return the genome that solves an environment in software, with its preset."""
    settings = load_settings(env=env, flags={"run.seed": seed})
    world = find(settings.environment.id)
    with Threads(1) as threads:
        evolution = Loop(settings, world, make_backend(settings, world, threads), threads)
        state = evolution.first().state
        while not evolution.solved(state) and state.generation + 1 < settings.neat.generations:
            state = evolution.next(state).state
    if state.champion is None:
        raise RuntimeError(f"{env}, seed {seed}: no champion")
    return state.champion.genome


def mean_return(genome: Population, env: str, episodes: int, **flags: Any) -> float:
    """Return the mean over episodes that no run has seen, on the backend that `flags` choose."""
    overrides = [f"{key.replace('__', '.')}={value}" for key, value in flags.items()]
    settings = load_settings(env=env, overrides=overrides)
    world = find(settings.environment.id)
    with Threads(1) as threads:
        backend = make_backend(settings, world, threads)
        judged = backend.evaluate(backend.adopt(genome), episode_seeds(2**62, episodes, generation=None))
    return float(judged.fitness[0])


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.fixed_point", description=__doc__)
    arguments.add_argument("--seeds", type=int, default=10, metavar="N", help="champions of each environment")
    arguments.add_argument("--episodes", type=int, default=100, metavar="N")
    asked = arguments.parse_args()
    print("| environment | float32 | " + " | ".join(f"{name} | worst loss" for name in LAYOUTS) + " |")
    print("| --- |" + " --- |" * (1 + 2 * len(LAYOUTS)))
    for env in names():
        genomes = [champion(env, seed) for seed in range(asked.seeds)]
        software = [mean_return(genome, env, asked.episodes) for genome in genomes]
        cells = [f"{statistics.mean(software):.1f}"]
        for layout in LAYOUTS:
            chip = [
                mean_return(genome, env, asked.episodes, run__backend="genesys", genes__layout=layout, **FEW)
                for genome in genomes
            ]
            loss = 100 * (np.array(software) - np.array(chip)) / np.abs(software)
            cells += [f"{statistics.mean(chip):.1f}", f"{loss.max():.1f} %"]
        print(f"| {env} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
