"""From figures of modules to an energy table: what gates say replaces what the table from the literature says.

Figures are those of ``measure.record``, by the name of what was measured. A rule says which entry follows from which
figures; where one of these was not measured, the entry keeps what the other table has.

Scaling to 15 nm is a choice, see :class:`Shrink`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...energy import leakage, scaling
from ...energy.table import AREA, ENERGY, LEAKAGE, NAMED, UNITS
from ...ranges import Range

NODE_NM = 45.0
TO_NM, TO_V = 15.0, 0.8
KELVIN = 330.0
"""Of nominal leakage, as in the other tables."""

CORNERS = ((300.0, -0.03), (KELVIN, 0.0), (350.0, 0.03))
"""Kelvin, and by how many volts thresholds are lower: cold slow, typical, hot fast, as in the other tables."""

PLACED = 0.7
"""The share of a placed block that cells fill: our own. The high end of an area is the cells' area divided by it."""


class Block(NamedTuple):
    """What is published of a block in NanGate 15 nm, at 0.8 V and 298 K. leakage_nw: of all its cells"""

    area_um2: float
    leakage_nw: float


PUBLISHED_BLOCKS = {
    "generator": Block(80.17, 3250.0),
    "crossover": Block(325.8, 13300.0),
    "perturbation": Block(165.5, 7060.0),
    "deletion": Block(440.1, 17000.0),
}
"""Blocks of a public PE, from the area and power reports of its synthesis."""

Figures = Mapping[str, Any]


class Shrink(NamedTuple):
    """How areas and leakage go from 45 to 15 nm.

    area, leakage: factors, the latter from the library's voltage to 0.8 V; why: for the source of an entry
    """

    name: str
    area: Range
    leakage: Range
    why: str


def equations(volts: float) -> Shrink:
    """Return the laws that every other entry is scaled with. volts: at which the library leaks"""
    ends = [scaling.area_factor(NODE_NM, node) for node in (14.0, 16.0)]
    area = Range(ends[0], scaling.area_factor(NODE_NM, TO_NM), ends[1])
    leaks = area.scaled(leakage.voltage_factor(volts, TO_V, KELVIN))
    return Shrink("equations", area, leaks, "the scaling equations from 45 to 15 nm")


def blocks(found: Mapping[str, Figures]) -> Shrink:
    """Return what four blocks do that are known in both libraries: the least, that of their sums, the most.

    found: by name, what they take at 45 nm: `area_um2` and `leakage_nw`
    """

    def factor(key: str) -> Range:
        pairs = [(getattr(block, key), found[name][key]) for name, block in PUBLISHED_BLOCKS.items()]
        small, large = (sum(values) for values in zip(*pairs, strict=True))
        ratios = [one / other for one, other in pairs]
        return Range(min(ratios), small / large, max(ratios))

    return Shrink("blocks", factor("area_um2"), factor("leakage_nw"), "four blocks of a public PE in both libraries")


class Entry(NamedTuple):
    """An entry of an energy table. kind: of table.py; value: in UNITS[kind]"""

    kind: str
    component: str
    action: str
    value: Range
    technology_nm: float
    voltage_v: float
    source: str

    def shrunk(self, how: Shrink) -> Entry:
        """Return the entry at 15 nm and 0.8 V: areas and leakage by `how`, energy by the scaling equations."""
        here, there = (self.technology_nm, self.voltage_v), (TO_NM, TO_V)
        if self.kind == ENERGY:
            value = self.value.scaled(scaling.energy_factor(*here, *there, scaling.BOTH))
            source = f"{self.source}; scaled by the equations"
        else:
            value = self.value.times(how.area if self.kind == AREA else how.leakage)
            source = f"{self.source}; scaled by {how.why}"
        return self._replace(value=value, technology_nm=TO_NM, voltage_v=TO_V, source=source)

    def document(self) -> dict[str, Any]:
        """Return the entry as a table of TOML."""
        low, nominal, high = (float(f"{one:.4g}") for one in self.value)
        scales = scaling.TECHNOLOGY if self.kind == AREA else scaling.BOTH
        return {
            "component": self.component,
            NAMED[self.kind]: self.action,
            "low": low,
            "nominal": nominal,
            "high": high,
            "technology_nm": self.technology_nm,
            "voltage_v": self.voltage_v,
            "scales": scales,
            "source": self.source,
            "tag": "C",
        }


class Rule(NamedTuple):
    """How an entry follows from figures. needs: what has to be measured; value: pJ, nW or um2; how: for its source"""

    kind: str
    component: str
    action: str
    needs: tuple[str, ...]
    value: Callable[[Figures], Range]
    how: str


def energy_of(unit: Figures, label: str, *, less: tuple[str, ...] = (), only: str = "", part: str = "") -> Range:
    """Return pJ a cycle of a label. less: without these modules; only: of this module, or of this part, alone"""
    found = unit["energy_pj_per_cycle"][label]
    if part:
        return Range(*found["parts"][part])
    if only:
        return Range(*found["modules"][only])
    values = [one - sum(found["modules"][name][place] for name in less) for place, one in enumerate(found["all"])]
    return Range(*values)


def size_of(unit: Figures, key: str, *, less: tuple[str, ...] = (), only: str = "") -> float:
    """Return the sum of `area_um2` or `leakage_nw` over a unit's modules. less: without these; only: of this one"""
    return float(
        sum(one[key] for one in unit["modules"] if one["name"] not in less and (not only or one["name"] == only))
    )


def area_range(cells: float) -> Range:
    return Range(cells, cells, cells / PLACED)


def entries(units: Mapping[str, Figures], about: Mapping[str, Any], rules: tuple[Rule, ...]) -> list[Entry]:
    """Return the entries that follow from what was measured, at the library's node and voltage."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    origin = f"gates of our own RTL in {about['library']}, {about['process']}, {about['celsius']:g} C ({versions})"
    kelvin = about["celsius"] + 273.15
    found = []
    for rule in rules:
        if any(name not in units for name in rule.needs):
            continue
        value = rule.value(units)
        if rule.kind == LEAKAGE:
            factors = [
                leakage.temperature_factor(kelvin, hot) * leakage.process_factor(shift, hot) for hot, shift in CORNERS
            ]
            value = Range(*(1e-6 * one * factor for one, factor in zip(value, factors, strict=True)))
        source = f"{rule.how}: {origin}"
        found.append(Entry(rule.kind, rule.component, rule.action, value, NODE_NM, about["volts"], source))
    return found


def table(
    base: Mapping[str, Any], found: list[Entry], description: str, laws: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the document of an energy table: `base`, with the entries and laws that were found in place of its own."""
    by_key = {(entry.kind, entry.component, entry.action): entry for entry in found}
    document = {
        **base,
        "table": {**base["table"], "description": description},
        "laws": {**base["laws"], **(laws or {})},
    }
    for kind, named in NAMED.items():
        document[kind] = [
            by_key[kind, one["component"], one[named]].document()
            if (kind, one["component"], one[named]) in by_key
            else one
            for one in base[kind]
        ]
    return document


def moved(base: Mapping[str, Any], found: list[Entry]) -> list[tuple[str, str, float, float]]:
    """Return (entry, unit, nominal in `base`, nominal of gates) of each entry, both at 15 nm and 0.8 V."""
    lines = []
    for entry in found:
        named = NAMED[entry.kind]
        old = next(one for one in base[entry.kind] if (one["component"], one[named]) == (entry.component, entry.action))
        name = f"{entry.component}.{entry.action}"
        lines.append((f"{entry.kind} {name}", UNITS[entry.kind], float(old["nominal"]), entry.value.nominal))
    return lines
