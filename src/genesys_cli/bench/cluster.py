"""What a cluster would make of a generation: rates measured on one core of this machine, the rest predicted."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from ..backends.base import make_backend
from ..backends.cluster.model import EVALUATION, Breeding, Bytes, Genomes, breeding_of, task_of
from ..backends.cluster.pace import MODES, Case, Generation, Network, Nodes, Rates, choose, predict
from ..compiled.threads import Threads
from ..config.load import load_settings
from ..config.schema import Settings
from ..envs.conditions import conditions_of
from ..envs.data.env import DataEnv
from ..envs.problem.env import ProblemEnv
from ..envs.registry import environment_of, resolved
from ..envs.spec import Environment
from ..errors import UserError
from ..evolution.episodes import held_out_episodes, training_episodes
from ..evolution.loop import Loop
from ..evolution.rows import Row
from ..evolution.validation import RACE_FROM
from ..neat.selection import select
from .suite import not_installed, unique

MOST_NODES, MOST_CORES = 100_000, 4096
Told = Callable[[str], None]
ADVANCES = 0.5  # of challengers, that go on to the next round of validation
MOST_TIMED = 2000  # genomes at most of the population that is timed
GENERATIONS = 6
LEAST = 3  # generations: the first breeds none, and the second has kernels to load


class Timed(NamedTuple):
    """What one core did. rates: of a genome; nodes, conns: mean genes; species: that there were; rows: of metrics"""

    rates: Rates
    nodes: float
    conns: float
    species: int
    rows: list[Row]


def case_of(settings: Settings, env: Environment, genomes: Genomes, species: int) -> Case:
    """Return a generation of a run as the model takes it. genomes: in it; species: that they are in"""
    evaluation = settings.evaluation
    parted = not isinstance(env, DataEnv)
    seeds = list(training_episodes(settings, env, 1))
    training = task_of(conditions_of(settings, env, training=True), seeds, parted=parted, returns=False)
    held_out = list(held_out_episodes(settings, env))
    best = min(evaluation.validate_top, genomes.size)
    if not evaluation.normalise_observations:  # else what elites were judged on has changed
        best = max(1, best - min(settings.neat.elitism, best))
    ends = [0, len(held_out)]
    if len(held_out) >= RACE_FROM:
        ends = [0, len(held_out) // 10, 3 * len(held_out) // 10, len(held_out)]
    rounds = []
    for k, (begin, end) in enumerate(pairwise(ends)):
        task = task_of(conditions_of(settings, env), held_out[begin:end], parted=parted, returns=True)
        rounds.append((best * ADVANCES**k, task))
    return Case(genomes, training, rounds, _breeding(settings, env, genomes, species, best))


def _breeding(settings: Settings, env: Environment, genomes: Genomes, species: int, best: int) -> Breeding:
    every = settings.run.checkpoint_every
    return breeding_of(settings.neat, genomes, env.n_outputs, species, founders=species / 10, checked=best, every=every)


def timed(settings: Settings, tell: Told) -> Timed:
    """Evolve some generations with one thread; return what a genome took. tell: is told what goes on

    Raises UserError where the environment's generations cannot be predicted.
    """
    env = environment_of(settings)
    if isinstance(env, ProblemEnv) and (env.at_once or env.players is not None):
        raise UserError(f"--nodes does not know how long {env.name} takes, whose genomes are in episodes together")
    with Threads(1) as threads, closing(make_backend(settings, env, threads)) as backend:
        evolution = Loop(settings, env, backend, threads)
        lap = evolution.first()
        rows, chosen = [], []
        while lap.state.generation + 1 < settings.neat.generations:
            state = lap.state
            begin = time.perf_counter()
            if state.species.breeding.any():
                where = {"seed": settings.run.seed, "generation": state.generation}
                select(state.population, state.fitness, state.species, settings.neat, **where)
            chosen.append(time.perf_counter() - begin)
            lap = evolution.next(state)
            rows.append(lap.row)
            tell(f"{env.name}: generation {lap.state.generation}")
    population = lap.state.population
    return Timed(
        rates_of(rows[1:], settings, median(chosen[1:])),
        len(population.node_id) / population.size,
        len(population.conn_in) / population.size,
        lap.state.species.n_species,
        rows[1:],
    )


def rates_of(rows: Sequence[Mapping[str, Any]], settings: Settings, select_s: float) -> Rates:
    """Return seconds of a core from generations that one thread computed. select_s: of a mating plan"""
    count, episodes = settings.neat.population, settings.evaluation.episodes
    played = median(row["evaluate_s"] - row["validate_s"] for row in rows)
    return Rates(
        played / (count * episodes),
        median(row["validate_s"] for row in rows),
        max(0.0, median(row["reproduce_s"] for row in rows) - select_s) / count,
        median(row["speciate_s"] for row in rows) / count,
        select_s / count,
    )


def bytes_of(settings: Settings, row: Mapping[str, float | None]) -> Bytes | None:
    """Return the bytes that a generation is predicted to have taken; None: its environment is not to be had here.

    row: of metrics, on a cluster: how large genomes were, how many actors took part, and how fast they were
    """
    try:
        env = environment_of(settings)
    except UserError:
        return None
    nodes, conns, species, actors, busy = (
        float(row.get(name) or 0.0)
        for name in ("nodes_mean", "conns_mean", "species", "cluster_actors", "cluster_busy_s")
    )
    size, episodes = settings.neat.population, settings.evaluation.episodes
    case = case_of(settings, env, Genomes(size, nodes, conns), max(1, int(species)))
    held_out = sum(count * task.episodes for count, task in case.validation)
    each = max(busy, 1e-9) / (size * episodes + held_out)
    rates = Rates(each, each * held_out, 0.0, 0.0)
    return predict(EVALUATION, case, rates, Nodes(max(1, int(actors)))).bytes


class Asked(NamedTuple):
    """What the command asks for. nodes: numbers of them; cores: of each node, and of the driver's machine"""

    nodes: Sequence[int]
    cores: int
    network: Network


