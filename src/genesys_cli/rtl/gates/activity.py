"""A netlist made ready for the simulator, and what it counted.

``simulator.py`` says what is simulated. Delays are those of ``timing.py``: for each way through a cell those of its
load and of its input's transition, the mean over the states of the other inputs. Without ``hazards`` every delay is
the difference of two levels of logic, so that each net changes at most once a cycle; that gives the least that a
circuit can switch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from ...errors import UserError
from .functions import truth_table
from .liberty import CLOCK_GATE, COMBINATIONAL, FALL, FLOP, RISE, Cell, Table
from .netlist import ONE, Netlist
from .simulator import GATE, LOGIC, PINS, REGISTER, WHEEL, Circuit, Counts, State, Wheel, simulate
from .timing import Timing, clock_nets, order

INPUT_PS = 100
"""When inputs change, ps after the clock's edge: as if registers drove them."""


class Energy(NamedTuple):
    """What an edge of a pin takes inside a cell. cause: the input's name for an output's edge, otherwise empty"""

    pin: str
    cause: str
    edge: int
    when: str
    table: Table


class Activity(NamedTuple):
    """Counts by label, and which cells they are of.

    cycles (L,): of each label; toggles (L, N), energies (L, E): see ``simulator.Counts``
    energy_of: by type of cell, what its energies are; first_energy (I,): where an instance's begin
    seen (C, W): the outputs at the end of each cycle, in the order of the netlist's ports, least significant bit first
    late: cycles at whose end something was still switching
    """

    cycles: np.ndarray
    toggles: np.ndarray
    energies: np.ndarray
    energy_of: Mapping[str, list[Energy]]
    first_energy: np.ndarray
    seen: np.ndarray
    late: int


