"""Held-out episodes, which no generation trains on, and the champion that they choose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..backends.played import deviation_of, mean_of
from ..envs.conditions import Conditions
from ..genome.population import Selectable
from ..neat.given import LARGEST
from ..neat.selection import MatingPlan
from .faults import Record, records
from .goal import Judge
from .state import Champion

RACE_FROM = 10  # episodes


class Validation:
    """The held-out episodes of one generation's world.

    steps: environment steps so far; faults: what went wrong in them
    """

    def __init__(
        self, backend: Judge, seeds: Sequence[int], world: Conditions, generation: int, race_from: int = RACE_FROM
    ) -> None:
        """world: with the generation's offset and scale of observations, which newcomers get.

        race_from: so many episodes are played in rounds
        """
        self._race_from = race_from
        self._backend = backend
        self._seeds = seeds
        self._world = world
        self._generation = generation
        self.steps = 0
        self.faults: list[Record] = []

    def again(self, champion: Champion) -> Champion | None:
        """Return a champion as judged in this world, with its own offset and scale; None: no fitness."""
        world = self._world._replace(offset=champion.offset, scale=champion.scale)
        judged = self._backend.evaluate(champion.genome, self._seeds, world, keep_returns=True)
        self.steps += judged.env_steps
        found = records(judged.faults, self._generation, "validation")
        self.faults += [record._replace(genome=None) for record in found]
        if not np.isfinite(judged.fitness[0]):
            return None
        return champion._replace(
            validated_fitness=float(judged.fitness[0]),
            validated_std=deviation_of(judged.returns[0]),
            validated_in=self._generation,
            returns=judged.returns[0],
        )

    def challenge(
        self,
        population: Selectable,
        fitness: NDArray[np.float64],
        top: int,
        champion: Champion | None,
        judged: NDArray[np.bool_] | None = None,
        also: NDArray[np.int64] | None = None,
    ) -> Champion | None:
        """Let the best `top` genomes play; return the best of them and `champion`.

        They play in three rounds, of a tenth, a fifth and the rest of the episodes. Whoever is behind the champion
        after one of them plays no more: behind it on these episodes, and behind its mean over all of them. The first
        alone would favour a champion that fails seldom, and not among the first. Of few episodes all are played: a
        tenth of them would say nothing.

        fitness: (P,) float64, as evaluated: what is not finite is no candidate
        judged: (P,) bool, who has played these episodes before and need not again; None: nobody
        also: who plays whatever their fitness, (K,) indices; None: nobody
        """
        best = candidates(fitness, top, judged, also)
        if not len(best):
            return champion
        count = len(self._seeds)
        race = champion is not None and len(champion.returns) == count >= self._race_from
        rounds = {count // 10, 3 * count // 10, count} if race else {count}
        returns = np.empty((len(best), 0))
        for end in sorted(rounds):
            returns = np.hstack((returns, self._play(population, best, self._seeds[returns.shape[1] : end])))
            if champion is not None and race:
                so_far = _total(returns)
                level = so_far >= _total(champion.returns[:end])
                level |= so_far >= end * champion.validated_fitness
                best, returns = best[level], returns[level]
                if not len(best):
                    return champion
        means = _total(returns) / count
        large = ~(np.abs(means) <= LARGEST)
        means[large] = mean_of(returns[large])
        validated = np.where(np.isfinite(means), means, -np.inf)
        winner = int(np.argmax(validated))
        if not validated[winner] > (champion.validated_fitness if champion is not None else -np.inf):
            return champion
        index = int(best[winner])
        return Champion(
            population.select(np.array([index])),
            self._generation,
            index,
            float(fitness[index]),
            float(validated[winner]),
            deviation_of(returns[winner]),
            self._generation,
            self._world.offset,
            self._world.scale,
            returns[winner],
        )

    def _play(self, population: Selectable, genomes: NDArray[np.int64], seeds: Sequence[int]) -> NDArray[np.float64]:
        """Return what genomes get in episodes, (G, E) float64; not finite for a genome whose episodes failed."""
        judged = self._backend.evaluate(population.select(genomes), seeds, self._world, keep_returns=True)
        self.steps += judged.env_steps
        self.faults += records(judged.faults, self._generation, "validation", genomes.tolist())
        return np.where(np.isfinite(judged.fitness)[:, None], judged.returns, np.nan)


class Known(Validation):
    """Validation where there is but one episode, which training has been: it found all that could be found."""

    def __init__(self, fitness: NDArray[np.float64], world: Conditions, generation: int) -> None:
        """fitness: (P,) float64, as evaluated in training"""
        self._fitness = fitness
        self._race_from = RACE_FROM
        self._seeds = [0]
        self._world = world
        self._generation = generation
        self.steps = 0
        self.faults = []

    def again(self, champion: Champion) -> Champion | None:
        return champion

    def _play(self, population: Selectable, genomes: NDArray[np.int64], seeds: Sequence[int]) -> NDArray[np.float64]:
        return self._fitness[genomes][:, None]


def candidates(
    fitness: NDArray[np.float64],
    top: int,
    judged: NDArray[np.bool_] | None,
    also: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Return the indices of those who challenge the champion, best first; see :meth:`Validation.challenge`."""
    best = best_of(np.where(np.isfinite(fitness), fitness, -np.inf), top)
    if also is not None:
        best = np.concatenate([best, np.setdiff1d(also, best)])
    best = best[np.isfinite(fitness[best])]
    return best if judged is None else best[~judged[best]]


def best_of(fitness: NDArray[np.float64], top: int) -> NDArray[np.int64]:
    """Return the indices of the `top` fittest, best first, the first of equals before the others."""
    return np.argsort(-fitness, kind="stable")[:top]


def judged_before(plan: MatingPlan | None, fitness: NDArray[np.float64] | None, top: int) -> NDArray[np.bool_] | None:
    """Say which children are unchanged copies of parents that were among the best `top`, (P,) bool.

    Those have played the held-out episodes, in vain or as the champion that is: in the same world nothing new would
    come of it.

    plan, fitness: of the parents, None for the first generation
    """
    if plan is None or fitness is None:
        return None
    copies: NDArray[np.bool_] = (plan.elite == 1) & np.isin(plan.fitter, best_of(fitness, top))
    return copies


def _total(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over the last axis, added in order, as backends do."""
    with np.errstate(over="ignore", invalid="ignore"):
        total: NDArray[np.float64] = np.add.accumulate(returns, axis=-1)[..., -1]
    return total
