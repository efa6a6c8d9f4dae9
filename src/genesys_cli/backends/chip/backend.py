"""The emulated chip as a backend: EvE makes the children, ADAM runs the networks in fixed point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.threads import Threads
from ...config.chip import ChipSettings
from ...config.schema import Settings
from ...envs.spec import Environment
from ...genome.population import Population
from ...neat.initial import first_genes
from ...neat.innovation import Counters
from ...neat.selection import MatingPlan
from ..base import Backend
from ..numerics import Numerics
from .model import ChipModel, interface_of
from .numerics import fixed_point


class ChipBackend(Backend):
    """The chip of the settings. Between generations a population lies in the genome buffer, that is, it holds only
    numbers that gene words can hold, with connections in stream order."""

    chip: ChipSettings

    def __init__(self, settings: Settings, env: Environment, threads: Threads) -> None:
        super().__init__(settings, env, threads)
        self.chip = settings.target_chip
        self.model = ChipModel(settings.neat, self.chip, interface_of(settings, env))

    @classmethod
    def numerics_of(cls, settings: Settings) -> Numerics:
        return fixed_point(settings.target_chip)

    def adopt(self, population: Population) -> Population:
        self.model.check_genomes(population)
        return super().adopt(population)

    def describe(self) -> dict[str, Any]:
        shown = [(entry.name, entry.quantised) for entry in self.model.thresholds.shown]
        return {
            "pes": self.chip.eve.pes,
            "macs": self.chip.adam.rows * self.chip.adam.cols,
            "buffer_words": self.chip.buffer.words,
            **self.room(*first_genes(self._settings.neat, self._env.n_inputs, self._env.n_outputs)),
            "probabilities": {name: f"{found.threshold}/256 for {found.wanted:g}" for name, found in shown},
            "warnings": [
                *(f"{name}: {found.warning}" for name, found in shown if found.warning),
                *self.model.thresholds.limited,
            ],
        }

    def room(self, nodes: int, connections: int) -> dict[str, Any]:
        words = self._settings.neat.population * (self._env.n_inputs + nodes + connections)
        return {"first_generation_words": words, "two_generations_fit_buffer": 2 * words <= self.chip.buffer.words}

    def phase_cycles(self, counts: Mapping[str, Any], population: int) -> dict[str, int]:
        return self.model.phase_cycles(counts, population)

    def inference_counts(self, population: Population, decisions: NDArray[np.int64], episodes: int) -> dict[str, int]:
        return self.model.inference(population, decisions, episodes)

    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        children, counts = self.model.breed(population, plan, seed=seed, generation=generation, threads=self._threads)
        return children, counters, counts
