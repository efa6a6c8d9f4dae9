"""Lets a population play one of Gymnasium's environments, in any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...compiled.threads import Threads
from ...config.schema import Settings
from ...envs.conditions import Conditions, conditions_of
from ...envs.spec import GymEnv
from ...genome.population import Population
from ..evaluation import Moments
from ..fitness import load_fitness
from ..played import Played
from .board import TERMINATED, TRUNCATED, Sheet
from .pool import Pool


class WorkerEvaluator:
    """Plays episodes of one environment, as the settings say, in as many worker processes as there are threads."""

    def __init__(self, settings: Settings, env: GymEnv, threads: Threads) -> None:
        """Start the workers, which take about a second to get ready, in the background."""
        if settings.evaluation.fitness is not None:
            load_fitness(settings.evaluation.fitness)  # complains here rather than in every worker
        self._conditions = conditions_of(settings, env)
        self.pool = Pool(settings, env, threads.count)

    def play(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played:
        """Let every genome play one episode for each of the Gymnasium reset `seeds`; see ``Backend.evaluate``."""
        conditions = conditions or self._conditions
        sheet, faults = self.pool.play(population, seeds, conditions)
        shape = (population.size, len(seeds))
        returns = sheet.returns.reshape(shape)
        decisions = -(-sheet.steps // conditions.action_repeat)
        return Played(
            _mean(returns),
            returns.copy() if keep_returns else np.empty((0, 0)),
            sheet.steps.reshape(shape).sum(axis=1),
            decisions.reshape(shape).sum(axis=1),
            sheet.nodes.copy(),
            sheet.edges.copy(),
            (int(np.sum(sheet.ended == TERMINATED)), int(np.sum(sheet.ended == TRUNCATED))),
            _moments(sheet, int(decisions.sum())) if conditions.moments else None,
            tuple(faults),
        )

    def close(self) -> None:
        """End the workers."""
        self.pool.close()


def _mean(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each row, summed in the order of episodes as the native environments' kernel does."""
    total = np.zeros(len(returns))
    for column in returns.T:
        total += column
    return total / returns.shape[1]


def _moments(sheet: Sheet, count: int) -> Moments:
    total, squares = sheet.moments.sum(axis=0)  # row after row: the order of genomes and episodes
    return Moments(count, total, squares)
