"""The longest path through a netlist, by adding up delays of the library's tables. It is an estimate:

- Nothing is placed. A net's wire is the length that the library's default wire load model gives for its fan-out, times
  that model's capacitance per length; the resistance of wires is left out. For NanGate 45 nm that is
  ``5K_hvratio_1_1``, of blocks of some 5000 gates.
- The clock is ideal: it reaches all flip-flops at once, with one transition time.
- Where several paths meet, the slowest transition goes on. No path is false.

A path ends at a flip-flop or a clock gate, whose setup time counts, or at an output or a memory, where nothing does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...errors import UserError
from .liberty import CLOCK_GATE, COMBINATIONAL, FALL, FLOP, RISE, Arc, Library
from .netlist import Netlist

CLOCK_PS = 40.0
"""Transition time of the clock at every flip-flop, 30 to 70 % of the supply: our own, as of a buffer of its tree."""

INPUT_PS = 40.0
"""Transition time of each input, as of a gate with a few sinks: our own."""


class Step(NamedTuple):
    """A cell of a path. arrival: ps after the clock's edge; edge: of its output"""

    instance: str
    cell: str
    pin: str
    edge: int
    arrival: float


class Timing(NamedTuple):
    """Loads, transitions and arrivals of all nets.

    loads: fF of each net, pins and wire; wires: of the wire alone; slews, arrivals: ps, by net and edge
    longest: ps, with the setup time at its end; end: where; path: from its start
    overloaded: nets with more than their driver's largest load
    """

    loads: list[float]
    wires: list[float]
    slews: list[tuple[float, float]]
    arrivals: list[tuple[float, float]]
    longest: float
    end: str
    path: list[Step]
    overloaded: int


def analyse(netlist: Netlist, library: Library, *, wires: float = 1.0) -> Timing:
    """Return the timing of a netlist. wires: what the capacitance of wires is multiplied by

    An output of the module is loaded with the data pin of the smallest flip-flop, and its wire.
    Raises :class:`UserError` for a loop of logic.
    """
    return _Analysis(netlist, library, wires).run()


def clock_nets(netlist: Netlist, clock: str) -> list[int]:
    """Return the nets of a clock: that of the input `clock`, then those behind its gates, outermost first.

    clock: empty for a module without registers
    Raises :class:`UserError` where there is no such input, or a flip-flop has another clock.
    """
    if clock not in netlist.inputs and (clock or any(instance.cell.clock for instance in netlist.instances)):
        raise UserError(f"{netlist.top} has no input {clock!r} for its clock; it has {', '.join(netlist.inputs)}")
    found = [netlist.inputs[clock][0]] if clock else []
    for net in found:
        for index, pin in netlist.sinks[net]:
            instance = netlist.instances[index]
            if instance.cell.kind == CLOCK_GATE and pin == instance.cell.clock:
                found += [instance.nets[output] for output in instance.cell.outputs]
            elif pin != instance.cell.clock:
                raise UserError(f"{instance.path} takes the clock {clock} for data: use it for registers only")
    known = set(found)
    for instance in netlist.instances:
        if instance.cell.clock and instance.nets[instance.cell.clock] not in known:
            raise UserError(f"{instance.path} is not clocked by {clock}: give the module one clock and its rising edge")
    return found


def order(netlist: Netlist) -> list[int]:
    """Return the combinational instances so that each comes after those that drive it; raises :class:`UserError`."""
    waits = {
        index: sum(1 for pin in instance.cell.inputs if _behind_logic(netlist, instance.nets[pin]))
        for index, instance in enumerate(netlist.instances)
        if instance.cell.kind == COMBINATIONAL
    }
    ready = [index for index, number in waits.items() if number == 0]
    for index in ready:
        instance = netlist.instances[index]
        for output in instance.cell.outputs:
            for sink, _ in netlist.sinks[instance.nets[output]]:
                if sink in waits:
                    waits[sink] -= 1
                    if waits[sink] == 0:
                        ready.append(sink)
    if len(ready) < len(waits):
        left = next(netlist.instances[index] for index, number in waits.items() if number > 0)
        raise UserError(
            f"logic of {netlist.top} drives itself, in or behind {left.path}: break the loop with a register"
        )
    return ready


def _behind_logic(netlist: Netlist, net: int) -> bool:
    driver = netlist.drivers[net]
    return driver is not None and netlist.instances[driver[0]].cell.kind == COMBINATIONAL