class Simulation:
    """A netlist with its state, which goes on from one :meth:`run` to the next."""

    def __init__(self, netlist: Netlist, timing: Timing, clock: str, *, hazards: bool = True) -> None:
        """clock: the name of its input. All registers begin with 0, and so do all inputs."""
        self._netlist = netlist
        self._clocks = np.array(clock_nets(netlist, clock), np.int32)
        self.inputs = {name: nets for name, nets in netlist.inputs.items() if name != clock} | dict(netlist.boxes)
        names = sorted({instance.cell.name for instance in netlist.instances})
        self._cells = {instance.cell.name: instance.cell for instance in netlist.instances}
        self._numbers = {name: number for number, name in enumerate(names)}
        self._energy_of = {name: _energies(self._cells[name]) for name in names}
        sizes = [len(self._energy_of[instance.cell.name]) for instance in netlist.instances]
        self._first_energy = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int32)
        self.circuit = self._arrays(names, timing, hazards)
        n = netlist.nets
        self._state = State(np.zeros(n, np.uint8), np.zeros(len(netlist.instances), np.uint8))
        none = np.full(n, -1, np.int32)
        self._wheel = Wheel(
            np.full(WHEEL, -1, np.int32),
            none,
            none.copy(),
            np.full(n, -1, np.int64),
            none.copy(),
            np.zeros(1, np.int64),
        )
        self._settle()

    def run(
        self, stimulus: Mapping[str, np.ndarray], labels: np.ndarray | None = None, period_ps: int = 5000
    ) -> Activity:
        """Simulate as many cycles as every input has values.

        stimulus: (C,) integers, or (C, bits) of 0 and 1, by input; labels: (C,) integers from 0 on, default 0
        Raises :class:`UserError` for an input that is missing, unknown or of another length.
        """
        columns, ports = self._columns(stimulus)
        length = columns.shape[0]
        labels = np.zeros(length, np.int32) if labels is None else np.asarray(labels, np.int32)
        if labels.shape != (length,) or length == 0:
            raise UserError(f"there are {labels.size} labels for {length} cycles: give each cycle one, and one cycle")
        kinds = int(labels.max()) + 1
        watched = np.array([net for nets in self._netlist.outputs.values() for net in nets], np.int32)
        seen = np.zeros((length, watched.size), np.uint8)
        counts = Counts(
            np.zeros((kinds, self._netlist.nets), np.int64),
            np.zeros((kinds, int(self._first_energy[-1])), np.int64),
            np.zeros(1, np.int64),
        )
        simulate(
            self.circuit, self._state, self._wheel, counts, self._clocks, ports, columns, labels, watched, seen,
            int(period_ps), INPUT_PS,
        )  # fmt: skip
        return Activity(
            np.bincount(labels, minlength=kinds), counts.toggles, counts.energies, self._energy_of,
            self._first_energy, seen, int(counts.late[0]),
        )  # fmt: skip

    def _columns(self, stimulus: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        if wrong := sorted(set(stimulus) ^ set(self.inputs)):
            raise UserError(f"{self._netlist.top} has the inputs {', '.join(self.inputs)}; {wrong[0]} is amiss")
        bits: list[np.ndarray] = []
        nets: list[int] = []
        for name, ports in self.inputs.items():
            values = np.asarray(stimulus[name])
            if values.ndim == 1:
                values = (values[:, None].astype(np.int64) >> np.arange(len(ports))) & 1
            if values.shape[1] != len(ports) or (bits and values.shape[0] != bits[0].shape[0]):
                raise UserError(f"the values of {name} have the shape {values.shape}; it has {len(ports)} bits")
            bits.append(values.astype(np.uint8))
            nets += ports
        if not bits:
            raise UserError(f"{self._netlist.top} has no inputs but its clock")
        return np.ascontiguousarray(np.concatenate(bits, axis=1)), np.array(nets, np.int32)

    def _settle(self) -> None:
        """Give all nets the values that follow from registers and inputs that are 0."""
        values = self._state.values
        values[ONE] = 1
        for instance in self._netlist.instances:
            if instance.cell.kind == FLOP:
                for place, output in enumerate(instance.cell.outputs):
                    table = self.circuit.tables[self._numbers[instance.cell.name], place]
                    values[instance.nets[output]] = int(table) & 1
        for index in order(self._netlist):
            instance = self._netlist.instances[index]
            number = self._numbers[instance.cell.name]
            at = sum(int(values[instance.nets[pin]]) << place for place, pin in enumerate(instance.cell.inputs))
            for place, output in enumerate(instance.cell.outputs):
                values[instance.nets[output]] = int(self.circuit.tables[number, place]) >> at & 1
        for index, instance in enumerate(self._netlist.instances):
            if instance.cell.kind == CLOCK_GATE:
                enable = next(pin for pin in instance.cell.inputs if pin != instance.cell.clock)
                self._state.held[index] = values[instance.nets[enable]]

    def _arrays(self, names: list[str], timing: Timing, hazards: bool) -> Circuit:
        instances, cells = self._netlist.instances, [self._cells[name] for name in names]
        nets = np.full((len(instances), PINS), -1, np.int32)
        for index, instance in enumerate(instances):
            pins = (*instance.cell.inputs, *instance.cell.outputs)
            nets[index, : len(pins)] = [instance.nets[pin] for pin in pins]
        pin_places = {name: {pin: place for place, pin in enumerate(self._cells[name].inputs)} for name in names}
        sinks = [
            (index, pin_places[instances[index].cell.name][pin])
            for found in self._netlist.sinks
            for index, pin in found
        ]
        kinds = {COMBINATIONAL: LOGIC, FLOP: REGISTER, CLOCK_GATE: GATE}
        tables = np.zeros((len(cells), 2), np.uint64)
        data, clock = np.full(len(cells), -1, np.int32), np.full(len(cells), -1, np.int32)
        quiet = np.full((len(cells), PINS, 2, 1 << PINS), -1, np.int16)
        moving = np.full((len(cells), 2, PINS, 2, 64), -1, np.int16)
        for number, cell in enumerate(cells):
            tables[number, : len(cell.outputs)] = _tables(cell)
            if cell.kind != COMBINATIONAL:
                clock[number] = cell.inputs.index(cell.clock)
                data[number] = next(place for place, pin in enumerate(cell.inputs) if pin != cell.clock)
            _place_energies(cell, self._energy_of[cell.name], quiet[number], moving[number])
        return Circuit(
            kind=np.array([kinds[instance.cell.kind] for instance in instances], np.uint8),
            type=np.array([self._numbers[instance.cell.name] for instance in instances], np.int32),
            nets=nets,
            n_in=np.array([len(cell.inputs) for cell in cells], np.int32),
            n_out=np.array([len(cell.outputs) for cell in cells], np.int32),
            tables=tables,
            data=data,
            clock=clock,
            first_sink=np.concatenate(([0], np.cumsum([len(found) for found in self._netlist.sinks]))).astype(np.int32),
            sink_of=np.array([index for index, _ in sinks], np.int32),
            sink_pin=np.array([pin for _, pin in sinks], np.int32),
            delays=_delays(self._netlist, timing) if hazards else _levels(self._netlist),
            quiet=quiet,
            moving=moving,
            first_energy=self._first_energy[:-1],
        )


def _tables(cell: Cell) -> list[int]:
    if cell.kind == COMBINATIONAL:
        return [cell.output_table(output) for output in cell.outputs]
    if cell.kind == CLOCK_GATE:
        return [0]
    if cell.state.get("next_state") not in cell.inputs or len(cell.inputs) != 2:
        raise UserError(f"{cell.name} is more than a register with data and clock: write synchronous resets")
    state, inverse = cell.state["names"].split()
    of = {state: 2, inverse: 1}
    return [of[cell.pins[output].function] for output in cell.outputs]


def _energies(cell: Cell) -> list[Energy]:
    """Return what the library says that a cell's edges take."""
    return [
        Energy(pin.name, power.related, edge, power.when, power.energy[edge])
        for pin in cell.pins.values()
        for power in pin.powers
        for edge in (FALL, RISE)
        if edge in power.energy
    ]


def _place_energies(cell: Cell, energies: list[Energy], quiet: np.ndarray, moving: np.ndarray) -> None:
    """Fill in which energy is taken when: those for one state of the other pins come before those for any."""
    pins = (*cell.inputs, *cell.outputs)
    for number, energy in sorted(enumerate(energies), key=lambda found: bool(found[1].when)):
        if energy.cause:
            table = truth_table(energy.when or "1", cell.inputs)
            states = _rows(table, 1 << len(cell.inputs))
            moving[cell.outputs.index(energy.pin), cell.inputs.index(energy.cause), energy.edge, states] = number
        else:
            table = truth_table(energy.when or "1", pins)
            quiet[pins.index(energy.pin), energy.edge, _rows(table, 1 << len(pins))] = number


def _rows(table: int, size: int) -> list[int]:
    return [row for row in range(size) if table >> row & 1]


def _delays(netlist: Netlist, timing: Timing) -> np.ndarray:
    delays = np.ones((len(netlist.instances), 2, PINS, 2), np.int32)
    for index, instance in enumerate(netlist.instances):
        if instance.cell.kind == CLOCK_GATE:
            continue
        for place, output in enumerate(instance.cell.outputs):
            load = timing.loads[instance.nets[output]]
            found: dict[tuple[int, int], list[float]] = {}
            for arc in instance.cell.pins[output].arcs:
                if arc.related not in instance.cell.inputs:
                    continue
                for edge in (FALL, RISE):
                    if edge in arc.delay:
                        slews = timing.slews[instance.nets[arc.related]]
                        found.setdefault((instance.cell.inputs.index(arc.related), edge), []).extend(
                            arc.delay[edge].at(slews[cause], load) for cause in arc.causes(edge)
                        )
            for (pin, edge), values in found.items():
                delays[index, place, pin, edge] = min(max(1, round(_mean(values))), WHEEL - 1)
    return delays


def _levels(netlist: Netlist) -> np.ndarray:
    """Return delays with which everything of one depth of logic happens at once, long after the inputs' change."""
    depth = np.zeros(netlist.nets, np.int64)
    delays = np.ones((len(netlist.instances), 2, PINS, 2), np.int32)
    for index, instance in enumerate(netlist.instances):
        if instance.cell.kind == FLOP:
            delays[index] = INPUT_PS
    for index in order(netlist):
        instance = netlist.instances[index]
        above = max((int(depth[instance.nets[pin]]) for pin in instance.cell.inputs), default=0) + 1
        for place, output in enumerate(instance.cell.outputs):
            depth[instance.nets[output]] = above
            for pin, name in enumerate(instance.cell.inputs):
                delays[index, place, pin] = above - depth[instance.nets[name]]
    return delays


def _mean(values: Iterable[float]) -> float:
    values = list(values)
    return sum(values) / len(values)
