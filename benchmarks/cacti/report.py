"""What the results say beyond prices: errors in CACTI's data, our law of leakage beside it, the law of depths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from genesys_cli.energy import leakage

from .cases import BANK, DEPTHS, DEVICES, FLAVOURS, NODE_NM, OLDER_NM, Case
from .results import ABORTED, OK, Row, growth, sweep, unsound

UNEVEN = 1.25  # a step that differs so much from those beside it
SLOPES = (0.0, leakage.THRESHOLD_PER_K, 0.001)  # volts per kelvin


def lines(rows: Iterable[Row]) -> Iterator[str]:
    rows = list(rows)
    yield "Leakage that falls with temperature; not used, in any flavour with such a device:"
    yield from (f"  {text}" for text in unsound(rows).values())
    yield "Growth from each 10 K to the next, 300 to 380 K; marked if a quarter or more off both neighbours:"
    for node in (NODE_NM, *OLDER_NM):
        for device in DEVICES:
            yield f"  {node} nm {device:5}" + " ".join(_marked(growth(sweep(rows, node, device, device))))
    yield "Our law over CACTI, both relative to 300 K, at 330, 350 and 380 K, by mV/K of the threshold:"
    for node in (NODE_NM, *OLDER_NM):
        for device in DEVICES:
            yield f"  {node} nm {device:5}" + " | ".join(_law(rows, node, device, slope) for slope in SLOPES)
    yield "Exponents of depth, 1024 to 16384 words at 330 K: read, write, leakage, area"
    for flavour in FLAVOURS:
        found = exponents(rows, *flavour)
        yield f"  {'/'.join(flavour):10}" + " ".join(f"{value:5.2f}" for value in found)
    yield "Power gating (cells at 0.65 V of 1 V, bitlines floating), leakage relative to that of the same bank without:"
    for row in rows:
        if row.case.gated:
            without = next(r for r in rows if r.case == row.case._replace(gated=False))
            share = "CACTI aborts" if row.status == ABORTED else f"{row.subthreshold_mw / without.subthreshold_mw:.2f}"
            yield f"  {row.case.node_nm} nm {row.case.cells}: {share}"


def _marked(steps: list[float]) -> Iterator[str]:
    for at, step in enumerate(steps):
        beside = [steps[k] for k in (at - 1, at + 1) if 0 <= k < len(steps)]
        odd = all(max(step / other, other / step) > UNEVEN for other in beside)
        yield f"{step:.2f}" + ("!" if odd else "")


def law_errors(rows: Iterable[Row], node_nm: int, device: str, slope: float) -> dict[int, float]:
    """Return our law over CACTI at every sound temperature, both relative to 300 K. slope: volts per kelvin"""
    sound = [row for row in sweep(rows, node_nm, device, device) if row.status == OK]
    first = sound[0]
    return {
        row.case.kelvin: leakage.temperature_factor(first.case.kelvin, row.case.kelvin, device, slope)
        / (row.subthreshold_mw / first.subthreshold_mw)
        for row in sound
    }


def _law(rows: Iterable[Row], node_nm: int, device: str, slope: float) -> str:
    found = law_errors(rows, node_nm, device, slope)
    return f"{slope * 1e3:.1f}: " + " ".join(f"{found[kelvin]:.2f}" for kelvin in (330, 350, 380))


def exponents(rows: Iterable[Row], cells: str, periphery: str) -> tuple[float, float, float, float]:
    """Return by what power of depth read, write, leakage and area grow: least squares of logarithms."""
    by_case = {row.case: row for row in rows}
    depths = sorted((*DEPTHS, BANK[0]))
    found = [by_case[Case(NODE_NM, cells, periphery, 330, words, BANK[1])] for words in depths]
    return (
        slope_of(depths, [row.read_pj for row in found]),
        slope_of(depths, [row.write_pj for row in found]),
        slope_of(depths, [row.leakage_mw for row in found]),
        slope_of(depths, [row.area_um2 for row in found]),
    )


def slope_of(sizes: Iterable[float], values: Iterable[float]) -> float:
    x, y = [math.log(size) for size in sizes], [math.log(value) for value in values]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return above / sum((a - middle_x) ** 2 for a in x)


def ascends(values: Iterable[float]) -> bool:
    return all(before < after for before, after in pairwise(values))
