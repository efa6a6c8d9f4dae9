"""The emulated chip as a backend: EvE makes the children, ADAM runs the networks in fixed point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..accelerator.adam.fixed import activate_lane_fixed, activate_lanes_fixed, from_value, to_value
from ..accelerator.adam.numbers import FixedPoint, fix_plan, fixed_point_of, new_fixed_plan
from ..accelerator.adam.packing import inference_counts
from ..accelerator.adam.tables import check_activations, check_aggregations, uses_table
from ..accelerator.adam.vectorise import Layers, find_layers, new_layer_scratch, new_layers
from ..accelerator.eve.evolve import evolve_generation
from ..accelerator.eve.thresholds import thresholds
from ..accelerator.layout import layout_of
from ..accelerator.soc import phases
from ..accelerator.words import check_buffer, check_functions, check_size, from_words, quantise, renumbered, to_words
from ..compiled.jit import kernel
from ..compiled.lanes import ROW
from ..compiled.threads import Threads
from ..config.chip import ChipSettings
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.spec import Environment
from ..genome.access import largest
from ..genome.population import Population
from ..neat.initial import first_genes
from ..neat.innovation import Counters
from ..neat.selection import MatingPlan
from ..network.activate import advance_lane
from ..network.network import Network
from ..network.plan import build_plan, new_plan
from .arithmetic import Arithmetic
from .evaluation import Evaluation
from .evaluator import make_evaluator

FIXED = Arithmetic(np.int32, new_fixed_plan, fix_plan, to_value, from_value, activate_lanes_fixed, activate_lane_fixed)
"""ADAM's fixed point."""


class GenesysBackend:
    """The chip of the settings. Between generations a population lies in the genome buffer, that is, it holds only
    numbers that gene words can hold, with connections in stream order."""

    name = "genesys"

    def __init__(self, settings: Settings, env: Environment, threads: Threads) -> None:
        self.chip = settings.chip or ChipSettings()
        self._neat = settings.neat
        self._env = env
        self._threads = threads
        self._episodes = settings.evaluation.episodes
        self.layout = layout_of(self.chip)
        check_activations(settings.neat.activation_options, self.chip.adam.activations)
        check_aggregations(settings.neat.aggregation_options)
        check_functions(self.layout, settings.neat.activation_options, settings.neat.aggregation_options)
        check_size(self.layout, settings.neat.population, env.n_inputs + env.n_outputs + settings.neat.num_hidden)
        nodes, conns = first_genes(settings.neat, env.n_inputs, env.n_outputs)
        check_buffer(env.n_inputs + nodes + conns, self.chip.buffer)
        self.thresholds = thresholds(settings.neat, self.chip, self.layout)
        self._number = fixed_point_of(self.chip)
        self._evaluator = make_evaluator(settings, env, threads, FIXED, self._number)

    def adopt(self, population: Population) -> Population:
        return quantise(renumbered(population), self.layout)

    def network(self, population: Population) -> FixedNetwork:
        return FixedNetwork(population, self._number, feed_forward=self._neat.feed_forward)

    def plan(self) -> dict[str, Any]:
        inputs, outputs = self._env.n_inputs, self._env.n_outputs
        nodes, conns = first_genes(self._neat, inputs, outputs)
        words = self._neat.population * (inputs + nodes + conns)
        shown = [(entry.name, entry.quantised) for entry in self.thresholds.shown]
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
        return phases(counts, population, self.chip)

    def evaluate(
        self,
        population: Population,
        seeds: Sequence[int],
        conditions: Conditions | None = None,
        *,
        keep_returns: bool = False,
    ) -> Evaluation:
        played = self._evaluator.play(population, seeds, conditions, keep_returns)
        genes = len(population.node_id) + len(population.conn_in) + population.size * population.n_inputs
        layers = layers_of(population, self._neat.feed_forward)
        counts = inference_counts(layers, played.decisions, genes, self.chip)
        counts["fitness_cycles"] = population.size * len(seeds) * self.chip.cpu.cycles_per_fitness_genome
        return played.evaluation(counts)

    def close(self) -> None:
        self._evaluator.close()

    def reproduce(
        self, population: Population, plan: MatingPlan, counters: Counters, *, seed: int, generation: int
    ) -> tuple[Population, Counters, dict[str, int]]:
        words, _ = to_words(population, self.layout)
        result = evolve_generation(
            words,
            plan.fitter,
            plan.other,
            plan.elite,
            self.layout,
            self.thresholds,
            fixed_nodes=population.n_inputs + population.n_outputs,
            seed=seed,
            generation=generation,
            chip=self.chip,
            threads=self._threads,
        )
        counts = dict(result.counts)
        counts["selection_cycles"] = population.size * self.chip.cpu.cycles_per_selection_genome
        children = from_words(result.words, self.layout, population.n_inputs, population.n_outputs)
        return children, counters, counts


