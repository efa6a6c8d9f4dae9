"""What ``genesys rtl`` says of the folder that it has written."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from .results import print_lines, print_table

TITLES = {"eve": "EvE", "adam": "ADAM"}


def print_rtl(facts: Mapping[str, Any]) -> None:
    """Write where the folder lies, what its testbench compares, and what it found if it was run."""
    output = shlex.quote(str(facts["output"]))
    lines = {"written": f"{facts['output']}, {facts['files']} files", "chip": str(facts["chip"])}
    checked = facts["checked"]
    for name, holds in facts["vectors"].items():
        said = _counted(holds if checked is None else checked[name])
        lines[TITLES[name]] = f"to compare: {said}" if checked is None else f"equal: {said}"
    lines["generation"] = f"{facts['generation']} of CartPole, as the emulated chip made its children"
    if checked is None:
        lines["simulate it"] = f"cd {output} && make"
    print_lines(lines)


def print_gates(gates: Mapping[str, Any]) -> None:
    """Write what each module of a mapped chip takes, and what was left out."""
    about = gates["about"]
    header = ("module", "times", "cells", "flip-flops", "um2", "share", "leaks uW", "longest path ns")
    rows = [
        (
            one["name"],
            one["times"],
            one["cells"],
            one["flops"],
            f"{one['area_um2']:.1f}",
            f"{one['share']:.1%}",
            f"{one['leakage_nw'] / 1000:.2f}",
            f"{one['longest_path_ps_estimate'] / 1000:.2f}",
        )
        for one in gates["modules"]
    ]
    total = (f"{gates['area_um2']:.1f}", "100.0%", f"{gates['leakage_nw'] / 1000:.2f}", "")
    print_table(header, [*rows, ("all", "", gates["cells"], gates["flops"], *total)], whole=len(header))
    top = gates["modules"][0]
    boxes = ", ".join(f"{number} {name}" for name, number in gates["left_out"].items())
    print_lines(
        {
            "gates": f"{about['library']}, {about['process']}, {about['volts']:g} V, {about['celsius']:g} °C; cells, "
            "area and leakage are those of all instances, without the modules below them",
            "longest path": f"an estimate, before placement, of one instance with what is below it; of {top['name']} "
            f"from {top['longest_path_starts']} to {top['longest_path_ends']}",
            "left out": boxes or "nothing",
        }
    )


def _counted(holds: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in holds.items())
