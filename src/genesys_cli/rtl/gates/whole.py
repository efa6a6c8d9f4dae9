"""A chip, or one of its modules, as gates: for each module cells, flip-flops, area, leakage and its longest path.

Modules of which a chip has many equal ones are mapped once, and stand in each of their places. So the time that yosys
takes grows with how many different modules there are, and the memory with how many cells.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...config.chip import ChipSettings
from ...errors import UserError, nearest
from ..package import NAME, package_text
from ..sources import module_files, sources_of
from .chip import MEMORIES
from .measure import about
from .netlist import Module, flatten, is_black_box, modules, source_name
from .synth import Options, Synthesis, synthesise
from .timing import analyse
from .tools import cell_library, missing

TOP = "genesys"
GATES_FILE = "gates.json"
REPEATED = (
    "processing_element",
    "gene_split",
    "bank_arbiter",
    "unit_output_stationary",
    "unit_weight_stationary",
)
"""Modules that are mapped once. Units of the array differ in the number of their row alone: it is that of the first."""

MOST_CELLS = 1_000_000
"""Cells of a chip that is mapped as a whole: our own limit, some 2 GiB of memory."""

_PER_PE, _PER_UNIT, _PER_CROSSING = 14_000, 1_600, 300
"""Cells of genesys-edge: of an element with its gene split, of a unit, of an element's paths to one bank."""

_PARAMETERS = re.compile(r"\bmodule\s+\w+\s*(?:import\s[^;]*;\s*)?#\s*\(")


class LongestPath(NamedTuple):
    """A longest path, an estimate before placement: ps, cells on it, where it begins and ends."""

    ps: float
    cells: int
    start: str
    end: str


class Whole(NamedTuple):
    """What was mapped. paths: of each module with all below it, by name; seconds: of all, mapping: of yosys"""

    top: str
    modules: list[Module]
    paths: Mapping[str, LongestPath]
    mapping: float
    seconds: float


def check_synthesis(chip: ChipSettings, module: str | None) -> None:
    """Raise a :class:`UserError` where a module of a chip, or by default all of it, cannot be mapped."""
    if lacking := missing():
        raise UserError(f"gates need what is not here: {lacking}; install it with: pip install 'genesys-cli[rtl]'")
    if module is not None:
        _check_module(chip, module)
        return
    eve, adam = chip.eve, chip.adam
    crossing = _PER_CROSSING * eve.pes * chip.buffer.banks
    cells = _PER_PE * eve.pes + _PER_UNIT * adam.rows * adam.cols + crossing
    if cells > MOST_CELLS:
        raise UserError(
            f"the chip has some {cells / 1e6:.1f} million cells ({eve.pes} elements, {chip.buffer.banks} banks, "
            f"{adam.rows} x {adam.cols} units), and at most {MOST_CELLS / 1e6:g} million are mapped at once; choose "
            "one of its modules (--module processing_element), or a smaller chip"
        )


def _check_module(chip: ChipSettings, module: str) -> None:
    there = {path.stem for path in sources_of(TOP)}
    absent = "unit_weight_stationary" if chip.adam.dataflow == "output_stationary" else "unit_output_stationary"
    there.discard(absent)
    if module not in there:
        known = ", ".join(sorted(there - set(MEMORIES)))
        raise UserError(f"the chip has no module {module!r}{nearest(module, there)}; there are {known}")
    if module in MEMORIES:
        raise UserError(
            f"{module} stands for a memory, which a memory compiler makes and not gates; choose another module"
        )
    if module not in REPEATED and _PARAMETERS.search(module_files()[module].read_text(encoding="utf-8")):
        raise UserError(
            f"{module} gets its sizes from the module that it is in; map that one, or the whole chip without --module"
        )


