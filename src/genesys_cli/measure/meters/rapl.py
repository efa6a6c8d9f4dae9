"""RAPL: the energy counters of x86 processors, as Linux shows them.

Each zone is a folder under ``/sys/class/powercap`` (Documentation/power/powercap/powercap.rst of the Linux kernel):
``name``, ``energy_uj``, which counts microjoules, and ``max_energy_range_uj``, from where it starts again at 0.
Packages are ``intel-rapl:N`` on AMD's processors too; ``intel-rapl:N:M`` are parts of a package, and the zone called
``psys`` is the whole board, so both would be counted twice. Since 2020 only root may read ``energy_uj``
(CVE-2020-8694).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from .counter import CounterError, Joules

ROOT = Path("/sys/class/powercap")
ZONE = re.compile(r"intel-rapl:\d+")
REMEDY = "run as root, or let your group read it: chmod g+r and chgrp for each energy_uj, until the next start"
MOST_WATTS = 1000.0  # of a package: more than any draws, so that a counter that may have wrapped twice is noticed


class Zone(NamedTuple):
    """A package. range_uj: where its counter starts again at 0; 0: not known"""

    name: str
    folder: Path
    range_uj: int


class Rapl:
    """All packages of this machine."""

    name = "RAPL"

    def __init__(self, root: Path = ROOT) -> None:
        """Find the packages and read each once; raises :class:`CounterError`."""
        self.zones = find_zones(root)
        self.read()

    def read(self) -> dict[str, int]:
        return {zone.folder.name: number_in(zone.folder / "energy_uj") for zone in self.zones}

    def between(self, before: Mapping[str, int], after: Mapping[str, int], seconds: float) -> Joules:
        total, notes = 0, []
        for zone in self.zones:
            key = zone.folder.name
            used = after[key] - before[key]
            if used < 0:
                if not zone.range_uj:
                    raise CounterError("garbled", f"the counter of {zone.name} went back and does not say its range")
                used += zone.range_uj
                if used < 0:
                    raise CounterError("garbled", f"the counter of {zone.name} left its range of {zone.range_uj} µJ")
            if zone.range_uj and seconds > zone.range_uj / 1e6 / MOST_WATTS:
                notes.append(f"the counter of {zone.name} may have started again more than once")
            total += used
        return Joules(total / 1e6, "; ".join(notes))


def find_zones(root: Path = ROOT) -> list[Zone]:
    """Return the packages; raises :class:`CounterError` where there are none."""
    try:
        folders = sorted(path for path in root.iterdir() if ZONE.fullmatch(path.name))
    except FileNotFoundError:
        folders = []
    except OSError as error:
        raise CounterError("denied", f"{str(root)!r} cannot be read: {error.strerror}") from None
    zones = []
    for folder in folders:
        name = text_in(folder / "name")
        if name.startswith("package"):
            zones.append(Zone(name, folder, _range_of(folder)))
    if not zones:
        raise CounterError(
            "absent",
            f"there is no RAPL package under {str(root)!r}: the processor has none, the kernel does not show it, "
            "or this is a virtual machine",
        )
    return zones


def _range_of(folder: Path) -> int:
    try:
        return number_in(folder / "max_energy_range_uj")
    except CounterError as error:
        if error.reason in ("vanished", "denied"):
            return 0
        raise


def limit_w(root: Path = ROOT) -> float:
    """Return the long-term power limit of all packages, in watts; raises :class:`CounterError`.

    The most that may be set comes first (``constraint_N_max_power_uw``, the processor's rated power), then what is set.
    """
    return sum(_limit_of(zone.folder) for zone in find_zones(root)) / 1e6


def _limit_of(folder: Path) -> int:
    for index in range(4):
        try:
            if text_in(folder / f"constraint_{index}_name") != "long_term":
                continue
        except CounterError as error:
            if error.reason == "vanished":
                break
            raise
        for file in (f"constraint_{index}_max_power_uw", f"constraint_{index}_power_limit_uw"):
            try:
                found = number_in(folder / file)
            except CounterError:
                continue
            if found > 0:
                return found
    raise CounterError("absent", f"{str(folder)!r} states no long-term power limit")


def text_in(path: Path) -> str:
    """Return what a file says; raises :class:`CounterError`."""
    try:
        return path.read_text(encoding="ascii").strip()
    except PermissionError:
        raise CounterError("denied", f"{str(path)!r} may not be read by this user; {REMEDY}") from None
    except UnicodeDecodeError:
        raise CounterError("garbled", f"{str(path)!r} is not text") from None
    except OSError as error:
        raise CounterError("vanished", f"{str(path)!r} cannot be read: {error.strerror}") from None


def number_in(path: Path) -> int:
    """Return the whole number in a file, not negative; raises :class:`CounterError`."""
    text = text_in(path)
    if not text.isdecimal():
        raise CounterError("garbled", f"{str(path)!r} says {text[:40]!r}, which is no whole number")
    return int(text)
