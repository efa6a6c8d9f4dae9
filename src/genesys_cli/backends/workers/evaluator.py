"""Lets a population play one of Gymnasium's environments, or has a function called with it, in any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.threads import Threads
from ...config.schema import Settings
from ...envs.conditions import Conditions, conditions_of
from ...envs.problem.env import ProblemEnv
from ...genome.population import Population
from ..fitness import load_fitness
from ..played import Met, Played, Sums, mean_of
from .board import TERMINATED, TRUNCATED
from .lineup import Lineup, all_at_once
from .messages import Rehearse, Rehearsed, World
from .pool import Pool
from .supervisor import Patience


class WorkerEvaluator:
    """Plays episodes of one environment, as the settings say, in as many worker processes as there are threads."""

    def __init__(self, settings: Settings, env: World, threads: Threads) -> None:
        """Start the workers, which take about a second to get ready, in the background."""
        if settings.evaluation.fitness is not None:
            load_fitness(settings.evaluation.fitness)  # complains here rather than in every worker
        count = threads.count
        self._at_once = isinstance(env, ProblemEnv) and env.at_once
        if isinstance(env, ProblemEnv):
            env.function()
        if self._at_once:
            count = min(count, max(settings.evaluation.episodes, settings.evaluation.validate_episodes))
        self.patience = Patience.WHOLE  # of the next evaluations
        self._conditions = conditions_of(settings, env)
        self.pool = Pool(settings, env, count)

    def play(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played:
        """Let every genome play one episode for each of the `seeds`; see ``Backend.evaluate``."""
        conditions = conditions or self._conditions
        lineup = all_at_once(population.size, seeds) if self._at_once else Lineup(seeds)
        sheet, faults = self.pool.play(population, lineup, conditions, self.patience)
        size, count = population.size, len(seeds)

        def by_genome(results: NDArray[Any]) -> NDArray[Any]:
            return results.reshape(count, size).T if self._at_once else results.reshape(size, count)

        returns = by_genome(sheet.returns)
        return Played(
            mean_of(returns),
            returns.copy() if keep_returns else np.empty((0, 0)),
            by_genome(sheet.steps).sum(axis=1),
            by_genome(sheet.decisions).sum(axis=1),
            sheet.nodes.copy(),
            sheet.edges.copy(),
            (lineup.width * int(np.sum(sheet.ended == TERMINATED)), int(np.sum(sheet.ended == TRUNCATED))),
            Sums(int(sheet.decisions.sum()), sheet.moments.copy()) if conditions.moments else None,
            tuple(faults),
        )

    def meet(self, population: Population, together: NDArray[np.int32], seeds: Sequence[int]) -> Met:
        """Let genomes play matches; see ``Backend.meet``."""
        sheet, faults = self.pool.play(population, Lineup(seeds, together), self._conditions, self.patience)
        used = np.zeros(population.size, np.int64)
        np.add.at(used, together.ravel(), sheet.decisions)
        ended = int(np.sum(sheet.ended == TERMINATED))
        scores = sheet.returns.reshape(together.shape).copy()
        return Met(scores, used, sheet.nodes.copy(), sheet.edges.copy(), ended, tuple(faults))

    def rehearse(self, asked: Rehearse) -> Rehearsed:
        """Have a worker find out whether an environment of Gymnasium repeats."""
        return self.pool.rehearse(asked)

    def processes(self) -> list[int]:
        """Return the ids of the worker processes."""
        return self.pool.pids

    def close(self) -> None:
        """End the workers."""
        self.pool.close()
