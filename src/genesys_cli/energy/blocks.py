"""The blocks of the chip, each a class: prices, instances, and what is paid for. A new block is one more class here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from .. import counts as count
from ..config.chip import ChipSettings
from ..config.layout import LayoutSettings
from ..counts import Count
from ..facts import GUARD_BITS, WIRED, WORD
from .block import (
    BREEDING,
    EVOLUTION,
    INFERENCE,
    PLAYING,
    PREPARING,
    SPECIES,
    Amount,
    Block,
    Ledger,
)
from .data_blocks import Dram, Noc, Pads, Sram

WIDTHS = (8, 16, 32)  # bits of operands for which multiply-accumulates are priced
PE_REGISTER_BITS = 1664  # flip-flops of a PE in the netlist of public RTL

_SLOT = "a PE's cycle costs the same whatever its slot does; the cycle is priced"
_SAME = "the same work is priced as "
_BOUND = "a bound on time, nothing that happens"
_CONTROL = "not modelled: control of a "


class Eve(Block):
    """PEs, gene split and merge. Genes come from the buffer along an H-tree."""

    name = "eve"
    actions = ("cycle", "wait", "register_bit")
    parts = ("pe", "split", "merge")
    works = (BREEDING,)
    waits = (count.STALL_READ, count.STALL_WRITE, count.STALL_DRAIN, count.IDLE_CYCLES)
    paid: ClassVar[Mapping[Count, str]] = {
        count.PE_CYCLES: "eve.cycle",
        count.INSERT_CYCLES: "eve.cycle",
        **dict.fromkeys(waits, "eve.wait, or eve.register_bit without clock gating"),
        count.SRAM_READS: "sram.read, noc",
        count.SRAM_WRITES: "sram.write, noc",
        count.GENES_IN: "noc: genes delivered to PEs",
        count.STREAM_WORDS: "noc: genes delivered to gene splits",
        count.SKEW_WORD_CYCLES: "eve.register_bit",
        count.MERGE_MOVES: "noc: reads that are not delivered to PEs",
    }
    free: ClassVar[Mapping[Count, str]] = {
        **dict.fromkeys((count.SLOTS, count.BUBBLES, count.CROSSOVERS, count.PERTURBATIONS, count.SATURATIONS), _SLOT),
        **dict.fromkeys((count.DELETED_NODES, count.DELETED_CONNS, count.DANGLING_CONNS, count.KEPT_NODES), _SLOT),
        **dict.fromkeys((count.SPLIT_CONNS, count.ADDED_NODES, count.ADDED_CONNS), _SLOT),
        **dict.fromkeys((count.REFUSED_NODES, count.REFUSED_CONNS), _SLOT),
        count.GENES_OUT: _SAME + "sram_writes",
        count.NOC_BITS: _SAME + "sram_reads and sram_writes, with lengths",
        count.STREAMS: _CONTROL + "wave",
        count.SKEW_WORDS: _SAME + "skew_word_cycles; they take no room on the chip",
        count.WAVES: _CONTROL + "wave",
        count.PE_BOUND_CYCLES: _BOUND,
        count.BANK_BOUND_CYCLES: _BOUND,
        count.CROSSED_CHILDREN: "says of genes_in how many were read twice",
        count.ELITE_GENES: _SAME + "sram_reads and sram_writes",
    }

    def instances(self, chip: ChipSettings) -> dict[str, float]:
        return dict.fromkeys(self.parts, chip.eve.pes)

    def clocked_bits(self, chip: ChipSettings, laws: Mapping[str, float]) -> float:
        return float(chip.eve.pes * PE_REGISTER_BITS)

    def record(self, ledger: Ledger) -> None:
        side = ledger.at.sides[self.name]
        pitch = side / math.sqrt(ledger.chip.eve.pes)  # from one PE to the next
        tree = side - pitch  # from the middle to a PE
        ledger.add(EVOLUTION, self.name, "cycle", ledger.of(count.PE_CYCLES, count.INSERT_CYCLES))
        waits = ledger.of(*self.waits)
        if ledger.chip.eve.clock_gating:
            ledger.add(EVOLUTION, self.name, "wait", waits)
        else:
            ledger.add(EVOLUTION, self.name, "register_bit", waits.by(PE_REGISTER_BITS, " bits"))
        ledger.add(EVOLUTION, self.name, "register_bit", ledger.of(count.SKEW_WORD_CYCLES).by(WORD, " bits"))
        ledger.add(EVOLUTION, Sram.name, "read", ledger.of(count.SRAM_READS))
        ledger.add(EVOLUTION, Sram.name, "write", ledger.of(count.SRAM_WRITES))
        words = ledger.of(count.SRAM_READS, count.SRAM_WRITES)
        ledger.carry(EVOLUTION, words, ledger.at.between(Sram.name, self.name) + tree)
        # A word that several groups want goes to each of them; in a group it goes on from one PE to the next.
        read = ledger.less(count.SRAM_READS, count.MERGE_MOVES).times
        groups = ledger.of(count.STREAM_WORDS).times
        beyond = max(0.0, groups - read), "stream_words - sram_reads + merge_moves"
        ledger.wire(EVOLUTION, Amount(*beyond), tree)
        ledger.wire(EVOLUTION, ledger.less(count.GENES_IN, count.STREAM_WORDS), pitch)

    def full_cycle(self, chip: ChipSettings, laws: Mapping[str, float]) -> dict[Count, float]:
        """Every PE takes a slot, with a gene of either parent; without multicast PEs get what banks read."""
        banks, pes = float(chip.buffer.banks), float(chip.eve.pes)
        wanted = banks if chip.noc.kind == "unicast" else max(banks, 2 * pes)
        groups = wanted if chip.noc.kind == "parent-multicast" else banks
        return {count.PE_CYCLES: pes, count.GENES_IN: wanted, count.STREAM_WORDS: groups}


class Prng(Block):
    """The random number generators of the PEs."""

    name = "prng"
    actions = ("word",)
    parts = ("generator",)
    laws = ("prng_words_per_cycle", "prng_register_bits")
    works = (BREEDING,)
    keeps = True
    paid: ClassVar[Mapping[Count, str]] = {count.PRNG_WORDS: "prng.word"}

    def instances(self, chip: ChipSettings) -> dict[str, float]:
        return {"generator": chip.eve.pes}

    def clocked_bits(self, chip: ChipSettings, laws: Mapping[str, float]) -> float:
        return chip.eve.pes * laws["prng_register_bits"]

    def record(self, ledger: Ledger) -> None:
        ledger.add(EVOLUTION, self.name, "word", ledger.of(count.PRNG_WORDS))

    def full_cycle(self, chip: ChipSettings, laws: Mapping[str, float]) -> dict[Count, float]:
        """They run freely."""
        return {count.PRNG_WORDS: float(chip.eve.pes) * laws["prng_words_per_cycle"]}


class Adam(Block):
    """The systolic array, of MAC units of the narrowest priced width that holds both operands."""

    name = "adam"
    parts = tuple(f"mac_{width}" for width in WIDTHS)
    actions = (*parts, *(f"beside_{width}" for width in WIDTHS), "register_bit", "node_update")
    works = (PLAYING,)
    paid: ClassVar[Mapping[Count, str]] = {
        count.USEFUL_MACS: "adam.mac",
        count.PADDED_MACS: "adam.mac",
        count.ADAM_MAC_SLOTS: "adam.register_bit",
        count.ADAM_CROSSED_SLOTS: "adam.beside",
        count.NODE_UPDATES: "adam.node_update",
        count.INTERFACE_OPERANDS: "adam.node_update",
        count.ADAM_WORD_READS: "sram.read, noc",
        count.ADAM_DRAM_READS: "dram.word, in place of sram.read",
        count.ADAM_WORD_WRITES: "sram.write, noc",
    }
    free: ClassVar[Mapping[Count, str]] = {
        count.ADAM_TILES: _CONTROL + "tile",
        count.MACS: _SAME + "useful_macs",
        count.ADAM_STREAM_CYCLES: "part of adam_cycles",
        count.ADAM_FILL_CYCLES: "part of adam_cycles",
        count.ADAM_WEIGHT_READS: "in adam_word_reads",
        count.ADAM_INPUT_READS: "in adam_word_reads",
        count.ADAM_OUTPUT_WRITES: "in adam_word_writes",
    }

    def instances(self, chip: ChipSettings) -> dict[str, float]:
        return {f"mac_{mac_width(chip.genes.resolved())}": chip.adam.rows * chip.adam.cols}

    def clocked_bits(self, chip: ChipSettings, laws: Mapping[str, float]) -> float:
        return chip.adam.rows * chip.adam.cols * mac_bits(chip)

    def record(self, ledger: Ledger) -> None:
        layout = ledger.chip.genes.resolved()
        width = mac_width(layout)
        bits = mac_bits(ledger.chip)
        ledger.add(INFERENCE, self.name, f"mac_{width}", ledger.of(count.USEFUL_MACS))
        ledger.add(INFERENCE, self.name, f"mac_{width}", ledger.of(count.PADDED_MACS))
        ledger.add(INFERENCE, self.name, f"beside_{width}", ledger.of(count.ADAM_CROSSED_SLOTS))
        ledger.add(INFERENCE, self.name, "register_bit", ledger.of(count.ADAM_MAC_SLOTS).by(bits, " bits"))
        ledger.add(INFERENCE, self.name, "node_update", ledger.of(count.NODE_UPDATES, count.INTERFACE_OPERANDS))
        ledger.add(INFERENCE, Sram.name, "read", ledger.less(count.ADAM_WORD_READS, count.ADAM_DRAM_READS))
        ledger.add(INFERENCE, Sram.name, "write", ledger.of(count.ADAM_WORD_WRITES))
        moved = ledger.of(count.ADAM_WORD_READS, count.ADAM_WORD_WRITES)
        ledger.carry(INFERENCE, moved, ledger.at.between(Sram.name, self.name))

    def full_cycle(self, chip: ChipSettings, laws: Mapping[str, float]) -> dict[Count, float]:
        """Every unit multiplies, and a result leaves each column."""
        macs = float(chip.adam.rows * chip.adam.cols)
        return {count.USEFUL_MACS: macs, count.ADAM_MAC_SLOTS: macs, count.NODE_UPDATES: float(chip.adam.cols)}


class Activation(Block):
    """The function units behind the array: a table for each activation, or constants and a multiplier."""

    name = "activation"
    actions = ("lookup", "interpolation")
    parts = ("kib", "multiplier", "segment")
    works = (PLAYING,)
    keeps = True
    paid: ClassVar[Mapping[Count, str]] = {count.TABLE_LOOKUPS: "activation.lookup, or interpolation"}

    def instances(self, chip: ChipSettings) -> dict[str, float]:
        adam = chip.adam
        units = sum(name not in WIRED for name in adam.activations)
        if adam.function_unit == "piecewise":
            ports = units * adam.table_ports
            return {"multiplier": ports, "segment": ports * 2**adam.segment_bits}
        entry_bytes = (chip.genes.resolved().operand.width + GUARD_BITS) / 8
        return {"kib": units * 2**adam.table_bits * entry_bytes / 1024}

    def record(self, ledger: Ledger) -> None:
        action = "interpolation" if ledger.chip.adam.function_unit == "piecewise" else "lookup"
        ledger.add(INFERENCE, self.name, action, ledger.of(count.TABLE_LOOKUPS))

    def full_cycle(self, chip: ChipSettings, laws: Mapping[str, float]) -> dict[Count, float]:
        return {count.TABLE_LOOKUPS: float(chip.adam.cols)}


class Cpu(Block):
    """The CPU: speciation, selection, searches for cycles, vectorising, and the sums of rewards."""

    name = "cpu"
    actions = ("cycle", "fetch")
    parts = ("core", "memory")
    laws = ("cpu_register_bits",)
    works = (BREEDING, SPECIES, PREPARING, PLAYING)
    keeps = True
    paid: ClassVar[Mapping[Count, str]] = {
        count.CYCLE_CHECKS: "cpu: searches for cycles",
        count.CYCLE_CHECK_GENES: "sram.read, noc, cpu: searches for cycles",
        count.DISTANCES: "cpu: speciation",
        count.DISTANCE_GENES: "sram.read, noc, cpu: speciation",
        count.SELECTION_CYCLES: "cpu",
        count.DISTANCE_DRAM_READS: "dram.word, in place of sram.read",
        count.VECTORISE_READS: "sram.read, noc: by the CPU",
        count.VECTORISE_WRITES: "sram.write, noc: by the CPU",
        count.VECTORISE_DRAM_READS: "dram.word, in place of sram.read",
        count.VECTORISE_DRAM_WRITES: "dram.word, in place of sram.write",
        count.VECTORISE_CYCLES: "cpu",
        count.FITNESS_CYCLES: "cpu",
        count.STEP_CYCLES: "cpu",
    }
    free: ClassVar[Mapping[Count, str]] = {
        count.CPU_VECTORISE_CYCLES: _SAME + "vectorise_cycles; its time is in generation_cycles",
        count.CPU_FITNESS_CYCLES: _SAME + "fitness_cycles; its time is in generation_cycles",
    }

    def instances(self, chip: ChipSettings) -> dict[str, float]:
        return {"core": 1, "memory": 1}

    def clocked_bits(self, chip: ChipSettings, laws: Mapping[str, float]) -> float:
        return laws["cpu_register_bits"]

    def record(self, ledger: Ledger) -> None:
        cpu = ledger.chip.cpu
        self._move(ledger, EVOLUTION, "read", count.DISTANCE_GENES, count.DISTANCE_DRAM_READS)
        self._move(ledger, EVOLUTION, "read", count.CYCLE_CHECK_GENES)
        self._run(ledger, EVOLUTION, ledger.of(count.DISTANCES).by(cpu.cycles_per_distance))
        self._run(ledger, EVOLUTION, ledger.of(count.DISTANCE_GENES).by(cpu.cycles_per_distance_gene))
        self._run(ledger, EVOLUTION, ledger.of(count.CYCLE_CHECKS).by(cpu.cycles_per_cycle_check))
        self._run(ledger, EVOLUTION, ledger.of(count.CYCLE_CHECK_GENES).by(cpu.cycles_per_cycle_check_gene))
        self._run(ledger, EVOLUTION, ledger.of(count.SELECTION_CYCLES))
        self._move(ledger, INFERENCE, "read", count.VECTORISE_READS, count.VECTORISE_DRAM_READS)
        self._move(ledger, INFERENCE, "write", count.VECTORISE_WRITES, count.VECTORISE_DRAM_WRITES)
        self._run(ledger, INFERENCE, ledger.of(count.VECTORISE_CYCLES, count.FITNESS_CYCLES, count.STEP_CYCLES))

    def _move(self, ledger: Ledger, phase: str, action: str, words: Count, *in_dram: Count) -> None:
        ledger.add(phase, Sram.name, action, ledger.less(words, *in_dram))
        ledger.carry(phase, ledger.of(words), ledger.at.between(Sram.name, self.name))

    def _run(self, ledger: Ledger, phase: str, cycles: Amount) -> None:
        ledger.add(phase, self.name, "cycle", cycles)
        ledger.add(phase, self.name, "fetch", cycles)

    def full_cycle(self, chip: ChipSettings, laws: Mapping[str, float]) -> dict[Count, float]:
        """It is busy."""
        return {count.VECTORISE_CYCLES: chip.cpu_frequency_hz / chip.clock.frequency_hz}


BLOCKS: tuple[Block, ...] = (Eve(), Prng(), Sram(), Noc(), Adam(), Activation(), Cpu(), Dram(), Pads())
"""All blocks, in the order in which they are listed."""


def instances(chip: ChipSettings) -> dict[tuple[str, str], float]:
    """Return how many of each part a chip has: by (component, part) of leakage and area."""
    return {(block.name, part): number for block in BLOCKS for part, number in block.instances(chip).items()}


def mac_bits(chip: ChipSettings) -> int:
    """Return the register bits of a MAC unit: weight, operand, accumulator.

    Pipelined, it has a second one for what stays while the next tile follows.
    """
    layout = chip.genes.resolved()
    weight = layout.weight_bits
    bits = weight + layout.operand.width + layout.accumulator_bits
    if chip.adam.tiles == "pipelined":
        bits += layout.accumulator_bits if chip.adam.dataflow == "output_stationary" else weight
    return bits


def mac_width(layout: LayoutSettings) -> int:
    """Return the narrowest priced width that holds both operands of a product."""
    wide = max(layout.weight_bits, layout.operand.width)
    return next(width for width in WIDTHS if wide <= width)
