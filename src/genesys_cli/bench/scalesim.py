"""ADAM's layers in the reports of SCALE-Sim (v3): cycles and utilisation, bandwidth, accesses.

A row is a layer of the population: all genomes' blocks of that depth, over all steps of the generations. IFMAP are the
values that a layer reads, FILTER the weights, OFMAP the outputs; what is counted are operands, as there.

What SCALE-Sim knows and the emulation does not: nothing is prefetched, so that column repeats the cycles; accesses
begin with the first cycle of a layer and end with its last. Weights that exceed the buffer are read from DRAM in its
place, and are in the reads of both, as there. A stall is a wait for DRAM, or, since ADAM never waits for the banks, the
time by which they could not keep up with words spread evenly over them, a lower bound.

A. Samajdar et al., "A systematic methodology for characterizing scalability of DNN accelerators using SCALE-Sim",
ISPASS 2020.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .. import counts as count
from ..config.chip import ChipSettings
from ..config.memories import access_of
from ..counts import lookup
from ..facts import WORD

Layer = Mapping[str, float]

COMPUTE = (
    "Total Cycles (incl. prefetch)",
    "Total Cycles",
    "Stall Cycles",
    "Overall Util %",
    "Mapping Efficiency %",
    "Compute Util %",
)
STREAMS = ("IFMAP", "FILTER", "OFMAP")
BANDWIDTH = tuple(f"Avg {stream} {memory} BW" for memory in ("SRAM", "DRAM") for stream in STREAMS)
DETAIL = tuple(
    f"{memory} {stream} {figure}"
    for memory in ("SRAM", "DRAM")
    for stream, accesses in (("IFMAP", "Reads"), ("Filter", "Reads"), ("OFMAP", "Writes"))
    for figure in ("Start Cycle", "Stop Cycle", accesses)
)


def files(layers: Sequence[Layer], chip: ChipSettings) -> dict[str, str]:
    """Return texts by name of file. layers: ADAM's counts of each, see ``backends/chip/model.py``"""
    return {
        "COMPUTE_REPORT.csv": _report(COMPUTE, [_compute(layer, chip) for layer in layers]),
        "BANDWIDTH_REPORT.csv": _report(BANDWIDTH, [_bandwidth(layer, chip) for layer in layers]),
        "DETAILED_ACCESS_REPORT.csv": _report(DETAIL, [_accesses(layer, chip) for layer in layers]),
    }


def stall_cycles(layer: Layer, chip: ChipSettings) -> int:
    """Return the cycles that a layer waits for DRAM, or that all banks would need beyond those that it takes."""
    n = lookup(layer)
    access = access_of(chip)
    written = n(count.ADAM_WORD_WRITES)
    read = n(count.ADAM_WORD_READS) - n(count.ADAM_DRAM_READS)
    needed = math.ceil((read * access.read + written * access.write) / chip.buffer.banks)
    return int(max(0, n(count.ADAM_STALL_DRAM), needed - n(count.ADAM_CYCLES)))


def _compute(layer: Layer, chip: ChipSettings) -> list[float]:
    n = lookup(layer)
    units = chip.adam.rows * chip.adam.cols
    cycles, stall = n(count.ADAM_CYCLES), stall_cycles(layer, chip)
    macs, runs = n(count.USEFUL_MACS) + n(count.PADDED_MACS), n(count.ADAM_TILES)
    total = int(cycles + stall)
    return [
        total,
        total,
        stall,
        _percent(macs, total * units),
        _percent(layer["mapped_units"], runs * units),
        _percent(macs, cycles * units),
    ]


def _bandwidth(layer: Layer, chip: ChipSettings) -> list[float]:
    total = lookup(layer)(count.ADAM_CYCLES) + stall_cycles(layer, chip)
    return [operands / total if total else 0.0 for operands in _operands(layer, chip)]


def _accesses(layer: Layer, chip: ChipSettings) -> list[float]:
    last = int(max(0, lookup(layer)(count.ADAM_CYCLES) + stall_cycles(layer, chip) - 1))
    return [number for operands in _operands(layer, chip) for number in (0, last if operands else 0, operands)]


def _operands(layer: Layer, chip: ChipSettings) -> list[int]:
    """Return how many operands each stream of each memory moved: of STREAMS from SRAM, then from DRAM."""
    n = lookup(layer)
    sram = [int(n(each)) for each in (count.ADAM_INPUT_READS, count.ADAM_WEIGHT_READS, count.ADAM_OUTPUT_WRITES)]
    weights = n(count.ADAM_DRAM_READS) * (WORD // chip.genes.resolved().weight_bits)
    return [*sram, 0, int(min(weights, sram[1])), 0]


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def _report(columns: Sequence[str], rows: Sequence[Sequence[float]]) -> str:
    """Return a report in SCALE-Sim's own spelling, with a comma after the last column."""
    lines = [", ".join(["LayerID", *columns])]
    lines += [", ".join([str(number), *map(str, row)]) for number, row in enumerate(rows)]
    return "".join(f"{line},\n" for line in lines)
