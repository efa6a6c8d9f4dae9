"""Figures of merit of the chip, as functions of counts: utilisation, stalls, footprint, roofline, cost of one of each.

Counts are columns of ``metrics.csv``, of one generation or summed over several. A share of nothing is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..config.chip import ChipSettings
from ..ranges import Range
from .chip import ChipEnergy
from .events import EVOLUTION, INFERENCE, WORD, number_of, phase_seconds, weight_bits

Counts = Mapping[str, float | None]

CAUSES = {
    "working": ("pe_cycles",),
    "inserting": ("insert_cycles",),
    "waiting to read": ("stall_read",),
    "waiting to write": ("stall_write",),
    "waiting for a sibling": ("stall_sibling",),
    "draining": ("stall_drain",),
    "idle in its wave": ("idle_cycles",),
}
"""What an element does with a cycle of its wave, and the columns that count it."""


class Utilisation(NamedTuple):
    """Shares of what could have been done.

    pes: of element cycles while EvE runs; macs: useful products of the array's slots; padded: products with zeros
    banks: of the banks' ports while EvE runs; reads_per_cycle, writes_per_cycle: words while EvE runs
    """

    pes: float
    macs: float
    padded: float
    banks: float
    reads_per_cycle: float
    writes_per_cycle: float


class Footprint(NamedTuple):
    """Words in the buffer while a generation is bred, on average over the generations counted.

    words: of both generations, parents taken to be as large as children; share: of the buffer, above 1 where it spills
    """

    words: float
    capacity: int
    share: float
    dram_words: float


class Roofline(NamedTuple):
    """Where inference stands under the roof of the array's products and the banks' words.

    macs_per_s: useful ones, while inference lasts; words_per_s: at the banks; intensity: useful products a word
    peak_*: what the hardware could; attainable: products a second at this intensity; bound: what limits those
    """

    macs_per_s: float
    peak_macs_per_s: float
    words_per_s: float
    peak_words_per_s: float
    intensity: float
    attainable_macs_per_s: float
    bound: str

    @property
    def share(self) -> float:
        """Return how much of the attainable is reached."""
        return _share(self.macs_per_s, self.attainable_macs_per_s)


class Costs(NamedTuple):
    """Joules and joule-seconds.

    per_generation: all of it; per_gene: evolution, for each gene of a child; per_inference: inference, for each
    decision of a network; edp: energy times delay of one generation
    """

    per_generation: Range
    per_gene: Range
    per_inference: Range
    edp: Range


def utilisation(counts: Counts, chip: ChipSettings) -> Utilisation:
    n = number_of(counts)
    cycles, slots = n("evolve_cycles"), n("adam_mac_slots")
    reads, writes = n("sram_reads"), n("sram_writes")
    return Utilisation(
        pes=_share(n("pe_cycles") + n("insert_cycles"), cycles * chip.eve.pes),
        macs=_share(n("useful_macs"), slots),
        padded=_share(n("padded_macs"), slots),
        banks=_share(reads + writes, cycles * chip.buffer.banks),
        reads_per_cycle=_share(reads, cycles),
        writes_per_cycle=_share(writes, cycles),
    )


def stalls(counts: Counts) -> dict[str, float]:
    """Return, by cause, the share of the elements' cycles; they sum to 1 where children were made."""
    n = number_of(counts)
    spent = {cause: sum(map(n, columns)) for cause, columns in CAUSES.items()}
    return {cause: _share(cycles, sum(spent.values())) for cause, cycles in spent.items()}


def footprint(counts: Counts, chip: ChipSettings, generations: int = 1) -> Footprint:
    """generations: how many the counts are summed over"""
    n = number_of(counts)
    words = 2 * n("vectorise_reads") / generations
    return Footprint(words, chip.buffer.words, words / chip.buffer.words, n("dram_words") / generations)


def inference_words(counts: Counts, chip: ChipSettings) -> float:
    """Return the words of 64 bits that inference reads from the banks and writes to them."""
    n = number_of(counts)
    layout = chip.genes.resolved()
    weights, operands = WORD // weight_bits(layout), WORD // layout.operand.width
    moved = n("adam_weight_reads") / weights + (n("adam_input_reads") + n("adam_output_writes")) / operands
    return moved + n("vectorise_reads")


def roofline(counts: Counts, chip: ChipSettings) -> Roofline:
    n = number_of(counts)
    seconds = phase_seconds(counts, chip)[INFERENCE]
    macs, words = n("useful_macs"), inference_words(counts, chip)
    peak_macs = chip.adam.rows * chip.adam.cols * chip.clock.frequency_hz
    peak_words = chip.buffer.banks * chip.clock.frequency_hz
    intensity = _share(macs, words)
    fed = intensity * peak_words
    return Roofline(
        macs_per_s=_share(macs, seconds),
        peak_macs_per_s=peak_macs,
        words_per_s=_share(words, seconds),
        peak_words_per_s=peak_words,
        intensity=intensity,
        attainable_macs_per_s=min(peak_macs, fed),
        bound="banks" if fed < peak_macs else "units",
    )


def costs(
    energy: ChipEnergy, counts: Counts, *, decisions: float, generations: int = 1, calibrated: bool = False
) -> Costs:
    """decisions: of all networks in the counts; generations: how many the counts are summed over"""
    phases = energy.by_phase(calibrated=calibrated)
    one = energy.total(calibrated=calibrated).scaled(1 / generations)
    return Costs(
        per_generation=one,
        per_gene=_each(phases[EVOLUTION], number_of(counts)("genes_out")),
        per_inference=_each(phases[INFERENCE], decisions),
        edp=one.scaled(energy.all_seconds / generations),
    )


def as_json(figure: NamedTuple) -> dict[str, Any]:
    """Return a figure of this module as plain numbers and texts; ranges are low, nominal, high."""
    return {key: list(value) if isinstance(value, Range) else value for key, value in figure._asdict().items()}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _each(joules: Range, number: float) -> Range:
    return joules.scaled(1 / number) if number else Range.exactly(0.0)
