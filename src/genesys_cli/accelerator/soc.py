"""A generation on the whole chip: who works when.

EvE makes all children, then the CPU vectorises them for ADAM. It could vectorise a wave while EvE makes the next; that
would save less than EvE's time, some 150 of two million cycles with CartPole, and would save the less the more elements
there are, since the children of one wave are finished together. ADAM plays when all are vectorised, since genomes share
the array; meanwhile the CPU sums the rewards of those that have finished. Species and parents need everybody's fitness,
so they come last and alone.
"""

from __future__ import annotations

from .. import counts as count
from ..config.chip import ChipSettings
from ..counts import Row, lookup, named
from .spill import dram_cycles, share_of

STALLS = (count.ADAM_STALL_BANKS, count.ADAM_STALL_TABLES, count.ADAM_STALL_DRAM)


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

    genes = int(n(count.VECTORISE_READS))
    to_compare = share_of(n(count.DISTANCE_GENES), max(0, genes - chip.buffer.words), genes)
    to_vectorise = n(count.VECTORISE_DRAM_READS) + n(count.VECTORISE_DRAM_WRITES)
    evolve = int(n(count.EVOLVE_CYCLES) + n(count.DRAM_CYCLES))
    vectorise = beside(on_chip(n(count.VECTORISE_CYCLES)), to_vectorise)
    fitness = on_chip(n(count.FITNESS_CYCLES))
    speciate = beside(on_chip(n(count.DISTANCE_GENES) * chip.cpu.cycles_per_distance_gene), to_compare)
    select = on_chip(n(count.SELECTION_CYCLES))
    infer = int(sum(map(n, (count.ADAM_CYCLES, *STALLS))))

    # The last genome's rewards are summed after its last step.
    played = max(infer, fitness) + -(-min(infer, fitness) // population)
    serial = evolve + vectorise + infer + fitness + speciate + select
    overlapped = evolve + vectorise + played + speciate + select
    return named(
        {
            count.CPU_VECTORISE_CYCLES: vectorise,
            count.CPU_FITNESS_CYCLES: fitness,
            count.CPU_SPECIATE_CYCLES: speciate,
            count.CPU_SELECT_CYCLES: select,
            count.DISTANCE_DRAM_READS: to_compare,
            count.SERIAL_CYCLES: serial,
            count.OVERLAPPED_CYCLES: serial - overlapped,
            count.GENERATION_CYCLES: overlapped,
        }
    )
