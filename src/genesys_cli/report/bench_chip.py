"""The chip's report of ``genesys bench`` in few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import counts as count
from ..counts import lookup
from .bench_words import significant
from .results import number

NAMED = 0.005  # shares below this are left out of a list
DECIDE = 5  # unknowns of a tornado that are named
WAITS = {
    "banks": count.ADAM_STALL_BANKS,
    "tables": count.ADAM_STALL_TABLES,
    "DRAM": count.ADAM_STALL_DRAM,
    "results": count.ADAM_STALL_RESULTS,
}
BOUNDS = {"banks": "banks", "units": "MAC units"}
PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def chip_lines(chip: Mapping[str, Any]) -> dict[str, str]:
    """Return what is to be said of a chip, by label. chip: an entry of ``chip`` of ``genesys bench --json``"""
    seconds, cycles, used = chip["seconds"], chip["cycles"], chip["utilisation"]
    each = 1 / chip["generations"]
    sums, roofline, footprint = chip["energy"]["bottom_up"], chip["roofline"], chip["footprint"]
    joules = [value * each for value in sums["joules"]]
    calibrated = chip["energy"]["calibrated"]["joules"][1] * each
    costs = chip["costs"]["bottom_up"]
    leaking = sums["by_kind"]["leakage"][1] / sums["joules"][1] if sums["joules"][1] else 0.0

    parts = ", ".join(
        f"{name} {number(round(value))}"
        for name, value in cycles.items()
        if value and name not in ("all", "overlapped")
    )

    counted = lookup(chip["counts"])

    def n(what: count.Count) -> str:
        return number(round(counted(what) * each))

    return {
        "time": f"{si(sum(seconds.values()), 's')}: inference {si(seconds['inference'], 's')}, "
        f"evolution {si(seconds['evolution'], 's')}",
        "cycles": f"{number(round(cycles['all']))}: {parts}; {number(round(cycles['overlapped']))} of them overlap",
        "counts": f"{n(count.GENES_IN)} genes in, {n(count.GENES_OUT)} out, {n(count.BUBBLES)} bubbles, "
        f"{n(count.PRNG_WORDS)} random words, {n(count.SRAM_READS)} SRAM reads and {n(count.SRAM_WRITES)} writes by "
        f"EvE; {n(count.USEFUL_MACS)} MACs, {n(count.PADDED_MACS)} padded, {n(count.NODE_UPDATES)} nodes",
        "PEs": _shares(chip["stalls"]) or "no children were made",
        "EvE alone": _eve(chip["eve_alone"]["bottom_up"]),
        "ADAM waits": _waits({name: counted(what) * each for name, what in WAITS.items()}),
        "in use": f"PEs {percent(used['pes'])}, MAC units {percent(used['macs'])} (padded {percent(used['padded'])}), "
        f"banks {percent(used['banks'])}; {used['reads_per_cycle']:.3g} reads and {used['writes_per_cycle']:.3g} "
        "writes per cycle of EvE",
        "buffer": f"{number(round(footprint['words']))} of {number(footprint['capacity'])} words "
        f"({percent(footprint['share'])}), {number(round(footprint['dram_words']))} words of DRAM",
        "roofline": f"{roofline['macs_per_s']:.2g} of {roofline['peak_macs_per_s']:.2g} MACs/s, "
        f"{roofline['intensity']:.3g} MACs per word: {percent(roofline['share'])} of what the "
        f"{BOUNDS[roofline['bound']]} allow",
        "energy": f"{si(joules[1], 'J')} ({si(joules[0], 'J')} – {si(joules[2], 'J')}), calibrated "
        f"{si(calibrated, 'J')}; {percent(leaking)} leakage; " + _shares(_nominal(sums["by_component"])),
        **uncertain_lines(chip),
        "cost": f"{si(costs['per_gene'][1], 'J')} per gene, {si(costs['per_inference'][1], 'J')} per inference step, "
        f"energy × delay {costs['edp'][1]:.3g} J·s",
        "memory": _memory(chip["memory"]),
        "chip": f"{chip['area_mm2'][1]:.2f} mm² ({chip['area_mm2'][0]:.2f} – {chip['area_mm2'][2]:.2f}), "
        f"{si(chip['peak_w'][1], 'W')} at full activity, {si(sums['watts'][1], 'W')} here",
    }


def _eve(alone: Mapping[str, Any]) -> str:
    """Return EvE's own time and energy, without the CPU's."""
    if not alone["seconds"]:
        return "no children were made"
    seconds, joules, leaking, gene = alone["seconds"], alone["joules"][1], alone["leakage"][1], alone["per_gene"][1]
    return (
        f"{si(seconds, 's')}, {si(joules, 'J')}, of it {si(leaking, 'J')} leakage, with that of the banks; "
        f"{si(gene, 'J')} per gene of its children"
    )


def _waits(cycles: Mapping[str, float]) -> str:
    """Return for how many cycles the array waits for what."""
    found = [f"for {name} {number(round(value))} cycles" for name, value in cycles.items() if value]
    return ", ".join(found) or "never"


def _memory(memory: Mapping[str, Any]) -> str:
    """Return what the buffer is made of, and how long it lives."""
    said = f"{memory['name']}, {number(round(memory['writes']))} words written in a generation"
    if memory["years"][1] is not None:
        worn = (f"{years(low)} – {years(high)}" for low, _, high in (memory["years"], memory["rotated_years"]))
        said += ", the most written word lives {}; with all words in turn {}".format(*worn)
    return f"{said}; {memory['warning']}" if memory["warning"] else said


def years(value: float | None) -> str:
    """Return a time, given in years, in the largest unit of which it has at least one; None: it does not end."""
    if value is None:
        return "for ever"
    for name, of_a_year in (("years", 1.0), ("days", 365.25), ("hours", 8766.0), ("minutes", 525_960.0)):
        if value * of_a_year >= 1:
            return f"{significant(value * of_a_year)} {name}"
    return f"{significant(value * 31_557_600)} s"


def uncertain_lines(chip: Mapping[str, Any]) -> dict[str, str]:
    """Return what is likely, and which prices decide it; see docs/energy.md, Uncertainty."""
    likely, each = chip["energy"]["uncertainty"], 1 / chip["generations"]
    texts = {"90 %": _interval(likely, each), "decide": _decide(chip["tornado"]["alone"])}
    if likely["world"] is not None:
        texts["90 %"] += f"; in the world {_interval(likely['world'], each)}"
        texts["decide"] += f"; in the world {_decide(chip['tornado']['world'])}"
    texts["90 %"] += f"; {number(likely['draws'])} draws of all prices"
    return texts


def _interval(likely: Mapping[str, Any], each: float) -> str:
    low, median, high = (si(likely["joules"][key] * each, "J") for key in ("low_90", "median", "high_90"))
    return f"{low} – {high}, median {median}"


def _decide(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the unknowns that change joules most, and by how much from their low to their high."""
    return ", ".join(f"{row['unknown']} {si(row['swing'], 'J')}" for row in rows[:DECIDE])


def si(value: float, unit: str) -> str:
    """Return a quantity with a prefix: 875 µJ."""
    for size, prefix in PREFIXES:
        if abs(value) >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}" if value else f"0 {unit}"


def percent(share: float) -> str:
    return f"{share * 100:.2g} %" if 0 < share < 0.1 else f"{share * 100:.0f} %"


def _nominal(ranges: Mapping[str, Any]) -> dict[str, float]:
    """Return each range's nominal value as a share of their sum."""
    whole = sum(value[1] for value in ranges.values())
    return {name: value[1] / whole if whole else 0.0 for name, value in ranges.items()}


def _shares(shares: Mapping[str, float]) -> str:
    """Return shares in descending order, without those that hardly count."""
    shown = sorted(shares.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {percent(share)}" for name, share in shown if share >= NAMED)
