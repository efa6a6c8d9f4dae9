"""An environment of one's own in the kernels, beside the same physics in Gymnasium.

    python -m benchmarks.puck [--pairs 5]

``examples/puck.py`` is played as ``genesys evolve --env puck:ENV`` plays it, network and physics in one kernel, on one
core. It takes turns with ``examples/puck_gym.py``: stepped in a bare loop, with random actions drawn beforehand and no
network at all, and played by a worker process as ``--env puck_gym:Puck-v0`` is, networks included.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import gymnasium
import numpy as np

from benchmarks.table import number
from benchmarks.timing import Sample, Turn, side_by_side, stopwatch
from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.neat.initial import first_population

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EPISODES = 16  # of each genome


def played(env_id: str, population: int, seed: int = 0) -> Turn:
    """Let each genome of a first population play, networks included, on one core. Amount: env steps."""
    settings = load_settings(env=env_id, flags={"neat.population": population, "run.threads": 1})
    env = environment_of(settings)
    pool = Threads(1)
    backend = make_backend(settings, env, pool)
    genomes, _ = first_population(settings.neat, env.n_inputs, env.n_outputs, seed, pool)
    starts = episode_seeds(seed, EPISODES, generation=0)
    backend.evaluate(genomes, starts)

    def turn() -> Sample:
        with stopwatch() as watch:
            judged = backend.evaluate(genomes, starts)
        return watch.sample(judged.env_steps)

    return turn


def bare(steps: int, seed: int = 0) -> Turn:
    """Step Gymnasium's environment with random actions and no network. Amount: env steps."""
    import puck_gym  # noqa: F401  # registers it

    env = gymnasium.make("Puck-v0", disable_env_checker=True)
    actions = list(np.random.default_rng(seed).uniform(-1, 1, (steps, 1)).astype(np.float32))

    def turn() -> Sample:
        env.reset(seed=seed)
        with stopwatch() as watch:
            for action in actions:
                _, _, terminated, truncated, _ = env.step(action)
                if terminated or truncated:
                    env.reset()
        return watch.sample(steps)

    return turn


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.puck", description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="turns of each side")
    args = parser.parse_args()
    sys.path.insert(0, str(EXAMPLES))  # where the modules are that the names below begin with
    ours = played("puck:ENV", 10_000)
    for what, theirs in (
        ("stepped bare, without a network", bare(20_000)),
        ("in a worker process, networks included", played("puck_gym:Puck-v0", 60)),
    ):
        found = side_by_side(ours, theirs, pairs=args.pairs)
        rates = (1 / found.ours_each.median, 1 / found.peer_each.median)
        spread = f"{number(found.ratio.smallest)} to {number(found.ratio.largest)}"
        print(
            f"puck:ENV {number(rates[0])} env steps/s; Gymnasium {what}: {number(rates[1])}; "
            f"{number(found.ratio.median)} times as many ({spread} of {args.pairs} pairs)"
        )


if __name__ == "__main__":
    main()
