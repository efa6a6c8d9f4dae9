"""From the counts of a generation to priced events: which columns are paid for, as what, and how often.

A count is a column of ``metrics.csv`` of a run on the chip, of one generation or summed over many: everything here is
linear. :data:`READ` and :data:`NOT_PRICED` together name every column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..config.chip import ChipSettings
from ..config.layout import LayoutSettings
from ..errors import UserError
from .table import AREA, WIDTHS, EnergyTable

EVOLUTION, INFERENCE = "evolution", "inference"
PHASES = (INFERENCE, EVOLUTION)
WORD = 64  # bits of a gene
GUARD_BITS = 16  # bits that a node's register, and so an entry of a table, has beyond an operand
WIRED = ("identity", "relu", "abs", "clamped", "hat")  # activations without a table
BANK_WORDS = 4096  # depth of the bank that prices are of

_EVE_WAITS = ("stall_read", "stall_write", "stall_sibling", "stall_drain", "idle_cycles")
NEEDED = ("adam_mac_slots", "vectorise_cycles", "fitness_cycles", "distance_genes", "generation_cycles")
"""Columns that every generation on the chip has; the others may be absent, since the first one is not bred."""

READ: dict[str, str] = {
    "pe_cycles": "eve.cycle",
    "insert_cycles": "eve.cycle",
    **dict.fromkeys(_EVE_WAITS, "eve.wait"),
    "prng_words": "prng.word",
    "sram_reads": "sram.read, noc",
    "sram_writes": "sram.write, noc",
    "genes_in": "noc: genes delivered to elements",
    "merge_moves": "noc: reads that are not delivered to elements",
    "cycle_check_genes": "sram.read, noc: by the CPU",
    "distance_genes": "sram.read, noc, cpu: speciation",
    "selection_cycles": "cpu",
    "dram_words": "dram.word, sram.read, sram.write",
    "useful_macs": "adam.mac",
    "padded_macs": "adam.mac",
    "adam_mac_slots": "adam.beside, adam.register_bit",
    "node_updates": "adam.node_update",
    "table_lookups": "activation.lookup",
    "adam_weight_reads": "sram.read, noc",
    "adam_input_reads": "sram.read, noc",
    "adam_output_writes": "sram.write, noc",
    "vectorise_reads": "sram.read, noc: by the CPU",
    "vectorise_cycles": "cpu",
    "fitness_cycles": "cpu",
    "evolve_cycles": "time, and so leakage, of evolution",
    "dram_cycles": "time, and so leakage, of evolution",
    "cpu_speciate_cycles": "time, and so leakage, of evolution",
    "cpu_select_cycles": "time, and so leakage, of evolution",
    "generation_cycles": "time, and so leakage, of both phases",
}
"""Columns that :func:`events` and :func:`phase_seconds` read, and what they are paid as."""

_SLOT = "an element's cycle costs the same whatever its slot does; the cycle is priced"
_SAME = "the same work is priced as "
_BOUND = "a bound on time, nothing that happens"
NOT_PRICED: dict[str, str] = {
    **dict.fromkeys(("slots", "bubbles", "crossovers", "perturbations", "saturations"), _SLOT),
    **dict.fromkeys(("deleted_nodes", "deleted_conns", "dangling_conns", "kept_nodes", "split_conns"), _SLOT),
    **dict.fromkeys(("added_nodes", "added_conns", "refused_nodes", "refused_conns"), _SLOT),
    "genes_out": _SAME + "sram_writes",
    "noc_bits": _SAME + "sram_reads and sram_writes, with lengths",
    "cycle_checks": _SAME + "cycle_check_genes; the CPU's cycles for them are not modelled",
    "streams": "control of a wave: not modelled",
    "waves": "control of a wave: not modelled",
    "adam_tiles": "control of a tile: not modelled",
    "pe_bound_cycles": _BOUND,
    "bank_bound_cycles": _BOUND,
    "macs": _SAME + "useful_macs",
    "adam_cycles": _SAME + "adam_mac_slots; its time is in generation_cycles",
    "adam_stream_cycles": "part of adam_cycles",
    "adam_fill_cycles": "part of adam_cycles",
    "distances": _SAME + "distance_genes",
    "cpu_vectorise_cycles": _SAME + "vectorise_cycles; its time is in generation_cycles",
    "cpu_fitness_cycles": _SAME + "fitness_cycles; its time is in generation_cycles",
    "serial_cycles": "what generation_cycles would be without overlap",
    "overlapped_cycles": "what generation_cycles saves by overlap",
    "decisions": _SAME + "adam_mac_slots, useful_macs and node_updates",
    "longest_decisions": "a bound on the time of others who step a population together",
    "crossed_children": "says of genes_in how many were read twice",
    "elite_genes": _SAME + "sram_reads and sram_writes",
    **dict.fromkeys(("env_steps", "total_env_steps", "total_validation_steps"), "the environment is not on the chip"),
    **dict.fromkeys(("episodes_terminated", "episodes_truncated"), "the environment is not on the chip"),
    "invalid_fitness": "the environment is not on the chip",
    **dict.fromkeys(("faults_exception", "faults_hang", "faults_crash", "faults_not_finite"), "faults of the host"),
}
"""Columns that cost nothing of their own, and why."""


class Geometry(NamedTuple):
    """Sizes of the chip's blocks and lengths of its wires, in mm, from nominal areas; each block is a square.

    trunk: from the middle of the buffer to the middle of EvE, side by side; tree: from there to an element, along an H
    pitch: from one element to the next; to_adam, to_cpu: from the middle of the buffer to that of its neighbour
    """

    trunk: float
    tree: float
    pitch: float
    to_adam: float
    to_cpu: float


class Event(NamedTuple):
    """Something that is paid for. times: how often; counted: how that follows from columns"""

    component: str
    action: str
    phase: str
    times: float
    counted: str


def instances(chip: ChipSettings) -> dict[tuple[str, str], float]:
    """Return how many of each part a chip has: by (component, part) of leakage and area."""
    layout = chip.genes.resolved()
    tables = sum(name not in WIRED for name in chip.adam.activations)
    entry_bytes = (layout.operand.width + GUARD_BITS) / 8
    return {
        ("eve", "pe"): chip.eve.pes,
        ("adam", f"mac_{mac_width(layout)}"): chip.adam.rows * chip.adam.cols,
        ("sram", "bank"): chip.buffer.banks * chip.buffer.words_per_bank / BANK_WORDS,
        ("activation", "kib"): tables * 2**chip.adam.table_bits * entry_bytes / 1024,
        ("cpu", "core"): 1,
        ("cpu", "memory"): 1,
    }


def weight_bits(layout: LayoutSettings) -> int:
    return next(field.width for field in layout.connection if field.name == "weight")


def mac_width(layout: LayoutSettings) -> int:
    """Return the narrowest priced width that holds both operands of a product."""
    wide = max(weight_bits(layout), layout.operand.width)
    return next(width for width in WIDTHS if wide <= width)


def geometry(chip: ChipSettings, table: EnergyTable) -> Geometry:
    clock = chip.clock
    area: dict[str, float] = {}
    for (component, part), number in instances(chip).items():
        price = table.prices[AREA, component, part].at(clock.technology_nm, clock.voltage_v)
        area[component] = area.get(component, 0.0) + number * price.nominal * 1e-6
    buffer, eve, adam, cpu = (math.sqrt(area[component]) for component in ("sram", "eve", "adam", "cpu"))
    pitch = eve / math.sqrt(chip.eve.pes)
    return Geometry((buffer + eve) / 2, eve - pitch, pitch, (buffer + adam) / 2, (buffer + cpu) / 2)


def checked(counts: Mapping[str, float | None]) -> None:
    """Raise a :class:`UserError` unless these are counts of a run on the chip."""
    if missing := [name for name in NEEDED if counts.get(name) is None]:
        raise UserError(
            f"these are not the counts of a run on the chip: they have no {', '.join(missing)}; give a row of "
            "metrics.csv of a run with --backend genesys, or the sum of such rows"
        )
    for name in READ:
        value = counts.get(name)
        if value is not None and not 0 <= value < math.inf:
            raise UserError(f"the count {name} = {value!r} cannot be: it must be a finite number that is not negative")


def phase_seconds(counts: Mapping[str, float | None], chip: ChipSettings) -> dict[str, float]:
    """Return the time of each phase: evolution's parts do not overlap with anything."""
    n = number_of(counts)
    evolution = n("evolve_cycles") + n("dram_cycles") + n("cpu_speciate_cycles") + n("cpu_select_cycles")
    inference = max(0.0, n("generation_cycles") - evolution)
    return {INFERENCE: inference / chip.clock.frequency_hz, EVOLUTION: evolution / chip.clock.frequency_hz}


