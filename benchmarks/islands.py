"""Whether islands solve a task sooner than one population of as many genomes.

``python -m benchmarks.islands XOR --genomes 160 --islands 1,4`` prints, for each number of islands, how many runs were
solved and how many genomes they evaluated until then (median and interquartile mean with their 95 % intervals,
bootstrapped; an unsolved run counts with all of its genomes), and how probable it is that a run of the others is better
than one of the first. ``--set`` changes the settings. Migrations are those of ``genesys evolve``; nothing is written.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from multiprocessing import get_context
from typing import NamedTuple

from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.evolution.islands import check_islands, is_migration, of_island, offered, sources_of
from genesys_cli.evolution.loop import Loop
from genesys_cli.stats import bootstrap, improvement, iqm, mann_whitney, median, wilson


class Found(NamedTuple):
    """What came of a run. evaluated: genomes, until it was solved or in all"""

    solved: bool
    evaluated: int
    seconds: float


def run(seed: int, env: str, genomes: int, count: int, overrides: list[str]) -> Found:
    """Evolve once, on one thread."""
    alone = [] if count == 1 else [f"islands.count={count}"]
    overrides = [one for one in overrides if count > 1 or not one.startswith("islands.")]
    each = genomes // count
    settings = load_settings(None, env, [*overrides, *alone, f"neat.population={each}", f"run.seed={seed}"])
    task = environment_of(settings)
    check_islands(settings, task)
    begin = time.perf_counter()
    with Threads(1) as threads, closing(make_backend(settings, task, threads)) as backend:
        own = [settings] if count == 1 else [of_island(settings, island) for island in range(count)]
        loops = [Loop(one, task, backend, threads) for one in own]
        states = [loop.first().state for loop in loops]
        for generation in range(1, settings.neat.generations):
            if any(loop.solved(state) for loop, state in zip(loops, states, strict=True)):
                break
            offers = {}
            if count > 1 and is_migration(settings.islands, generation - 1):
                offers = {k: offered(own[k], states[k], numbered=True) for k in range(count)}
            states = [
                loop.next(state, [offers[other] for other in sources_of(settings.islands, k)] if offers else ()).state
                for k, (loop, state) in enumerate(zip(loops, states, strict=True))
            ]
        solved = any(loop.solved(state) for loop, state in zip(loops, states, strict=True))
    return Found(solved, (states[0].generation + 1) * each * count, time.perf_counter() - begin)


HEAD = (
    "| task | islands | solved | genomes until then: median (95 %) | IQM (95 %) | better than one (95 %) | U test "
    "| seconds |\n|---|---|---|---|---|---|---|---|"
)


def line(name: str, count: int, found: list[Found], first: list[Found]) -> str:
    """Return a row of a Markdown table."""
    values, others = ([float(one.evaluated) for one in runs] for runs in (found, first))
    solved = sum(one.solved for one in found)
    share = wilson(solved, len(found))
    figures = [bootstrap(values, statistic) for statistic in (median, iqm)]
    words = [f"{float(one.value):.0f} ({float(one.low):.0f}–{float(one.high):.0f})" for one in figures]
    against = ["", ""]
    if found is not first:
        # Less is better; other islands have other seeds, so that runs are not paired.
        better = improvement([-value for value in others], [-value for value in values])
        against = [
            f"{float(better.value):.2f} ({float(better.low):.2f}–{float(better.high):.2f})",
            f"p = {mann_whitney(others, values).p:.2g}",
        ]
    seconds = sum(one.seconds for one in found) / len(found)
    rate = f"{solved} of {len(found)} ({float(share.low):.0%}–{float(share.high):.0%})"
    return f"| {name} | {count} | {rate} | {' | '.join([*words, *against])} | {seconds:.2f} |"


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.islands", description=__doc__)
    arguments.add_argument("env", help="a native environment")
    arguments.add_argument("--genomes", type=int, default=160, help="of all islands")
    arguments.add_argument("--islands", default="1,4", help="how many; the others are compared with the first")
    arguments.add_argument("--seeds", type=int, default=40)
    arguments.add_argument("-s", "--set", action="append", default=[], metavar="KEY=VALUE")
    arguments.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    asked = arguments.parse_args()
    print(HEAD)
    first: list[Found] = []
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        for count in map(int, asked.islands.split(",")):
            task = partial(run, env=asked.env, genomes=asked.genomes, count=count, overrides=asked.set)
            found = list(pool.map(task, range(asked.seeds)))
            first = first or found
            name = f"{asked.env} {' '.join(asked.set)}".strip()
            print(line(name, count, found, first), flush=True)


if __name__ == "__main__":
    main()
