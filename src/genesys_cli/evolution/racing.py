"""A race: all genomes play a few training episodes, and only those that may still become parents play the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.cluster.elsewhere import Elsewhere
from ..backends.evaluation import Evaluation, Moments
from ..backends.played import mean_of
from ..config.schema import Settings
from ..counts import LONGEST_DECISIONS
from ..envs.conditions import Conditions
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment
from ..errors import UserError
from ..genome.population import Population
from .goal import Judge


class Round(NamedTuple):
    """A part of a race. genomes: (A,) int64, who played; evaluation: of them, with returns"""

    genomes: NDArray[np.int64]
    evaluation: Evaluation


def raced(
    judge: Judge, genomes: Population | Elsewhere, seeds: Sequence[int], world: Conditions, settings: Settings
) -> tuple[Evaluation, int]:
    """Let genomes play episodes in rounds, as ``evaluation.race`` says.

    Returns what came of it, without returns, and how many episodes a genome played on average, rounded up. Counts are
    the sums over rounds.

    Fitness is the mean over the episodes that a genome played. Of those that did not play all, it is at most that of
    the last one that did: they were lucky, or they would have played on.
    """
    bound, breeding = settings.evaluation.race, breeding_of(settings)
    assert bound is not None
    size, begin = genomes.size, 0
    playing = np.arange(size)
    returns = np.full((size, len(seeds)), np.nan)
    fitness = np.full(size, np.nan)
    rounds: list[Round] = []
    for end in settings.evaluation.rounds:
        who = genomes if len(playing) == size else genomes.select(playing)
        found = judge.evaluate(who, seeds[begin:end], world, keep_returns=True)
        rounds.append(Round(playing, found))
        sound = np.isfinite(found.fitness)
        fitness[playing[~sound]] = found.fitness[~sound]
        playing = playing[sound]
        returns[playing, begin:end] = found.returns[sound]
        fitness[playing] = mean_of(returns[playing, :end])
        if end == len(seeds) or not len(playing):
            break
        playing = playing[ahead(returns[playing, :end], fitness[playing], breeding, bound)]
        begin = end
    last = fitness[playing]
    out = np.setdiff1d(np.arange(size), playing)
    if len(last):
        fitness[out] = np.minimum(fitness[out], last.min())  # NaN stays
    played = sum(found.returns.size for _, found in rounds)
    return _together(rounds, fitness), -(-played // size)


def ahead(returns: NDArray[np.float64], fitness: NDArray[np.float64], breeding: int, bound: float) -> NDArray[np.bool_]:
    """Say which genomes play on: those among the best `breeding` so far, and those that may be among them yet.

    Genomes play the same episodes, so differences of returns are compared: how far a genome is behind the last of the
    best, in standard errors of that difference. Their variance is the mean over the best twice as many, because few
    episodes say little of each.

    returns: (A, E) float64, of the episodes so far; fitness: (A,) float64, their means
    """
    if len(fitness) <= breeding:
        return np.ones(len(fitness), np.bool_)
    order = np.argsort(-fitness, kind="stable")
    last, near = order[breeding - 1], np.delete(order[: 2 * breeding], breeding - 1)
    with np.errstate(over="ignore", invalid="ignore"):
        apart = returns - returns[last]
        behind = -mean_of(apart)
        spread = mean_of((apart[near] + behind[near, None]) ** 2)
        error = np.sqrt(mean_of(spread[None, :])[0] / (returns.shape[1] - 1))
        on: NDArray[np.bool_] = ~(behind > bound * error)  # NaN, of numbers too large to be compared, plays on
    on[order[:breeding]] = True
    return on


def breeding_of(settings: Settings) -> int:
    """Return how many of the best genomes play all episodes: as many as breed, survive or challenge the champion."""
    neat = settings.neat
    share = int(np.ceil(neat.survival_threshold * neat.population))
    return max(share, neat.elitism, settings.evaluation.validate_top, 2)


def check_race(settings: Settings, env: Environment) -> None:
    """Raise a UserError where genomes cannot race."""
    if settings.evaluation.race is None:
        return
    why = None
    if isinstance(env, ProblemEnv) and env.players is not None:
        why = f"{env.id} plays matches, which are drawn for all genomes together"
    elif isinstance(env, ProblemEnv) and env.at_once:
        why = f"{env.id} is called with all genomes together"
    elif settings.objectives.acts:
        why = "with objectives.beside a genome may breed for something other than its fitness"
    if why is not None:
        raise UserError(f"evaluation.race = {settings.evaluation.race:g}: {why}; make it none")


def _together(rounds: Sequence[Round], fitness: NDArray[np.float64]) -> Evaluation:
    """Return the evaluation of all genomes that rounds amount to."""
    size = len(fitness)
    decisions = np.zeros(size, np.int64)
    faults = []
    for genomes, found in rounds:
        if len(found.decisions):
            decisions[genomes] += found.decisions
        for fault in found.faults:
            faults.append(fault if fault.genome is None else fault._replace(genome=int(genomes[fault.genome])))
    return Evaluation(
        fitness,
        np.empty((size, 0)),
        sum(found.env_steps for _, found in rounds),
        _counts([found for _, found in rounds], decisions),
        _moments([found.moments for _, found in rounds if found.moments is not None]),
        tuple(faults),
        decisions,
    )


def _counts(rounds: Sequence[Evaluation], decisions: NDArray[np.int64]) -> dict[str, int]:
    """Return the counts of all rounds together."""
    total: dict[str, int] = {}
    for found in rounds:
        for name, value in found.counts.items():
            total[name] = total.get(name, 0) + value
    if LONGEST_DECISIONS.name in total:
        total[LONGEST_DECISIONS.name] = int(decisions.max(initial=0))
    return total


def _moments(rounds: Sequence[Moments]) -> Moments | None:
    if not rounds:
        return None
    count, total, squares = (sum(parts) for parts in zip(*((m.count, m.total, m.squares) for m in rounds), strict=True))
    return Moments(count, total, squares)
