"""The SRAMs that CACTI is asked for, and the configuration file of each.

A case is one SRAM of one flavour at one temperature: a single-ported scratchpad (CACTI's ``ram``) as wide as its data
bus. A flavour names the transistors of the cells and those of the periphery, in the words of the ITRS: ``hp`` high
performance, ``lop`` low operating power, ``lstp`` low standby power. CACTI takes temperatures in steps of 10 K.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

TEMPLATE = Path(__file__).with_name("template.cfg")

FLAVOURS = (("hp", "hp"), ("lstp", "hp"), ("lstp", "lop"), ("lop", "lop"), ("lstp", "lstp"))
"""Cells and periphery."""

DEVICES = ("hp", "lop", "lstp")
EDRAM = "lp-dram"  # cells of a transistor and a capacitor, which CACTI has at 32 nm, not at 22
KELVIN = tuple(range(300, 390, 10))
CORNERS_K = (300, 330, 350)  # those of the corners in prices.py
NODE_NM = 22
OLDER_NM = (32, 45)  # of which only temperatures are compared
BANK = (4096, 64)  # words and bits: 32 KB
SMALL = (4096, 32)  # 16 KiB: an activation table, or half of the CPU's memory
DEPTHS = (1024, 2048, 8192, 16384)

ANY = "100000:100000:100000:100000:100000"
OBJECTIVES = {
    "ed2": ("0:0:0:100:0", "20:100000:100000:100000:100000", "ED^2"),
    "smallest": ("0:0:0:0:100", ANY, "NONE"),
    "frugal": ("0:100:100:0:100", ANY, "NONE"),
}
"""How CACTI divides an SRAM into subarrays: weights (delay, energy, leakage, cycle, area), deviations, optimisation.

``ed2`` is the setting of CACTI's own ``cache.cfg``: least energy x delay^2; ``smallest`` is least area; ``frugal``
weighs energy of a read, leakage and area alike.
"""


class Case(NamedTuple):
    """One run of CACTI."""

    node_nm: int
    cells: str
    periphery: str
    kelvin: int
    words: int
    bits: int
    objective: str = "ed2"
    gated: bool = False

    @property
    def name(self) -> str:
        gated = "-gated" if self.gated else ""
        return (
            f"{self.node_nm}nm-{self.cells}-{self.periphery}-{self.kelvin}K-{self.words}x{self.bits}"
            f"-{self.objective}{gated}"
        )

    @property
    def group(self) -> str:
        """The file that keeps what CACTI printed: one for each node and flavour."""
        return f"{self.node_nm}nm-{self.cells}-{self.periphery}"

    def config(self) -> str:
        """Return CACTI's configuration file."""
        weights, deviations, optimize = OBJECTIVES[self.objective]
        return TEMPLATE.read_text(encoding="utf-8").format(
            bytes=self.words * self.bits // 8,
            word_bytes=self.bits // 8,
            micrometres=f"{self.node_nm / 1000:.3f}",
            bits=self.bits,
            kelvin=self.kelvin,
            cell_type=self.cells if self.cells == EDRAM else f"itrs-{self.cells}",
            periphery=self.periphery,
            weights=weights,
            deviations=deviations,
            optimize=optimize,
            gated=str(self.gated).lower(),
        )


def cases() -> list[Case]:
    """Return every case, in the order of ``results.csv``.

    Banks at all temperatures; at the corners' temperatures the other two objectives, and a small memory with all three;
    depths at 330 K; the three devices of two older nodes, only to compare how leakage grows with temperature; power
    gating, on which CACTI aborts at 22 nm; and embedded DRAM.
    """
    found = []
    for cells, periphery in FLAVOURS:
        found += [Case(NODE_NM, cells, periphery, kelvin, *BANK) for kelvin in KELVIN]
        found += [
            Case(NODE_NM, cells, periphery, kelvin, *BANK, objective)
            for kelvin in CORNERS_K
            for objective in OBJECTIVES
            if objective != "ed2"
        ]
        found += [
            Case(NODE_NM, cells, periphery, kelvin, *SMALL, objective)
            for kelvin in CORNERS_K
            for objective in OBJECTIVES
        ]
        found += [Case(NODE_NM, cells, periphery, 330, words, BANK[1]) for words in DEPTHS]
    for node in OLDER_NM:
        found += [Case(node, device, device, kelvin, *BANK) for device in DEVICES for kelvin in KELVIN]
    found += [Case(node, "hp", "hp", 330, *BANK, gated=True) for node in (NODE_NM, OLDER_NM[0])]
    found.append(Case(32, EDRAM, "hp", 330, *BANK))
    return found
