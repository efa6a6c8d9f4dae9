"""Modules mapped to cells: yosys' generic synthesis, then flip-flops, clock gates and logic of a cell library.

What is asked of yosys, and why:

- ``read_slang`` reads the sources: yosys' own frontend knows neither an import in a module's header nor ``return``.
- The hierarchy is kept, so that each module has cells and an area of its own.
- ``booth``: multipliers are Booth-encoded, which takes a quarter less area here than the default.
- ``clockgate``: registers with a common enable get one clock gate of the library in place of a multiplexer each, from
  three bits on, below which a gate is larger than what it replaces.
- ``abc`` gets the clock's period, a driving cell and a load, with which it buffers and sizes gates.
- Memories are named and left out: a memory compiler makes them, not gates.
- A latch, a loop, a second driver or a wire without one is an error.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import UserError
from .tools import INSIDE, library_path, run_yosys

PERIOD_PS = 5000.0  # of the published chip's clock
GATED_BITS = 3
DRIVER = "INV_X2"  # drives each input, for abc
LOAD_FF = 4.0  # of each output, for abc


class Options(NamedTuple):
    """How modules are mapped. flat: into one module; black_boxes: modules that are left out, by their names

    checked: whether a net with two drivers, or with none, is an error; False for RTL of others that has some
    """

    clock_gates: bool = True
    booth: bool = True
    flat: bool = False
    period_ps: float = PERIOD_PS
    black_boxes: tuple[str, ...] = ()
    checked: bool = True


class Synthesis(NamedTuple):
    """A mapped design. design: the document of ``write_json``; warnings: what yosys warned of"""

    top: str
    options: Options
    design: dict[str, Any]
    warnings: list[str]


def synthesise(
    top: str,
    sources: Sequence[Path],
    *,
    parameters: Mapping[str, int] | None = None,
    options: Options | None = None,
    folder: Path | None = None,
) -> Synthesis:
    """Map a module and all below it to cells.

    sources: SystemVerilog files, packages first; parameters: of `top`; folder: for scripts and logs, which then stay
    Raises :class:`UserError` where a source is missing or not accepted, or has latches, loops or several drivers.
    """
    options = options or Options()
    if absent := [path for path in sources if not path.is_file()]:
        raise UserError(f"the source {absent[0]} is not there: name files of SystemVerilog that exist")
    library = library_path()
    with _work(folder) as work:
        names = _staged(sources, work)
        script = _script(top, names, parameters or {}, options, library.name)
        text = run_yosys(script, work, {"/cells": library.parent})
        design = json.loads((work / "mapped.json").read_text(encoding="utf-8"))
    warnings = [line for line in text.splitlines() if line.startswith("Warning:") and "multi-output cells" not in line]
    return Synthesis(top, options, design, sorted(set(warnings)))


def _script(top: str, names: Sequence[str], parameters: Mapping[str, int], options: Options, library: str) -> str:
    cells = f"/cells/{library}"
    chosen = "".join(f" -G {name}={value}" for name, value in parameters.items())
    boxes = "".join(f" --blackboxed-module {name}" for name in options.black_boxes)
    files = " ".join(f"{INSIDE}/{name}" for name in names)
    strictly = " -assert" * options.checked
    lines = [
        f"read_liberty -lib -ignore_miss_func {cells}",
        f"read_slang --threads 1 --keep-hierarchy --top {top}{chosen}{boxes} {files}",
        f"hierarchy -check -top {top}",
        f"synth -run coarse:fine -latches error{' -booth' * options.booth}{' -flatten' * options.flat}",
        "opt -fast -full",
        "memory_map",
        "opt -full",
        "techmap",
        "opt -full",
        f"check -nolatches{strictly}",
        f"clockgate -liberty {cells} -min_net_size {GATED_BITS}" if options.clock_gates else "",
        "opt -fast",
        f"dfflibmap -liberty {cells}",
        f"abc -liberty {cells} -constr {INSIDE}/constraints -D {options.period_ps:g}",
        "hilomap -singleton -hicell LOGIC1_X1 Z -locell LOGIC0_X1 Z",
        "opt_clean -purge",
        f"check -mapped{strictly}",
        f"write_json {INSIDE}/mapped.json",
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _staged(sources: Sequence[Path], work: Path) -> list[str]:
    """Copy sources to where the tool sees them, and return the names that they have there, in their order."""
    names = []
    for number, path in enumerate(sources):
        names.append(f"{number:03}_{path.name}")
        shutil.copyfile(path, work / names[-1])
    constraints = f"set_driving_cell {DRIVER}\nset_load {LOAD_FF:g} [all_outputs]\n"
    (work / "constraints").write_text(constraints, encoding="utf-8")
    return names


@contextmanager
def _work(folder: Path | None) -> Iterator[Path]:
    """Yield a folder; one of our own is removed, unless something goes wrong, since a message then names it."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    own = Path(tempfile.mkdtemp(prefix="genesys-gates-"))
    yield own
    shutil.rmtree(own, ignore_errors=True)