class FixedNetwork(Network):
    """A network as ADAM computes it."""

    _value_type = np.int32

    def __init__(self, population: Population, number: FixedPoint, *, feed_forward: bool) -> None:
        """population: its first genome is meant; number: formats and tables of the chip."""
        self._number = number
        super().__init__(population, feed_forward=feed_forward)

    def _planned(self, population: Population, genome: int, nodes: int, conns: int) -> tuple[Any, int, int]:
        plan = _new_one(nodes, conns, self._number)
        return plan, *_plan_one(population, genome, plan)

    def _step_many(self, inputs: NDArray[np.float32], outputs: NDArray[np.float32]) -> None:
        _step_many(
            self._plan,
            self.n_nodes,
            self.feed_forward,
            self._number,
            self._values,
            self._fresh,
            self._terms,
            inputs,
            outputs,
        )


@kernel
def _new_one(max_nodes, max_conns, number):
    return new_fixed_plan(1, max_nodes, max_conns, number)


@kernel
def _plan_one(population, g, plan):
    n_nodes, n_edges = build_plan(population, g, plan, 0, 0)
    fix_plan(plan, 0, n_nodes)
    return n_nodes, n_edges


@kernel
def _step_many(plan, n_nodes, feed_forward, number, values, fresh, terms, inputs, outputs):
    """Compute ``outputs[t]`` from ``inputs[t]``, (T, O) and (T, I) float32, for every t in turn."""
    lane = np.uint64(0)
    n_inputs = inputs.shape[1]
    for t in range(inputs.shape[0]):
        for i in range(n_inputs):
            values[np.uint64(1 + i) * ROW] = to_value(inputs[t, i], number)
        activate_lane_fixed(plan, 0, n_nodes, values, values if feed_forward else fresh, terms, lane)
        if not feed_forward:
            advance_lane(plan, 0, n_nodes, values, fresh, lane)
        for k in range(outputs.shape[1]):
            outputs[t, k] = from_value(values[np.uint64(1 + n_inputs + k) * ROW], number)


@kernel
def _find_all(population, feed_forward, tables, layers):
    """Find the layers of every genome."""
    size = len(population.node_offsets) - 1
    max_nodes, max_conns = largest(population, 0, size)
    plan = new_plan(1, max_nodes, max_conns)
    scratch = new_layer_scratch(population.n_inputs, max_nodes)
    for g in range(size):
        n_nodes, _ = build_plan(population, g, plan, 0, 0)
        find_layers(plan, 0, n_nodes, population.n_inputs, feed_forward, tables, scratch, layers, g)


def layers_of(population: Population, feed_forward: bool) -> Layers:
    """Return the dense blocks that the CPU makes of each genome for ADAM."""
    layers = new_layers(population.node_offsets)
    tables: NDArray[np.uint8] = uses_table()
    _find_all(population, feed_forward, tables, layers)
    return layers
