"""Our side of each comparison: the library doing exactly what the peer's function of the same name does.

Each function prepares one row and returns a turn, as in ``benchmarks/timing.py``: a function without arguments that
does the work once and returns a :class:`~benchmarks.timing.Sample`. Preparation is not timed; a turn may be called any
number of times, and every call must do the same amount of work. `threads` is what the row's title claims: 1, where it
is compared with a single-threaded peer.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.regression import regression, table_of
from benchmarks.timing import Sample, Turn, stopwatch
from genesys_cli.backends.base import make_backend
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import NeatSettings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import environment_of, find, resolved
from genesys_cli.evolution.episodes import episode_seeds
from genesys_cli.evolution.loop import Loop
from genesys_cli.library.ask_tell import Evolution
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.reproduction import reproduce
from genesys_cli.neat.selection import MatingPlan, select
from genesys_cli.neat.speciation import speciate
from genesys_cli.network.network import Network

RETEST_EPISODES = 1000


class Solved(TypedDict):
    """How one seeded run to a solution went.

    solved: whether the champion's validated fitness reached the environment's threshold
    generation: the champion's generation when the run ended, counted from 0
    validated: mean return of the champion over the held-out episodes of its run
    retest: mean return of the champion over episodes that neither evolution nor validation saw, 1000 unless told
    env_steps: steps in training and validation together, without the retest
    wall_time_s: of the run, without starting Python, importing and the retest
    nodes, conns: of the champion: node genes (outputs and hidden) and enabled connections
    """

    solved: bool
    generation: int
    validated: float
    retest: float
    env_steps: int
    wall_time_s: float
    nodes: int
    conns: int


def generations(population: int, episodes: int, count: int, seed: int, threads: int) -> Turn:
    """Whole generations of CartPole from a new population: evaluation, speciation, reproduction. Amount: env steps.

    Each turn makes a new first population (not timed) from the next seed, then `count` times evaluates, speciates and
    reproduces (timed). No validation, checkpoint or view: the peers have none either. Amount: steps of all `count`
    evaluations. Settings of the default preset with `population`, `episodes` and CartPole-v1.
    """
    settings = load_settings(env="CartPole", flags={"neat.population": population})
    env = find("CartPole")
    pool = Threads(threads)
    backend = make_backend(settings, env, pool)
    seeds = itertools.count(seed)

    def turn() -> Sample:
        mine = next(seeds)
        genomes, counters = first_population(settings.neat, env.n_inputs, env.n_outputs, mine, pool)
        species = None
        env_steps = 0
        with stopwatch() as watch:
            for generation in range(count):
                where: dict[str, int] = {"seed": mine, "generation": generation}
                judged = backend.evaluate(genomes, episode_seeds(mine, episodes, generation=generation))
                env_steps += judged.env_steps
                species, _ = speciate(genomes, judged.fitness, species, settings.neat, **where, threads=pool)
                plan = select(genomes, judged.fitness, species, settings.neat, **where)
                genomes, counters, _ = backend.reproduce(genomes, plan, counters, **where)
        return watch.sample(env_steps)

    return turn


def ask_tell(population: int, rows: int, count: int, seed: int, threads: int) -> Turn:
    """Whole generations of a regression on so many rows of two inputs, by ask and tell. Amount: generations.

    Each turn makes a new study (not timed) from the next seed, then `count` times asks, computes the outputs of every
    network on all rows, and tells their mean squared errors (timed). Settings are the defaults.
    """
    inputs, answers = regression(rows)
    seeds = itertools.count(seed)

    def turn() -> Sample:
        study = Evolution(2, 1, population=population, seed=next(seeds), minimise=True, threads=threads)
        with stopwatch() as watch:
            for _ in range(count):
                outputs = study.ask().activate(inputs)[:, :, 0]
                study.tell(((outputs - answers) ** 2).mean(axis=1))
        return watch.sample(count)

    return turn


def evaluation(population: int, episodes: int, seed: int, threads: int) -> Turn:
    """Play `episodes` episodes of CartPole with each genome of one first population. Amount: env steps."""
    settings = load_settings(env="CartPole", flags={"neat.population": population})
    env = find("CartPole")
    pool = Threads(threads)
    backend = make_backend(settings, env, pool)
    genomes, _ = first_population(settings.neat, env.n_inputs, env.n_outputs, seed, pool)
    starts = episode_seeds(seed, episodes, generation=0)

    def turn() -> Sample:
        with stopwatch() as watch:
            judged = backend.evaluate(genomes, starts)
        return watch.sample(judged.env_steps)

    return turn


def reproduction(inputs: int, outputs: int, children: int, seed: int, threads: int) -> Turn:
    """Cross and mutate fully connected feed-forward genomes of ``inputs * outputs`` connections. Amount: children.

    The whole of reproduction: innovation numbers are given and the new population is put together. Parents differ in
    weights alone, are of one species and have random fitness; no child is an elite's copy. Each turn starts from the
    same parents.
    """
    neat = NeatSettings(population=children)
    pool = Threads(threads)
    parents, counters = first_population(neat, inputs, outputs, seed, pool)
    # Genomes in the order of their fitness, so that of any two the one with the smaller index is the fitter.
    pairs = np.sort(np.random.default_rng(seed).integers(0, children, (children, 2)), axis=1).astype(np.int32)
    plan = MatingPlan(pairs[:, 0].copy(), pairs[:, 1].copy(), np.zeros(children, np.uint8))

    def turn() -> Sample:
        with stopwatch() as watch:
            reproduce(parents, plan, counters, neat, seed=seed, generation=0, threads=pool)
        return watch.sample(children)

    return turn


def speciation_and_reproduction(population: int, generations_before: int, seed: int, threads: int) -> Turn:
    """Breed CartPole genomes and sort the children into species. Amount: generations, 1 in each turn.

    The parents evolved for `generations_before` generations with random fitness (not timed). Each turn gives these
    same parents new random fitness (not timed), then selects, reproduces and speciates the children (timed).
    """
    neat = NeatSettings(population=population)
    env = find("CartPole")
    pool = Threads(threads)
    random = np.random.default_rng(seed)

    def fitness() -> NDArray[np.float64]:
        return random.random(population)

    def next_generation(state: tuple[Any, ...], generation: int, parents: Any, children: Any) -> tuple[Any, ...]:
        genomes, counters, species = state
        where: dict[str, int] = {"seed": seed, "generation": generation}
        plan = select(genomes, parents, species, neat, **where)
        genomes, counters, _ = reproduce(genomes, plan, counters, neat, **where, threads=pool)
        where["generation"] += 1
        species, _ = speciate(genomes, children, species, neat, **where, threads=pool)
        return genomes, counters, species

    genomes, counters = first_population(neat, env.n_inputs, env.n_outputs, seed, pool)
    species, _ = speciate(genomes, fitness(), None, neat, seed=seed, generation=0, threads=pool)
    state: tuple[Any, ...] = (genomes, counters, species)
    for generation in range(generations_before):
        state = next_generation(state, generation, fitness(), fitness())

    def turn() -> Sample:
        parents, children = fitness(), fitness()
        with stopwatch() as watch:
            next_generation(state, generations_before, parents, children)
        return watch.sample(1)

    return turn


def table(population: int, rows: int, inputs: int, seed: int, threads: int) -> Turn:
    """Let each genome of a fully connected first population predict a table; squared error. Amount: predictions."""
    with tempfile.TemporaryDirectory() as folder:
        values, targets = table_of(rows, inputs, seed)
        np.savez(path := Path(folder) / "table.npz", x=values, y=targets)
        flags = {"data.file": str(path), "data.target": "y", "neat.population": population}
        settings = load_settings(None, None, ["data.held_out=0"], flags)
        env = environment_of(settings)
    settings = resolved(settings, env)
    pool = Threads(threads)
    backend = make_backend(settings, env, pool)
    genomes, _ = first_population(settings.neat, env.n_inputs, env.n_outputs, seed, pool)
    chosen = list(range(rows))

    def turn() -> Sample:
        with stopwatch() as watch:
            backend.evaluate(genomes, chosen)
        return watch.sample(population * rows)

    return turn


def activation(inputs: int, outputs: int, times: int, seed: int) -> Turn:
    """Activate one fully connected network so many times in a row, in one thread. Amount: activations."""
    genomes, _ = first_population(NeatSettings(population=2, elitism=1), inputs, outputs, seed, Threads(1))
    network = Network(genomes, 0, feed_forward=True)
    observations = np.random.default_rng(seed).random((times, inputs), np.float32)

    def turn() -> Sample:
        with stopwatch() as watch:
            network.activate_many(observations)
        return watch.sample(times)

    return turn


def solve(
    env: str,
    seed: int,
    generations: int | None,
    overrides: Sequence[str] = (),
    retest_episodes: int = RETEST_EPISODES,
) -> Solved:
    """Evolve an environment with its preset until solved, in this process and without a run folder.

    env: short name or Gymnasium id
    generations: the most generations; None for the preset's
    overrides: as ``--set`` of ``genesys evolve``
    retest_episodes: fresh episodes that the champion plays in the end
    """
    settings = load_settings(env=env, overrides=overrides, flags={"run.seed": seed, "neat.generations": generations})
    world = environment_of(settings)
    begin = time.perf_counter()
    with Threads(settings.run.threads) as pool, closing(make_backend(settings, world, pool)) as backend:
        evolution = Loop(settings, world, backend, pool)
        state = evolution.first().state
        while not evolution.solved(state) and state.generation + 1 < settings.neat.generations:
            state = evolution.next(state).state
        seconds = time.perf_counter() - begin
        champion = state.champion
        if champion is None:
            raise RuntimeError(f"seed {seed}: no genome had a finite fitness")
        # Held-out episodes of another run's seed: neither this run's training nor its validation has seen them.
        fresh = episode_seeds(seed + 2**62, retest_episodes, generation=None)
        frozen = conditions_of(settings, world)._replace(offset=champion.offset, scale=champion.scale)
        retest = backend.evaluate(champion.genome, fresh, frozen)
    return Solved(
        solved=evolution.solved(state),
        generation=champion.generation,
        validated=champion.validated_fitness,
        retest=float(retest.fitness[0]),
        env_steps=state.env_steps + state.validation_steps,
        wall_time_s=seconds,
        nodes=len(champion.genome.node_id),
        conns=int(champion.genome.conn_enabled.sum()),
    )
