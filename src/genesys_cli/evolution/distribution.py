"""What a run on a cluster is to the model of clusters, and what of it is distributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from ..backends.base import Backend
from ..backends.cluster.model import EVALUATION, GENERATION, Bytes, Genomes, Mode, breeding_of, task_of
from ..backends.cluster.pace import MODES, Case, Nodes, Rates, choose, predict
from ..compiled.threads import Threads, usable_cores
from ..config.cluster import LOCAL
from ..config.schema import Settings
from ..envs.conditions import conditions_of
from ..envs.data.env import DataEnv
from ..envs.problem.env import ProblemEnv
from ..envs.registry import environment_of
from ..envs.spec import Environment
from ..errors import UserError
from .episodes import held_out_episodes, training_episodes
from .validation import RACE_FROM

FUNCTION_RACE_FROM = 100  # held-out seeds: those of a function are few, and a tenth of few says nothing
_SEEN = 3  # generations that were bred, before it is decided who breeds the next ones
ADVANCES = 0.5  # of challengers, that go on to the next round of validation
FOUNDERS = 0.1  # of species: genomes that fit none, in a generation


def case_of(settings: Settings, env: Environment, genomes: Genomes, species: int) -> Case:
    """Return a generation of a run as the model takes it. genomes: in it; species: that they are in"""
    evaluation = settings.evaluation
    parted = not isinstance(env, DataEnv)
    seeds = list(training_episodes(settings, env, 1))
    world = conditions_of(settings, env, training=True)
    training = task_of(world, seeds, parted=parted, returns=False, by_episode=env.in_workers)
    held_out = list(held_out_episodes(settings, env)) if _is_validated_there(settings, env) else []
    best = min(evaluation.validate_top, genomes.size)
    if not evaluation.normalise_observations:  # else what elites were judged on has changed
        best = max(1, best - min(settings.neat.elitism, best))
    ends = [0, len(held_out)]
    if len(held_out) >= (FUNCTION_RACE_FROM if isinstance(env, ProblemEnv) else RACE_FROM):
        ends = [0, len(held_out) // 10, 3 * len(held_out) // 10, len(held_out)]
    rounds = []
    for k, (begin, end) in enumerate(pairwise(ends) if held_out else ()):
        task = task_of(conditions_of(settings, env), held_out[begin:end], parted=parted, returns=True)
        rounds.append((best * ADVANCES**k, task))
    every = settings.run.checkpoint_every
    founders = FOUNDERS * species
    neat = settings.neat
    breeding = breeding_of(
        neat, genomes, env.n_outputs, species, founders=founders, checked=[each for each, _ in rounds], every=every
    )
    return Case(genomes, training, rounds, breeding)


def _is_validated_there(settings: Settings, env: Environment) -> bool:
    """Say whether actors play the held-out episodes: not trials of a kind of their own, nor what training has found."""
    return settings.evaluation.validation is None and (not isinstance(env, ProblemEnv) or env.seeded)


def is_known(settings: Settings, env: Environment) -> bool:
    """Say whether there is a model of generations: not where genomes are in episodes together, nor of a race."""
    if settings.evaluation.race is not None:
        return False
    return not isinstance(env, ProblemEnv) or (env.players is None and not env.at_once)


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
    """Return the bytes that a generation is predicted to have taken; None: there is no prediction of it here.

    row: of metrics, on a cluster: how large genomes were, how many actors took part, and how fast they were
    """
    try:
        env = environment_of(settings)
    except UserError:
        return None
    if not is_known(settings, env):
        return None
    nodes, conns, species, actors, busy = (
        float(row.get(name) or 0.0)
        for name in ("nodes_mean", "conns_mean", "species", "cluster_actors", "cluster_busy_s")
    )
    case = case_of(settings, env, Genomes(settings.neat.population, nodes, conns), max(1, int(species)))
    each = max(busy, 1e-9) / _episodes(case)
    rates = Rates(each, each * _held_out(case), 0.0, 0.0)
    bred_there = bool(row.get("cluster_exchanged_bytes")) or settings.cluster.distribute == GENERATION
    bred_there = bred_there and bool(row.get("generation"))  # the first one is nobody's children
    mode: Mode = GENERATION if bred_there else EVALUATION
    return predict(mode, case, rates, Nodes(max(1, int(actors)))).bytes


def distribution_of(
    settings: Settings,
    env: Environment,
    nodes: Nodes,
    rows: Sequence[Mapping[str, Any]],
    among: Sequence[Mode] = MODES,
) -> Mode:
    """Return what a run distributes: what ``cluster.distribute`` says, or what is predicted to be faster.

    nodes: those that there are; rows: of metrics of generations that were evaluated on them, at least one, which bred
    among: what is possible for the run
    """
    last = rows[-1]
    genomes = Genomes(settings.neat.population, last["nodes_mean"], last["conns_mean"])
    case = case_of(settings, env, genomes, max(1, last["species"]))
    busy = median(row["cluster_busy_s"] for row in rows)
    each = max(busy, 1e-9) / _episodes(case)
    alone = nodes.driver if nodes.shared is None else min(nodes.driver, nodes.shared)
    bred, grouped = (median(row[name] for row in rows) * alone for name in ("reproduce_s", "speciate_s"))
    rates = Rates(each, each * _held_out(case), bred / genomes.size, grouped / genomes.size)
    return choose(settings.cluster.distribute, case, rates, nodes, among=among)


class Distributor:
    """Has the actors of a cluster breed as soon as it is known that this is faster; once, since what they take is not.

    Nothing but time and traffic depends on it.
    """

    def __init__(self, settings: Settings, env: Environment, backend: Backend, threads: Threads) -> None:
        self._settings, self._env, self._backend = settings, env, backend
        self._driver = threads.count
        self._seen: list[Mapping[str, Any]] | None = [] if backend.may_distribute and is_known(settings, env) else None

    def see(self, row: Mapping[str, Any]) -> None:
        """Look at the metrics of a generation that was bred."""
        if self._seen is None:
            return
        self._seen.append(row)
        if len(self._seen) < _SEEN:
            return
        cluster = self._settings.cluster
        shared = usable_cores() if cluster.address == LOCAL else None
        nodes = Nodes(max(1, row["cluster_actors"]), cluster.cores, self._driver, shared)
        if distribution_of(self._settings, self._env, nodes, self._seen) == GENERATION:
            self._backend.distribute()
        self._seen = None


def _held_out(case: Case) -> float:
    return sum(count * task.episodes for count, task in case.validation)


def _episodes(case: Case) -> float:
    return case.genomes.size * case.task.episodes + _held_out(case)
