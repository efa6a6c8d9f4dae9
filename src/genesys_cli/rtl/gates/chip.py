"""Modules of the chip's RTL, mapped to gates for one chip, and what is shown of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...config.chip import ChipSettings
from ..package import NAME, package_text
from ..sources import sources_of
from .measure import Gates, gates
from .synth import Options

MEMORIES = ("sram", "activation_rom")
"""Modules that a memory compiler makes: they are left out, and named."""


def gates_of(
    top: str,
    chip: ChipSettings,
    *,
    clock: str = "clk",
    clock_gates: bool = True,
    left_out: Sequence[str] = (),
    folder: Path | None = None,
) -> Gates:
    """Map a module of the RTL and all below it, as it is on a chip.

    clock: empty for a module without registers; left_out: modules beside MEMORIES that are counted elsewhere
    folder: for scripts and logs, which then stay
    Raises :class:`UserError` for a chip that RTL cannot have, and where the tools are missing or refuse.
    """
    with tempfile.TemporaryDirectory(prefix="genesys-package-") as passing:
        package = Path(passing) / f"{NAME}.sv"
        package.write_text(package_text(chip), encoding="utf-8")
        options = Options(clock_gates=clock_gates, black_boxes=(*MEMORIES, *left_out))
        return gates(top, [package, *sources_of(top)], clock, options=options, folder=folder)


def lines(module: Gates) -> Iterable[str]:
    """Yield a table of a module and what is below it: own cells of all instances, in um2 of the library's node."""
    yield f"{'module':26}{'x':>5}{'cells':>8}{'flops':>7}{'gates':>6}{'um2':>11}{'uW leak':>9}  left out"
    for one in module.modules:
        boxes = ", ".join(f"{number} {name}" for name, number in one.black_boxes.items())
        yield (
            f"{one.name:26}{one.times:5}{one.cells:8}{one.flops:7}{one.clock_gates:6}{one.area:11.1f}"
            f"{one.leakage / 1000:9.2f}  {boxes}".rstrip()
        )
    cells = sum(one.cells for one in module.modules)
    clock_gates = sum(one.clock_gates for one in module.modules)
    yield (f"{'all':31}{cells:8}{module.flops:7}{clock_gates:6}{module.area:11.1f}{module.leakage / 1000:9.2f}")
    path = module.timing.path
    yield (
        f"longest path (an estimate, before placement): {module.timing.longest / 1000:.2f} ns, {len(path)} cells, "
        f"from {path[0].instance if path else 'an input'} to {module.timing.end}"
    )
    if module.timing.overloaded:
        yield f"{module.timing.overloaded} nets have more load than the largest of their drivers' tables"
