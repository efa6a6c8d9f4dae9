"""What a run on a cluster is to the model of clusters, and what of it is distributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from ..backends.cluster.model import EVALUATION, Bytes, Genomes, Mode, breeding_of, task_of
from ..backends.cluster.pace import Case, Nodes, Rates, choose, predict
from ..config.schema import Settings
from ..envs.conditions import conditions_of
from ..envs.data.env import DataEnv
from ..envs.registry import environment_of
from ..envs.spec import Environment
from ..errors import UserError
from .episodes import held_out_episodes, training_episodes
from .validation import RACE_FROM

ADVANCES = 0.5  # of challengers, that go on to the next round of validation
FOUNDERS = 0.1  # of species: genomes that fit none, in a generation
THERE: tuple[Mode, ...] = (EVALUATION,)
"""What can be distributed in this version, for ``auto`` to choose from."""


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
    every = settings.run.checkpoint_every
    founders = FOUNDERS * species
    neat = settings.neat
    breeding = breeding_of(neat, genomes, env.n_outputs, species, founders=founders, checked=best, every=every)
    return Case(genomes, training, rounds, breeding)


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
    case = case_of(settings, env, Genomes(settings.neat.population, nodes, conns), max(1, int(species)))
    each = max(busy, 1e-9) / _episodes(case)
    rates = Rates(each, each * _held_out(case), 0.0, 0.0)
    return predict(EVALUATION, case, rates, Nodes(max(1, int(actors)))).bytes


def distribution_of(settings: Settings, env: Environment, nodes: Nodes, rows: Sequence[Mapping[str, Any]]) -> Mode:
    """Return what a run distributes: what ``cluster.distribute`` says, or what is predicted to be faster.

    nodes: those that there are; rows: of metrics of generations that were evaluated on them, at least one, which bred
    """
    last = rows[-1]
    genomes = Genomes(settings.neat.population, last["nodes_mean"], last["conns_mean"])
    case = case_of(settings, env, genomes, max(1, last["species"]))
    busy = median(row["cluster_busy_s"] for row in rows)
    each = max(busy, 1e-9) / _episodes(case)
    alone = nodes.driver if nodes.shared is None else min(nodes.driver, nodes.shared)
    bred, grouped = (median(row[name] for row in rows) * alone for name in ("reproduce_s", "speciate_s"))
    rates = Rates(each, each * _held_out(case), bred / genomes.size, grouped / genomes.size)
    return choose(settings.cluster.distribute, case, rates, nodes, among=THERE)


def _held_out(case: Case) -> float:
    return sum(count * task.episodes for count, task in case.validation)


def _episodes(case: Case) -> float:
    return case.genomes.size * case.task.episodes + _held_out(case)
