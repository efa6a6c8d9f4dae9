"""Runs NVSim on banks of 32 KB of several memories and writes ``benchmarks/nvsim/results.csv``.

NVSim (X. Dong et al., TCAD 2012), in the version of NVMExplorer, is not part of this project::

    git clone https://github.com/lpentecost/nvsim-merged && make -C nvsim-merged
    python -m benchmarks.nvsim --nvsim nvsim-merged/nvsim

Commit 282038a wrote the committed results. All banks are at 22 nm and 330 K, with words of 64 bits, and divided in
three given ways, since NVSim's own search takes minutes: one subarray, four of which two are read, sixteen of which
two are read. ``hp`` and ``lop`` are transistors of the periphery, and of an SRAM's cells.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import tempfile
from pathlib import Path

from .cells import CELLS

RESULTS = Path(__file__).with_name("results.csv")
KELVIN = 330
ORGANISATIONS = {
    "1": ("1x1, 1x1", "1x1, 1x1"),
    "4": ("1x1, 1x1", "2x2, 1x2"),
    "16": ("2x2, 1x1", "2x2, 1x2"),
}
HEADER = ("cell", "roadmap", "subarrays", "read_pj", "write_pj", "read_ns", "write_ns", "leakage_mw", "area_um2")
UNITS = {"mm^2": 1e6, "um^2": 1.0, "ps": 1e-3, "ns": 1.0, "us": 1e3, "pJ": 1.0, "nJ": 1e3, "uW": 1e-3, "mW": 1.0}
UNITS |= {"nW": 1e-6, "fJ": 1e-3}


def config(cell: Path, senses_inside: bool, roadmap: str, subarrays: str) -> str:
    """Return NVSim's configuration file: NVMExplorer's, for 32 KB and a given organisation."""
    bank, mat = ORGANISATIONS[subarrays]
    return f"""-DesignTarget: RAM
-OptimizationTarget: ReadEDP
-EnablePruning: Yes
-ProcessNode: 22
-Capacity (KB): 32
-WordWidth (bit): 64
-DeviceRoadmap: {roadmap.upper()}
-LocalWireType: LocalAggressive
-LocalWireRepeaterType: RepeatedNone
-LocalWireUseLowSwing: No
-GlobalWireType: GlobalAggressive
-GlobalWireRepeaterType: RepeatedNone
-GlobalWireUseLowSwing: No
-Routing: non-H-tree
-InternalSensing: {"true" if senses_inside else "false"}
-MemoryCellInputFile: {cell}
-Temperature (K): {KELVIN}
-BufferDesignOptimization: balanced
-ForceBank (Total AxB, Active CxD): {bank}
-ForceMat (Total AxB, Active CxD): {mat}
"""


def run(nvsim: Path, cell: str, roadmap: str, subarrays: str) -> list[object]:
    """Return a row of results."""
    with tempfile.TemporaryDirectory() as folder:
        described, configured = Path(folder) / "bank.cell", Path(folder) / "bank.cfg"
        described.write_text("".join(f"-{key}: {value}\n" for key, value in CELLS[cell].items()), encoding="utf-8")
        configured.write_text(config(described, cell != "sram", roadmap, subarrays), encoding="utf-8")
        done = subprocess.run(
            [str(nvsim.resolve()), str(configured)],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
    return [cell, roadmap, subarrays, *parse(done.stdout)]


def parse(text: str) -> list[float]:
    """Return read and write energy, read and write latency, leakage and area; of SET and RESET the larger."""
    writes = r"^ -\s+(?:Write|SET|RESET)"
    return [
        _largest(text, r"^ -\s+Read Dynamic Energy"),
        _largest(text, rf"{writes} Dynamic Energy"),
        _largest(text, r"^ -\s+Read Latency"),
        _largest(text, rf"{writes} Latency"),
        _largest(text, r"^ - Leakage Power"),
        _largest(text, r"^ - Total Area = \S+ x \S+"),
    ]


def _largest(text: str, start: str) -> float:
    found = re.findall(rf"{start} = ([\d.]+)([a-zA-Z^2]+)", text, re.MULTILINE)
    return max(float(f"{float(number) * UNITS[unit]:.6g}") for number, unit in found)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nvsim", description=__doc__.splitlines()[0])
    parser.add_argument("--nvsim", type=Path, required=True, metavar="PATH", help="the program")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FILE", help="default: %(default)s")
    asked = parser.parse_args()
    with asked.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(HEADER)
        for cell in CELLS:
            for roadmap in ("hp", "lop"):
                for subarrays in ORGANISATIONS:
                    table.writerow(run(asked.nvsim, cell, roadmap, subarrays))
    print(f"results in {asked.out}")


if __name__ == "__main__":
    main()
