"""Four blocks of a public PE at 45 nm, whose synthesis at 15 nm is published: how areas and leakage go between both.

The RTL is not ours and not kept here: github.com/dzuberi/GeneSys-PE-RTL, folder ``source``, whose ``area.rpt`` and
``power.rpt`` are of NanGate 15 nm, typical, 0.8 V. Its netlist has no clock gates, so none are made here; nets with two
drivers, of which two of the blocks have some, are mapped as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genesys_cli.errors import UserError
from genesys_cli.rtl.gates.netlist import modules
from genesys_cli.rtl.gates.synth import Options, synthesise
from genesys_cli.rtl.gates.tools import cell_library

COMMIT = "2b98590b70234d358c2c5b0a5682bb7babc1ce4b"
BLOCKS = {
    "generator": "EvE_PRNG",
    "crossover": "EvE_Crossover_Engine",
    "perturbation": "EvE_Perturbation_Engine",
    "deletion": "EvE_Delete_Gene_Engine",
}
BELOW = ("comparator.v", "mux_2to1_8bit.v", "counter.v", "Deleted_Nodes.v")


def measure(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what each block takes at 45 nm. folder: with the sources"""
    found = {}
    for name, top in BLOCKS.items():
        sources = [folder / file for file in (*BELOW, f"{top}.v")]
        if absent := [path for path in sources if not path.is_file()]:
            raise UserError(f"{absent[0]} is not there: name the folder `source` of the public PE, at {COMMIT[:7]}")
        mapped = synthesise(top, sources, options=Options(clock_gates=False, checked=False))
        parts = modules(mapped.design, top, cell_library())
        found[name] = {
            "area_um2": round(sum(part.area for part in parts), 3),
            "leakage_nw": round(sum(part.leakage for part in parts), 1),
            "flops": sum(part.flops for part in parts),
        }
    return found
