"""What a cluster would make of a generation: rates measured on one core of this machine, the rest predicted."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from ..backends.base import Backend, make_backend
from ..backends.cluster.model import Genomes
from ..backends.cluster.pace import MODES, Case, Generation, Network, Nodes, Rates, choose, predict
from ..compiled.threads import Threads
from ..config.load import load_settings
from ..config.schema import Settings
from ..envs.registry import environment_of, resolved
from ..envs.spec import Environment
from ..errors import UserError
from ..evolution.distribution import case_of, is_known, rates_of
from ..evolution.loop import Loop
from ..evolution.rows import Row
from ..evolution.state import RunState
from ..evolution.validation import RACE_FROM
from ..neat.selection import select
from ..neat.speciation import speciate
from .suite import not_installed, unique

MOST_NODES, MOST_CORES = 100_000, 4096
Told = Callable[[str], None]
MOST_TIMED, MOST_TIMED_IN_WORKERS = 2000, 60  # genomes at most of the population that is timed
GENERATIONS = 6
TIMES = 5  # that many genomes are bred
LEAST = 3  # generations: the first breeds none, and the second has kernels to load


class Timed(NamedTuple):
    """What one core did.

    population: genomes in a generation; rates: of each; nodes, conns: mean genes; species: that there were
    rows: of metrics
    """

    population: int

    rates: Rates
    nodes: float
    conns: float
    species: int
    rows: list[Row]


def timed(settings: Settings, tell: Told) -> Timed:
    """Evolve some generations with one thread; return what a genome took. tell: is told what goes on

    Raises UserError where the environment's generations cannot be predicted.
    """
    env = environment_of(settings)
    if settings.evaluation.race is not None:
        raise UserError("--nodes does not know how long a race takes; add -s evaluation.race=none")
    if not is_known(settings, env):
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
        rates = rates_of(rows[1:], settings, median(chosen[1:]))
        if settings.neat.population < MOST_TIMED:  # of which much would be taken for what each genome takes
            rates = _many(settings, backend, threads, lap.state, rates)
    population = lap.state.population
    return Timed(
        population.size,
        rates,
        len(population.node_id) / population.size,
        len(population.conn_in) / population.size,
        lap.state.species.n_species,
        rows[1:],
    )


def _many(settings: Settings, backend: Backend, threads: Threads, state: RunState, rates: Rates) -> Rates:
    """Return rates whose speciation and breeding are those of many genomes: of copies, which nobody has to evaluate."""
    copies = state.population.select(np.arange(MOST_TIMED) % state.population.size)
    fitness = state.fitness[np.arange(MOST_TIMED) % state.population.size]
    seed, neat = settings.run.seed, settings.neat.model_copy(update={"population": MOST_TIMED})
    species = state.species
    laps = []
    for generation in range(state.generation + 1, state.generation + 1 + TIMES):
        where = {"seed": seed, "generation": generation}
        begin = time.perf_counter()
        species, _ = speciate(copies, fitness, species, neat, threads=threads, **where)
        grouped = time.perf_counter()
        plan = select(copies, fitness, species, neat, **where)
        chosen = time.perf_counter()
        backend.reproduce(copies, plan, state.counters, **where)
        laps.append((grouped - begin, chosen - grouped, time.perf_counter() - chosen))
    grouped_s, chosen_s, bred_s = (median(each) / MOST_TIMED for each in zip(*laps, strict=True))
    return rates._replace(speciate_s=grouped_s, select_s=chosen_s, breed_s=bred_s)


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


def small_of(settings: Settings, env: Environment) -> Settings:
    """Return settings of a run that is short enough to be timed."""
    most = MOST_TIMED_IN_WORKERS if env.in_workers else MOST_TIMED
    size, generations = min(settings.neat.population, most), max(settings.neat.generations, LEAST)
    few = settings.neat.model_copy(update={"population": size, "generations": generations})
    judging = {
        "validate_episodes": min(settings.evaluation.validate_episodes, RACE_FROM),
        "validate_top": min(settings.evaluation.validate_top, size),
        "validation": None,
    }
    evaluation = settings.evaluation.model_copy(update=judging)
    return settings.model_copy(update={"neat": few, "evaluation": evaluation})


def prediction(settings: Settings, asked: Asked, tell: Told) -> dict[str, Any]:
    """Return the document that ``genesys bench --nodes`` prints, for the settings' environment and population."""
    env = environment_of(settings)
    found = timed(small_of(settings, env), tell)
    genomes = Genomes(settings.neat.population, found.nodes, found.conns)
    case = case_of(settings, env, genomes, found.species)
    held_out = settings.evaluation.validate_episodes / min(settings.evaluation.validate_episodes, RACE_FROM)
    rates = found.rates._replace(validate_s=found.rates.validate_s * held_out)
    rows = []
    for count in asked.nodes:
        nodes = Nodes(count, asked.cores, asked.cores)
        best = choose("auto", case, rates, nodes, asked.network)
        for mode in MODES:
            what = predict(mode, case, rates, nodes, asked.network)
            rows.append({"nodes": count, "distribute": mode, "chosen": mode == best, **as_row(what)})
    return {
        "env": env.name,
        "population": genomes.size,
        "genome_bytes": genomes.each,
        "species": found.species,
        "timed_population": found.population,
        "rates": rates._asdict(),
        "network": asked.network._asdict(),
        "cores": asked.cores,
        "alone_s": _alone(case, rates, asked.cores),
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
