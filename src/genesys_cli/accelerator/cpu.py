"""Cycles of the chip's CPU: the irregular work between EvE and ADAM, and what it does in each step of an episode.

The constants of ``[cpu]`` are counted from compiled code, see ``benchmarks/m0``. In a step the CPU turns every
observation into an operand, waits for ADAM, makes an action of the outputs and adds the reward, genome by genome. All
of that lies on the step's critical path.
"""

from __future__ import annotations

from typing import NamedTuple

from .. import counts as count
from ..config.chip import ChipSettings
from ..counts import Row, lookup


class Interface(NamedTuple):
    """What goes in and out of a network in a step.

    normalised: whether observations are shifted and scaled before they become operands
    continuous: whether outputs are stretched to numbers; else the largest one is found
    """

    inputs: int
    outputs: int
    normalised: bool = False
    continuous: bool = False


def step_cycles(io: Interface, chip: ChipSettings) -> int:
    """Return the cycles of one network's step; none where a unit does it."""
    cpu = chip.cpu
    if chip.adam.interface == "unit":
        return 0
    sensed = cpu.cycles_per_normalised_observation if io.normalised else cpu.cycles_per_observation
    chosen = cpu.cycles_per_continuous_output if io.continuous else cpu.cycles_per_output
    return cpu.cycles_per_step + io.inputs * sensed + io.outputs * chosen


def interface_operands(io: Interface, chip: ChipSettings) -> int:
    """Return the numbers that a unit takes in one network's step in place of the CPU: all that go in and out."""
    return io.inputs + io.outputs + 1 if chip.adam.interface == "unit" else 0


def pad_words(io: Interface) -> int:
    """Return the float32 words that cross the chip's pads in one network's step: observations, reward and action."""
    return io.inputs + 1 + (io.outputs if io.continuous else 1)


def vectorise_cycles(genomes: int, genes: int, weights: int, chip: ChipSettings) -> int:
    """Return the cycles in which gene words become dense blocks. weights: of all blocks, zeros included"""
    cpu = chip.cpu
    return (
        genomes * cpu.cycles_per_vectorise_genome
        + genes * cpu.cycles_per_vectorise_gene
        + weights * cpu.cycles_per_vectorise_weight
    )


def fitness_cycles(genomes: int, episodes: int, chip: ChipSettings) -> int:
    """Return the cycles in which returns become fitness. episodes: of each genome"""
    return genomes * (chip.cpu.cycles_per_fitness_genome + episodes * chip.cpu.cycles_per_fitness_episode)


def distance_cycles(counts: Row, chip: ChipSettings) -> float:
    """Return the cycles of compatibility distances."""
    n = lookup(counts)
    each, gene = chip.cpu.cycles_per_distance, chip.cpu.cycles_per_distance_gene
    return n(count.DISTANCES) * each + n(count.DISTANCE_GENES) * gene


def check_cycles(counts: Row, chip: ChipSettings) -> float:
    """Return the cycles of searches for cycles in a genome."""
    n = lookup(counts)
    each, gene = chip.cpu.cycles_per_cycle_check, chip.cpu.cycles_per_cycle_check_gene
    return n(count.CYCLE_CHECKS) * each + n(count.CYCLE_CHECK_GENES) * gene