def events(counts: Mapping[str, float | None], chip: ChipSettings, at: Geometry) -> list[Event]:
    """Return all that is paid for. counts: by column; absent or None means none"""
    n = number_of(counts)
    found: list[Event] = []

    def add(phase: str, what: str, times: float, counted: str) -> None:
        component, action = what.split(".")
        found.append(Event(component, action, phase, times, counted))

    def moved(phase: str, words: float, length: float, counted: str) -> None:
        add(phase, "noc.bit_mm", WORD * words * length, f"{WORD} bits x ({counted}) x {length:.4f} mm")
        add(phase, "noc.hop", words, counted)

    def by_cpu(phase: str, genes: float, counted: str) -> None:
        add(phase, "sram.read", genes, counted)
        moved(phase, genes, at.to_cpu, counted)

    def cycles(phase: str, times: float, counted: str) -> None:
        add(phase, "cpu.cycle", times, counted)
        add(phase, "cpu.fetch", times, counted)

    add(EVOLUTION, "eve.cycle", n("pe_cycles") + n("insert_cycles"), "pe_cycles + insert_cycles")
    add(EVOLUTION, "eve.wait", sum(map(n, _EVE_WAITS)), " + ".join(_EVE_WAITS))
    add(EVOLUTION, "prng.word", n("prng_words"), "prng_words")
    reads, writes = n("sram_reads"), n("sram_writes")
    add(EVOLUTION, "sram.read", reads, "sram_reads")
    add(EVOLUTION, "sram.write", writes, "sram_writes")
    moved(EVOLUTION, reads + writes, at.trunk + at.tree, "sram_reads + sram_writes")
    # A stream that several elements share goes on from one to the next.
    shared = max(0.0, n("genes_in") - (reads - n("merge_moves")))
    counted = f"{WORD} bits x (genes_in - sram_reads + merge_moves) x {at.pitch:.4f} mm"
    add(EVOLUTION, "noc.bit_mm", WORD * shared * at.pitch, counted)
    by_cpu(EVOLUTION, n("distance_genes"), "distance_genes")
    by_cpu(EVOLUTION, n("cycle_check_genes"), "cycle_check_genes")
    speciate = n("distance_genes") * chip.cpu.cycles_per_distance_gene
    cycles(EVOLUTION, speciate, f"distance_genes x {chip.cpu.cycles_per_distance_gene}")
    cycles(EVOLUTION, n("selection_cycles"), "selection_cycles")
    add(EVOLUTION, "dram.word", n("dram_words"), "dram_words")
    add(EVOLUTION, "sram.read", n("dram_words") / 2, "dram_words / 2")
    add(EVOLUTION, "sram.write", n("dram_words") / 2, "dram_words / 2")

    layout = chip.genes.resolved()
    width, weight, operand = mac_width(layout), weight_bits(layout), layout.operand.width
    useful, padded, slots = n("useful_macs"), n("padded_macs"), n("adam_mac_slots")
    add(INFERENCE, f"adam.mac_{width}", useful, "useful_macs")
    add(INFERENCE, f"adam.mac_{width}", padded, "padded_macs")
    add(INFERENCE, f"adam.beside_{width}", slots - useful - padded, "adam_mac_slots - useful_macs - padded_macs")
    bits = weight + operand + layout.accumulator_bits
    add(INFERENCE, "adam.register_bit", slots * bits, f"adam_mac_slots x {bits} bits")
    add(INFERENCE, "adam.node_update", n("node_updates"), "node_updates")
    add(INFERENCE, "activation.lookup", n("table_lookups"), "table_lookups")
    for name, action, one in (
        ("adam_weight_reads", "sram.read", weight),
        ("adam_input_reads", "sram.read", operand),
        ("adam_output_writes", "sram.write", operand),
    ):
        words, counted = n(name) / (WORD // one), f"{name} / {WORD // one}"
        add(INFERENCE, action, words, counted)
        moved(INFERENCE, words, at.to_adam, counted)
    by_cpu(INFERENCE, n("vectorise_reads"), "vectorise_reads")
    cycles(INFERENCE, n("vectorise_cycles") + n("fitness_cycles"), "vectorise_cycles + fitness_cycles")
    return found


def number_of(counts: Mapping[str, float | None]) -> Callable[[str], float]:
    """Return a function that looks counts up; what is absent is none."""

    def number(name: str) -> float:
        value = counts.get(name)
        return 0.0 if value is None else float(value)

    return number
