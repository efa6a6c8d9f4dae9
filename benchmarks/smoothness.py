"""What costs of actions bring: how much actions change, and how large they are, with costs in training and without.

``python -m benchmarks.smoothness`` runs presets over some seeds, for as many generations as are given here, and prints
the rows of docs/results.md: what the champion gets in fresh episodes, without costs, and what it does there.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from benchmarks.ours import RETEST_EPISODES
from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of
from genesys_cli.envs.spec import Numbers
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.files.target import find_target
from genesys_cli.report.console import choose_view
from genesys_cli.runs.evolve import evolve

GENERATIONS = {"CartPole": 30, "Acrobot": 30, "MountainCar": 60, "MountainCarContinuous": 30, "Pendulum": 100}
"""By task."""

COSTS = (
    *((task, "evaluation.change_cost=0.2") for task in ("CartPole", "Acrobot", "MountainCar")),
    ("MountainCarContinuous", "evaluation.change_cost=0.1"),
    ("Pendulum", "evaluation.change_cost=0.1"),
    ("Pendulum", "evaluation.change_cost=1"),
    ("Pendulum", "evaluation.action_cost=0.1"),
    ("Pendulum", "evaluation.action_cost=1"),
)
"""Task and cost of each row."""

_SEED = 12345  # of the fresh episodes

_HEAD = ("task", "cost", "return, without", "with", "change, without", "with", "size, without", "with")


class Found(NamedTuple):
    """Of a champion over fresh episodes: return, mean square of changes and of numbers, each for a decision."""

    fitness: float
    change: float
    size: float


def found(env: str, seed: int, generations: int, costs: Sequence[str]) -> Found:
    """Return what a run's champion does, for a seed."""
    overrides = [f"neat.generations={generations}", f"run.seed={seed}", "run.stop_when_solved=false", "run.threads=1"]
    settings = load_settings(None, env, [*overrides, *costs])
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        evolve(settings, run, ["benchmarks.smoothness"], choose_view(quiet=True))
        champion = find_target(str(run), None).champion
    world = environment_of(settings)
    seeds = episode_seeds(_SEED, RETEST_EPISODES, generation=None)
    usual = conditions_of(settings, world)._replace(offset=champion.offset, scale=champion.scale)
    with Threads(1) as threads, closing(make_backend(settings, world, threads)) as backend:
        plain = backend.evaluate(champion.genome, seeds, usual)
        paid = [
            backend.evaluate(champion.genome, seeds, usual._replace(**{key: 1.0}))
            for key in ("change_cost", "action_cost")
        ]
    lost = [RETEST_EPISODES * (plain.fitness[0] - one.fitness[0]) / plain.env_steps for one in paid]
    return Found(float(plain.fitness[0]), *map(float, lost))


def row(task: str, cost: str, seeds: int) -> str:
    """Return a row in Markdown: medians over seeds."""
    both = [[found(task, seed, GENERATIONS[task], given) for seed in range(seeds)] for given in ((), (cost,))]
    numbers = isinstance(environment_of(load_settings(None, task)).action, Numbers)
    cells = [task, f"`{cost.partition('.')[2]}`"]
    for key in Found._fields:
        shown = [f"{statistics.median(getattr(one, key) for one in each):.4g}" for each in both]
        cells += shown if key != "size" or numbers else ["", ""]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.smoothness", description=__doc__)
    arguments.add_argument("--seeds", type=int, default=20, metavar="N")
    arguments.add_argument("--task", action="append", choices=list(GENERATIONS), help="default: all")
    asked = arguments.parse_args()
    print(f"| {' | '.join(_HEAD)} |\n{'|---' * len(_HEAD)}|")
    for task, cost in COSTS:
        if task in (asked.task or GENERATIONS):
            print(row(task, cost, asked.seeds), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
