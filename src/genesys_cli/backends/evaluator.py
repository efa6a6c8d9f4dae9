"""Lets a population play the native environments, in any arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled.lanes import LANES
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.conditions import Conditions, conditions_of
from ..envs.registry import episode_starts
from ..envs.spec import Box, NativeEnv
from ..genome.population import Population
from .arithmetic import Arithmetic
from .rollout import rollout_kernel


class Played(NamedTuple):
    """What P genomes did in the same E episodes.

    fitness: (P,) float64, mean return; returns: (P, E) float64 where asked for, else empty
    steps: (P,) int64, over all episodes; nodes, edges: (P,) int32, evaluated nodes and edges of each network
    """

    fitness: NDArray[np.float64]
    returns: NDArray[np.float64]
    steps: NDArray[np.int64]
    nodes: NDArray[np.int32]
    edges: NDArray[np.int32]

    def counts(self) -> dict[str, int]:
        """Return what networks of any arithmetic have in common."""
        return {
            "env_steps": int(self.steps.sum()),
            "macs": int(self.steps @ self.edges),
            "node_updates": int(self.steps @ self.nodes),
        }


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
            np.empty(size, np.int64),
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
