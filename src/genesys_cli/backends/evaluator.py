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
from ..envs.spec import Box, Environment, GymEnv, NativeEnv
from ..genome.population import Population
from .arithmetic import Arithmetic
from .played import Played
from .rollout import rollout_kernel


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
        self._number = number
        self._feed_forward = settings.neat.feed_forward
        self._conditions = conditions_of(settings, env)
        low, high = (env.action.low, env.action.high) if isinstance(env.action, Box) else ((), ())
        middle, half = (np.array(high) + np.array(low)) / 2, (np.array(high) - np.array(low)) / 2
        self._stretching = (middle.astype(np.float32), half.astype(np.float32))
        self._rollout = rollout_kernel(env, arithmetic)

    def play(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played:
        """Let every genome play one episode for each of the Gymnasium reset `seeds`; see ``Backend.evaluate``."""
        conditions = conditions or self._conditions
        size = population.size
        starts = episode_starts(self._env, seeds)
        played = Played(
            np.empty(size),
            np.empty((size, len(seeds)) if keep_returns else (0, 0)),
            (steps := np.empty(size, np.int64)),
            steps,
            np.empty(size, np.int32),
            np.empty(size, np.int32),
        )

        def play(_: int, lo: int, hi: int) -> None:
            self._rollout(
                population,
                lo,
                hi,
                starts,
                conditions.physics,
                (conditions.offset, conditions.scale),
                self._stretching,
                conditions.max_steps,
                self._feed_forward,
                self._number,
                LANES,
                played.fitness,
                played.steps,
                played.nodes,
                played.edges,
                played.returns,
            )

        self._threads.map(play, size, least=4)
        return played

    def close(self) -> None:
        """Nothing is left to be ended: the threads are the caller's."""
