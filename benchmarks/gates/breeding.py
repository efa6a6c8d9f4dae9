"""``python -m benchmarks.gates.breeding TRACER``: breed generations of CartPole in the Verilated EvE, with a tracer.

The generations are those that a run on the emulated chip breeds. Started by ``units.py`` in a folder of its own, where
the tracer writes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import genesys_cli
from genesys_cli.accelerator.eve.evolve import evolve_generation
from genesys_cli.backends.chip import model
from genesys_cli.config.chips import load_chip
from genesys_cli.rtl import eve
from genesys_cli.rtl.verilator import build

from .units import CHIP, FEW_PES

GENERATIONS = 8


def captured() -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Return what the emulated EvE is called with in a run of CartPole, generation by generation."""
    calls = []
    breed = model.ChipModel.breed

    def remember(*arguments: Any, **named: Any) -> Any:
        calls.append((arguments, named))
        return evolve_generation(*arguments, **named)

    def bred(self: Any, population: Any, plan: Any, **named: Any) -> Any:
        return breed(self, population, plan, **{**named, "evolve": remember})

    with mock.patch.object(model.ChipModel, "breed", bred), tempfile.TemporaryDirectory() as folder:
        genesys_cli.evolve(
            "CartPole", seed=0, backend="genesys", chip=CHIP, generations=GENERATIONS, run_dir=Path(folder) / "run",
            settings={"run.stop_when_solved": False},
        )  # fmt: skip
    assert calls, "no generation was bred on the emulated chip"
    return calls


def main() -> None:
    tracer = Path(sys.argv[1])
    calls = captured()

    def with_tracer(top: str, chip: Any, harness: str) -> Path:
        files = {tracer.name: tracer.read_text(encoding="utf-8")}
        return build(top, chip, harness, extra=files, options=(tracer.name,))

    few = load_chip(CHIP, [FEW_PES]).settings
    with mock.patch.object(eve, "build", with_tracer):
        bred = eve.EveModel(few)
    for arguments, named in calls:
        bred.evolve(*arguments, **{**named, "chip": few})


if __name__ == "__main__":
    main()
