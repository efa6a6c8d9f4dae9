"""The software backend: evaluation and reproduction on compiled kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...compiled.lanes import LANES
from ...compiled.threads import Threads
from ...config.schema import Settings
from ...envs.registry import episode_starts
from ...envs.spec import Box, NativeEnv
from ...errors import UserError
from ...genome.population import Population
from ...neat.innovation import Counters
from ...neat.reproduction import reproduce
from ...neat.selection import MatingPlan
from ..base import Evaluation
from .rollout import rollout_kernel


class SoftwareBackend:
    """Evaluates and reproduces on this machine's cores."""

    name = "software"

    def __init__(self, settings: Settings, env: NativeEnv, threads: Threads) -> None:
        self._neat = settings.neat
        self._env = env
        self._threads = threads
        self._max_steps = settings.environment.max_steps or env.max_steps
        self._physics = np.array(list(env.physics.values()), np.float64)
        self._scaling = observation_scaling(settings, env)
        low, high = (env.action.low, env.action.high) if isinstance(env.action, Box) else ((), ())
        middle, half = (np.array(high) + np.array(low)) / 2, (np.array(high) - np.array(low)) / 2
        self._stretching = (middle.astype(np.float32), half.astype(np.float32))
        self._rollout = rollout_kernel(env)

    def evaluate(self, population: Population, seeds: Sequence[int], *, keep_returns: bool = False) -> Evaluation:
        size = population.size
        starts = episode_starts(self._env, seeds)
        fitness = np.empty(size)
        steps = np.empty(size, np.int64)
        nodes = np.empty(size, np.int32)
        edges = np.empty(size, np.int32)
        returns = np.empty((size, len(seeds)) if keep_returns else (0, 0))

        def play(_: int, lo: int, hi: int) -> None:
            self._rollout(
                population,
                lo,
                hi,
                starts,
                self._physics,
                self._scaling,
                self._stretching,
                self._max_steps,
                self._neat.feed_forward,
                LANES,
                fitness,
                steps,
                nodes,
                edges,
                returns,
            )

        self._threads.map(play, size, least=4)
        env_steps = int(steps.sum())
        counts = {"env_steps": env_steps, "macs": int(steps @ edges), "node_updates": int(steps @ nodes)}
        return Evaluation(fitness, returns, env_steps, counts)

    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        return reproduce(
            population, plan, counters, self._neat, seed=seed, generation=generation, threads=self._threads
        )


def observation_scaling(settings: Settings, env: NativeEnv) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return offset and scale of each observation, (I,) float32; raises UserError when their number does not fit."""
    scaling = []
    for key, fill in (("observation_offset", 0.0), ("observation_scale", 1.0)):
        given = getattr(settings.evaluation, key)
        if given and len(given) != env.n_inputs:
            raise UserError(
                f"evaluation.{key} has {len(given)} numbers, but {env.id} has {env.n_inputs} observations "
                f"({', '.join(env.observation_names)}); give one number for each, or none"
            )
        scaling.append(np.array(given or [fill] * env.n_inputs, np.float32))
    return scaling[0], scaling[1]
