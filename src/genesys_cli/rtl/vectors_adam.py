"""What the testbench does to ADAM's RTL for steps of a population, and what it is to find: see ``tb_genesys.sv``."""

from __future__ import annotations

import numpy as np

from ..accelerator.adam.inference import inference_counts
from ..accelerator.adam.numbers import fixed_point_of
from ..accelerator.adam.vectorise import Layers
from ..config.chip import ChipSettings
from ..counts import ADAM_CYCLES, ADAM_STALL_RESULTS
from ..genome.population import Population
from .constants_adam import adam_words
from .program import program_of
from .steps import take_steps
from .vectors_eve import END, EVERYWHERE, REGISTER, STEP, Place, Vectors, line, store

STEPS = 4
SPREAD = 2.0  # of observations, which are drawn at random: standard deviation


def adam_vectors(
    population: Population, layers: Layers, chip: ChipSettings, *, feed_forward: bool, seed: int = 0
) -> Vectors:
    """Return the lines of some steps of a population's networks. Raises UserError where it does not fit ADAM's banks.

    layers: the dense blocks of the population; seed: of the observations
    """
    program, words, formats = (
        program_of(population, chip, feed_forward=feed_forward),
        adam_words(chip),
        fixed_point_of(chip),
    )
    operand = formats.operand
    shape = (STEPS, population.size, population.n_inputs)
    drawn = np.rint(np.random.default_rng(seed).normal(scale=SPREAD, size=shape) * float(operand.scale))
    raw = np.clip(drawn, float(operand.low), float(operand.high)).astype(np.int32)
    registers = np.zeros((STEPS, population.size, population.n_outputs), np.int32)
    for g in range(population.size):
        take_steps(population, g, formats, feed_forward, raw, registers)
    counts = inference_counts(layers, np.ones(population.size, np.int64), 0, chip)
    array = counts[ADAM_CYCLES.name]
    cycles = array + counts[ADAM_STALL_RESULTS.name]

    def write(bank: int, address: int, word: int, lanes: int = EVERYWHERE) -> int:
        return store(Place(address, bank, chip.buffer.banks), word, lanes)

    lines = [
        write(bank, address, word)
        for bank, address, word in zip(
            program.bank.tolist(), program.address.tolist(), program.word.tolist(), strict=True
        )
    ]
    width = chip.genes.resolved().operand.width
    for step in range(STEPS):
        genome, number, at, row = (values.tolist() for values in program.inputs[step % 2])
        for g, i, address, r in zip(genome, number, at, row, strict=True):
            lane = r % words.operands_a_word
            value = (int(raw[step, g, i]) & (1 << width) - 1) << width * lane
            lines.append(write(words.weight_words + r // words.operands_a_word, address, value, 1 << lane))
        lines.append(
            line(STEP, place=int(program.header_line[step % len(program.header_line), 0]), value=cycles << 32 | array)
        )
        lines += [line(REGISTER, place=k, value=value) for k, value in enumerate(registers[step].ravel().tolist())]
    holds = {
        "networks": population.size,
        "steps": STEPS,
        "registers": registers.size,
        "cycles": STEPS * cycles,
        "cycles_of_the_array": STEPS * array,
    }
    return Vectors([*lines, line(END)], holds)