def whole_gates(chip: ChipSettings, top: str = TOP, message: Callable[[str], None] = lambda _: None) -> Whole:
    """Map a module of a chip and all below it. Raises :class:`UserError`, see :func:`check_synthesis`.

    message: is told what is mapped
    """
    check_synthesis(chip, None if top == TOP else top)
    began = time.perf_counter()
    used = [path.stem for path in sources_of(top)]
    once = tuple(name for name in REPEATED if name in used and name != top)
    with tempfile.TemporaryDirectory(prefix="genesys-package-") as passing:
        package = Path(passing) / f"{NAME}.sv"
        package.write_text(package_text(chip), encoding="utf-8")

        def mapped(name: str, left_out: tuple[str, ...] = ()) -> Synthesis:
            message(f"mapping {name} ...")
            options = Options(black_boxes=(*MEMORIES, *left_out))
            return synthesise(name, [package, *sources_of(name)], options=options)

        design = mapped(top, once).design
        pieces = {name: mapped(name).design for name in once if _has(design, name)}
    mapping = time.perf_counter() - began
    design = joined(design, pieces)
    library = cell_library()
    message("adding up delays ...")
    found = modules(design, top, library)
    return Whole(top, found, _paths(design, found), mapping, time.perf_counter() - began)


def joined(design: Mapping[str, Any], pieces: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a design with what modules that were left out consist of. pieces: designs, by their tops"""
    together = dict(design["modules"])
    for name, piece in pieces.items():
        for other, found in piece["modules"].items():
            together.setdefault(other, found)
        for box in [box for box in design["modules"] if is_black_box(design, box) and source_name(box) == name]:
            together[box] = piece["modules"][name]
    return {"modules": together}


def _has(design: Mapping[str, Any], name: str) -> bool:
    return any(source_name(box) == name and is_black_box(design, box) for box in design["modules"])


def _paths(design: Mapping[str, Any], found: list[Module]) -> dict[str, LongestPath]:
    """Return the longest path of one instance of each module."""
    library = cell_library()
    names: dict[str, str] = {}
    for name in design["modules"]:
        names.setdefault(source_name(name), name)
    paths = {}
    for module in found:
        timing = analyse(flatten(design, names[module.name], library), library)
        start = timing.path[0].instance if timing.path else "an input"
        paths[module.name] = LongestPath(timing.longest, len(timing.path), start, timing.end)
    return paths


def whole_record(whole: Whole) -> dict[str, Any]:
    """Return the figures as they are kept: um2, ps and nW, of all instances of a module without what is below it."""
    area = sum(module.area for module in whole.modules)
    return {
        "top": whole.top,
        "about": about(cell_library()),
        "mapping_s": round(whole.mapping, 1),
        "seconds": round(whole.seconds, 1),
        "cells": sum(module.cells for module in whole.modules),
        "flops": sum(module.flops for module in whole.modules),
        "area_um2": round(area, 3),
        "leakage_nw": round(sum(module.leakage for module in whole.modules), 1),
        "left_out": _left_out(whole.modules),
        "modules": [
            {
                "name": module.name,
                "times": module.times,
                "cells": module.cells,
                "flops": module.flops,
                "clock_gates": module.clock_gates,
                "area_um2": round(module.area, 3),
                "share": round(module.area / area, 5) if area else 0.0,
                "leakage_nw": round(module.leakage, 1),
                "longest_path_ps_estimate": round(whole.paths[module.name].ps),
                "longest_path_cells": whole.paths[module.name].cells,
                "longest_path_starts": whole.paths[module.name].start,
                "longest_path_ends": whole.paths[module.name].end,
            }
            for module in whole.modules
        ],
    }


def gates_text(record: Mapping[str, Any]) -> str:
    """Return a record as the file that is kept."""
    return json.dumps(record, indent=1) + "\n"


def _left_out(found: list[Module]) -> dict[str, int]:
    left_out: dict[str, int] = {}
    for module in found:
        for name, number in module.black_boxes.items():
            left_out[name] = left_out.get(name, 0) + number
    return left_out
