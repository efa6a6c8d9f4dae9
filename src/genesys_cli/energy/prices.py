"""Prices as they are for one chip: a table's entries in its technology, at its voltage, for its banks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..config.chip import ChipSettings
from ..counts import Row
from ..ranges import Range
from . import scaling
from .block import Geometry
from .blocks import BLOCKS, instances
from .events import events
from .memories import entry
from .table import AREA, ENERGY, LEAKAGE, EnergyTable

BY_NAME = {block.name: block for block in BLOCKS}


class Unknown(NamedTuple):
    """A factor of a price that is known within bounds. Factors of one name err together, each within its own bounds."""

    name: str
    value: Range


class Line(NamedTuple):
    """A price times a count.

    kind: energy or leakage; action: or the part that leaks; counted: how `times` follows from columns
    times: actions, or for leakage instance-seconds; price: pJ an action or mW an instance, as of this chip
    factor: what calibration multiplies it by; by: which block has it done, empty for leakage
    unknowns: whose product the price is, see ``uncertainty.py``
    """

    kind: str
    component: str
    action: str
    phase: str
    times: float
    counted: str
    price: Range
    joules: Range
    factor: float
    by: str = ""
    unknowns: tuple[Unknown, ...] = ()

    @property
    def scale(self) -> float:
        """Return joules for a price of 1."""
        return (1e-12 if self.kind == ENERGY else 1e-3) * self.times

    @property
    def calibrated(self) -> Range:
        return self.joules.scaled(self.factor)


def prices_of(chip: ChipSettings, table: EnergyTable) -> dict[tuple[str, str], Range]:
    """Return pJ of each (component, action) on a chip."""
    scaling.check_point(chip.clock.technology_nm, chip.clock.voltage_v)
    return {
        (component, action): price_of(table, ENERGY, component, action, chip)
        for kind, component, action in table.prices
        if kind == ENERGY
    }


def leaking(chip: ChipSettings, table: EnergyTable) -> Iterable[tuple[str, str, float, Range]]:
    """Yield component, part, number of instances, and what one leaks, in mW."""
    for (component, part), number in instances(chip).items():
        yield component, part, number, price_of(table, LEAKAGE, component, part, chip)


def areas_of(chip: ChipSettings, table: EnergyTable) -> dict[str, Range]:
    """Return the mm2 of each component that has any."""
    found: dict[str, Range] = {}
    for (component, part), number in instances(chip).items():
        mm2 = price_of(table, AREA, component, part, chip).scaled(1e-6 * number)
        found[component] = found[component].plus(mm2) if component in found else mm2
    return found


def price_of(table: EnergyTable, kind: str, component: str, action: str, chip: ChipSettings) -> Range:
    """Return a price as it is for a chip's technology, voltage and depth of banks."""
    stated, corner = entry(table, kind, component, action, chip)
    price = stated.at(chip.clock, corner)
    if kind != ENERGY:
        return price
    return price.scaled(BY_NAME[component].energy_factor(chip, table.law_values))


def dynamic(
    counts: Row, chip: ChipSettings, at: Geometry, prices: Mapping[tuple[str, str], Range], factor: float
) -> Iterable[Line]:
    """Yield what the events of some counts cost. factor: of calibration, for what is on the chip"""
    for event in events(counts, chip, at):
        price = prices[event.component, event.action]
        yield Line(
            kind=ENERGY,
            component=event.component,
            action=event.action,
            phase=event.phase,
            times=event.times,
            counted=event.counted,
            price=price,
            joules=price.scaled(1e-12 * event.times),
            factor=factor if BY_NAME[event.component].on_chip else 1.0,
            by=event.by,
            unknowns=(Unknown(f"{event.component}.{event.action}", price),),
        )
