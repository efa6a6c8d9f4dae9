"""A chip at full activity, and the one factor by which it calibrates the table."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..config.chip import ChipSettings
from ..counts import PRNG_WORDS, named, nothing
from ..facts import SLOT_WORDS
from ..ranges import Range, summed
from .blocks import BLOCKS
from .events import READ, geometry
from .prices import BY_NAME, areas_of, dynamic, leaking, price_of, prices_of
from .table import COMPONENTS, ENERGY, EnergyTable


class Part(NamedTuple):
    """A component's share of a chip at full activity. watts: dynamic and leaking; mm2: nothing for wires

    published_mm2: what is published of this component of this chip, or None
    """

    component: str
    dynamic: Range
    leakage: Range
    mm2: Range
    published_mm2: float | None = None

    @property
    def watts(self) -> Range:
        return self.dynamic.plus(self.leakage)


class Peak(NamedTuple):
    """A chip at full activity: every element, unit and bank works in every cycle.

    parts: by component, without what is off the chip; factor: of calibration, on dynamic power alone
    published_chip: whether published_watts and published_mm2 are of this chip; they are None where they are not
    extra_draws: watts more than in `parts` if elements draw as many random words as the emulated ones, see the docs
    """

    parts: tuple[Part, ...]
    factor: float
    published_chip: bool
    published_watts: float | None
    published_mm2: float | None
    extra_draws: Range

    @property
    def watts(self) -> Range:
        return summed(part.watts for part in self.parts)

    @property
    def calibrated_watts(self) -> Range:
        return summed(self.calibrated(part) for part in self.parts)

    @property
    def mm2(self) -> Range:
        return summed(part.mm2 for part in self.parts)

    def calibrated(self, part: Part) -> Range:
        return part.dynamic.scaled(self.factor).plus(part.leakage)

    def as_json(self) -> dict[str, Any]:
        parts = {
            part.component: {
                "dynamic_watts": list(part.dynamic),
                "leakage_watts": list(part.leakage),
                "watts": list(part.watts),
                "calibrated_watts": list(self.calibrated(part)),
                "mm2": list(part.mm2),
                "published_mm2": part.published_mm2,
            }
            for part in self.parts
        }
        return {
            "calibration_factor": self.factor,
            "calibrated_on_this_chip": self.published_chip,
            "watts": list(self.watts),
            "calibrated_watts": list(self.calibrated_watts),
            "published_watts": self.published_watts,
            "mm2": list(self.mm2),
            "published_mm2": self.published_mm2,
            "extra_draws_watts": list(self.extra_draws),
            "parts": parts,
        }


def peak(chip: ChipSettings, table: EnergyTable) -> Peak:
    """Return power and area of a chip at full activity. Raises :class:`UserError` where the model does not hold."""
    same = table.published.describes(chip)
    # A slot in each emulated PE.
    words = max(0.0, chip.eve.pes * SLOT_WORDS - full_cycle(chip, table)[PRNG_WORDS.name])
    draws = price_of(table, ENERGY, "prng", "word", chip).scaled(1e-12 * words * chip.clock.frequency_hz)
    stated = table.published
    return Peak(
        _parts(chip, table),
        calibration(table),
        same,
        stated.power_mw.value * 1e-3 if same else None,
        stated.area_mm2.value if same else None,
        draws,
    )


def full_cycle(chip: ChipSettings, table: EnergyTable) -> dict[str, float]:
    """Return the counts of one cycle at full activity.

    Every block does all that it can, see ``blocks.py``.
    """
    counted = nothing(READ)
    for block in BLOCKS:
        counted |= named(block.full_cycle(chip, table.law_values))
    return counted


def calibration(table: EnergyTable) -> float:
    """Return the one factor on dynamic energy: with it, the published chip draws the published power.

    Leakage stays as it is: it hangs on temperature and cells, of which the published power says nothing.
    """
    parts = _parts(table.published.settings, table)
    leaks = summed(part.leakage for part in parts).nominal
    return (table.published.power_mw.value * 1e-3 - leaks) / summed(part.dynamic for part in parts).nominal


def _parts(chip: ChipSettings, table: EnergyTable) -> tuple[Part, ...]:
    nothing_ = Range.exactly(0.0)
    busy, leaks = ({name: nothing_ for name in COMPONENTS} for _ in range(2))
    prices = prices_of(chip, table)
    for line in dynamic(full_cycle(chip, table), chip, geometry(chip, table), prices, 1.0):
        watts = line.joules.scaled(chip.clock.frequency_hz)
        busy[line.component] = busy[line.component].plus(watts)
    for component, _, number, price in leaking(chip, table):
        leaks[component] = leaks[component].plus(price.scaled(1e-3 * number))
    mm2 = areas_of(chip, table)
    stated = table.published.parts_mm2 if table.published.describes(chip) else {}
    return tuple(
        Part(name, busy[name], leaks[name], mm2.get(name, nothing_), stated[name].value if name in stated else None)
        for name in COMPONENTS
        if BY_NAME[name].on_chip
    )
