"""Whether a means of the search helps: the same seeds with it and without, on several tasks.

``python -m benchmarks.ablation`` prints the rows of docs/results.md: how many seeds are solved, how many environment
steps that takes (validation and refinement included; an unsolved run counts with all of its steps), and how probable it
is that a run with it takes fewer.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import ours
from benchmarks.table import number
from genesys_cli.stats import Interval, bootstrap, improvement, iqm

GENERATIONS = {
    "XOR": 150,
    "DoublePole": 60,
    "CartPole": 30,
    "MountainCarContinuous": 30,
    "Acrobot": 30,
    "MountainCar": 60,
    "Pendulum": 150,
}
"""The most generations by task, of which all can be evolved in seconds."""

MEANS = {
    "racing": ("evaluation.race=1",),
    "racing, half a standard error": ("evaluation.race=0.5",),
    "refinement": ("refine.every=1",),
    "refinement, 40 samples": ("refine.every=1", "refine.samples=40"),
    "connections as an objective": ('objectives.beside=["connections"]',),
}
"""Overrides by name, as of `genesys evolve -s`."""

ALONE = ("XOR", "DoublePole")
"""Tasks of one training episode, in which nobody can race."""

_HEAD = (
    "task",
    "solved, without",
    "env steps, IQM (95 %)",
    "solved, with",
    "env steps, IQM (95 %)",
    "fewer steps with it",
)
_NEVER = 1e18  # steps of a run that was not solved, for who is compared


def runs(task: str, seeds: int, overrides: Sequence[str]) -> list[ours.Solved]:
    """Return how runs of seeds from 0 end, on one thread."""
    common = ["run.threads=1", *overrides]
    return [ours.solve(task, seed, GENERATIONS[task], common, 1) for seed in range(seeds)]


def row(task: str, without: Sequence[ours.Solved], with_it: Sequence[ours.Solved]) -> str:
    """Return a row in Markdown."""
    cells = [task]
    for found in (without, with_it):
        steps = bootstrap([float(one["env_steps"]) for one in found], iqm)
        cells += [f"{sum(one['solved'] for one in found)} of {len(found)}", _text(steps)]
    ranked = [np.array([-_worth(one) for one in found]) for found in (without, with_it)]
    better = improvement(*ranked, paired=True)
    cells.append(f"{better.value:.0%} ({better.low:.0%} to {better.high:.0%})")
    return f"| {' | '.join(cells)} |"


def _worth(one: ours.Solved) -> float:
    return float(one["env_steps"]) if one["solved"] else _NEVER


def _text(interval: Interval) -> str:
    return f"{number(float(interval.value))} ({number(float(interval.low))} to {number(float(interval.high))})"


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__)
    arguments.add_argument("--seeds", type=int, default=20, metavar="N")
    arguments.add_argument("--means", action="append", choices=list(MEANS), help="default: all")
    arguments.add_argument("--task", action="append", choices=list(GENERATIONS), help="default: all")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write every seed's figures")
    asked = arguments.parse_args()
    tasks = asked.task or list(GENERATIONS)
    without = {task: runs(task, asked.seeds, ()) for task in tasks}
    found = {"none": without}
    for name in asked.means or MEANS:
        print(f"\n**{name}** (`{'`, `'.join(MEANS[name])}`)\n\n| {' | '.join(_HEAD)} |\n{'|---' * len(_HEAD)}|")
        found[name] = {}
        for task in tasks:
            if name.startswith("racing") and task in ALONE:
                continue
            found[name][task] = runs(task, asked.seeds, MEANS[name])
            print(row(task, without[task], found[name][task]), flush=True)
    if asked.json is not None:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
