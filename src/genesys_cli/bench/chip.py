"""The report on EvE and ADAM: counts, cycles, stalls, utilisation, energy, area, and where the chip stands."""

from __future__ import annotations

import math
from typing import Any

from .. import counts as count
from ..config.backends import kind_of
from ..config.chip import ChipSettings
from ..config.memories import FORGETFUL, load_memory
from ..costs.estimates import EMULATED, MODELLED
from ..counts import Row, lookup
from ..energy import figures
from ..energy.block import PHASES
from ..energy.chip import Pricing
from ..energy.memories import SHORT_YEARS, Lifetime, lifetime
from ..energy.peak import Peak, peak
from ..energy.table import EnergyTable
from ..ranges import Range
from .rows import Group
from .uncertain import chip_tornado, chip_uncertainty

CYCLES = {
    "EvE": count.EVOLVE_CYCLES,
    "DRAM": count.DRAM_CYCLES,
    "searches": count.CPU_CHECK_CYCLES,
    "species": count.CPU_SPECIATE_CYCLES,
    "parents": count.CPU_SELECT_CYCLES,
    "vectorising": count.CPU_VECTORISE_CYCLES,
    "ADAM": count.ADAM_CYCLES,
    "steps": count.CPU_STEP_CYCLES,
    "fitness": count.CPU_FITNESS_CYCLES,
}
"""What is done, by EvE, ADAM or else the CPU, and its cycles, which overlap."""


def chip_report(group: Group, chip: ChipSettings, table: EnergyTable, *, lines: bool) -> dict[str, Any]:
    """Return all that is known of the chip in a group; of a generation on average, but for `counts`.

    lines: whether each product of a count and a price is listed
    """
    energy, counts, generations = group.chip, group.result.counts, group.result.generations
    assert energy is not None
    assert counts is not None
    n = lookup(counts)
    full = peak(chip, table)
    priced = energy.as_json()
    if not lines:
        del priced["lines"]
    costs = {
        name: figures.as_json(
            figures.costs(
                energy,
                counts,
                decisions=group.result.workload.steps * generations,
                generations=generations,
                calibrated=calibrated,
            )
        )
        for name, calibrated in (("bottom_up", False), ("calibrated", True))
    }
    roofline = figures.roofline(counts, chip)
    return {
        "env": group.env,
        "backend": group.backend,
        "origin": EMULATED if kind_of(group.backend).counts_itself else MODELLED,
        "point": group.point,
        "seeds": list(group.seeds),
        "generations": generations,
        "settings": chip.model_dump(),
        "counts": dict(counts),
        "cycles": {name: n(cycles) / generations for name, cycles in CYCLES.items()}
        | {"overlapped": n(count.OVERLAPPED_CYCLES) / generations, "all": n(count.GENERATION_CYCLES) / generations},
        "seconds": {phase: energy.seconds[phase] / generations for phase in PHASES},
        "bank_words": {phase: words / generations for phase, words in bank_words(counts, chip).items()},
        "stalls": figures.stalls(counts),
        "utilisation": figures.as_json(figures.utilisation(counts, chip)),
        "footprint": figures.as_json(figures.footprint(counts, chip, generations)),
        "roofline": figures.as_json(roofline) | {"share": roofline.share},
        "costs": costs,
        "eve_alone": {
            name: figures.as_json(
                figures.eve_alone(energy, counts, chip, generations=generations, calibrated=calibrated)
            )
            for name, calibrated in (("bottom_up", False), ("calibrated", True))
        },
        "memory": memory_report(group, chip),
        "world": None if group.world is None else group.world.document(None),
        "area_mm2": list(full.mm2),
        "peak_w": list(full.watts),
        "energy": priced | {"uncertainty": chip_uncertainty(group)},
        "tornado": chip_tornado(group),
    }


def memory_report(group: Group, chip: ChipSettings) -> dict[str, Any]:
    """Return what the buffer is made of and how long it lives if the chip always learns, in the world if there is one.

    Years are low, nominal, high; null where writes do not wear it. warning: empty where there is none
    """
    assert group.chip is not None
    assert group.result.counts is not None
    generations = group.result.generations
    world = group.world.seconds if group.world is not None else None
    seconds = group.chip.all_seconds / generations if world is None else world
    found = lifetime(group.result.counts, chip, seconds, generations)
    kept = load_memory(chip.buffer.memory).figures["retention_s"].value
    years = {"years": found.years, "rotated_years": found.rotated_years}
    return {
        "name": chip.buffer.memory,
        "writes": found.writes,
        "hottest_word": found.hottest,
        **{key: [y if math.isfinite(y) else None for y in value] for key, value in years.items()},
        "retention_s": list(kept),
        "warning": _warning(chip.buffer.memory, found, kept.nominal, seconds),
    }


def _warning(memory: str, found: Lifetime, kept_s: float, seconds: float) -> str:
    if memory not in FORGETFUL and kept_s < seconds:
        return f"{memory} keeps its contents for {kept_s:.3g} s, less than the {seconds:.3g} s of a generation"
    if found.years.nominal < SHORT_YEARS:
        return f"{memory} wears out within a year: choose another buffer.memory, or rotate the image"
    return ""


def bank_words(counts: Row, chip: ChipSettings) -> dict[str, float]:
    """Return the words of 64 bits that move between banks and the rest by phase."""
    n = lookup(counts)
    return {
        "inference": figures.inference_words(counts, chip),
        "evolution": n(count.SRAM_READS) + n(count.SRAM_WRITES),
    }


def peak_report(chip: ChipSettings, name: str, table: EnergyTable) -> dict[str, Any]:
    """Return area and power of a chip at full activity, beside what is published of it."""
    found: Peak = peak(chip, table)
    sleeps = [
        {key: list(value) if isinstance(value, Range) else value for key, value in row.items()}
        for row in Pricing(chip, table).sleeps()
    ]
    settings = chip.model_dump()
    return {"chip": name, "energy_table": table.name, "settings": settings, **found.as_json(), "sleeps": sleeps}
