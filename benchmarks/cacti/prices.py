"""From results of CACTI at 22 nm to entries of an energy table at 15 nm, for one flavour and one corner at a time.

A corner is a temperature and a die: ``cold-slow``, ``typical`` and ``hot-fast``. CACTI knows temperature only; the
sound temperature nearest to 85 degrees Celsius, in all flavours, is 350 K (77 degrees; see results.py). How much
thresholds differ between dies is our own: 30 mV either way, so a factor of 2.4 to 2.8 on subthreshold leakage. Gate
leakage, energy and area are the same on all dies.

Low, nominal and high are not corners. They are one flavour at one corner, divided into subarrays in three ways:
nominal as CACTI does by default, low and high the least and the most of that, of least area and of least energy. So
nothing is a mean, and no entry mixes flavours or temperatures.

Entries are scaled to 15 nm as every other is, by ``genesys_cli.energy.scaling``. The voltage is that of CACTI's
devices: 0.8 V, ``lop`` 0.6 V. With ``lstp`` cells and ``lop`` periphery both are present; the entry has the
periphery's, so that scaling it up to 0.8 V or more gives an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from genesys_cli.energy import leakage, scaling

from .cases import BANK, NODE_NM, OBJECTIVES, SMALL, Case
from .results import OK, Row

TO_NM = 15.0
PROCESS_V = 0.03
SMALL_KIB = SMALL[0] * SMALL[1] // 8 // 1024


class Corner(NamedTuple):
    """kelvin: at which CACTI was run; shift_v: by how much thresholds are lower than typical"""

    kelvin: int
    shift_v: float


CORNERS = {
    "cold-slow": Corner(300, -PROCESS_V),
    "typical": Corner(330, 0.0),
    "hot-fast": Corner(350, PROCESS_V),
}

DIES = {
    "cold-slow": "a slow die (thresholds 30 mV up, our own)",
    "typical": "a typical die",
    "hot-fast": "a fast die (thresholds 30 mV down, our own)",
}


class Entry(NamedTuple):
    """An entry of an energy table at 15 nm. kind: energy, leakage or area; low, nominal, high: pJ, mW, um2"""

    kind: str
    component: str
    action: str
    low: float
    nominal: float
    high: float
    voltage_v: float
    source: str

    def toml(self) -> str:
        named = "action" if self.kind == "energy" else "part"
        scales = "technology" if self.kind == "area" else "technology and voltage"
        return "\n".join(
            (
                f"[[{self.kind}]]",
                f'component = "{self.component}"',
                f'{named} = "{self.action}"',
                f"low = {_digits(self.low)}",
                f"nominal = {_digits(self.nominal)}",
                f"high = {_digits(self.high)}",
                f"technology_nm = {TO_NM:g}",
                f"voltage_v = {self.voltage_v:g}",
                f'scales = "{scales}"',
                f'source = "{self.source}"',
                'tag = "C"',
                "",
            )
        )


def _digits(value: float) -> str:
    """Return four digits, and no fewer than there are before the point."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.4g}"


def supply(periphery: str) -> float:
    """Return the supply voltage of CACTI's devices at 22 nm."""
    return 0.6 if periphery == "lop" else 0.8


def entries(rows: Iterable[Row], cells: str, periphery: str, corner: str) -> list[Entry]:
    """Return the entries of one flavour at one corner: bank, lookup tables and the CPU's memory."""
    by_case = {row.case: row for row in rows}
    kelvin, shift = CORNERS[corner]
    flavour = (NODE_NM, cells, periphery, kelvin)
    banks = [_sound(by_case[Case(*flavour, *BANK, objective)]) for objective in OBJECTIVES]
    small = [_sound(by_case[Case(*flavour, *SMALL, objective)]) for objective in OBJECTIVES]
    volts = supply(periphery)
    energy = scaling.energy_factor(NODE_NM, volts, TO_NM, volts, scaling.BOTH)
    area = scaling.area_factor(NODE_NM, TO_NM)
    leak = scaling.leakage_factor(NODE_NM, volts, TO_NM, volts, scaling.BOTH)
    die = leakage.process_factor(shift, kelvin)
    cacti = f"CACTI 7, itrs-{cells} cells, itrs-{periphery} periphery, 22 nm, scaled"
    hot = f"{cacti}; {kelvin} K, {DIES[corner]}"
    bank, memory = "a bank of 32 KB, 64 bits", "16 KiB, 32 bits"
    part = f"a 16th of {memory}"
    half = "half a word, as instructions have 16 bits"

    def leaks(row: Row) -> float:
        return (row.subthreshold_mw * die + row.gate_mw) * leak

    found = [
        ("energy", "sram", "read", [row.read_pj * energy for row in banks], f"{bank}: {cacti}"),
        ("energy", "sram", "write", [row.write_pj * energy for row in banks], f"{bank}: {cacti}"),
        ("energy", "activation", "lookup", [row.read_pj * energy for row in small], f"{memory}: {cacti}"),
        ("energy", "cpu", "fetch", [row.read_pj * energy / 2 for row in small], f"{memory}, {half}: {cacti}"),
        ("leakage", "sram", "bank", [leaks(row) for row in banks], f"{bank}: {hot}"),
        ("leakage", "activation", "kib", [leaks(row) / SMALL_KIB for row in small], f"{part}: {hot}"),
        ("leakage", "cpu", "memory", [leaks(row) for row in small], f"{memory}: {hot}"),
        ("area", "sram", "bank", [row.area_um2 * area for row in banks], f"{bank}: {cacti}"),
        (
            "area",
            "activation",
            "kib",
            [row.area_um2 * area / SMALL_KIB for row in small],
            f"{part}: {cacti}",
        ),
        ("area", "cpu", "memory", [row.area_um2 * area for row in small], f"{memory}: {cacti}"),
    ]
    return [
        Entry(kind, component, action, min(values), values[0], max(values), volts, source)
        for kind, component, action, values, source in found
    ]


def _sound(row: Row) -> Row:
    if row.status != OK:
        raise SystemExit(f"{row.case.name} is {row.status} and cannot be a price")
    return row


def toml(rows: Iterable[Row], flavours: Iterable[tuple[str, str]], corners: Iterable[str]) -> str:
    """Return entries as TOML, each flavour and corner under a heading. One of each is a piece of a table."""
    rows = list(rows)
    parts = []
    for cells, periphery in flavours:
        for corner in corners:
            parts.append(f"# --- SRAM: {cells} cells, {periphery} periphery; {corner}, {CORNERS[corner].kelvin} K\n")
            parts += [entry.toml() for entry in entries(rows, cells, periphery, corner)]
    return "\n".join(parts)
