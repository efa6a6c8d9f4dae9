"""The chip's RTL as a backend: Verilated models of EvE and of ADAM in the place of the emulated ones.

The results are those of the backend ``genesys``, bit for bit, and so are the counts. The processor's part stays
software: fitness, species, parents, vectorising, and the search for cycles.
"""

from __future__ import annotations

from functools import cached_property

from ...compiled.threads import Threads
from ...config.rtl import ADAM, EVE
from ...config.schema import Settings
from ...envs.spec import Environment, NativeEnv
from ...errors import UserError
from ...genome.population import Population
from ...neat.innovation import Counters
from ...neat.selection import MatingPlan
from ...rtl.constants_adam import adam_words
from ...rtl.eve import EveModel, check_eve
from ...rtl.verilator import tools
from ..chip.backend import ChipBackend
from .evaluator import RtlEvaluator


class RtlBackend(ChipBackend):
    """A chip whose RTL is simulated, as far as ``rtl.parts`` says."""

    def __init__(self, settings: Settings, env: Environment, threads: Threads) -> None:
        super().__init__(settings, env, threads)
        self._parts = settings.rtl.parts
        if EVE in self._parts:
            check_eve(self.chip)
        if ADAM in self._parts:
            adam_words(self.chip)  # refuses what is not in the RTL
            if settings.cluster.address is not None:
                raise UserError(
                    "the actors of a cluster do not simulate ADAM's RTL; have EvE alone simulated: --rtl-parts eve"
                )
            if not isinstance(env, NativeEnv):
                raise UserError(
                    f"ADAM's RTL plays native environments, and {settings.environment.id} is none; have EvE alone "
                    "simulated: --rtl-parts eve"
                )
        tools()

    @cached_property
    def _eve(self) -> EveModel:
        return EveModel(self.chip)

    def start(self) -> None:
        if EVE in self._parts:
            _ = self._eve
        if ADAM in self._parts and self._evaluator is None:
            assert isinstance(self._env, NativeEnv)
            self._evaluator = RtlEvaluator(self._settings, self._env, self._threads, self.chip)
        super().start()

    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        if EVE not in self._parts:
            return super().reproduce(population, plan, counters, seed=seed, generation=generation)
        children, counts = self.model.breed(
            population, plan, seed=seed, generation=generation, threads=self._threads, evolve=self._eve.evolve
        )
        return children, counters, counts
