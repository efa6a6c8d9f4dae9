"""Time and energy of this machine while it carries out a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import psutil

from ..compiled.jit import compilations
from ..measure.meters.host import host_profile
from ..measure.meters.meter import MEASURED, MODELLED, Meter, Reading, cpu_seconds, find_counters
from ..ranges import Range


class HostEnergy(NamedTuple):
    """How joules of this machine were found.

    origin: ``measured``, or ``modelled`` for an estimate; note: which counter, or the formula, and why no counter
    bounds: low, nominal and high over nominal
    """

    origin: str
    note: str
    bounds: Range


class HostMeter:
    """Makes meters for parts of a run. Counters are looked for once."""

    def __init__(self, processes: Callable[[], Sequence[int]] = list) -> None:
        """processes: returns the ids of worker processes, whose time counts too"""
        self._counters, self._reasons = find_counters()
        self._host = host_profile()
        self._processes = processes
        self._compilations = compilations()

    def meter(self, idle_s: float = 0.0) -> Meter:
        """idle_s: seconds before the work in which the idle power is measured, where there is a counter"""
        return Meter(self._counters, idle_s=idle_s, host=self._host, cpu_clock=self._cpu_seconds)

    def joules(self, *readings: Reading) -> float | None:
        """Return the joules of a generation's parts; None where kernels were compiled since the last generation.

        A counter that fails is given up for the rest of the run, of which nothing counts as measured then.
        """
        for reading in readings:
            if self._counters and reading.origin != MEASURED:
                self._counters = []
                self._reasons += reading.notes
        before, self._compilations = self._compilations, compilations()
        return math.fsum(reading.gross_j.nominal for reading in readings) if before == self._compilations else None

    def energy(self) -> HostEnergy:
        """Return what the joules of these meters are."""
        if self._counters:
            source = " + ".join(counter.name for counter in self._counters)
            return HostEnergy(MEASURED, f"{source}, gross", Range.exactly(1.0))
        tdp = self._host.tdp_w
        note = f"estimate: TDP of {tdp.nominal:g} W × share of {self._host.cores} cores at work × time"
        bounds = Range(tdp.low / tdp.nominal, 1.0, tdp.high / tdp.nominal)
        return HostEnergy(MODELLED, "; ".join([note, *self._reasons]), bounds)

    def _cpu_seconds(self) -> float:
        return cpu_seconds() + sum(map(process_seconds, self._processes()))


def process_seconds(pid: int) -> float:
    """Return the processor time of a process, in steps of about 10 ms; 0 where it has ended or may not be asked."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
