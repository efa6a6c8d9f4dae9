"""Figures of merit of the chip, as functions of counts: utilisation, stalls, footprint, roofline, cost of one of each.

Counts are columns of ``metrics.csv``, of one generation or summed over several. A share of nothing is 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import counts as count
from ..config.chip import ChipSettings
from ..config.memories import access_of
from ..counts import Row, lookup
from ..ranges import Range
from .block import EVOLUTION, INFERENCE
from .blocks import Eve, Prng
from .chip import ChipEnergy
from .data_blocks import Dram, Noc, Sram
from .events import phase_seconds
from .table import ENERGY, LEAKAGE

CAUSES = {
    "working": count.PE_CYCLES,
    "inserting": count.INSERT_CYCLES,
    "waiting to read": count.STALL_READ,
    "waiting to write": count.STALL_WRITE,
    "draining": count.STALL_DRAIN,
    "idle in its wave": count.IDLE_CYCLES,
}
"""What an element does with a cycle of its wave, and the count of it."""


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
    """Words in the buffer, on average over the generations counted.

    words: the most at a time; share: of the buffer, above 1 where it spills; dram_words: that move, for all reasons
    breeding: while a generation is bred, of both, parents taken to be as large as children
    playing: while one plays, of its genomes and its dense blocks; dense: of these blocks alone
    """

    words: float
    capacity: int
    share: float
    dram_words: float
    breeding: float
    playing: float
    dense: float


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


class EveAlone(NamedTuple):
    """Reproduction by itself, without the CPU's choice of parents, its species, and what waits for them.

    seconds: from the first gene read to the last one written; without what DRAM takes
    dynamic: of PEs, their random words, and their words in banks and on the network
    leakage: of PEs and banks meanwhile; joules: both
    per_gene: joules for each gene of a child; watts: over these seconds
    """

    seconds: float
    joules: Range
    dynamic: Range
    leakage: Range
    per_gene: Range
    watts: Range


def utilisation(counts: Row, chip: ChipSettings) -> Utilisation:
    n = lookup(counts)
    cycles, slots = n(count.EVOLVE_CYCLES), n(count.ADAM_MAC_SLOTS)
    reads, writes, access = n(count.SRAM_READS), n(count.SRAM_WRITES), access_of(chip)
    return Utilisation(
        pes=_share(n(count.PE_CYCLES) + n(count.INSERT_CYCLES), cycles * chip.eve.pes),
        macs=_share(n(count.USEFUL_MACS), slots),
        padded=_share(n(count.PADDED_MACS), slots),
        banks=_share(access.read * reads + access.write * writes, cycles * chip.buffer.banks),
        reads_per_cycle=_share(reads, cycles),
        writes_per_cycle=_share(writes, cycles),
    )


def stalls(counts: Row) -> dict[str, float]:
    """Return, by cause, the share of the elements' cycles; they sum to 1 where children were made."""
    n = lookup(counts)
    spent = {cause: n(cycles) for cause, cycles in CAUSES.items()}
    return {cause: _share(cycles, sum(spent.values())) for cause, cycles in spent.items()}


def footprint(counts: Row, chip: ChipSettings, generations: int = 1) -> Footprint:
    """generations: how many the counts are summed over"""
    n = lookup(counts)
    genomes, dense = n(count.VECTORISE_READS) / generations, n(count.VECTORISE_WRITES) / generations
    words = max(2 * genomes, genomes + dense)
    moved = n(count.DRAM_WORDS) + n(count.DISTANCE_DRAM_READS) + sum(map(n, Dram.spilled))
    capacity = chip.buffer.words
    return Footprint(words, capacity, words / capacity, moved / generations, 2 * genomes, genomes + dense, dense)


def inference_words(counts: Row, chip: ChipSettings) -> float:
    """Return the words of 64 bits that inference reads from the banks and writes to them."""
    n = lookup(counts)
    in_dram = sum(map(n, Dram.spilled))
    return operand_words(counts) + n(count.VECTORISE_READS) + n(count.VECTORISE_WRITES) - in_dram


def operand_words(counts: Row) -> float:
    """Return the words that ADAM reads and writes, in banks or DRAM."""
    n = lookup(counts)
    return n(count.ADAM_WORD_READS) + n(count.ADAM_WORD_WRITES)


def roofline(counts: Row, chip: ChipSettings) -> Roofline:
    """Return where inference stands; a bank takes the cycles of its memory for a word, reads and writes mixed."""
    n = lookup(counts)
    seconds = phase_seconds(counts, chip)[INFERENCE]
    macs, words = n(count.USEFUL_MACS), inference_words(counts, chip)
    peak_macs = chip.adam.rows * chip.adam.cols * chip.clock.frequency_hz
    access = access_of(chip)
    written = _share(n(count.ADAM_WORD_WRITES) + n(count.VECTORISE_WRITES) - n(count.VECTORISE_DRAM_WRITES), words)
    cycles = access.read + (access.write - access.read) * written
    peak_words = chip.buffer.banks * chip.clock.frequency_hz / cycles
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
    energy: ChipEnergy, counts: Row, *, decisions: float, generations: int = 1, calibrated: bool = False
) -> Costs:
    """decisions: of all networks in the counts; generations: how many the counts are summed over"""
    phases = energy.by_phase(calibrated=calibrated)
    one = energy.total(calibrated=calibrated).scaled(1 / generations)
    return Costs(
        per_generation=one,
        per_gene=_each(phases[EVOLUTION], lookup(counts)(count.GENES_OUT)),
        per_inference=_each(phases[INFERENCE], decisions),
        edp=one.scaled(energy.all_seconds / generations),
    )


def eve_alone(
    energy: ChipEnergy, counts: Row, chip: ChipSettings, *, generations: int = 1, calibrated: bool = False
) -> EveAlone:
    """Return EvE's own time and energy of a generation. generations: how many the counts are summed over"""
    n = lookup(counts)
    seconds = n(count.EVOLVE_CYCLES) / chip.clock.frequency_hz
    share = _share(seconds, energy.seconds[EVOLUTION])  # of the phase's leakage
    makers, holders = (Eve.name, Prng.name), (Eve.name, Prng.name, Sram.name, Noc.name)
    dynamic = leakage = Range.exactly(0.0)
    for line in energy.lines:
        if line.phase != EVOLUTION:
            continue
        joules = (line.calibrated if calibrated else line.joules).scaled(1 / generations)
        if line.kind == ENERGY and line.by in makers:
            dynamic = dynamic.plus(joules)
        elif line.kind == LEAKAGE and line.component in holders:
            leakage = leakage.plus(joules.scaled(share))
    both = dynamic.plus(leakage)
    per_gene = _each(both, n(count.GENES_OUT) / generations)
    return EveAlone(seconds / generations, both, dynamic, leakage, per_gene, _each(both, seconds / generations))


def as_json(figure: NamedTuple) -> dict[str, Any]:
    """Return a figure of this module as plain numbers and texts; ranges are low, nominal, high."""
    return {key: list(value) if isinstance(value, Range) else value for key, value in figure._asdict().items()}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _each(joules: Range, number: float) -> Range:
    return joules.scaled(1 / number) if number else Range.exactly(0.0)
