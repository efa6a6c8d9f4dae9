"""What a netlist's activity costs, in pJ a cycle, by what it goes into and by module.

A change of a net costs half of its capacitance, pins and wire, times the square of the supply; an edge of a pin costs
the internal energy that the library's table has for its transition time and load. Both are sums of counts times
numbers of the library. What the library calls internal energy may be below zero for one edge: only sums mean anything.

Not in it: the clock's tree above the module's own clock pins, glitches that a wire's resistance would filter, memories.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .activity import Activity
from .liberty import CLOCK_GATE, FLOP, Library
from .netlist import Netlist
from .timing import Timing, clock_nets

CLOCK, REGISTERS, LOGIC = "clock", "registers", "logic"
PARTS = (CLOCK, REGISTERS, LOGIC)
"""Clock: its nets, what its edges take in registers, and clock gates. Registers: the rest of what they take, and their
outputs' nets. Logic: everything else, and the nets of inputs."""


class Spent(NamedTuple):
    """pJ a cycle of one label. parts: by PARTS; modules: by module, the sum of its instances without submodules"""

    cycles: int
    pj: float
    parts: Mapping[str, float]
    modules: Mapping[str, float]


class EnergyModel:
    """The fJ of each net's change and of each internal energy of a netlist, and what they are for."""

    def __init__(self, netlist: Netlist, library: Library, timing: Timing, clock: str) -> None:
        self._netlist = netlist
        self._timing = timing
        self._clocks = set(clock_nets(netlist, clock))
        self.of_net = 0.5 * library.volts**2 * np.array(timing.loads)
        self.net_parts = np.array([self._net_part(net) for net in range(netlist.nets)])
        self.net_modules = [self._net_module(net) for net in range(netlist.nets)]

    def of_energies(self, activity: Activity) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Return the fJ of each internal energy, its part (index of PARTS), and its module."""
        values, parts, modules = [], [], []
        for instance in self._netlist.instances:
            clock_pin = instance.cell.clock
            for energy in activity.energy_of[instance.cell.name]:
                slews = self._timing.slews[instance.nets[energy.cause or energy.pin]]
                load = self._timing.loads[instance.nets[energy.pin]] if energy.cause else 0.0
                slew = sum(slews) / 2 if energy.cause else slews[energy.edge]
                values.append(energy.table.at(slew, load))
                if instance.cell.kind == CLOCK_GATE or (instance.cell.kind == FLOP and energy.pin == clock_pin):
                    parts.append(PARTS.index(CLOCK))
                else:
                    parts.append(PARTS.index(REGISTERS if instance.cell.kind == FLOP else LOGIC))
                modules.append(instance.module)
        return np.array(values), np.array(parts, int), modules

    def spent(self, activity: Activity) -> list[Spent]:
        """Return what each label's cycles cost; zero where there was none."""
        values, parts, modules = self.of_energies(activity)
        names = sorted({instance.module for instance in self._netlist.instances} | {self._netlist.top})
        where = {name: place for place, name in enumerate(names)}
        net_places = np.array([where[name] for name in self.net_modules])
        places = np.array([where[name] for name in modules], int)
        found = []
        for label, cycles in enumerate(activity.cycles):
            moved = activity.toggles[label] * self.of_net
            taken = activity.energies[label] * values
            scale = 1e-3 / cycles if cycles else 0.0
            by_part = scale * (np.bincount(self.net_parts, moved, len(PARTS)) + np.bincount(parts, taken, len(PARTS)))
            by_module = scale * (np.bincount(net_places, moved, len(names)) + np.bincount(places, taken, len(names)))
            found.append(
                Spent(
                    int(cycles),
                    float(by_part.sum()),
                    dict(zip(PARTS, map(float, by_part), strict=True)),
                    dict(zip(names, map(float, by_module), strict=True)),
                )
            )
        return found

    def _net_part(self, net: int) -> int:
        driver = self._netlist.drivers[net]
        if net in self._clocks:
            return PARTS.index(CLOCK)
        registers = driver is not None and self._netlist.instances[driver[0]].cell.kind == FLOP
        return PARTS.index(REGISTERS if registers else LOGIC)

    def _net_module(self, net: int) -> str:
        driver = self._netlist.drivers[net]
        return self._netlist.top if driver is None else self._netlist.instances[driver[0]].module
