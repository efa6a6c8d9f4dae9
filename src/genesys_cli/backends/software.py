"""The software backend: evaluation and reproduction on this machine's cores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.spec import Environment
from ..genome.population import Population
from ..neat.innovation import Counters
from ..neat.reproduction import reproduce
from ..neat.selection import MatingPlan
from ..network.network import Network
from .arithmetic import FLOAT
from .evaluation import Evaluation
from .native.evaluator import make_evaluator

if TYPE_CHECKING:
    from .workers.messages import Rehearse, Rehearsed


class SoftwareBackend:
    """NEAT in float32, on compiled kernels."""

    name = "software"

    def __init__(self, settings: Settings, env: Environment, threads: Threads) -> None:
        self._neat = settings.neat
        self._threads = threads
        self._evaluator = make_evaluator(settings, env, threads, FLOAT, 0)

    def adopt(self, population: Population) -> Population:
        return population

    def network(self, population: Population) -> Network:
        return Network(population, feed_forward=self._neat.feed_forward)

    def plan(self) -> dict[str, Any]:
        return {"warnings": []}

    def account(self, counts: Mapping[str, Any], population: int) -> dict[str, int]:
        return {}

    def evaluate(
        self,
        population: Population,
        seeds: Sequence[int],
        conditions: Conditions | None = None,
        *,
        keep_returns: bool = False,
    ) -> Evaluation:
        played = self._evaluator.play(population, seeds, conditions, keep_returns)
        return played.evaluation()

    def rehearse(self, asked: Rehearse) -> Rehearsed | None:
        return self._evaluator.rehearse(asked)

    def processes(self) -> list[int]:
        return self._evaluator.processes()

    def close(self) -> None:
        self._evaluator.close()

    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        return reproduce(
            population, plan, counters, self._neat, seed=seed, generation=generation, threads=self._threads
        )
