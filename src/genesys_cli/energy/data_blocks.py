"""The blocks that hold words or carry them: the buffer, the network on chip, DRAM, the pads. ``blocks.py`` has all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from .. import counts as count
from ..config.chip import ChipSettings
from ..config.memories import access_of
from ..counts import Count
from .block import BREEDING, EVOLUTION, INFERENCE, PLAYING, PREPARING, SPECIES, Block, Ledger

BANK_WORDS = 4096  # depth of the bank that prices are of
PAD_BITS = 32  # of a word that crosses the pads


class Sram(Block):
    """The genome buffer's banks. Whoever has them read or written records it."""

    name = "sram"
    actions = ("read", "write")
    parts = ("bank",)
    laws = ("sram_depth_exponent",)
    works = (BREEDING, SPECIES, PREPARING, PLAYING)
    keeps = True
    stores = True

    def instances(self, chip: ChipSettings) -> dict[str, float]:
        return {"bank": chip.buffer.banks * chip.buffer.words_per_bank / BANK_WORDS}

    def full_cycle(self, chip: ChipSettings, laws: Mapping[str, float]) -> dict[Count, float]:
        """Every bank is read, for EvE, as often as its memory can be."""
        return {count.SRAM_READS: chip.buffer.banks / access_of(chip).read}

    def energy_factor(self, chip: ChipSettings, laws: Mapping[str, float]) -> float:
        """Deeper banks have longer lines."""
        return float((chip.buffer.words_per_bank / BANK_WORDS) ** laws["sram_depth_exponent"])


class Noc(Block):
    """Wires and hops between blocks. Whoever has words carried records it."""

    name = "noc"
    actions = ("bit_mm", "hop")


class Dram(Block):
    """Memory off the chip, for what the buffer cannot hold."""

    name = "dram"
    actions = ("word",)
    spilled = (count.VECTORISE_DRAM_READS, count.VECTORISE_DRAM_WRITES, count.ADAM_DRAM_READS)
    paid: ClassVar[Mapping[Count, str]] = {
        count.DRAM_WORDS: "dram.word, sram.read, sram.write",
        **dict.fromkeys((count.DISTANCE_DRAM_READS, *spilled), "dram.word"),
    }
    on_chip = False

    def record(self, ledger: Ledger) -> None:
        words = ledger.of(count.DRAM_WORDS)
        ledger.add(EVOLUTION, self.name, "word", words)
        ledger.add(EVOLUTION, Sram.name, "read", words.over(2))
        ledger.add(EVOLUTION, Sram.name, "write", words.over(2))
        ledger.add(EVOLUTION, self.name, "word", ledger.of(count.DISTANCE_DRAM_READS))
        ledger.add(INFERENCE, self.name, "word", ledger.of(*self.spilled))


class Pads(Block):
    """What drives observations, rewards and actions across the edge of the chip, from a supply of its own."""

    name = "pads"
    actions = ("bit",)
    paid: ClassVar[Mapping[Count, str]] = {count.PAD_WORDS: "pads.bit"}
    on_chip = False

    def record(self, ledger: Ledger) -> None:
        ledger.add(INFERENCE, self.name, "bit", ledger.of(count.PAD_WORDS).by(PAD_BITS, " bits"))