def asked_of(nodes: str, cores: int, network: str | None) -> Asked:
    """Return what options say; raises UserError where one cannot be."""
    try:
        counts = [int(count) for count in nodes.split(",")]
    except ValueError:
        counts = [0]
    if not all(1 <= count <= MOST_NODES for count in counts):
        raise UserError(f"--nodes {nodes}: must be whole numbers from 1 to {MOST_NODES}, with commas; such as 1,10,100")
    if not 1 <= cores <= MOST_CORES:
        raise UserError(f"--cores {cores}: must be a whole number from 1 to {MOST_CORES}")
    if network is None:
        return Asked(counts, cores, Network())
    try:
        bandwidth, latency_s = (float(part) for part in network.split(","))
    except ValueError:
        bandwidth = latency_s = 0.0
    if not (0 < bandwidth < math.inf and 0 < latency_s < math.inf):
        raise UserError(
            f"--network {network}: must be two numbers above 0, bytes a second and seconds; such as 1.25e9,1e-4"
        )
    return Asked(counts, cores, Network(latency_s, bandwidth))


def predicted(
    envs: Sequence[str],
    population: int | None,
    generations: int | None,
    overrides: Sequence[str],
    asked: Asked,
    tell: Told,
) -> list[dict[str, Any]]:
    """Return a prediction for each environment, see :func:`prediction`; raises UserError where one cannot be made."""
    found = []
    for name in unique(envs):
        if (reason := not_installed(name)) is not None:
            raise UserError(reason)
        flags: dict[str, object] = {
            "neat.generations": generations or GENERATIONS,
            "neat.population": population,
            "run.stop_when_solved": False,
        }
        settings = load_settings(None, name, list(overrides), flags)
        found.append(prediction(resolved(settings, environment_of(settings)), asked, tell))
    return found


def prediction(settings: Settings, asked: Asked, tell: Told) -> dict[str, Any]:
    """Return the document that ``genesys bench --nodes`` prints, for the settings' environment and population."""
    env = environment_of(settings)
    few = settings.neat.model_copy(
        update={
            "population": min(settings.neat.population, MOST_TIMED),
            "generations": max(settings.neat.generations, LEAST),
        }
    )
    small = settings.model_copy(update={"neat": few})
    found = timed(small, tell)
    genomes = Genomes(settings.neat.population, found.nodes, found.conns)
    case = case_of(settings, env, genomes, found.species)
    rows = []
    for count in asked.nodes:
        nodes = Nodes(count, asked.cores, asked.cores)
        best = choose("auto", case, found.rates, nodes, asked.network)
        for mode in MODES:
            what = predict(mode, case, found.rates, nodes, asked.network)
            rows.append({"nodes": count, "distribute": mode, "chosen": mode == best, **as_row(what)})
    return {
        "env": env.name,
        "population": genomes.size,
        "genome_bytes": genomes.each,
        "species": found.species,
        "timed_population": few.population,
        "rates": found.rates._asdict(),
        "network": asked.network._asdict(),
        "cores": asked.cores,
        "alone_s": _alone(case, found.rates, asked.cores),
        "rows": rows,
    }


def _alone(case: Case, rates: Rates, cores: int) -> float:
    """Return the seconds of a generation without a cluster, on one node."""
    each = case.task.episodes * rates.episode_s + rates.breed_s + rates.speciate_s
    return case.genomes.size * (each / cores + rates.select_s) + rates.validate_s / cores


def as_row(what: Generation) -> dict[str, float]:
    """Return a prediction as plain numbers."""
    taken = what.bytes
    return {
        "messages": taken.messages + taken.fetches,
        "sent_bytes": taken.sent,
        "received_bytes": taken.received,
        "between_bytes": taken.between,
        "evaluate_s": what.evaluate_s,
        "speciate_s": what.speciate_s,
        "reproduce_s": what.reproduce_s,
        "generation_s": what.seconds,
    }
