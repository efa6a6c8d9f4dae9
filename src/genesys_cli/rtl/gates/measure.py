"""A module's figures: what it takes in area, time and energy, with the bounds of what is not known.

Energy is simulated three times over the same cycles:

- low: no hazards, and wires half as long as the wire load model says;
- nominal: with hazards, wires as the model says;
- high: with hazards, wires twice as long.

Half and twice are our own: nothing is placed. Leakage is the library's, an average over the states of each cell.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...errors import UserError
from ...ranges import Range
from .activity import Activity, Simulation
from .energy import PARTS, EnergyModel, Spent
from .liberty import Library
from .netlist import Module, Netlist, flatten, modules
from .synth import Options, Synthesis, synthesise
from .timing import Timing, analyse
from .tools import cell_library, versions

BOUNDS = {"low": (False, 0.5), "nominal": (True, 1.0), "high": (True, 2.0)}
"""Hazards, and the factor of the wires."""


class Gates(NamedTuple):
    """A mapped module. modules: itself and all below it; timing: with nominal wires; seconds: of synthesis"""

    synthesis: Synthesis
    netlist: Netlist
    modules: list[Module]
    timing: Timing
    clock: str
    seconds: float

    @property
    def area(self) -> float:
        """Return the um2 of all cells."""
        return sum(module.area for module in self.modules)

    @property
    def flops(self) -> int:
        return sum(module.flops for module in self.modules)

    @property
    def leakage(self) -> float:
        """Return the nW that all cells leak."""
        return sum(module.leakage for module in self.modules)


class Scene(NamedTuple):
    """What happens to a module. stimulus: see ``activity.Simulation.run``; labels (C,): of cycles; names: of labels

    expected (C, W): what the outputs have to be at the end of each cycle, or None; the first `unchecked` cycles, in
    which registers still hold what they were switched on with, are not compared
    """

    stimulus: Mapping[str, np.ndarray]
    labels: np.ndarray
    names: Sequence[str]
    expected: np.ndarray | None = None
    unchecked: int = 0


class Cost(NamedTuple):
    """pJ a cycle of one label. parts, modules: that of each, see ``energy.Spent``"""

    cycles: int
    pj: Range
    parts: Mapping[str, Range]
    modules: Mapping[str, Range]


def gates(
    top: str,
    sources: Sequence[Path],
    clock: str = "clk",
    *,
    parameters: Mapping[str, int] | None = None,
    options: Options | None = None,
    folder: Path | None = None,
) -> Gates:
    """Map a module and find its longest path; raises :class:`UserError`, see ``synth.synthesise``.

    clock: the name of its input, empty for a module without registers
    """
    began = time.perf_counter()
    synthesis = synthesise(top, sources, parameters=parameters, options=options, folder=folder)
    return counted(synthesis, clock, time.perf_counter() - began)


def counted(synthesis: Synthesis, clock: str, seconds: float) -> Gates:
    """Count what is in a mapped module, and find its longest path; raises :class:`UserError`."""
    library, top = cell_library(), synthesis.top
    found = modules(synthesis.design, top, library)
    netlist = flatten(synthesis.design, top, library)
    return Gates(synthesis, netlist, found, analyse(netlist, library), clock, seconds)


def cost(module: Gates, scene: Scene, period_ps: int = 5000) -> dict[str, Cost]:
    """Return what the cycles of each label cost.

    Raises :class:`UserError` where the netlist's outputs are not the expected ones, or it does not settle in a period.
    """
    library = cell_library()
    spent: dict[str, list[Spent]] = {}
    for bound, (hazards, wires) in BOUNDS.items():
        timing = analyse(module.netlist, library, wires=wires)
        activity = Simulation(module.netlist, timing, module.clock, hazards=hazards).run(
            scene.stimulus, scene.labels, period_ps
        )
        _check(module, scene, activity, period_ps)
        spent[bound] = EnergyModel(module.netlist, library, timing, module.clock).spent(activity)
    found = {}
    for label, name in enumerate(scene.names):
        three = [spent[bound][label] for bound in BOUNDS if label < len(spent[bound])]
        if three and three[0].cycles:
            found[name] = Cost(
                three[0].cycles,
                _range([one.pj for one in three]),
                {part: _range([one.parts[part] for one in three]) for part in PARTS},
                {one: _range([each.modules[one] for each in three]) for one in three[0].modules},
            )
    return found


def _range(values: Sequence[float]) -> Range:
    """Return three figures as a range: a part of the whole may cost less with longer wires, since slopes differ."""
    return Range(min(values), values[1], max(values))


def _check(module: Gates, scene: Scene, activity: Activity, period_ps: int) -> None:
    if activity.late:
        raise UserError(
            f"the gates of {module.netlist.top} still switch at the end of {activity.late} cycles of {period_ps} ps; "
            f"its longest path is {module.timing.longest:.0f} ps: give it a longer period"
        )
    if scene.expected is None:
        return
    wrong = np.flatnonzero((activity.seen != scene.expected)[scene.unchecked :].any(axis=1)) + scene.unchecked
    if wrong.size:
        raise UserError(
            f"the gates of {module.netlist.top} do not do what its RTL does: {wrong.size} of {len(activity.seen)} "
            f"cycles differ, first cycle {wrong[0]}"
        )


def record(module: Gates, costs: Mapping[str, Cost]) -> dict[str, Any]:
    """Return a module's figures as they are kept, in um2, ps, nW and pJ a cycle."""
    return {
        "top": module.netlist.top,
        "clock_gates": module.synthesis.options.clock_gates,
        "synthesis_s": round(module.seconds, 1),
        "area_um2": round(module.area, 3),
        "flops": module.flops,
        "cells": sum(one.cells for one in module.modules),
        "leakage_nw": round(module.leakage, 1),
        "longest_path_ps_estimate": round(module.timing.longest),
        "longest_path_ends": module.timing.end,
        "longest_path_cells": len(module.timing.path),
        "modules": [
            {
                "name": one.name,
                "times": one.times,
                "cells": one.cells,
                "flops": one.flops,
                "clock_gates": one.clock_gates,
                "area_um2": round(one.area, 3),
                "leakage_nw": round(one.leakage, 1),
                "left_out": dict(one.black_boxes),
            }
            for one in module.modules
        ],
        "energy_pj_per_cycle": {
            name: {
                "cycles": one.cycles,
                "all": _figures(one.pj),
                "parts": {part: _figures(value) for part, value in one.parts.items()},
                "modules": {part: _figures(value) for part, value in one.modules.items()},
            }
            for name, one in costs.items()
        },
    }


def about(library: Library) -> dict[str, Any]:
    """Return what results depend on: versions and the library's corner."""
    return {
        "versions": versions(),
        "library": library.name,
        "process": library.process,
        "volts": library.volts,
        "celsius": library.celsius,
        "wire_load": library.wire.name,
    }


def _figures(value: Range) -> list[float]:
    return [float(f"{one:.5g}") for one in value]
