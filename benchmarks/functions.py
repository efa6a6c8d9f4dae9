"""A function of one's own that evaluates networks, beside the same one in neat-python.

    python -m benchmarks.functions [--pairs 5] [--workers 1 --workers 4]

``examples/crane.py`` is called with each network of a first population and one seed: by our worker processes,
and by neat-python in a loop (one worker) or by its ParallelEvaluator, with as many processes. Both get the same
loads with networks of their own; the unit is an activation.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import neat
from neat.nn import FeedForwardNetwork

from benchmarks.peers.neat_config import neat_config
from benchmarks.table import number
from benchmarks.timing import Sample, Turn, side_by_side, stopwatch
from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.neat.initial import first_population

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SEED = 7  # of each call
sys.path.insert(0, str(EXAMPLES))  # also in the processes of neat-python


def theirs(genome: neat.DefaultGenome, config: neat.Config) -> float:
    """Return the fitness of a genome of neat-python, as its ParallelEvaluator wants it."""
    import crane

    return float(crane.evaluate(FeedForwardNetwork.create(genome, config), SEED))


def activations(genomes: list[Any], config: neat.Config) -> int:
    """Return how often the networks of genomes are activated in one call each."""
    import crane

    count = 0

    class Counted:
        def __init__(self, network: FeedForwardNetwork) -> None:
            self.network = network

        def activate(self, inputs: Any) -> Any:
            nonlocal count
            count += 1
            return self.network.activate(inputs)

    for genome in genomes:
        crane.evaluate(Counted(FeedForwardNetwork.create(genome, config)), SEED)
    return count


def ours(population: int, workers: int) -> tuple[Turn, Callable[[], None]]:
    """Return a turn of our worker processes, and what ends them."""
    settings = load_settings(
        overrides=["problem.function=crane:evaluate", f"neat.population={population}", f"run.threads={workers}"]
    )
    env = environment_of(settings)
    threads = Threads(workers)
    backend = make_backend(settings, env, threads)
    genomes, _ = first_population(settings.neat, env.n_inputs, env.n_outputs, 0, threads)

    def turn() -> Sample:
        with stopwatch() as watch:
            found = backend.evaluate(genomes, [SEED])
        return watch.sample(found.env_steps)

    return turn, backend.close


def peer(population: int, workers: int) -> tuple[Turn, Callable[[], None]]:
    """Return a turn of neat-python, and what ends its processes."""
    config = neat_config(pop_size=population, num_inputs=4, num_outputs=1)
    genomes = list(neat.Population(config, seed=0).population.items())
    amount = activations([genome for _, genome in genomes], config)
    pool = neat.ParallelEvaluator(workers, theirs) if workers > 1 else None

    def turn() -> Sample:
        with stopwatch() as watch, contextlib.redirect_stderr(io.StringIO()):  # it draws a bar
            if pool is not None:
                pool.evaluate(genomes, config)
            else:
                for _, genome in genomes:
                    genome.fitness = theirs(genome, config)
        return watch.sample(amount)

    return turn, pool.close if pool is not None else lambda: None


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.functions", description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="turns of each side")
    parser.add_argument("--population", type=int, default=150, metavar="N")
    parser.add_argument("--workers", type=int, action="append", metavar="N", help="processes; repeatable. [1 and 2]")
    args = parser.parse_args()
    for workers in args.workers or [1, 2]:
        mine, end_mine = ours(args.population, workers)
        other, end_other = peer(args.population, workers)
        found = side_by_side(mine, other, pairs=args.pairs)
        end_mine()
        end_other()
        rates = (1 / found.ours_each.median, 1 / found.peer_each.median)
        spread = f"{number(found.ratio.smallest)} to {number(found.ratio.largest)}"
        print(
            f"{workers} process{'es'[: 2 * (workers > 1)]}: {number(rates[0])} activations/s; neat-python "
            f"{number(rates[1])}; {number(found.ratio.median)} times as many ({spread} of {args.pairs} pairs)"
        )


if __name__ == "__main__":
    main()
