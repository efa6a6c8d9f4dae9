"""Lets a population play one of Gymnasium's environments, in any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...compiled.threads import Threads
from ...config.schema import Settings
from ...envs.conditions import Conditions, conditions_of
from ...envs.spec import GymEnv
from ...genome.population import Population
from ..evaluation import Moments
from ..fitness import load_fitness
from ..played import Played, mean_of
from .board import TERMINATED, TRUNCATED, Sheet
from .messages import Rehearse, Rehearsed
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
        return Played(
            mean_of(returns),
            returns.copy() if keep_returns else np.empty((0, 0)),
            sheet.steps.reshape(shape).sum(axis=1),
            sheet.decisions.reshape(shape).sum(axis=1),
            sheet.nodes.copy(),
            sheet.edges.copy(),
            (int(np.sum(sheet.ended == TERMINATED)), int(np.sum(sheet.ended == TRUNCATED))),
            _moments(sheet) if conditions.moments else None,
            tuple(faults),
        )

    def rehearse(self, asked: Rehearse) -> Rehearsed:
        """Have a worker find out whether the environment repeats."""
        return self.pool.rehearse(asked)

    def processes(self) -> list[int]:
        """Return the ids of the worker processes."""
        return self.pool.pids

    def close(self) -> None:
        """End the workers."""
        self.pool.close()


def _moments(sheet: Sheet) -> Moments:
    total, squares = sheet.moments.sum(axis=0)  # row after row: the order of genomes and episodes
    return Moments(int(sheet.decisions.sum()), total, squares)
