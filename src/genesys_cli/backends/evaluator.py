"""Lets a population play the native environments, in any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..compiled.lanes import LANES
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.conditions import Conditions, conditions_of
from ..envs.registry import episode_starts
from ..envs.spec import Environment, GymEnv, NativeEnv
from ..genome.population import Population
from .acting import acting_of
from .arithmetic import Arithmetic
from .episode import Game, is_plain
from .played import Played
from .rollout import rollout_kernel
from .senses import senses_of
from .tally import moments_of, new_tally


class AnyEvaluator(Protocol):
    """Plays episodes of one environment."""

    def play(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played: ...

    def close(self) -> None: ...


def make_evaluator(
    settings: Settings, env: Environment, threads: Threads, arithmetic: Arithmetic, number: Any
) -> AnyEvaluator:
    """Return what plays `env` with networks of an arithmetic; number: what its building blocks are given."""
    if isinstance(env, GymEnv):
        from .workers.evaluator import WorkerEvaluator  # only now: native environments do without Gymnasium

        return WorkerEvaluator(settings, env, threads)
    assert isinstance(env, NativeEnv)
    return Evaluator(settings, env, threads, arithmetic, number)


class Evaluator:
    """Plays episodes of one environment, as the settings say, on threads."""

    def __init__(
        self, settings: Settings, env: NativeEnv, threads: Threads, arithmetic: Arithmetic, number: Any
    ) -> None:
        """number: what the arithmetic's building blocks are given."""
        self._env = env
        self._threads = threads
        self._arithmetic = arithmetic
        self._number = number
        self._feed_forward = settings.neat.feed_forward
        self._conditions = conditions_of(settings, env)

    def play(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played:
        """Let every genome play one episode for each of the Gymnasium reset `seeds`; see ``Backend.evaluate``."""
        conditions = conditions or self._conditions
        game = Game(
            episode_starts(self._env, seeds),
            np.array([int(seed) for seed in seeds], np.uint64),
            np.ascontiguousarray(conditions.physics, np.float64),
            senses_of(conditions),
            acting_of(self._env.action, conditions),
            conditions.max_steps,
            conditions.patience,
            conditions.action_repeat,
        )
        size, episodes = population.size, len(seeds)
        tally = new_tally(size, episodes, self._env.n_inputs, keep_returns=keep_returns, moments=conditions.moments)
        rollout = rollout_kernel(self._env, self._arithmetic, disturbed=not is_plain(conditions))

        def play(_: int, lo: int, hi: int) -> None:
            rollout(population, lo, hi, game, self._feed_forward, self._number, LANES, tally)

        self._threads.map(play, size, least=4)
        terminated = int(tally.terminated.sum())
        return Played(
            tally.fitness,
            tally.returns,
            tally.steps,
            tally.decisions,
            tally.nodes,
            tally.edges,
            (terminated, size * episodes - terminated),
            moments_of(tally),
        )

    def close(self) -> None:
        """Nothing is left to be ended: the threads are the caller's."""
