"""What the emulated chip counts for a population that somebody lets play: the same for any source of its episodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...accelerator.adam.inference import inference_counts
from ...accelerator.adam.tables import check_activations, check_aggregations, uses_table
from ...accelerator.adam.vectorise import UNCUT, Layers, find_layers, new_layer_scratch, new_layers
from ...accelerator.cpu import Interface, fitness_cycles, interface_operands, pad_words, step_cycles
from ...accelerator.eve.evolve import EveResult, clock_nothing, evolve_generation
from ...accelerator.eve.thresholds import thresholds
from ...accelerator.layout import layout_of
from ...accelerator.soc import phases
from ...accelerator.words import check_buffer, check_functions, check_size, from_words, quantise, to_words
from ...compiled.jit import kernel
from ...compiled.plan import new_plan
from ...compiled.threads import Threads
from ...config.chip import ChipSettings
from ...config.schema import NeatSettings, Settings
from ...counts import (
    FITNESS_CYCLES,
    INTERFACE_OPERANDS,
    PAD_WORDS,
    ROUND_CYCLES,
    SELECTION_CYCLES,
    STEP_CYCLES,
    named,
)
from ...envs.spec import Environment, Numbers
from ...genome.access import largest
from ...genome.population import Population
from ...names import ACTIVATIONS, AGGREGATIONS
from ...neat.initial import first_genes
from ...neat.selection import MatingPlan
from ...network.plan import build_plan
from .layers import layer_counts


def interface_of(settings: Settings, env: Environment) -> Interface:
    """Return what the CPU has to do between an environment and the networks."""
    judged = settings.evaluation
    scaled = judged.normalise_observations or bool(judged.observation_offset or judged.observation_scale)
    return Interface(env.n_inputs, env.n_outputs, scaled, isinstance(env.action, Numbers))


class ChipModel:
    """A chip, and what NEAT's settings become on it. Raises :class:`UserError` where it cannot hold them."""

    def __init__(self, neat: NeatSettings, chip: ChipSettings, io: Interface) -> None:
        self.chip = chip
        self._io = io
        n_inputs, n_outputs = io.inputs, io.outputs
        self._neat = neat
        self.layout = layout_of(chip)
        check_activations(neat.activation_options, chip.adam.activations, neat.output_activation)
        check_aggregations(neat.aggregation_options)
        check_functions(self.layout, neat.activation_options, neat.aggregation_options, neat.output_activation)
        check_size(self.layout, neat.population, n_inputs + n_outputs + neat.num_hidden)
        nodes, conns = first_genes(neat, n_inputs, n_outputs)
        check_buffer(n_inputs + nodes + conns, chip.buffer)
        self.thresholds = thresholds(neat, chip, self.layout)

    def check_genomes(self, population: Population) -> None:
        """Raise a :class:`UserError` where the chip cannot compute genomes, or its buffer cannot hold one of them."""
        activations = [ACTIVATIONS[k] for k in np.unique(population.node_activation)]
        check_activations(activations, self.chip.adam.activations, who="a genome")
        check_aggregations([AGGREGATIONS[k] for k in np.unique(population.node_aggregation)], who="a genome")
        nodes, conns = np.diff(population.node_offsets), np.diff(population.conn_offsets)
        check_buffer(population.n_inputs + int((nodes + conns).max()), self.chip.buffer)

    def quantise(self, population: Population) -> Population:
        """Return a population with ids that fit, such as one that a chip has bred, as the genome buffer holds it."""
        return quantise(population, self.layout)

    def inference(self, population: Population, decisions: NDArray[np.int64], episodes: int) -> dict[str, int]:
        """Return what ADAM and the CPU do while a population plays. decisions: (P,) int64, over all episodes"""
        layers = layers_of(population, self._neat.feed_forward, self.chip.adam.cols)
        counts = inference_counts(layers, decisions, _genes(population), self.chip)
        steps = int(decisions.sum())
        playing = int(np.count_nonzero(decisions))
        cpu, unit = step_cycles(self._io, self.chip), interface_operands(self._io, self.chip)
        beside = round(playing * cpu * self.chip.clock.frequency_hz / self.chip.cpu_frequency_hz) + playing * unit
        return counts | named(
            {
                FITNESS_CYCLES: fitness_cycles(population.size, episodes, self.chip),
                STEP_CYCLES: steps * cpu,
                INTERFACE_OPERANDS: steps * unit,
                PAD_WORDS: steps * pad_words(self._io),
                ROUND_CYCLES: counts[ROUND_CYCLES.name] + beside,
            }
        )

    def layer_counts(self, population: Population, decisions: NDArray[np.int64]) -> list[dict[str, int]]:
        """Return ADAM's counts of :meth:`inference` layer by layer, see ``layers.py``."""
        layers = layers_of(population, self._neat.feed_forward, self.chip.adam.cols)
        return layer_counts(layers, decisions, _genes(population), self.chip)

    def breed(
        self,
        population: Population,
        plan: MatingPlan,
        *,
        seed: int,
        generation: int,
        threads: Threads,
        evolve: Callable[..., EveResult] = evolve_generation,
    ) -> tuple[Population, dict[str, int]]:
        """Return the children that EvE makes of a population, and what it and the CPU do for them.

        generation: that of the parents. evolve: makes them, the emulated EvE or another one with the same arguments
        """
        words, _ = to_words(population, self.layout)
        result = evolve(
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
            threads=threads,
        )
        counts = dict(result.counts)
        counts[SELECTION_CYCLES.name] = population.size * self.chip.cpu.cycles_per_selection_genome
        return from_words(result.words, self.layout, population.n_inputs, population.n_outputs), counts

    def clock_nothing(self, population: Population) -> None:
        """Compile the clock of :meth:`breed`, and no more of it, by breeding no children."""
        words, _ = to_words(population, self.layout)
        clock_nothing(words, self.layout, self.chip)

    def phase_cycles(self, counts: Mapping[str, Any], population: int) -> dict[str, int]:
        """Return the cycles of each phase, from all counts of a generation of `population` genomes."""
        return phases(counts, population, self.chip)


@kernel
def _find_all(population, feed_forward, tables, cols, layers):
    """Find the layers of every genome."""
    size = len(population.node_offsets) - 1
    max_nodes, max_conns = largest(population, 0, size)
    plan = new_plan(1, max_nodes, max_conns)
    scratch = new_layer_scratch(population.n_inputs, max_nodes)
    for g in range(size):
        n_nodes, _ = build_plan(population, g, plan, 0, 0)
        io = population.n_inputs, population.n_outputs
        find_layers(plan, 0, n_nodes, feed_forward, tables, io, cols, scratch, layers, g)


def layers_of(population: Population, feed_forward: bool, cols: int = UNCUT) -> Layers:
    """Return the dense blocks that the CPU makes of each genome for ADAM. cols: of the array"""
    layers = new_layers(population.node_offsets)
    tables: NDArray[np.uint8] = uses_table()
    _find_all(population, feed_forward, tables, cols, layers)
    return layers


def _genes(population: Population) -> int:
    """Return the gene words of all genomes: also inputs have one."""
    return len(population.node_id) + len(population.conn_in) + population.size * population.n_inputs
