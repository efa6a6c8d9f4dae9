"""Lets a population play the native environments, in any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiled.lanes import LANES
from ...compiled.threads import Threads
from ...config.schema import Settings
from ...envs.conditions import Conditions, conditions_of
from ...envs.gym.foreign import foreign
from ...envs.registry import episode_starts
from ...envs.spec import NativeEnv
from ...genome.population import Population
from ..acting import acting_of
from ..arithmetic import Arithmetic
from ..fitness import Episode, Fitness, load_fitness
from ..played import Played, mean_of
from ..senses import senses_of
from .compiling import check_kernels
from .episode import Game, is_plain
from .rollout import rollout_kernel
from .tally import Tally, new_tally, sums_of

if TYPE_CHECKING:
    from ..workers.messages import Rehearse


class Evaluator:
    """Plays episodes of one environment, as the settings say, on threads."""

    def __init__(
        self, settings: Settings, env: NativeEnv, threads: Threads, arithmetic: Arithmetic, formats: Any
    ) -> None:
        """formats: what the arithmetic's building blocks are given."""
        check_kernels(env)
        self._env = env
        self._threads = threads
        self._arithmetic = arithmetic
        self._formats = formats
        self._feed_forward = settings.neat.feed_forward
        self._conditions = conditions_of(settings, env)
        name = settings.evaluation.fitness
        self._fitness = None if name is None else load_fitness(name)

    def play(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played:
        """Let every genome play one episode for each of the Gymnasium reset `seeds`; see ``Backend.evaluate``."""
        conditions = conditions or self._conditions
        if self._fitness is not None:
            return self._play_judged(population, seeds, conditions, self._fitness)
        tally = self._tally(population, seeds, conditions, keep_returns)
        terminated = int(tally.terminated.sum())
        return Played(
            tally.fitness,
            tally.returns,
            tally.steps,
            tally.decisions,
            tally.nodes,
            tally.edges,
            (terminated, population.size * len(seeds) - terminated),
            sums_of([tally]),
        )

    def _tally(self, population: Population, seeds: Sequence[int], conditions: Conditions, keep_returns: bool) -> Tally:
        """Let the kernel play all episodes."""
        game = game_of(self._env, seeds, conditions)
        size, episodes = population.size, len(seeds)
        tally = new_tally(size, episodes, self._env.n_inputs, keep_returns=keep_returns, moments=conditions.moments)
        rollout = rollout_kernel(self._env, self._arithmetic, episodes, disturbed=not is_plain(conditions))

        def play(_: int, lo: int, hi: int) -> None:
            rollout(population, lo, hi, game, self._feed_forward, self._formats, LANES, tally)

        self._threads.map(play, size, least=4)
        return tally

    def _play_judged(
        self, population: Population, seeds: Sequence[int], conditions: Conditions, fitness: Fitness
    ) -> Played:
        """Let the user's function judge each episode. Seed by seed, since a tally holds the sums over its seeds."""
        tallies = [self._tally(population, [seed], conditions, False) for seed in seeds]
        judged = np.empty((population.size, len(seeds)))
        with foreign(lambda error: error):
            for k, (seed, tally) in enumerate(zip(seeds, tallies)):
                for g in range(population.size):
                    total, ended = float(tally.fitness[g]), bool(tally.terminated[g])
                    episode = Episode(int(seed), total, int(tally.steps[g]), ended, not ended, {})
                    judged[g, k] = fitness(episode) if isfinite(total) else nan
        terminated = sum(int(tally.terminated.sum()) for tally in tallies)
        return Played(
            mean_of(judged),
            judged,
            np.sum([tally.steps for tally in tallies], axis=0),
            np.sum([tally.decisions for tally in tallies], axis=0),
            tallies[0].nodes,
            tallies[0].edges,
            (terminated, judged.size - terminated),
            sums_of(tallies),
        )

    def rehearse(self, asked: Rehearse) -> None:
        """Return nothing: an episode depends on its start alone."""

    def processes(self) -> list[int]:
        """Return nothing: this process does all the work."""
        return []

    def close(self) -> None:
        """Nothing is left to be ended: the threads are the caller's."""


def game_of(env: NativeEnv, seeds: Sequence[int], conditions: Conditions) -> Game:
    """Return what all genomes of an evaluation play."""
    return Game(
        episode_starts(env, seeds),
        np.array([int(seed) for seed in seeds], np.uint64),
        tuple(float(value) for value in conditions.physics),
        senses_of(conditions),
        acting_of(env.action, conditions),
        conditions.max_steps,
        conditions.patience,
        conditions.action_repeat,
        conditions.reward_min,
    )
