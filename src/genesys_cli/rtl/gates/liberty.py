"""Cell libraries: area, leakage, capacitances, and the tables of delay and internal energy, in units of our own.

Units: um2, nW, fF, ps, fJ, V. A table of internal power holds energy, in units of voltage squared times capacitance:
what a transition takes from the supply beside the charge of the net that is driven.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ...errors import UserError
from .functions import truth_table
from .liberty_text import Group, parse

RISE, FALL = 1, 0
EDGES = {RISE: "rise", FALL: "fall"}

_PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3}


class Table(NamedTuple):
    """Values at points of one or two axes, or one value.

    axes: ascending points of each; values: of the first axis' points, each a row of the second's
    """

    axes: tuple[tuple[float, ...], ...]
    values: tuple[tuple[float, ...], ...]

    def at(self, first: float, second: float = 0.0) -> float:
        """Return the value there, linear between points, and beyond the ends as between the last two points."""
        if not self.axes:
            return self.values[0][0]
        row, share = _place(self.axes[0], first)
        if len(self.axes) == 1:
            low, high = self.values[0][row], self.values[0][row + 1]
            return low + share * (high - low)
        column, part = _place(self.axes[1], second)
        here, there = self.values[row], self.values[row + 1]
        low = here[column] + part * (here[column + 1] - here[column])
        high = there[column] + part * (there[column + 1] - there[column])
        return low + share * (high - low)


class Arc(NamedTuple):
    """How an input moves an output, or what it must keep to a clock. sense: of Liberty; when: empty for always

    delay, transition: by edge of the output, over (input transition, load), in ps
    constraint: by edge of the input, over (its transition, that of the clock), in ps
    """

    related: str
    kind: str
    sense: str
    when: str
    delay: Mapping[int, Table]
    transition: Mapping[int, Table]
    constraint: Mapping[int, Table]

    def causes(self, edge: int) -> tuple[int, ...]:
        """Return the edges of the related pin that can bring about an edge of the output."""
        if self.kind in ("rising_edge", "falling_edge"):
            return (RISE,) if self.kind == "rising_edge" else (FALL,)
        return {"positive_unate": (edge,), "negative_unate": (1 - edge,)}.get(self.sense, (RISE, FALL))


class Power(NamedTuple):
    """What a transition of a pin costs inside the cell. related: the input that caused it, empty for an input pin

    energy: by edge of the pin, over (transition, load), in fJ
    """

    related: str
    when: str
    energy: Mapping[int, Table]


class Pin(NamedTuple):
    """A pin. function: of an output, empty where it has none; clock: whether it is a clock's input"""

    name: str
    direction: str
    capacitance: float
    most_load: float
    function: str
    clock: bool
    arcs: tuple[Arc, ...]
    powers: tuple[Power, ...]


COMBINATIONAL, FLOP, LATCH, CLOCK_GATE, OTHER = "combinational", "flop", "latch", "clock gate", "other"


class Cell(NamedTuple):
    """A cell. kind: one of the above; state: of a flop, its next state and clock, by Liberty's names"""

    name: str
    kind: str
    area: float
    leakage: float
    state: Mapping[str, str]
    pins: Mapping[str, Pin]

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(pin.name for pin in self.pins.values() if pin.direction == "input")

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(pin.name for pin in self.pins.values() if pin.direction == "output")

    @property
    def clock(self) -> str:
        """Return the name of the clock's pin; empty where there is none."""
        return next((pin.name for pin in self.pins.values() if pin.clock), "")

    def output_table(self, output: str) -> int:
        """Return the truth table of a combinational output over the inputs."""
        return truth_table(self.pins[output].function, self.inputs)


class WireLoad(NamedTuple):
    """Length of a net by its number of sinks. capacitance: fF per unit of length; slope: length of one sink more"""

    name: str
    capacitance: float
    slope: float
    lengths: tuple[tuple[int, float], ...]

    def load(self, fanout: int) -> float:
        """Return the fF of a net's wire; linear between the stated fan-outs, with the slope beyond them."""
        if fanout <= 0:
            return 0.0
        last_fanout, last = 0, 0.0
        for number, length in self.lengths:
            if fanout <= number:
                share = (fanout - last_fanout) / (number - last_fanout)
                return self.capacitance * (last + share * (length - last))
            last_fanout, last = number, length
        return self.capacitance * (last + self.slope * (fanout - last_fanout))


class Library(NamedTuple):
    """A library at one corner. wire: the wire load model that it names as its default"""

    name: str
    volts: float
    celsius: float
    process: str
    cells: Mapping[str, Cell]
    wire: WireLoad


