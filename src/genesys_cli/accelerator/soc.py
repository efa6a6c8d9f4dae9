"""A generation on the whole chip: who works when.

EvE makes all children, then the CPU vectorises them for ADAM. It could vectorise a wave while EvE makes the next; that
would save less than EvE's time, some 150 of two million cycles with CartPole, and would save the less the more elements
there are, since the children of one wave are finished together. ADAM plays when all are vectorised, since genomes share
the array; meanwhile the CPU sums the rewards of those that have finished. Species and parents need everybody's fitness,
so they come last and alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..config.chip import ChipSettings


def phases(counts: Mapping[str, int], population: int, chip: ChipSettings) -> dict[str, int]:
    """Return the chip cycles of a generation, of each phase and in all.

    counts: of evolution (absent for the first generation), inference and speciation; the CPU's are of its own clock

    cpu_vectorise, cpu_fitness, cpu_speciate, cpu_select: the CPU's phases in cycles of the chip
    serial_cycles: all phases one after the other; generation_cycles: with overlaps; overlapped_cycles: what they save
    """
    ratio = chip.clock.frequency_hz / chip.cpu_frequency_hz

    def on_chip(cycles: int) -> int:
        return round(cycles * ratio)

    evolve = counts.get("evolve_cycles", 0) + counts.get("dram_cycles", 0)
    vectorise = on_chip(counts["vectorise_cycles"])
    fitness = on_chip(counts["fitness_cycles"])
    speciate = on_chip(counts["distance_genes"] * chip.cpu.cycles_per_distance_gene)
    select = on_chip(counts.get("selection_cycles", 0))
    infer = counts["adam_cycles"]

    # The last genome's rewards are summed after its last step.
    played = max(infer, fitness) + -(-min(infer, fitness) // population)
    serial = evolve + vectorise + infer + fitness + speciate + select
    overlapped = evolve + vectorise + played + speciate + select
    return {
        "cpu_vectorise_cycles": vectorise,
        "cpu_fitness_cycles": fitness,
        "cpu_speciate_cycles": speciate,
        "cpu_select_cycles": select,
        "serial_cycles": serial,
        "overlapped_cycles": serial - overlapped,
        "generation_cycles": overlapped,
    }
