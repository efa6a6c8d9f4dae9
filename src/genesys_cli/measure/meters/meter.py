"""Time and energy of a piece of work on this machine.

Where a counter can be read, its joules are gross: of the whole package, whoever used it. The net ones are gross minus
what the machine drew before, times the time. Where none can be read, the energy is the rated power times the share of
cores that this process kept busy, and is called an estimate, with the reason.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple

from ...ranges import Range
from .counter import Counter, CounterError
from .host import Host, host_profile
from .nvml import Nvml
from .rapl import Rapl

MEASURED, MODELLED = "measured", "modelled"


class Reading(NamedTuple):
    """What a :class:`Meter` found.

    wall_s, cpu_s: time on the clock, and of processors in this process and in children that have ended
    gross_j: energy of the machine in that time
    net_j: what is left of it without `idle_w`; None: not known
    idle_w: power before the work; None: not measured
    origin: ``measured``, or ``modelled`` for an estimate
    source: which counter, or the formula; notes: why it is an estimate, and what may be wrong
    """

    wall_s: float
    cpu_s: float
    gross_j: Range
    net_j: Range | None
    idle_w: float | None
    origin: str
    source: str
    notes: tuple[str, ...]

    @property
    def power_w(self) -> Range:
        seconds = self.wall_s or float("inf")
        return Range(*(joules / seconds for joules in self.gross_j))


def cpu_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    ended = os.times()  # in steps of 10 ms on Linux, which is too coarse for this process itself
    return time.process_time() + ended.children_user + ended.children_system


def find_counters(*, gpu: bool = False) -> tuple[list[Counter], list[str]]:
    """Return the counters that can be read here, and for each that cannot the reason."""
    found: list[Counter] = []
    reasons: list[str] = []
    kinds: list[Callable[[], Counter]] = [Rapl, *([Nvml] if gpu else [])]
    for kind in kinds:
        try:
            found.append(kind())
        except CounterError as error:
            reasons.append(str(error))
    return found, reasons


class Meter:
    """``with Meter() as meter: work()``, and then ``meter.reading``."""

    reading: Reading

    def __init__(
        self,
        counters: Sequence[Counter] | None = None,
        *,
        idle_s: float = 0.0,
        host: Host | None = None,
        clock: Callable[[], float] = time.perf_counter,
        cpu_clock: Callable[[], float] = cpu_seconds,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """counters: None: those of the processor that can be read here
        idle_s: seconds before the work in which the idle power is measured; 0: it is not
        clock, cpu_clock, sleep: for workers whose time is kept elsewhere, and for tests
        """
        self._counters, self._notes = (list(counters), []) if counters is not None else find_counters()
        self._idle_s = idle_s
        self._host = host
        self._clock, self._cpu_clock, self._sleep = clock, cpu_clock, sleep
        self._idle_w: float | None = None
        self._before: list[Mapping[str, int]] = []

    def __enter__(self) -> Meter:
        self._give_up_on_error(self._start)
        self._cpu_begin, self._begin = self._cpu_clock(), self._clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wall_s = self._clock() - self._begin
        # The time of a process that has died meanwhile, and is no child of this one, is not there any more.
        self._cpu_s = max(0.0, self._cpu_clock() - self._cpu_begin)
        self.reading = self._give_up_on_error(self._measured) or self._estimated()

    def _start(self) -> None:
        """Measure the idle power, then read the counters."""
        self._before = self._read()
        if self._idle_s > 0 and self._counters:
            begin = self._clock()
            self._sleep(self._idle_s)
            after, seconds = self._read(), self._clock() - begin
            joules, notes = self._between(after, seconds)
            self._idle_w = joules / seconds
            self._notes += notes
            self._before = self._read()

    def _measured(self) -> Reading | None:
        if not self._counters:
            return None
        gross, notes = self._between(self._read(), self._wall_s)
        net: Range | None = None
        if self._idle_w is not None:
            above = gross - self._idle_w * self._wall_s
            if above < 0:
                notes.append("the machine drew less than before the work: the net energy is lost in the noise")
            net = Range.exactly(max(0.0, above))
        source = " + ".join(counter.name for counter in self._counters)
        return Reading(
            self._wall_s,
            self._cpu_s,
            Range.exactly(gross),
            net,
            self._idle_w,
            MEASURED,
            source,
            (*self._notes, *notes),
        )

    def _estimated(self) -> Reading:
        host = self._host or host_profile()
        utilisation = min(1.0, self._cpu_s / (self._wall_s * host.cores)) if self._wall_s > 0 else 0.0
        gross = host.tdp_w.scaled(utilisation * self._wall_s)
        source = f"estimate: TDP ({host.tdp_source}) × {utilisation:.3g} of {host.cores} cores × time"
        return Reading(self._wall_s, self._cpu_s, gross, None, None, MODELLED, source, tuple(self._notes))

    def _read(self) -> list[Mapping[str, int]]:
        return [counter.read() for counter in self._counters]

    def _between(self, after: Sequence[Mapping[str, int]], seconds: float) -> tuple[float, list[str]]:
        """Return joules since the counters were last read, and notes."""
        parts = [
            counter.between(then, now, seconds)
            for counter, then, now in zip(self._counters, self._before, after, strict=True)
        ]
        return sum(part.joules for part in parts), [part.note for part in parts if part.note]

    def _give_up_on_error(self, step: Callable[[], Reading | None]) -> Reading | None:
        """Do a step; where a counter fails, keep the reason and go on without counters."""
        try:
            return step()
        except CounterError as error:
            self._counters, self._idle_w = [], None
            self._notes.append(str(error))
            return None
