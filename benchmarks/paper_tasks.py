"""The tasks of Stanley & Miikkulainen (2002) over many seeds, as the paper counts them.

``python -m benchmarks.paper_tasks XOR --seeds 100`` prints how many runs failed, evaluations until the others were
solved (mean with its 95 % interval, bootstrapped) and what solved them. ``--set`` and ``--preset`` change the settings.
An evaluation is a genome that has played its training episode; validation is not counted, as in the paper.
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

import numpy as np

from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.evolution.loop import Loop


class Found(NamedTuple):
    """What came of a run.

    evaluations: until it was solved, or of the whole run; score: of the champion, by the task's own validation
    hidden, enabled: nodes and connections of the champion; species: mean over all generations
    reached: first generation with a champion whose score is above 0, or None
    """

    seed: int
    solved: bool
    evaluations: int
    score: float
    hidden: int
    enabled: int
    species: float
    reached: int | None
    seconds: float


def run(seed: int, env: str, preset: str | None, overrides: list[str]) -> Found:
    """Evolve once, on one thread, without writing anything."""
    settings = load_settings(preset, env, [*overrides, f"run.seed={seed}", "run.threads=1"])
    task = environment_of(settings)
    begin = time.perf_counter()
    with Threads(1) as threads, closing(make_backend(settings, task, threads)) as backend:
        evolution = Loop(settings, task, backend, threads)
        state = evolution.first().state
        species, reached = [state.species.n_species], None
        while not (solved := evolution.solved(state)) and state.generation + 1 < settings.neat.generations:
            state = evolution.next(state).state
            species.append(state.species.n_species)
            if reached is None and state.champion is not None and state.champion.validated_fitness > 0:
                reached = state.generation
    champion = state.champion
    assert champion is not None
    genome = champion.genome
    return Found(
        seed,
        solved,
        (state.generation + 1) * settings.neat.population,
        champion.validated_fitness,
        len(genome.node_id) - task.n_outputs,
        int(genome.conn_enabled.sum()),
        float(np.mean(species)),
        reached,
        time.perf_counter() - begin,
    )


def interval(values: list[float], rounds: int = 5000) -> tuple[float, float]:
    """Return the 95 % interval of a mean, bootstrapped."""
    random = np.random.default_rng(0)
    means = random.choice(values, (rounds, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def line(name: str, found: list[Found]) -> str:
    """Return a row of a Markdown table."""
    solved = [one for one in found if one.solved]
    evaluations = [float(one.evaluations) for one in solved] or [float("nan")]
    low, high = interval(evaluations)
    capped = np.mean([one.evaluations for one in found])

    def mean(values: list[float]) -> float:
        return float(np.mean(values)) if values else float("nan")

    return (
        f"| {name} | {len(found) - len(solved)} of {len(found)} | {mean(evaluations):.0f} ({low:.0f}–{high:.0f}) "
        f"| {capped:.0f} | {mean([one.score for one in solved]):.4g} | {mean([one.hidden for one in solved]):.1f} / "
        f"{mean([one.enabled for one in solved]):.1f} | {mean([one.species for one in found]):.1f} "
        f"| {mean([one.seconds for one in found]):.2f} |"
    )


HEAD = (
    "| settings | failures | evaluations (95 %) | with failures at the cap | score | hidden / enabled | species "
    "| seconds |\n|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.paper_tasks", description=__doc__)
    arguments.add_argument("env", help="XOR, DoublePole or DoublePoleNoVelocity, or any other native environment")
    arguments.add_argument("--seeds", type=int, default=100)
    arguments.add_argument("--first-seed", type=int, default=0)
    arguments.add_argument("--preset")
    arguments.add_argument("-s", "--set", action="append", default=[], metavar="KEY=VALUE")
    arguments.add_argument("--name", help="of the row")
    arguments.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    arguments.add_argument("--no-head", action="store_true")
    arguments.add_argument("-v", "--verbose", action="store_true", help="a line for each seed")
    asked = arguments.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    task = partial(run, env=asked.env, preset=asked.preset, overrides=asked.set)
    if asked.processes == 1:
        found = [task(seed) for seed in seeds]
    else:
        with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
            found = list(pool.map(task, seeds))
    if asked.verbose:
        for one in found:
            print(one)
    if not asked.no_head:
        print(HEAD)
    print(line(asked.name or (" ".join(asked.set) or "as shipped"), found), flush=True)


if __name__ == "__main__":
    main()
