"""What is mapped and simulated: modules of the chip's RTL, with what happens to them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.chips import load_chip
from genesys_cli.rtl.gates import trace
from genesys_cli.rtl.gates.chip import gates_of
from genesys_cli.rtl.gates.measure import Gates, Scene, cost, record
from genesys_cli.rtl.package import package_text

CHIP = "genesys-15nm"
FEW_PES = "eve.pes=4"  # of which one is traced: a PE does not know how many there are
CYCLES = 4000
UNCHECKED = 64
"""Cycles of a trace until the CPU has written all registers; before that, gates and RTL may hold other values."""

WORKING, WAITING, IDLE, ZEROS = "working", "waiting", "idle", "zeros"
PIECE = 16  # operands of a sum


class Unit(NamedTuple):
    """What is measured. chip: of which chip; overrides: of it; clock_gates: whether enables become clock gates"""

    top: str
    scene: Callable[[Gates, ChipSettings], Scene] | None
    clock: str = "clk"
    clock_gates: bool = True
    overrides: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def measure(unit: Unit) -> dict[str, Any]:
    """Return the figures of a unit, see ``measure.record``."""
    chip = load_chip(CHIP, unit.overrides).settings
    module = gates_of(unit.top, chip, clock=unit.clock, clock_gates=unit.clock_gates, left_out=unit.left_out)
    costs = cost(module, unit.scene(module, chip)) if unit.scene else {}
    return record(module, costs)


def generator(module: Gates, chip: ChipSettings) -> Scene:
    """Return a generator that is seeded, makes words in every cycle, and then stands still."""
    rng = np.random.default_rng(0)
    at = np.arange(CYCLES)
    seeded, steps = at < 3, (at >= 3) & (at < CYCLES // 2)
    stimulus = {"load": seeded, "part": at % 3, "step": steps, "loaded": rng.integers(0, 2, (CYCLES, 64))}
    labels = np.where(at < 5, 2, (at > CYCLES // 2).astype(int))
    return Scene(stimulus, labels, (WORKING, IDLE, "seeding"))


def element(module: Gates, chip: ChipSettings) -> Scene:
    """Return what a PE does while generations are bred: working in a slot, waiting in a wave, idle between waves."""
    inputs, outputs = trace.ports_of(module.synthesis.design, module.netlist.top, module.clock)
    found = traced("processing_element", "element[1].pe_p", inputs, outputs)
    did = found.outputs["did"]
    names = fields_of(package_text(chip), "events_t")
    happens = {name: did[:, did.shape[1] - 1 - place] for place, name in enumerate(names)}
    works = happens["slot"] | happens["fill"] | happens["flush"] | happens["insert"]
    assert works.any(), "nothing was bred while the PE was traced"
    labels = np.where(found.inputs["en"][:, 0] == 0, 2, np.where(works, 0, 1))
    return Scene(found.inputs, labels, (WORKING, WAITING, IDLE), found.seen, UNCHECKED)


def fields_of(package: str, name: str) -> list[str]:
    """Return the fields of a packed struct, a name for each of its bits, the highest first."""
    body = re.search(r"struct packed \{([^}]*)\} " + name + ";", package)
    if body is None:
        raise ValueError(f"the package has no struct {name}")
    found = re.findall(r"logic\s*(?:\[(\d+):0\])?\s*(\w+);", body[1])
    return [field for high, field in found for _ in range(int(high or 0) + 1)]


def traced(module: str, instance: str, inputs: dict[str, int], outputs: dict[str, int]) -> trace.Trace:
    """Breed generations in the Verilated EvE, in a process of its own, and return what an instance's ports did."""
    text = trace.tracer(module, instance, "clk", inputs, outputs, 5 * CYCLES)
    with tempfile.TemporaryDirectory(prefix="genesys-trace-") as folder:
        (Path(folder) / trace.SOURCE).write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "benchmarks.gates.breeding", str(Path(folder) / trace.SOURCE)]
        root = str(Path(__file__).resolve().parents[2])
        subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": root}, check=True)
        return trace.read_trace(Path(folder) / trace.FILE, inputs, outputs)


def multiplier(module: Gates, chip: ChipSettings) -> Scene:
    """Return a MAC unit that gets weights of N(0, 1) and the tanh of N(0, 1), then zeros, then nothing."""
    rng = np.random.default_rng(0)
    layout = chip.genes.resolved()
    at = np.arange(CYCLES)
    quarter = CYCLES // 4
    span = np.minimum(at // quarter, 3)  # operands, zeros, nothing
    operand = np.where(span == 0, _fixed(np.tanh(rng.normal(size=CYCLES)), layout.operand), 0)
    fraction = next(field for field in layout.connection if field.name == "weight")
    weight = np.where(span == 0, _fixed(rng.normal(size=CYCLES), fraction), 0)
    fields = dict.fromkeys(("valid", "first", "last", "row"), np.zeros(CYCLES, int))
    fields |= {"valid": (span < 2).astype(int), "first": (at % PIECE == 0).astype(int)}
    stimulus = {
        "rst": (at < 2).astype(int),
        "token_in": _token(fields, len(module.netlist.inputs["token_in"])),
        "operand_in": operand,
        "weight_in": weight,
        "above": np.zeros(CYCLES, int),
    }
    labels = np.where(at % quarter < 4, 3, np.minimum(span, 2))
    return Scene(stimulus, labels, (WORKING, ZEROS, IDLE, "between"))


def _token(fields: dict[str, np.ndarray], bits: int) -> np.ndarray:
    """Return tokens of the array: valid, first and last from the highest bit on, then the row."""
    return fields["valid"] << (bits - 1) | fields["first"] << (bits - 2) | fields["last"] << (bits - 3) | fields["row"]


def _fixed(values: np.ndarray, form: Any) -> np.ndarray:
    """Return numbers in a fixed-point format with `width` and `fraction`, as unsigned bits."""
    limit = 1 << (form.width - 1)
    raw = np.clip(np.rint(values * (1 << form.fraction)), -limit, limit - 1).astype(np.int64)
    return raw & ((1 << form.width) - 1)


UNITS = {
    "pe": Unit("processing_element", element, overrides=(FEW_PES,)),
    "split": Unit("gene_split", None, overrides=(FEW_PES,)),
    "generator": Unit("xorwow", generator),
    "generator_ungated": Unit("xorwow", generator, clock_gates=False),
    "mac_16": Unit("unit_output_stationary", multiplier),
    "mac_8": Unit("unit_output_stationary", multiplier, overrides=("genes.layout=rtl8",)),
    "mac_16_weights_stay": Unit("unit_weight_stationary", None, overrides=("adam.dataflow=weight_stationary",)),
    "function_unit": Unit("function_unit", None),
}
"""What is kept in results.json, by name."""
