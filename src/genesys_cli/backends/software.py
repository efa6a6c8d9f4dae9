"""The software backend: evaluation and reproduction on this machine's cores."""

from __future__ import annotations

from ..genome.population import Population
from ..neat.innovation import Counters
from ..neat.reproduction import reproduce
from ..neat.selection import MatingPlan
from .base import Backend


class SoftwareBackend(Backend):
    """NEAT in float32, on compiled kernels."""

    spreads = True

    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        return reproduce(
            population, plan, counters, self._settings.neat, seed=seed, generation=generation, threads=self._threads
        )