def read_library(path: Path) -> Library:
    """Return a Liberty file's library; raises :class:`UserError`."""
    try:
        return _library(parse(path.read_text(encoding="utf-8", errors="replace")), path)
    except OSError as error:
        raise UserError(f"the cell library {path.name} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError) as error:
        raise UserError(f"the cell library {path.name} is no Liberty file that can be used: {error}") from None


def _library(group: Group, path: Path) -> Library:
    units = _Units(group)
    wire = group.simple.get("default_wire_load")
    models = {model.names[0]: model for model in group.all("wire_load")}
    if wire not in models:
        raise UserError(f"the cell library {path.name} names no wire load model as its default; choose one that does")
    conditions = next(group.all("operating_conditions"), group)
    return Library(
        name=group.names[0],
        volts=float(group.simple["nom_voltage"]),
        celsius=float(group.simple["nom_temperature"]),
        process=conditions.simple.get("process_corner", "nominal"),
        cells={cell.names[0]: _cell(cell, units) for cell in group.all("cell")},
        wire=_wire(models[wire], units),
    )


class _Units:
    """Factors from a file's units to ours, and the axes of its templates."""

    def __init__(self, group: Group) -> None:
        self.time = _scale(group.simple["time_unit"]) / 1e-12
        number, unit = group.values("capacitive_load_unit") or ("1", "pf")
        self.capacitance = float(number) * _scale(f"1{unit}") / 1e-15
        self.leakage = _scale(group.simple["leakage_power_unit"]) / 1e-9
        self.energy = self.capacitance * _scale(group.simple["voltage_unit"]) ** 2
        self.templates = {
            template.names[0]: tuple(template.simple[key] for key in ("variable_1", "variable_2") if key in
                                     template.simple)
            for kind in ("lu_table_template", "power_lut_template")
            for template in group.all(kind)
        }  # fmt: skip

    def table(self, group: Group, factor: float) -> Table:
        """Return a table with its values times a factor; its axes are turned so that times come before loads."""
        rows = tuple(tuple(factor * float(one) for one in row.split(",")) for row in group.values("values") or ())
        variables = self.templates.get(group.names[0], ()) if group.names else ()
        axes = []
        for place, variable in enumerate(variables, 1):
            points = group.values(f"index_{place}")
            if points is None:
                raise ValueError(f"a table of {group.kind} has no index_{place}")
            unit = self.capacitance if "capacitance" in variable else self.time
            axes.append(tuple(unit * float(point) for point in points[0].split(",")))
        if len(variables) == 2 and "capacitance" in variables[0]:
            axes, rows = axes[::-1], tuple(zip(*rows, strict=True))
        return Table(tuple(axes), rows)


def _scale(text: str) -> float:
    """Return the number of base units in a unit such as ``1ns`` or ``10ff``."""
    found = re.fullmatch(r"([\d.]+)([fpnumk]?)(?:s|[fF]|V|W|A|ohm)", text)
    if found is None:
        raise ValueError(f"{text!r} is no unit")
    return float(found[1]) * _PREFIXES[found[2]]


def _cell(group: Group, units: _Units) -> Cell:
    pins = {pin.names[0]: _pin(pin, units) for pin in group.all("pin")}
    state: dict[str, str] = {}
    if "clock_gating_integrated_cell" in group.simple:
        kind = CLOCK_GATE
    elif flop := next(group.all("ff"), None):
        kind, state = FLOP, {**flop.simple, "names": " ".join(flop.names)}
    elif any(True for _ in group.all("latch")) or any(True for _ in group.all("statetable")):
        kind = LATCH
    else:
        outputs = [pin for pin in pins.values() if pin.direction == "output"]
        plain = all(pin.function for pin in outputs) and not any(
            "three_state" in pin.simple for pin in group.all("pin")
        )
        kind = COMBINATIONAL if outputs and plain else OTHER
    return Cell(
        name=group.names[0],
        kind=kind,
        area=float(group.simple.get("area", 0.0)),
        leakage=units.leakage * float(group.simple.get("cell_leakage_power", 0.0)),
        state=state,
        pins={name: pin for name, pin in pins.items() if pin.direction in ("input", "output")},
    )


def _pin(group: Group, units: _Units) -> Pin:
    simple = group.simple
    return Pin(
        name=group.names[0],
        direction=simple.get("direction", ""),
        capacitance=units.capacitance * float(simple.get("capacitance", 0.0)),
        most_load=units.capacitance * float(simple.get("max_capacitance", math.inf)),
        function=simple.get("function", ""),
        clock=simple.get("clock") == "true" or simple.get("clock_gate_clock_pin") == "true",
        arcs=tuple(arc for timing in group.all("timing") for arc in _arcs(timing, units)),
        powers=tuple(power for found in group.all("internal_power") for power in _powers(found, units)),
    )


def _arcs(group: Group, units: _Units) -> Iterator[Arc]:
    def tables(names: Mapping[int, str]) -> dict[int, Table]:
        found = {}
        for edge, name in names.items():
            for table in group.all(name):
                found[edge] = units.table(table, units.time)
        return found

    for related in group.simple.get("related_pin", "").split():
        yield Arc(
            related,
            group.simple.get("timing_type", "combinational"),
            group.simple.get("timing_sense", "non_unate"),
            group.simple.get("when", ""),
            tables({RISE: "cell_rise", FALL: "cell_fall"}),
            tables({RISE: "rise_transition", FALL: "fall_transition"}),
            tables({RISE: "rise_constraint", FALL: "fall_constraint"}),
        )


def _powers(group: Group, units: _Units) -> Iterator[Power]:
    energy = {}
    for edge, name in EDGES.items():
        for table in group.all(f"{name}_power"):
            energy[edge] = units.table(table, units.energy)
    if energy:
        for related in group.simple.get("related_pin", "").split() or [""]:
            yield Power(related, group.simple.get("when", ""), energy)


def _wire(group: Group, units: _Units) -> WireLoad:
    lengths = sorted((int(number), float(length)) for name, (number, length, *_) in
                     ((name, values) for name, values in group.complex if name == "fanout_length"))  # fmt: skip
    return WireLoad(
        group.names[0],
        units.capacitance * float(group.simple["capacitance"]),
        float(group.simple["slope"]),
        tuple(lengths),
    )


def _place(points: tuple[float, ...], value: float) -> tuple[int, float]:
    """Return the interval that holds a value, the first or last one beyond the ends, and its share of it."""
    at = min(max(bisect_right(points, value) - 1, 0), len(points) - 2)
    return at, (value - points[at]) / (points[at + 1] - points[at])
