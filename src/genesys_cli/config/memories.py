"""Memories that the genome buffer may be made of: what a bank costs, how fast it is and how long it lasts."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from ..ranges import Range
from .chip import ChipSettings
from .presets import preset_folder, read_toml

MEMORIES = ("sram", "stt-mram", "sot-mram", "reram", "edram", "fefet")
FORGETFUL = ("sram", "edram")
"""Those that lose their contents without power."""

FIGURES = (
    "read_pj",
    "write_pj",
    "read_ns",
    "write_ns",
    "leakage_cells_mw",
    "leakage_periphery_mw",
    "area_um2",
    "retention_s",
    "endurance_writes",
)


class Figure(NamedTuple):
    """A number of a memory, at a technology and a voltage, and where it is from."""

    value: Range
    technology_nm: float
    voltage_v: float
    scales: str
    source: str
    tag: str


class Memory(NamedTuple):
    """A bank of 4096 words of 64 bits.

    kelvin: for which its leakage holds; figures: by FIGURES, in the unit that each name ends with
    """

    name: str
    description: str
    kelvin: float
    figures: dict[str, Figure]


@lru_cache
def load_memory(name: str) -> Memory:
    """Return one of MEMORIES."""
    path = preset_folder() / "energy" / "memories" / f"{name}.toml"
    table = read_toml(path, "memory")["memory"]
    figures = {}
    for key in FIGURES:
        stated = table[key]
        value = Range(*(float(stated[side]) for side in ("low", "nominal", "high")))
        at = float(stated["technology_nm"]), float(stated["voltage_v"])
        figures[key] = Figure(value, *at, stated["scales"], stated["source"], stated["tag"])
    return Memory(table["name"], table["description"], float(table["kelvin"]), figures)


class Access(NamedTuple):
    """Cycles of the chip's clock for which a read or a write occupies its bank, at least 1."""

    read: int
    write: int


def access_of(chip: ChipSettings) -> Access:
    """Return what accesses of the genome buffer take: what the settings say, or else the memory's nominal latency.

    A latency is that of a bank of 4096 words at the voltage of its file, whatever the chip's; an access begins with a
    cycle, so it takes whole ones.
    """
    buffer = chip.buffer

    def cycles(stated: int | None, key: str) -> int:
        if stated is not None:
            return stated
        nanoseconds = load_memory(buffer.memory).figures[key].value.nominal
        return max(1, math.ceil(nanoseconds * chip.clock.frequency_hz / 1e9))

    return Access(cycles(buffer.read_cycles, "read_ns"), cycles(buffer.write_cycles, "write_ns"))


def forgets(policy: str, memory: str) -> str:
    """Return what is wrong with a power policy for a memory; empty where nothing is."""
    if policy != "off-between-steps" or memory not in FORGETFUL:
        return ""
    kept = ", ".join(name for name in MEMORIES if name not in FORGETFUL)
    return (
        f"power.policy = off-between-steps: buffer.memory = {memory} would lose the genomes at every step; choose one "
        f"of {kept}, or power.policy = retention"
    )