class _Analysis:
    def __init__(self, netlist: Netlist, library: Library, wires: float) -> None:
        self._netlist = netlist
        self._library = library
        flop = min((cell for cell in library.cells.values() if cell.kind == FLOP), key=lambda cell: cell.area)
        self._outside = (
            flop.pins[flop.state["next_state"]].capacitance if flop.state["next_state"] in flop.pins else 0.0
        )
        ports = [net for nets in netlist.outputs.values() for net in nets]
        extra = {net: ports.count(net) for net in set(ports)}
        for net in netlist.taken:
            extra[net] = extra.get(net, 0) + 1
        self._wires = [
            wires * library.wire.load(len(sinks) + extra.get(net, 0)) for net, sinks in enumerate(netlist.sinks)
        ]
        self._loads = [
            self._wires[net]
            + self._outside * extra.get(net, 0)
            + sum(netlist.instances[index].cell.pins[pin].capacitance for index, pin in sinks)
            for net, sinks in enumerate(netlist.sinks)
        ]
        self._slews = [(INPUT_PS, INPUT_PS)] * netlist.nets
        self._arrivals = [(0.0, 0.0)] * netlist.nets
        self._before: dict[tuple[int, int], tuple[int, int] | None] = {}

    def run(self) -> Timing:
        for index, instance in enumerate(self._netlist.instances):
            if instance.cell.kind in (FLOP, CLOCK_GATE):
                clock = instance.nets[instance.cell.clock]
                self._slews[clock] = (CLOCK_PS, CLOCK_PS)
                self._launch(index, clocked=instance.cell.kind == FLOP)
        for index in order(self._netlist):
            self._launch(index, clocked=False)
        longest, end, net_edge = max(self._ends(), key=lambda found: found[0], default=(0.0, "", None))
        return Timing(
            self._loads,
            self._wires,
            self._slews,
            self._arrivals,
            longest,
            end,
            self._path(net_edge),
            sum(1 for _ in self._overloaded()),
        )

    def _launch(self, index: int, *, clocked: bool) -> None:
        """Find when the outputs of an instance change, and how fast. A clock gate passes the ideal clock on."""
        instance = self._netlist.instances[index]
        for output in instance.cell.outputs:
            net = instance.nets[output]
            if instance.cell.kind == CLOCK_GATE:
                self._slews[net] = (CLOCK_PS, CLOCK_PS)
                continue
            latest, slowest = [0.0, 0.0], [0.0, 0.0]
            for arc in instance.cell.pins[output].arcs:
                if clocked and arc.related != instance.cell.clock:
                    continue
                source = instance.nets[arc.related]
                for edge in (FALL, RISE):
                    if edge not in arc.delay:
                        continue
                    for cause in arc.causes(edge):
                        arrival = self._arrivals[source][cause] + arc_delay(
                            arc, edge, self._slews[source][cause], self._loads[net]
                        )
                        slew = arc.transition[edge].at(self._slews[source][cause], self._loads[net])
                        slowest[edge] = max(slowest[edge], slew)
                        if arrival >= latest[edge] or (net, edge) not in self._before:
                            latest[edge] = arrival
                            self._before[net, edge] = None if clocked else (source, cause)
            self._arrivals[net] = (latest[0], latest[1])
            self._slews[net] = (slowest[0], slowest[1])

    def _ends(self) -> Iterator[tuple[float, str, tuple[int, int] | None]]:
        for instance in self._netlist.instances:
            for pin in instance.cell.pins.values():
                for arc in pin.arcs:
                    if arc.kind != "setup_rising":
                        continue
                    net = instance.nets[pin.name]
                    for edge, table in arc.constraint.items():
                        setup = table.at(self._slews[net][edge], CLOCK_PS)
                        yield self._arrivals[net][edge] + setup, f"{instance.path}.{pin.name}", (net, edge)
        for name, nets in self._netlist.outputs.items():
            for place, net in enumerate(nets):
                for edge in (FALL, RISE):
                    yield self._arrivals[net][edge], f"{name}[{place}]", (net, edge)
        for net in self._netlist.taken:
            for edge in (FALL, RISE):
                yield self._arrivals[net][edge], "a memory", (net, edge)

    def _path(self, at: tuple[int, int] | None) -> list[Step]:
        steps = []
        while at is not None and (driver := self._netlist.drivers[at[0]]) is not None:
            instance = self._netlist.instances[driver[0]]
            steps.append(Step(instance.path, instance.cell.name, driver[1], at[1], self._arrivals[at[0]][at[1]]))
            at = self._before.get(at)
        return steps[::-1]

    def _overloaded(self) -> Iterator[int]:
        for instance in self._netlist.instances:
            if instance.cell.kind != CLOCK_GATE:  # the clock's own tree is not in a netlist
                for output in instance.cell.outputs:
                    if self._loads[instance.nets[output]] > instance.cell.pins[output].most_load:
                        yield instance.nets[output]


def arc_delay(arc: Arc, edge: int, slew: float, load: float) -> float:
    """Return the ps from an input's edge to an output's. The tables give less than 0 for slow inputs of light nets."""
    return arc.delay[edge].at(slew, load)
