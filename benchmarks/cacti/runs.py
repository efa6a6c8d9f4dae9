"""Runs CACTI on a case and reads what it prints."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from .cases import Case

SECONDS = 120  # CACTI needs one

NUMBER = r"([-+.\deE]+)"
LINES = {
    "access_ns": rf"Access time \(ns\): {NUMBER}",
    "cycle_ns": rf"Cycle time \(ns\):\s+{NUMBER}",
    "read_nj": rf"Total dynamic read energy per access \(nJ\): {NUMBER}",
    "write_nj": rf"Total dynamic write energy per access \(nJ\): {NUMBER}",
    "subthreshold_mw": rf"Total leakage power of a bank \(mW\): {NUMBER}",
    "gate_mw": rf"Total gate leakage power of a bank \(mW\): {NUMBER}",
    "height_mm": rf"Cache height x width \(mm\): {NUMBER} x",
    "width_mm": rf"Cache height x width \(mm\): \S+ x {NUMBER}",
    "ndwl": r"Best Ndwl : (\d+)",
    "ndbl": r"Best Ndbl : (\d+)",
    "nspd": rf"Best Nspd : {NUMBER}",
    "ndcm": r"Best Ndcm : (\d+)",
    "ndsam1": r"Best Ndsam L1 : (\d+)",
    "ndsam2": r"Best Ndsam L2 : (\d+)",
}
"""What is read of CACTI's summary. Its leakage is the subthreshold part only; gate leakage is a line of its own."""


class Outcome(NamedTuple):
    """What a run gave. values: as printed, by the names of LINES, empty if CACTI aborted; text: what is kept of it"""

    case: Case
    values: dict[str, float]
    text: str


def run(cacti: Path, case: Case) -> Outcome:
    """Run CACTI. It reads ``tech_params`` from the folder it runs in, which therefore is the program's own."""
    cacti = cacti.resolve()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "case.cfg"
        config.write_text(case.config(), encoding="utf-8")
        done = subprocess.run(
            [str(cacti), "-infile", str(config)],
            cwd=cacti.parent,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    if done.returncode != 0:
        reason = re.sub(r"^\S+: ", "", (done.stderr.strip().splitlines() or ["no message"])[-1])
        return Outcome(case, {}, f"aborted: {reason}\n")
    return Outcome(case, parse(done.stdout), kept(done.stdout))


def kept(printed: str) -> str:
    """Return the part of CACTI's output that is about the SRAM: neither the echo of the input nor DRAM and its pads."""
    text = printed[printed.index("---------- CACTI") :]
    return text[: text.index("top 3 best memory")].rstrip() + "\n" if "top 3 best memory" in text else text


def parse(text: str) -> dict[str, float]:
    """Return the values that CACTI printed, in its own units."""
    values = {}
    for name, line in LINES.items():
        if not (found := re.search(line, text)):
            raise SystemExit(f"CACTI printed no {name}; is this CACTI 7?")
        values[name] = float(found[1])
    return values
