"""A generation plays its matches, and those who would be champion play theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...backends.base import Backend
from ...backends.evaluation import Evaluation
from ...config.problem import PAIR, SCORE, ProblemSettings
from ...config.schema import Settings
from ...envs.conditions import Conditions
from ...envs.problem.env import ProblemEnv
from ...genome.population import Population
from ..playoff import Contest, Found
from ..state import Hall
from ..validation import best_of
from .fixtures import Matches, against, fixtures_of, matches_of
from .hall import judges, trainers
from .standings import means, points, worth_of


def train(
    settings: Settings,
    env: ProblemEnv,
    backend: Backend,
    population: Population,
    hall: Hall,
    seeds: Sequence[int],
    generation: int,
) -> tuple[Evaluation, int]:
    """Let a generation play among itself and against earlier champions; return that and how many matches each played.

    A match that fails counts for none of its players, and a genome has no fitness if all of its matches failed.
    """
    problem, players, size = settings.problem, _players(env), population.size
    opponents = trainers(hall)
    fixtures = fixtures_of(size, players, problem.matches, settings.run.seed, generation)
    if opponents.genomes.size:
        earlier = against(range(size), range(size, size + opponents.genomes.size), players)
        fixtures = np.concatenate((fixtures, earlier))
    matches = matches_of(fixtures, seeds, swap=problem.swap)
    met = backend.meet(population.with_more(opponents.genomes), matches.together, matches.seeds)
    together = matches.together
    worth = worth_of(problem.fitness, met.scores, together, size + opponents.genomes.size)[:size]
    each = round(np.sum(together < size) / size)
    faults = tuple(fault for fault in met.faults if fault.genome is not None and fault.genome < size)
    played = met._replace(faults=faults).played(worth)
    return backend.counted(population, played, each), each


class MatchContest(Contest):
    """Judges genomes by matches with earlier champions: each plays the same, with the held-out seeds.

    In the first generation, which has none, its own best take their place.
    """

    def __init__(
        self,
        settings: Settings,
        env: ProblemEnv,
        backend: Backend,
        opponents: Population,
        seeds: Sequence[int],
        world: Conditions,
        generation: int,
        *,
        changed: bool,
    ) -> None:
        """changed: whether others judged before, so that the champion has to play again"""
        super().__init__(world, generation)
        self._problem, self._players, self._backend = settings.problem, _players(env), backend
        self._opponents, self._seeds, self._changed = opponents, seeds, changed

    def judge(self, genomes: Population) -> Found:
        return meet(self._problem, self._players, self._backend, genomes, self._opponents, self._seeds)

    def opponents(self) -> Population | None:
        return self._opponents

    def due(self) -> bool:
        return self._changed


def meet(
    problem: ProblemSettings,
    players: int,
    backend: Backend,
    genomes: Population,
    opponents: Population,
    seeds: Sequence[int],
) -> Found:
    """Let each genome play against each opponent, with each seed; of a rating, what counts is the share of points."""
    size = genomes.size
    fixtures = against(range(size), range(size, size + opponents.size), players)
    matches = matches_of(fixtures, seeds, swap=problem.swap)
    met = backend.meet(genomes.with_more(opponents), matches.together, matches.seeds)
    values = met.scores if problem.fitness == SCORE else points(met.scores)
    faults = [fault for fault in met.faults if fault.genome is not None and fault.genome < size]
    returns = _with_each_seed(values, matches, size, len(seeds))
    return Found(returns, int(met.used[:size].sum()), faults)


def table(
    problem: ProblemSettings, players: int, backend: Backend, genomes: Population, seeds: Sequence[int]
) -> NDArray[np.float64]:
    """Return the share of points of each genome against each other, (G, G) float64; NaN where that is not known.

    With more than two players, one meets several of the other.
    """
    size = genomes.size
    found = np.full((size, size), np.nan)
    pairs = [(a, b) for a in range(size) for b in range(size) if a < b or (a > b and players > 2)]
    if not pairs:
        return found
    fixtures = np.concatenate([against([a], [b], players) for a, b in pairs])
    matches = matches_of(fixtures, seeds, swap=problem.swap)
    met = backend.meet(genomes, matches.together, matches.seeds)
    each = len(matches.together) // len(pairs)
    share = points(met.scores)
    for k, (a, b) in enumerate(pairs):
        own = slice(k * each, (k + 1) * each)
        both = means(share[own], (matches.together[own] != a).ravel().astype(np.int64), 2)
        found[a, b] = both[0]
        if players == PAIR:
            found[b, a] = both[1]
    return found


def opponents_of(population: Population, fitness: NDArray[np.float64], hall: Hall, top: int) -> Population:
    """Return who judges those who would be champion: earlier ones, or in the first generation its own best."""
    if hall.genomes.size:
        return judges(hall).genomes
    return population.select(best_of(np.where(np.isfinite(fitness), fitness, -np.inf), max(top, 4)))


def _with_each_seed(values: NDArray[np.float64], matches: Matches, size: int, seeds: int) -> NDArray[np.float64]:
    """Return the mean of each genome with each seed, (size, seeds) float64."""
    owner = matches.together.astype(np.int64) * seeds + matches.seed[:, None]
    everybody = int(matches.together.max()) + 1
    return means(values, owner.ravel(), everybody * seeds).reshape(everybody, seeds)[:size]


def _players(env: ProblemEnv) -> int:
    assert env.players is not None
    return env.players
