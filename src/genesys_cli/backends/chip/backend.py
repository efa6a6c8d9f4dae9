"""The emulated chip as a backend: EvE makes the children, ADAM runs the networks in fixed point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...accelerator.adam.fixed import activate_lane_fixed, activate_lanes_fixed, from_value, to_value
from ...accelerator.adam.numbers import FixedPoint, fix_plan, fixed_point_of, new_fixed_plan
from ...compiled.jit import kernel
from ...compiled.threads import Threads
from ...config.chip import ChipSettings
from ...config.schema import Settings
from ...envs.conditions import Conditions
from ...envs.spec import Environment
from ...genome.population import Population
from ...neat.initial import first_genes
from ...neat.innovation import Counters
from ...neat.selection import MatingPlan
from ...network.network import Network, stepping
from ...network.plan import build_plan
from ..arithmetic import Arithmetic
from ..evaluation import Evaluation
from ..native.evaluator import make_evaluator
from .model import ChipModel

if TYPE_CHECKING:
    from ..workers.messages import Rehearse, Rehearsed

FIXED = Arithmetic(np.int32, new_fixed_plan, fix_plan, to_value, from_value, activate_lanes_fixed, activate_lane_fixed)
"""ADAM's fixed point."""


class GenesysBackend:
    """The chip of the settings. Between generations a population lies in the genome buffer, that is, it holds only
    numbers that gene words can hold, with connections in stream order."""

    name = "genesys"

    def __init__(self, settings: Settings, env: Environment, threads: Threads) -> None:
        self.chip = settings.chip or ChipSettings()
        self.model = ChipModel(settings.neat, self.chip, env.n_inputs, env.n_outputs)
        self._neat = settings.neat
        self._env = env
        self._threads = threads
        self._number = fixed_point_of(self.chip)
        self._evaluator = make_evaluator(settings, env, threads, FIXED, self._number)

    def adopt(self, population: Population) -> Population:
        return self.model.adopt(population)

    def network(self, population: Population) -> FixedNetwork:
        return FixedNetwork(population, self._number, feed_forward=self._neat.feed_forward)

    def plan(self) -> dict[str, Any]:
        inputs, outputs = self._env.n_inputs, self._env.n_outputs
        nodes, conns = first_genes(self._neat, inputs, outputs)
        words = self._neat.population * (inputs + nodes + conns)
        shown = [(entry.name, entry.quantised) for entry in self.model.thresholds.shown]
        return {
            "pes": self.chip.eve.pes,
            "macs": self.chip.adam.rows * self.chip.adam.cols,
            "buffer_words": self.chip.buffer.words,
            "first_generation_words": words,
            "two_generations_fit_buffer": 2 * words <= self.chip.buffer.words,
            "probabilities": {name: f"{found.threshold}/256 for {found.wanted:g}" for name, found in shown},
            "warnings": [f"{name}: {found.warning}" for name, found in shown if found.warning],
        }

    def account(self, counts: Mapping[str, Any], population: int) -> dict[str, int]:
        return self.model.account(counts, population)

    def evaluate(
        self,
        population: Population,
        seeds: Sequence[int],
        conditions: Conditions | None = None,
        *,
        keep_returns: bool = False,
    ) -> Evaluation:
        played = self._evaluator.play(population, seeds, conditions, keep_returns)
        counts = self.model.inference(population, played.decisions, len(seeds))
        return played.evaluation(counts)

    def rehearse(self, asked: Rehearse) -> Rehearsed | None:
        return self._evaluator.rehearse(asked)

    def processes(self) -> list[int]:
        return self._evaluator.processes()

    def close(self) -> None:
        self._evaluator.close()

    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        children, counts = self.model.breed(population, plan, seed=seed, generation=generation, threads=self._threads)
        return children, counters, counts


class FixedNetwork(Network):
    """A network as ADAM computes it."""

    _value_type = np.int32
    _step_many = staticmethod(stepping(to_value, from_value, activate_lane_fixed))

    def __init__(self, population: Population, number: FixedPoint, *, feed_forward: bool) -> None:
        """population: its first genome is meant; number: formats and tables of the chip."""
        self._number = number
        super().__init__(population, feed_forward=feed_forward)

    def _planned(self, population: Population, genome: int, nodes: int, conns: int) -> tuple[Any, int, int]:
        plan = _new_one(nodes, conns, self._number)
        return plan, *_plan_one(population, genome, plan)


@kernel
def _new_one(max_nodes, max_conns, number):
    return new_fixed_plan(1, max_nodes, max_conns, number)


@kernel
def _plan_one(population, g, plan):
    n_nodes, n_connections = build_plan(population, g, plan, 0, 0)
    fix_plan(plan, 0, n_nodes)
    return n_nodes, n_connections
