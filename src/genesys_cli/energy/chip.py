"""Energy, power and time of the emulated chip: counts times a table.

Everything is stated twice: bottom-up, which is the table as it is, and calibrated, in which dynamic energy on the chip
is multiplied by one factor, so that the published chip draws the published power at full activity.

Computing alone takes the time that the chip works. In a world with steps of its own the chip also waits between them,
which is a phase of its own; what a block saves while it does nothing, ``states.py`` says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..config.chip import ChipSettings
from ..config.memories import FORGETFUL, forgets, load_memory
from ..counts import Row
from ..errors import UserError
from ..ranges import Range, summed
from .block import PHASES, PLAYING, SPANS, WAITING, Block
from .blocks import BLOCKS
from .events import checked, geometry, phase_seconds
from .peak import calibration
from .prices import BY_NAME, Line, Unknown, areas_of, dynamic, leaking, prices_of
from .states import ASLEEP, CLOCKED, SLEEPS_BETWEEN_STEPS, deepest, state_of, wakes
from .table import COMPONENTS, ENERGY, LEAKAGE, EnergyTable
from .timeline import Pace, Timeline, timeline

REGISTER_BIT = ("adam", "register_bit")  # the price of a register's clock, whichever block it is in
CORNER = "corner of leakage"
"""The unknown that all leakage follows: one chip, at one temperature."""


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
        return summed(line.calibrated if calibrated else line.joules for line in self.lines)

    def by_component(self, *, calibrated: bool = False) -> dict[str, Range]:
        return self._by("component", COMPONENTS, calibrated)

    def by_phase(self, *, calibrated: bool = False) -> dict[str, Range]:
        return self._by("phase", self.seconds, calibrated)

    def by_kind(self, *, calibrated: bool = False) -> dict[str, Range]:
        """Return the dynamic energy and what leaked."""
        return self._by("kind", (ENERGY, LEAKAGE), calibrated)

    def _by(self, field: str, names: Iterable[str], calibrated: bool) -> dict[str, Range]:
        found: dict[str, list[Range]] = {name: [] for name in names}
        for line in self.lines:
            found[getattr(line, field)].append(line.calibrated if calibrated else line.joules)
        return {name: summed(parts) for name, parts in found.items()}

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
        lines = [
            line._asdict()
            | {"price": list(line.price), "joules": list(line.joules), "unknowns": [one.name for one in line.unknowns]}
            for line in self.lines
        ]
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
        self.table = table
        self.published_chip = table.published.describes(chip)
        self.factor = calibration(table)
        self.non_volatile = chip.buffer.memory not in FORGETFUL
        if line := forgets(chip.power.policy, chip.buffer.memory):
            raise UserError(line)
        self._prices = prices_of(chip, table)
        self._geometry = geometry(chip, table)
        self._leaking = list(leaking(chip, table))
        self._mm2 = {name: mm2.nominal for name, mm2 in areas_of(chip, table).items()}

    def estimate(self, counts: Row, pace: Pace | None = None, generations: int = 1) -> ChipEnergy:
        """Return what counts cost, computing alone or in a world.

        counts: columns of ``metrics.csv``, of one generation on the chip or summed over several
        Raises :class:`UserError` where they are not those of a chip, or the chip is slower than the world.
        """
        checked(counts)
        seconds = phase_seconds(counts, self.chip)
        spans = timeline(counts, self.chip, pace, self.wake_s(), generations)
        if pace is not None:
            seconds[WAITING] = spans.seconds[WAITING]
        lines = [
            *dynamic(counts, self.chip, self._geometry, self._prices, self.factor),
            *self._leakage(seconds, spans),
            *self._clocks(spans),
            *self._wakes(spans, generations),
            *self._refresh(seconds),
        ]
        return ChipEnergy(tuple(lines), seconds, self.factor, self.published_chip)

    def wake_s(self) -> float:
        """Return the seconds after each wait until all blocks that play work again."""
        found = 0.0
        for block in BLOCKS:
            state = self.state_of(block, WAITING)
            if PLAYING in block.works and state in ASLEEP:
                found = max(found, self.table.sleeps[state].wake_s.nominal)
        return found

    def sleeps(self) -> list[dict[str, Any]]:
        """Return a row for each block that can sleep: its deepest state, watts, and how long a sleep has to be.

        leaks_w: awake; asleep_w; wake_s; wake_j; break_even_s: of sleep with the wake-up, nominal; all are ranges else
        """
        found = []
        watts: dict[str, list[Range]] = {}
        for component, _, number, price in self._leaking:
            watts.setdefault(component, []).append(price.scaled(1e-3 * number))
        for block in BLOCKS:
            if block.name not in watts or not block.works:
                continue
            state = deepest(block, non_volatile=self.non_volatile)
            sleep, awake = self.table.sleeps[state], summed(watts[block.name])
            asleep = awake.times(sleep.leakage)
            wake = sleep.wake_j(self._mm2[block.name], self.chip.clock.voltage_v)
            saved = awake.nominal - asleep.nominal
            found.append(
                {
                    "component": block.name,
                    "state": state,
                    "leaks_w": awake,
                    "asleep_w": asleep,
                    "wake_s": sleep.wake_s,
                    "wake_j": wake,
                    "break_even_s": sleep.wake_s.nominal + wake.nominal / saved if saved else math.inf,
                }
            )
        return found

    def state_of(self, block: Block, span: str) -> str | None:
        """Return the state of a block in a span; None: it is active."""
        return state_of(block, span, self.chip, non_volatile=self.non_volatile)

    def _leakage(self, seconds: dict[str, float], spans: Timeline) -> Iterator[Line]:
        """Yield what leaked in each phase, for as long as a block slept with what its state leaves."""
        for component, part, number, price in self._leaking:
            # Without corners, bounds of leakage are those of each part, such as different cells.
            corner = Unknown(f"leakage of {component}.{part}" if self.table.corner is None else CORNER, price)
            for phase, whole in seconds.items():
                asleep = self._asleep(BY_NAME[component], phase, spans)
                awake = max(0.0, whole - sum(asleep.values())) if asleep else whole
                yield _leak(component, part, phase, number, awake, price, corner)
                for state, time in asleep.items():
                    left = Unknown(f"states.{state}.leakage", self.table.sleeps[state].leakage)
                    asleep_mw = price.times(left.value)
                    yield _leak(component, f"{part} in {state}", phase, number, time, asleep_mw, corner, left)
        if WAITING in seconds and self.chip.power.policy in SLEEPS_BETWEEN_STEPS:
            timer = self.table.timer_mw
            yield _leak("cpu", "timer", WAITING, 1, seconds[WAITING], timer, Unknown("states.timer_mw", timer))

    def _asleep(self, block: Block, phase: str, spans: Timeline) -> dict[str, float]:
        """Return the seconds of a phase that a block spends in each state of ASLEEP."""
        found: dict[str, float] = {}
        for span, time in spans.seconds.items():
            state = self.state_of(block, span)
            if SPANS[span] != phase or state not in ASLEEP:
                continue
            if span == WAITING:  # it wakes up while the world has not come yet
                time -= spans.rounds * self.table.sleeps[state].wake_s.nominal
            if time > 0:
                found[state] = found.get(state, 0.0) + time
        return found

    def _clocks(self, spans: Timeline) -> Iterator[Line]:
        """Yield the clock of registers that do nothing, where it is not gated."""
        for block in BLOCKS:
            bits = block.clocked_bits(self.chip, self.table.law_values)
            for span, time in spans.seconds.items():
                if bits and self.state_of(block, span) == CLOCKED:
                    price = self._prices[REGISTER_BIT]
                    cycles = time * self.chip.clock.frequency_hz
                    counted = f"{bits:g} bits x {cycles:.6g} cycles of {span}"
                    bit = Unknown(".".join(REGISTER_BIT), price)
                    yield self._paid(block.name, "clock", SPANS[span], bits * cycles, counted, bit)

    def _wakes(self, spans: Timeline, generations: int) -> Iterator[Line]:
        for block in BLOCKS:
            if block.name not in self._mm2:
                continue
            often = wakes(
                block, self.chip, rounds=spans.rounds, generations=generations, non_volatile=self.non_volatile
            )
            for state, times in often.items():
                joules = self.table.sleeps[state].wake_j(self._mm2[block.name], self.chip.clock.voltage_v)
                phase = PHASES[0] if PLAYING in block.works else PHASES[1]
                rails = Unknown(f"states.{state}.rail_nf_mm2", joules.scaled(1e12))
                yield self._paid(block.name, f"wake from {state}", phase, times, f"{times:g} wake-ups", rails)

    def _refresh(self, seconds: dict[str, float]) -> Iterator[Line]:
        """Yield what it takes to read each word of a buffer that forgets once per retention, asleep or not."""
        kept = load_memory(self.chip.buffer.memory).figures["retention_s"].value
        if self.non_volatile or not kept.nominal:  # SRAM forgets at once without power, and needs no refresh with it
            return
        read = self._prices["sram", "read"]
        rate = Range(1 / kept.high, 1 / kept.nominal, 1 / kept.low)
        unknowns = Unknown("sram.read", read), Unknown(f"retention_s of {self.chip.buffer.memory}", rate)
        price = read.times(rate)
        for phase, time in seconds.items():
            word_s = self.chip.buffer.words * time
            counted = f"{self.chip.buffer.words} words x {time!r} s"
            joules = price.scaled(1e-12 * word_s)
            yield Line(ENERGY, "sram", "refresh", phase, word_s, counted, price, joules, self.factor, unknowns=unknowns)

    def _paid(self, component: str, action: str, phase: str, times: float, counted: str, pj: Unknown) -> Line:
        joules = pj.value.scaled(1e-12 * times)
        return Line(ENERGY, component, action, phase, times, counted, pj.value, joules, self.factor, unknowns=(pj,))


def estimate(
    counts: Row, chip: ChipSettings, table: EnergyTable, pace: Pace | None = None, generations: int = 1
) -> ChipEnergy:
    """Return what counts cost on a chip; see :class:`Pricing`."""
    return Pricing(chip, table).estimate(counts, pace, generations)


def _leak(
    component: str, part: str, phase: str, number: float, seconds: float, price: Range, *unknowns: Unknown
) -> Line:
    times, counted = number * seconds, f"{number:g} x {seconds!r} s"
    joules = price.scaled(1e-3 * times)
    return Line(LEAKAGE, component, part, phase, times, counted, price, joules, 1.0, unknowns=unknowns)
