"""The genome buffer in another memory: its prices in place of those of the table, and how long it lasts."""

from __future__ import annotations

from typing import NamedTuple

from .. import counts as count
from ..config.chip import ChipSettings
from ..config.memories import Memory, load_memory
from ..counts import Row, lookup
from ..ranges import Range
from .data_blocks import Sram
from .table import AREA, LEAKAGE, Corner, EnergyTable, Price

YEAR_S = 365.25 * 86400
SHORT_YEARS = 1.0
"""A memory that lives for less is worth a warning."""


def entry(
    table: EnergyTable, kind: str, component: str, action: str, chip: ChipSettings
) -> tuple[Price, Corner | None]:
    """Return a price as stated, of the buffer's memory where it is its, and the temperature that it is stated for."""
    if component != Sram.name or chip.buffer.memory == "sram":
        return table.prices[kind, component, action], table.corner
    memory = load_memory(chip.buffer.memory)
    corner = None if table.corner is None else Corner(memory.kelvin, table.corner.names)
    return _price(memory, kind, action), corner


def _price(memory: Memory, kind: str, action: str) -> Price:
    if kind == LEAKAGE:
        parts = [memory.figures[key] for key in ("leakage_cells_mw", "leakage_periphery_mw")]
        figure = parts[1]._replace(value=parts[0].value.plus(parts[1].value))
    else:
        figure = memory.figures["area_um2" if kind == AREA else f"{action}_pj"]
    return Price(kind, Sram.name, action, *figure)


class Lifetime(NamedTuple):
    """How long a buffer can be written to, in years; infinite where writes do not wear it.

    writes: of one generation into the banks; hottest: of the word that is written most
    years: until that word has had its endurance; rotated_years: if every word took its turn
    """

    writes: float
    hottest: float
    years: Range
    rotated_years: Range


def lifetime(counts: Row, chip: ChipSettings, generation_s: float, generations: int = 1) -> Lifetime:
    """Return the lifetime of the buffer of a chip that always learns.

    generation_s: seconds of a generation; generations: how many the counts are summed over

    The word with an output of the network is written in each of its steps; those of genomes are written once a
    generation. Rotating the image spreads all writes over all words.
    """
    n = lookup(counts)
    writes = (n(count.SRAM_WRITES) + n(count.VECTORISE_WRITES) + n(count.ADAM_WORD_WRITES)) / generations
    hottest = max(1.0, n(count.LONGEST_DECISIONS) / generations)
    endurance = load_memory(chip.buffer.memory).figures["endurance_writes"].value
    spread = max(writes / chip.buffer.words, 1e-300)
    return Lifetime(
        writes,
        hottest,
        endurance.scaled(generation_s / hottest / YEAR_S),
        endurance.scaled(generation_s / spread / YEAR_S),
    )
