"""What is known of the machine that this runs on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import NamedTuple

from ...ranges import Range
from . import rapl
from .counter import CounterError

CPUINFO = Path("/proc/cpuinfo")
# Own estimate of a core's share of its processor's rated power: rated power over cores (threads where a core has two)
# of processors from laptops (15 W, 8 threads: 2 W) over servers (360 W, 96 cores: 4 W) to desktops (125 W, 8 cores:
# 16 W).
WATTS_PER_CORE = Range(2.0, 6.0, 16.0)


class Host(NamedTuple):
    """This machine.

    cpu: model of its processor
    cores: as the system counts them, hardware threads included
    tdp_w: power that its cooling is made for; tdp_source: where that is from
    tdp_stated: whether the machine says it itself; otherwise it is our estimate
    """

    cpu: str
    cores: int
    tdp_w: Range
    tdp_source: str
    tdp_stated: bool


def host_profile(root: Path = rapl.ROOT, cpuinfo: Path = CPUINFO) -> Host:
    """Return what this machine says of itself, and our own estimate of what it does not say."""
    cores = os.cpu_count() or 1
    try:
        limit = rapl.limit_w(root)
    except CounterError as error:
        source = f"own estimate, {WATTS_PER_CORE.low:g} to {WATTS_PER_CORE.high:g} W a core, since {error}"
        return Host(cpu_model(cpuinfo), cores, Range(*(cores * watts for watts in WATTS_PER_CORE)), source, False)
    return Host(cpu_model(cpuinfo), cores, Range(limit, limit, limit), "long-term power limit that RAPL states", True)


def cpu_model(cpuinfo: Path = CPUINFO) -> str:
    """Return the processor's model as the system calls it."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for wanted in ("model name", "Model", "Hardware"):  # x86; then what kernels for ARM write
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == wanted and value.strip():
                return value.strip()
    return platform.processor() or platform.machine() or "unknown"
