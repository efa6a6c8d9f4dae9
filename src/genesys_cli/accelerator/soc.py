"""A generation on the whole chip: who works when.

EvE makes all children, and waits where the CPU searches for a cycle; then the CPU vectorises them for ADAM. It could
vectorise a wave while EvE makes the next; that would save less than EvE's time, some 150 of two million cycles with
CartPole, and would save the less the more elements there are, since the children of one wave are finished together.
ADAM plays when all are vectorised, since genomes share the array. In each step the CPU first makes operands of the
observations and then actions of the outputs, while ADAM waits; while ADAM computes, the CPU makes fitness of the
returns of those that have finished. Species and parents need everybody's fitness, so they come last and alone.

The CPU's own cycles have one for each access of the buffer. Where a bank takes several for a read, the CPU waits for
each gene; words that it writes go to one bank after another, so that it waits only where all banks take longer than it.
"""

from __future__ import annotations

import math

from .. import counts as count
from ..config.chip import ChipSettings
from ..config.memories import access_of
from ..counts import Row, lookup, named
from .cpu import check_cycles, distance_cycles
from .spill import dram_cycles, share_of

STALLS = (count.ADAM_STALL_BANKS, count.ADAM_STALL_TABLES, count.ADAM_STALL_DRAM, count.ADAM_STALL_RESULTS)


def phases(counts: Row, population: int, chip: ChipSettings) -> dict[str, int]:
    """Return the chip cycles of a generation, of each phase and in all.

    counts: of reproduction (absent for the first generation), inference and speciation; the CPU's are of its own clock
    """
    n = lookup(counts)
    ratio = chip.clock.frequency_hz / chip.cpu_frequency_hz

    def on_chip(cycles: float) -> int:
        return round(cycles * ratio)

    def beside(cycles: int, words: float) -> int:
        """Return how long the CPU takes for what also moves words of DRAM, ahead of it."""
        return max(cycles, dram_cycles(words, chip.buffer.dram_words_per_cycle))

    def waits(words: float) -> int:
        """Return how long the CPU waits for words that it reads from the banks."""
        return int(words) * (access.read - 1)

    access = access_of(chip)
    genes = int(n(count.VECTORISE_READS))
    to_compare = share_of(n(count.DISTANCE_GENES), max(0, genes - chip.buffer.words), genes)
    to_vectorise = n(count.VECTORISE_DRAM_READS) + n(count.VECTORISE_DRAM_WRITES)
    evolve = int(n(count.EVOLVE_CYCLES) + n(count.DRAM_CYCLES))
    in_banks = genes - n(count.VECTORISE_DRAM_READS)
    written = n(count.VECTORISE_WRITES) - n(count.VECTORISE_DRAM_WRITES)
    busy = math.ceil((in_banks * (access.read - 1) + written * (access.write - 1)) / chip.buffer.banks)
    vectorise = max(busy, beside(on_chip(n(count.VECTORISE_CYCLES)) + waits(in_banks), to_vectorise))
    fitness = on_chip(n(count.FITNESS_CYCLES))
    step = on_chip(n(count.STEP_CYCLES))
    check = on_chip(check_cycles(counts, chip)) + waits(n(count.CYCLE_CHECK_GENES))
    compared = n(count.DISTANCE_GENES) - to_compare
    speciate = beside(on_chip(distance_cycles(counts, chip)) + waits(compared), to_compare)
    select = on_chip(n(count.SELECTION_CYCLES))
    infer = int(sum(map(n, (count.ADAM_CYCLES, *STALLS, count.INTERFACE_OPERANDS))))

    # The last genome's rewards are summed after its last step.
    played = max(infer, fitness) + -(-min(infer, fitness) // population)
    alone = evolve + check + vectorise + step + speciate + select
    serial = alone + infer + fitness
    overlapped = alone + played
    return named(
        {
            count.CPU_VECTORISE_CYCLES: vectorise,
            count.CPU_FITNESS_CYCLES: fitness,
            count.CPU_SPECIATE_CYCLES: speciate,
            count.CPU_SELECT_CYCLES: select,
            count.CPU_STEP_CYCLES: step,
            count.CPU_CHECK_CYCLES: check,
            count.DISTANCE_DRAM_READS: to_compare,
            count.SERIAL_CYCLES: serial,
            count.OVERLAPPED_CYCLES: serial - overlapped,
            count.GENERATION_CYCLES: overlapped,
        }
    )
