"""The table of results, ``results.csv``, and which of its rows can be used.

CACTI's file of devices at 22 nm has an error: the off-current of ``lstp`` is 7.73e-10, 3.55e-10 and 3.09e-9 A/um at
350, 360 and 370 K, so an SRAM leaks less at 360 K than at 350 K. :func:`unsound` finds such points in the results
themselves, and every flavour with such a device at such a temperature is marked and not used.

Another error is only noted: CACTI multiplies the energy of a write to DRAM cells by 100 (``mat.cc``, the branch
``is_dram`` of ``compute_bitline_delay``), so ``write_pj`` of the ``lp-dram`` bank means nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from .cases import BANK, KELVIN, Case
from .runs import Outcome

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.csv"
OUTPUTS = FOLDER / "outputs"

INPUTS = ("node_nm", "cells", "periphery", "kelvin", "words", "bits", "objective", "gated")
FIGURES = ("read_pj", "write_pj", "access_ns", "cycle_ns", "subthreshold_mw", "gate_mw", "area_um2")
ORGANISATION = ("ndwl", "ndbl", "nspd", "ndcm", "ndsam1", "ndsam2")
HEADER = (*INPUTS, "status", *FIGURES, *ORGANISATION)

OK, ABORTED, UNSOUND = "ok", "aborted", "unsound"


class Row(NamedTuple):
    """A row. read_pj, write_pj: of a word; subthreshold_mw, gate_mw: of the whole SRAM, which add; area: of it"""

    case: Case
    status: str
    read_pj: float = 0.0
    write_pj: float = 0.0
    access_ns: float = 0.0
    cycle_ns: float = 0.0
    subthreshold_mw: float = 0.0
    gate_mw: float = 0.0
    area_um2: float = 0.0
    organisation: tuple[float, ...] = ()

    @property
    def leakage_mw(self) -> float:
        return self.subthreshold_mw + self.gate_mw


def row_of(outcome: Outcome) -> Row:
    """Return a run's row, in the units of the table; whether it is sound is not known yet."""
    v = outcome.values
    if not v:
        return Row(outcome.case, ABORTED)
    return Row(
        outcome.case,
        OK,
        _round(v["read_nj"] * 1e3),
        _round(v["write_nj"] * 1e3),
        v["access_ns"],
        v["cycle_ns"],
        v["subthreshold_mw"],
        v["gate_mw"],
        _round(v["height_mm"] * v["width_mm"] * 1e6),
        tuple(v[name] for name in ORGANISATION),
    )


def _round(value: float) -> float:
    """Return six digits: CACTI prints no more."""
    return float(f"{value:.6g}")


def unsound(rows: Iterable[Row]) -> dict[tuple[int, str, int], str]:
    """Return (node, device, temperature) of every point at which leakage does not grow, with what was seen.

    A device's leakage is that of a bank made of it alone. A point is unsound if it leaks less than a cooler one.
    """
    rows = list(rows)
    found = {}
    for node, device in sorted({(row.case.node_nm, row.case.cells) for row in rows}):
        most, at = 0.0, 0
        for row in sweep(rows, node, device, device):
            leaks = row.subthreshold_mw
            if leaks <= most:
                found[node, device, row.case.kelvin] = (
                    f"{node} nm {device}: {leaks:g} mW at {row.case.kelvin} K, less than {most:g} mW at {at} K"
                )
            else:
                most, at = leaks, row.case.kelvin
    return found


def marked(rows: Iterable[Row]) -> list[Row]:
    """Return the rows, those that contain an unsound point marked."""
    rows = list(rows)
    bad = unsound(rows)
    return [
        row._replace(status=UNSOUND)
        if row.status == OK
        and any((row.case.node_nm, part, row.case.kelvin) in bad for part in (row.case.cells, row.case.periphery))
        else row
        for row in rows
    ]


def sweep(rows: Iterable[Row], node_nm: int, cells: str, periphery: str) -> list[Row]:
    """Return a bank of one flavour at all temperatures, as CACTI organises it by default; unsound rows as well."""
    wanted = [Case(node_nm, cells, periphery, kelvin, *BANK) for kelvin in KELVIN]
    by_case = {row.case: row for row in rows}
    return [by_case[case] for case in wanted if case in by_case and by_case[case].status != ABORTED]


def growth(rows: Iterable[Row]) -> list[float]:
    """Return by what the subthreshold leakage of a sweep grows from each temperature to the next."""
    leaks = [row.subthreshold_mw for row in rows]
    return [after / before for before, after in pairwise(leaks)]


def write(rows: Iterable[Row], file: Path = RESULTS) -> None:
    with file.open("w", newline="", encoding="utf-8") as opened:
        table = csv.writer(opened, lineterminator="\n")
        table.writerow(HEADER)
        for row in rows:
            inputs = [*row.case[:-1], "yes" if row.case.gated else "no"]
            figures = [] if row.status == ABORTED else [*row[2:9], *(f"{n:g}" for n in row.organisation)]
            figures += [""] * (len(HEADER) - len(inputs) - 1 - len(figures))
            table.writerow([*inputs, row.status, *figures])


def read(file: Path = RESULTS) -> list[Row]:
    with file.open(newline="", encoding="utf-8") as opened:
        return [_row(line) for line in csv.DictReader(opened)]


def _row(line: dict[str, str]) -> Row:
    case = Case(
        int(line["node_nm"]),
        line["cells"],
        line["periphery"],
        int(line["kelvin"]),
        int(line["words"]),
        int(line["bits"]),
        line["objective"],
        line["gated"] == "yes",
    )
    if line["status"] == ABORTED:
        return Row(case, ABORTED)
    read, wrote, access, cycle, subthreshold, gate, area = (float(line[name]) for name in FIGURES)
    organisation = tuple(float(line[name]) for name in ORGANISATION)
    return Row(case, line["status"], read, wrote, access, cycle, subthreshold, gate, area, organisation)


def write_outputs(outcomes: Iterable[Outcome], folder: Path = OUTPUTS) -> None:
    """Write what CACTI printed, one file for each node and flavour."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, list[str]] = {}
    for outcome in outcomes:
        files.setdefault(outcome.case.group, []).append(f"=== {outcome.case.name}\n{outcome.text}")
    for name, parts in files.items():
        (folder / f"{name}.txt").write_text("\n".join(parts), encoding="utf-8")
