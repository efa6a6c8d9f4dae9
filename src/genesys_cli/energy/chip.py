"""Energy, power, time and area of the emulated chip: counts times a table.

Everything is stated twice: bottom-up, which is the table as it is, and calibrated, which is that times one factor, the
published power over the bottom-up power of the published chip at full activity. What is off the chip is not calibrated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..config.chip import ChipSettings
from ..counts import PRNG_WORDS, Row, named, nothing
from ..facts import CONN_WORDS, NODE_WORDS
from ..ranges import Range
from . import scaling
from .block import PHASES, Geometry
from .blocks import BLOCKS, instances
from .events import READ, checked, events, geometry, phase_seconds
from .table import AREA, COMPONENTS, ENERGY, LEAKAGE, EnergyTable

_BLOCKS = {block.name: block for block in BLOCKS}


class Line(NamedTuple):
    """A price times a count.

    kind: energy or leakage; action: or the part that leaks; counted: how `times` follows from columns
    times: actions, or for leakage instance-seconds; price: pJ an action or mW an instance, as of this chip
    factor: what calibration multiplies it by; by: which block has it done, empty for leakage
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

    @property
    def calibrated(self) -> Range:
        return self.joules.scaled(self.factor)


class ChipEnergy(NamedTuple):
    """What some generations cost on a chip.

    lines: dynamic energy and leakage; seconds: of each phase; factor: of calibration
    published_chip: whether the factor was published for this very chip, or is taken over from another
    """

    lines: tuple[Line, ...]
    seconds: dict[str, float]
    factor: float
    published_chip: bool

    def total(self, *, calibrated: bool = False) -> Range:
        """Return joules."""
        return _summed(line.calibrated if calibrated else line.joules for line in self.lines)

    def by_component(self, *, calibrated: bool = False) -> dict[str, Range]:
        return self._by("component", COMPONENTS, calibrated)

    def by_phase(self, *, calibrated: bool = False) -> dict[str, Range]:
        return self._by("phase", PHASES, calibrated)

    def by_kind(self, *, calibrated: bool = False) -> dict[str, Range]:
        """Return the dynamic energy and what leaked."""
        return self._by("kind", (ENERGY, LEAKAGE), calibrated)

    def _by(self, field: str, names: Iterable[str], calibrated: bool) -> dict[str, Range]:
        found: dict[str, list[Range]] = {name: [] for name in names}
        for line in self.lines:
            found[getattr(line, field)].append(line.calibrated if calibrated else line.joules)
        return {name: _summed(parts) for name, parts in found.items()}

    @property
    def all_seconds(self) -> float:
        return sum(self.seconds.values())

    def power(self, phase: str | None = None, *, calibrated: bool = False) -> Range:
        """Return the average watts of a phase, or of all; none where no time passed."""
        seconds = self.all_seconds if phase is None else self.seconds[phase]
        joules = self.total(calibrated=calibrated) if phase is None else self.by_phase(calibrated=calibrated)[phase]
        return joules.scaled(1 / seconds) if seconds else Range.exactly(0.0)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain numbers, lists and texts; ranges are low, nominal, high."""
        sums: dict[str, Any] = {}
        for name, calibrated in (("bottom_up", False), ("calibrated", True)):
            sums[name] = {
                "joules": list(self.total(calibrated=calibrated)),
                "watts": list(self.power(calibrated=calibrated)),
                "by_component": {key: list(value) for key, value in self.by_component(calibrated=calibrated).items()},
                "by_phase": {key: list(value) for key, value in self.by_phase(calibrated=calibrated).items()},
                "by_kind": {key: list(value) for key, value in self.by_kind(calibrated=calibrated).items()},
            }
        lines = [{**line._asdict(), "price": list(line.price), "joules": list(line.joules)} for line in self.lines]
        return {
            "calibration_factor": self.factor,
            "calibrated_on_this_chip": self.published_chip,
            "seconds": dict(self.seconds),
            **sums,
            "lines": lines,
        }


class Pricing:
    """A table as it is for one chip, worked out once for the counts of many generations."""

    def __init__(self, chip: ChipSettings, table: EnergyTable) -> None:
        """Raises :class:`UserError` where the model does not hold for the chip."""
        self.chip = chip
        self.published_chip = table.published.describes(chip)
        self.factor = calibration(table)
        self._prices = _prices(chip, table)
        self._geometry = geometry(chip, table)
        self._leaking = list(_leaking(chip, table))

    def estimate(self, counts: Row) -> ChipEnergy:
        """Return what counts cost. Raises :class:`UserError` where they are not those of a chip.

        counts: columns of ``metrics.csv``, of one generation on the chip or summed over several
        """
        checked(counts)
        seconds = phase_seconds(counts, self.chip)
        lines = list(_dynamic(counts, self.chip, self._geometry, self._prices, self.factor))
        for component, part, number, price in self._leaking:
            for phase in PHASES:
                times, counted = number * seconds[phase], f"{number:g} x {seconds[phase]!r} s"
                joules = price.scaled(1e-3 * times)
                lines.append(Line(LEAKAGE, component, part, phase, times, counted, price, joules, self.factor))
        return ChipEnergy(tuple(lines), seconds, self.factor, self.published_chip)


def estimate(counts: Row, chip: ChipSettings, table: EnergyTable) -> ChipEnergy:
    """Return what counts cost on a chip; see :class:`Pricing`."""
    return Pricing(chip, table).estimate(counts)


class Part(NamedTuple):
    """A component's share of a chip at full activity. watts: dynamic and leaking; mm2: nothing for wires"""

    component: str
    dynamic: Range
    leakage: Range
    mm2: Range

    @property
    def watts(self) -> Range:
        return self.dynamic.plus(self.leakage)


