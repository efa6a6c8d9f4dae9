"""Mapped designs as yosys writes them: what is in each module, and all of it as one flat netlist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import UserError
from .liberty import CLOCK_GATE, COMBINATIONAL, FLOP, Cell, Library

ZERO, ONE = 0, 1
"""The nets of the constants."""


class Module(NamedTuple):
    """What all instances of one module have together, without what is below them. name: as in the sources

    area, flop_area: um2; leakage: nW; times: how many instances there are
    kinds: cells by their names; black_boxes: instances of modules that were left out, by their names
    """

    name: str
    times: int
    cells: int
    flops: int
    clock_gates: int
    area: float
    flop_area: float
    leakage: float
    kinds: Mapping[str, int]
    black_boxes: Mapping[str, int]


class Instance(NamedTuple):
    """A cell of a flat netlist. path: the instances that it is in; module: the innermost one's module

    nets: by pin of the library; an output that nothing reads has a net of its own
    """

    path: str
    module: str
    cell: Cell
    nets: Mapping[str, int]


class Netlist(NamedTuple):
    """A flat netlist. Net 0 is constant 0, net 1 constant 1.

    drivers: of each net, the instance and its pin; None: a port, or an output of a black box, drives it
    sinks: of each net, the instances and pins that read it
    inputs, outputs: nets of the ports, least significant bit first; boxes: nets of black boxes' outputs, by
    ``path.pin``; taken: nets that black boxes read
    """

    top: str
    instances: list[Instance]
    drivers: list[tuple[int, str] | None]
    sinks: list[list[tuple[int, str]]]
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]
    boxes: Mapping[str, tuple[int, ...]]
    taken: frozenset[int]

    @property
    def nets(self) -> int:
        return len(self.drivers)


def modules(design: Mapping[str, Any], top: str, library: Library) -> list[Module]:
    """Return every module of a mapped design, the top first, then in the order in which they are met.

    Raises :class:`UserError` for a cell that the library does not have, and for a latch.
    """
    kinds: dict[str, Counter[str]] = {}
    boxes: dict[str, Counter[str]] = {}
    times: Counter[str] = Counter()

    def visit(module: str) -> None:
        name = source_name(module)
        times[name] += 1
        own, left_out = kinds.setdefault(name, Counter()), boxes.setdefault(name, Counter())
        for label, cell in design["modules"][module]["cells"].items():
            kind = cell["type"]
            if kind in library.cells:
                _check_kind(label, library.cells[kind])
                own[kind] += 1
            elif is_black_box(design, kind):
                left_out[source_name(kind)] += 1
            elif kind in design["modules"]:
                visit(kind)
            elif kind != "$scopeinfo":
                raise UserError(f"the netlist has a cell {kind}, which the library {library.name} does not have")

    visit(top)
    return [_module(name, times[name], found, boxes[name], library) for name, found in kinds.items()]


def _module(name: str, times: int, kinds: Counter[str], boxes: Counter[str], library: Library) -> Module:
    cells = [(library.cells[kind], number) for kind, number in kinds.items()]
    return Module(
        name=name,
        times=times,
        cells=kinds.total(),
        flops=sum(number for cell, number in cells if cell.kind == FLOP),
        clock_gates=sum(number for cell, number in cells if cell.kind == CLOCK_GATE),
        area=sum(number * cell.area for cell, number in cells),
        flop_area=sum(number * cell.area for cell, number in cells if cell.kind == FLOP),
        leakage=sum(number * cell.leakage for cell, number in cells),
        kinds=dict(sorted(kinds.items())),
        black_boxes=dict(sorted(boxes.items())),
    )


def _check_kind(label: str, cell: Cell) -> None:
    if cell.kind not in (COMBINATIONAL, FLOP, CLOCK_GATE):
        raise UserError(f"{label} is a {cell.kind} ({cell.name}): write registers that a rising clock edge loads")


def is_black_box(design: Mapping[str, Any], name: str) -> bool:
    return name in design["modules"] and "blackbox" in design["modules"][name].get("attributes", {})


def source_name(name: str) -> str:
    """Return a module's name in the sources; in a netlist its place in the hierarchy follows, after a dollar."""
    return name.split("$", 1)[0]


def flatten(design: Mapping[str, Any], top: str, library: Library) -> Netlist:
    """Return a mapped design as one netlist.

    Raises :class:`UserError` for a net with two drivers, a net that is read and has none, and a latch.
    """
    return _Flattening(design, library).run(top)


