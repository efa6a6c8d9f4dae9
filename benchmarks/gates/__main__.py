"""Maps modules of the chip's RTL to gates, simulates them, and writes ``results.json`` and two energy tables.

::

    python -m benchmarks.gates --measure            all modules, half an hour; needs the extra rtl and a C++ compiler
    python -m benchmarks.gates --measure mac_16     one, the others stay as they are
    python -m benchmarks.gates --public FOLDER      blocks of a public PE, see public.py: how areas and leakage shrink
    python -m benchmarks.gates --tables             from results.json: presets/energy/genesys-45nm-gates.toml and -15nm-
    python -m benchmarks.gates --totals             both ways to scale areas, beside what is published
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli_w

from genesys_cli.config.chips import load_chip
from genesys_cli.config.presets import read_toml
from genesys_cli.energy.prices import areas_of
from genesys_cli.energy.scaling import BOTH, energy_factor
from genesys_cli.energy.table import DEFAULT_TABLE, parse_table, table_folder
from genesys_cli.errors import UserError
from genesys_cli.ranges import Range
from genesys_cli.rtl.gates import prices
from genesys_cli.rtl.gates.measure import about
from genesys_cli.rtl.gates.tools import cell_library

from . import public
from .rules import RULES, laws
from .units import CHIP, UNITS, measure

RESULTS = Path(__file__).with_name("results.json")
COMMAND = "python -m benchmarks.gates --measure"

HEADER = """\
# Written by `python -m benchmarks.gates --tables` of benchmarks/gates/results.json; do not edit.
# docs/rtl-gates.md says how gates are measured. Entries whose source says nothing of gates are those of
# genesys-15nm.toml.
"""
DESCRIPTIONS = {
    "genesys-45nm-gates": "PEs, generators and MAC units of our own RTL in NanGate 45 nm; the rest as genesys-15nm.",
    "genesys-15nm-gates": "genesys-45nm-gates at 15 nm, 0.8 V; areas and leakage scaled as four published blocks are.",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gates", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--measure", nargs="*", metavar="UNIT", help=f"of {', '.join(UNITS)} [all]")
    parser.add_argument("--public", type=Path, metavar="FOLDER", help="with the sources of a public PE")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="where figures are kept")
    parser.add_argument("--tables", action="store_true", help="write the energy tables")
    parser.add_argument("--out", type=Path, default=table_folder(), metavar="FOLDER", help="for the tables")
    parser.add_argument("--totals", action="store_true", help="print what the tables say")
    asked = parser.parse_args()
    if asked.measure is None and not asked.public and not asked.tables and not asked.totals:
        parser.error("say --measure, --public, --tables or --totals")
    if asked.measure is not None:
        if unknown := set(asked.measure) - set(UNITS):
            parser.error(f"there is no unit {min(unknown)}; there are {', '.join(UNITS)}")
        _measure(asked.measure or list(UNITS), asked.results)
    kept = json.loads(asked.results.read_text(encoding="utf-8"))
    if asked.public is not None:
        try:
            kept["blocks"] = public.measure(asked.public)
        except UserError as error:
            parser.error(str(error))
        _keep(kept, asked.results)
    if asked.tables:
        for name, document in tables(kept).items():
            (asked.out / f"{name}.toml").write_text(HEADER + tomli_w.dumps(document), "utf-8")
    if asked.totals:
        print("\n".join(totals(kept)))


def _measure(names: list[str], path: Path) -> None:
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"units": {}}
    for name in names:
        began = time.perf_counter()
        kept["units"][name] = measure(UNITS[name])
        kept |= {"command": COMMAND, "about": about(cell_library())}
        _keep(kept, path)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)


def _keep(kept: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def base_table() -> dict[str, Any]:
    """Return the document of the table from the literature."""
    return dict(read_toml(table_folder() / f"{DEFAULT_TABLE}.toml", "energy table"))


def tables(kept: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the documents of both tables, by name."""
    base, found = base_table(), prices.entries(kept["units"], kept["about"], RULES)
    of_blocks = [entry.shrunk(prices.blocks(kept["blocks"])) for entry in found]
    return {
        name: prices.table(base, entries, DESCRIPTIONS[name], laws(kept["units"]))
        for name, entries in zip(DESCRIPTIONS, (found, of_blocks), strict=True)
    }


def totals(kept: dict[str, Any]) -> Iterator[str]:
    """Yield each entry before and after, then areas of the published chip with both ways to scale them."""
    base, found = base_table(), prices.entries(kept["units"], kept["about"], RULES)
    volts = kept["about"]["volts"]
    ways = (prices.equations(volts), prices.blocks(kept["blocks"]))
    yield f"{'at 15 nm, 0.8 V':28}{'unit':>5}{'literature':>12}" + "".join(f"{way.name:>12}" for way in ways)
    columns = [prices.moved(base, [entry.shrunk(way) for entry in found]) for way in ways]
    for first, second in zip(*columns, strict=True):
        yield f"{first[0]:28}{first[1]:>5}{first[2]:12.4g}{first[3]:12.4g}{second[3]:12.4g}"
    factor = energy_factor(prices.NODE_NM, volts, prices.TO_NM, prices.TO_V, BOTH)
    yield f"energy from {prices.NODE_NM:g} nm, {volts:g} V: times {factor:.4f}"
    chip = load_chip(CHIP).settings
    for way in ways:
        table = parse_table(prices.table(base, [entry.shrunk(way) for entry in found], ""), way.name)
        areas, published = areas_of(chip, table), table.published.parts_mm2
        shown = {"EvE": areas["eve"].plus(areas["prng"]), "ADAM": areas["adam"]}
        sizes = "; ".join(
            f"{name} {mm2.nominal:.3f} mm2 ({mm2.low:.3f} to {mm2.high:.3f}), published {published[name.lower()].value}"
            for name, mm2 in shown.items()
        )
        yield f"{way.why}: areas times {_factor(way.area)}, leakage times {_factor(way.leakage)}; {sizes}"


def _factor(value: Range) -> str:
    return f"{value.nominal:.3f} ({value.low:.3f} to {value.high:.3f})"


if __name__ == "__main__":
    main()