class Peak(NamedTuple):
    """A chip at full activity: every element, unit and bank works in every cycle.

    parts: by component, without what is off the chip; factor: of calibration
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
        return _summed(part.watts for part in self.parts)

    @property
    def calibrated_watts(self) -> Range:
        return self.watts.scaled(self.factor)

    @property
    def mm2(self) -> Range:
        return _summed(part.mm2 for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        parts = {
            part.component: {
                "dynamic_watts": list(part.dynamic),
                "leakage_watts": list(part.leakage),
                "watts": list(part.watts),
                "calibrated_watts": list(part.watts.scaled(self.factor)),
                "mm2": list(part.mm2),
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
    # The slot that draws most words, of a node, in each emulated PE.
    words = chip.eve.pes * max(NODE_WORDS, CONN_WORDS) - full_cycle(chip, table)[PRNG_WORDS.name]
    draws = _price(table, ENERGY, "prng", "word", chip).scaled(1e-12 * words * chip.clock.frequency_hz)
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
    laws = {name: law.value for name, law in table.laws.items()}
    counted = nothing(READ)
    for block in BLOCKS:
        counted |= named(block.full_cycle(chip, laws))
    return counted


def calibration(table: EnergyTable) -> float:
    """Return the one factor: published power over the bottom-up nominal of the published chip at full activity."""
    bottom_up = _summed(part.watts for part in _parts(table.published.settings, table))
    return table.published.power_mw.value * 1e-3 / bottom_up.nominal


def _parts(chip: ChipSettings, table: EnergyTable) -> tuple[Part, ...]:
    nothing = Range.exactly(0.0)
    dynamic, leakage, area = ({name: nothing for name in COMPONENTS} for _ in range(3))
    prices = _prices(chip, table)
    for line in _dynamic(full_cycle(chip, table), chip, geometry(chip, table), prices, 1.0):
        watts = line.joules.scaled(chip.clock.frequency_hz)
        dynamic[line.component] = dynamic[line.component].plus(watts)
    for component, _, number, price in _leaking(chip, table):
        leakage[component] = leakage[component].plus(price.scaled(1e-3 * number))
    for (component, part), number in instances(chip).items():
        price = _price(table, AREA, component, part, chip)
        area[component] = area[component].plus(price.scaled(1e-6 * number))
    return tuple(Part(name, dynamic[name], leakage[name], area[name]) for name in COMPONENTS if _BLOCKS[name].on_chip)


def _prices(chip: ChipSettings, table: EnergyTable) -> dict[tuple[str, str], Range]:
    """Return pJ of each (component, action) on a chip."""
    scaling.check_point(chip.clock.technology_nm, chip.clock.voltage_v)
    return {
        (component, action): _price(table, ENERGY, component, action, chip)
        for kind, component, action in table.prices
        if kind == ENERGY
    }


def _dynamic(
    counts: Row,
    chip: ChipSettings,
    at: Geometry,
    prices: Mapping[tuple[str, str], Range],
    factor: float,
) -> Iterable[Line]:
    for event in events(counts, chip, at):
        price = prices[event.component, event.action]
        joules = price.scaled(1e-12 * event.times)
        own = factor if _BLOCKS[event.component].on_chip else 1.0
        yield Line(
            kind=ENERGY,
            component=event.component,
            action=event.action,
            phase=event.phase,
            times=event.times,
            counted=event.counted,
            price=price,
            joules=joules,
            factor=own,
            by=event.by,
        )


def _leaking(chip: ChipSettings, table: EnergyTable) -> Iterable[tuple[str, str, float, Range]]:
    """Yield component, part, number of instances, and what one leaks, in mW."""
    for (component, part), number in instances(chip).items():
        yield component, part, number, _price(table, LEAKAGE, component, part, chip)


def _price(table: EnergyTable, kind: str, component: str, action: str, chip: ChipSettings) -> Range:
    """Return a price as it is for a chip's technology, voltage and depth of banks."""
    price = table.prices[kind, component, action].at(chip.clock.technology_nm, chip.clock.voltage_v)
    if kind != ENERGY:
        return price
    laws = {name: law.value for name, law in table.laws.items()}
    return price.scaled(_BLOCKS[component].energy_factor(chip, laws))


def _summed(parts: Iterable[Range]) -> Range:
    """Return a sum that does not depend on the order of its parts."""
    parts = tuple(parts)
    return Range(*(math.fsum(values) for values in zip(*parts, strict=True))) if parts else Range.exactly(0.0)