class _Flattening:
    def __init__(self, design: Mapping[str, Any], library: Library) -> None:
        self._design = design
        self._library = library
        self._nets = 2
        self._instances: list[Instance] = []
        self._boxes: dict[str, tuple[int, ...]] = {}
        self._taken: set[int] = set()
        self._same: dict[int, int] = {}

    def run(self, top: str) -> Netlist:
        ports = self._design["modules"][top]["ports"]
        bits: dict[int | str, int] = {}
        sides: dict[str, dict[str, tuple[int, ...]]] = {"input": {}, "output": {}}
        for name, port in ports.items():
            if port["direction"] not in sides:
                raise UserError(f"the port {name} of {top} is an {port['direction']}: give ports one direction")
            sides[port["direction"]][name] = tuple(self._net(bit, bits) for bit in port["bits"])
        self._expand(top, "", bits)
        self._join(sides)
        drivers: list[tuple[int, str] | None] = [None] * self._nets
        sinks: list[list[tuple[int, str]]] = [[] for _ in range(self._nets)]
        driven = {ZERO, ONE}
        for nets in (*sides["input"].values(), *self._boxes.values()):
            self._drive(driven, nets, top)
        for index, instance in enumerate(self._instances):
            for pin in instance.cell.inputs:
                sinks[instance.nets[pin]].append((index, pin))
            for pin in instance.cell.outputs:
                self._drive(driven, (instance.nets[pin],), f"{instance.path}.{pin}")
                drivers[instance.nets[pin]] = (index, pin)
        read = self._taken.union(*sides["output"].values(), (net for net, found in enumerate(sinks) if found))
        if bare := sorted(read - driven):
            where = [f"{self._instances[index].path}.{pin}" for net in bare for index, pin in sinks[net]]
            raise UserError(f"{len(bare)} nets of {top} are read and have no driver, such as that of {where or bare}")
        return Netlist(
            top, self._instances, drivers, sinks, sides["input"], sides["output"], self._boxes, frozenset(self._taken)
        )

    def _join(self, sides: dict[str, dict[str, tuple[int, ...]]]) -> None:
        """Give nets that a module connects straight through one number."""
        for ports in (*sides.values(), self._boxes):
            for name, nets in ports.items():
                ports[name] = tuple(map(self._root, nets))
        self._taken = set(map(self._root, self._taken))
        for place, instance in enumerate(self._instances):
            pins = {pin: self._root(net) for pin, net in instance.nets.items()}
            self._instances[place] = instance._replace(nets=pins)

    def _root(self, net: int) -> int:
        while net in self._same:
            net = self._same[net]
        return net

    @staticmethod
    def _drive(driven: set[int], nets: tuple[int, ...], by: str) -> None:
        for net in nets:
            if net in driven:
                raise UserError(f"a net has two drivers, of which one is {by}")
            driven.add(net)

    def _net(self, bit: int | str, bits: dict[int | str, int]) -> int:
        """Return the net of a bit of a module; an undefined constant is taken to be 0."""
        if isinstance(bit, str):
            return ONE if bit == "1" else ZERO
        if bit not in bits:
            bits[bit] = self._nets
            self._nets += 1
        return bits[bit]

    def _expand(self, name: str, path: str, bits: dict[int | str, int]) -> None:
        module = source_name(name)
        for label, cell in self._design["modules"][name]["cells"].items():
            kind, connections = cell["type"], cell["connections"]
            here = f"{path}.{label}" if path else label
            if kind in self._library.cells:
                self._add(here, module, self._library.cells[kind], connections, bits)
            elif is_black_box(self._design, kind):
                for pin, direction in cell["port_directions"].items():
                    nets = tuple(self._net(bit, bits) for bit in connections.get(pin, ()))
                    if direction == "output":
                        self._boxes[f"{here}.{pin}"] = nets
                    else:
                        self._taken.update(nets)
            elif kind in self._design["modules"]:
                self._expand(kind, here, self._bound(kind, connections, bits))

    def _bound(
        self, kind: str, connections: Mapping[str, list[int | str]], bits: dict[int | str, int]
    ) -> dict[int | str, int]:
        """Return the nets outside of the bits of a submodule's ports. What it connects straight through is one net."""
        bound: dict[int | str, int] = {}
        for port, stated in self._design["modules"][kind]["ports"].items():
            if port not in connections:
                continue
            for bit, outside in zip(stated["bits"], connections[port], strict=True):
                net = self._net(outside, bits)
                inside = self._net(bit, bits) if isinstance(bit, str) else bound.setdefault(bit, net)
                first, second = sorted((self._root(inside), self._root(net)))
                if first != second:
                    self._same[second] = first
        return bound

    def _add(
        self, path: str, module: str, cell: Cell, connections: Mapping[str, list[int | str]], bits: dict[int | str, int]
    ) -> None:
        _check_kind(path, cell)
        nets = {}
        for pin in cell.pins:
            stated = connections.get(pin)
            if stated:
                nets[pin] = self._net(stated[0], bits)
            elif cell.pins[pin].direction == "output":
                nets[pin] = self._nets
                self._nets += 1
            else:
                raise UserError(f"the input {pin} of {path} is not connected")
        self._instances.append(Instance(path, module, cell, nets))
