"""EnvPool's environments beside Gymnasium's: whether they are the same tasks, and how much faster they are stepped.

    python -m benchmarks.engines [LunarLander ...] [--episodes 400] [--pairs 3]

The shipped champion of an environment plays so many episodes of either, in one worker process. Their mean returns and
lengths tell of another task where they lie further apart than their standard errors. For the rates, :data:`COPIES`
copies of it play five episodes each, engines taking turns.
"""

from __future__ import annotations

import argparse
from contextlib import closing

import numpy as np

from benchmarks.timing import Sample, Turn, side_by_side, stopwatch
from genesys_cli.backends.base import Backend, make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.envs.conditions import Conditions, conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.files.target import find_target
from genesys_cli.genome.population import Population

NAMES = ("LunarLander", "BipedalWalker", "InvertedDoublePendulum")
COPIES = 40
FIRST = 5000  # seed of an episode


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.engines", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", default=NAMES, help="environments with a shipped champion")
    parser.add_argument("--episodes", type=int, default=400, metavar="N")
    parser.add_argument("--pairs", type=int, default=3, metavar="N", help="turns of each engine")
    args = parser.parse_args()
    print("| environment | Gymnasium | EnvPool | steps/s of each | EnvPool's (pairs) |")
    print("|---|---|---|---|---|")
    for name in args.names:
        print(f"| {name} | {compared(name, args.episodes, args.pairs)} |", flush=True)


def compared(name: str, episodes: int, pairs: int) -> str:
    """Return the cells of a line: return and steps of an episode in each, rates, and their ratio."""
    champion, settings = find_target(name, None)[:2]
    settings = settings.model_copy(
        update={
            "environment": settings.environment.model_copy(update={"engine": "envpool"}),
            "run": settings.run.model_copy(update={"threads": 1}),
        }
    )
    env = environment_of(settings)
    judging = conditions_of(settings, env)._replace(offset=champion.offset, scale=champion.scale)
    with Threads(1) as threads, closing(make_backend(settings, env, threads)) as backend:
        genome = backend.adopt(champion.genome)
        cells = []
        for pooled in (False, True):
            seeds = range(FIRST, FIRST + episodes)
            found = backend.evaluate(genome, seeds, judging._replace(pooled=pooled), keep_returns=True)
            returns = found.returns[0]
            error = returns.std() / np.sqrt(episodes)
            cells.append(f"{returns.mean():.2f} ± {error:.2f}, {found.env_steps / episodes:.0f} steps")
        copies = genome.select(np.zeros(COPIES, np.int64))
        sides = [played(backend, copies, judging._replace(pooled=pooled)) for pooled in (True, False)]
        timed = side_by_side(*sides, pairs=pairs)
    rates = f"{1 / timed.peer_each.median:.0f}, {1 / timed.ours_each.median:.0f}"
    ratio = f"{timed.ratio.median:.2f}× ({timed.ratio.smallest:.2f} to {timed.ratio.largest:.2f})"
    return " | ".join([*cells, rates, ratio])


def played(backend: Backend, genomes: Population, conditions: Conditions) -> Turn:
    """Let each genome play five episodes. Amount: env steps."""

    def turn() -> Sample:
        with stopwatch() as watch:
            steps = backend.evaluate(genomes, range(FIRST, FIRST + 5), conditions).env_steps
        return watch.sample(steps)

    return turn


if __name__ == "__main__":
    main()
