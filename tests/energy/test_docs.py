"""The tables of docs/energy.md say what the shipped table says, and what comes of it."""

import re
from pathlib import Path

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.chips import load_chip
from genesys_cli.energy.peak import peak
from genesys_cli.energy.table import AREA, ENERGY, LEAKAGE

TEXT = (Path(__file__).parents[2] / "docs" / "energy.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")]


def rows_of(columns):
    """Return the rows of tables with so many columns by their first cell, the numbers of the others as floats."""
    rows = {row[0]: row[1:] for row in ROWS if len(row) == columns}
    return {name: [float(c) for c in cells if re.fullmatch(r"[\d.]+", c)] for name, cells in rows.items()}


def test_prices_are_those_of_the_table(table):
    stated = rows_of(6)
    for (kind, component, action), price in table.prices.items():
        if kind == ENERGY:
            assert stated[f"{component}.{action}"][:3] == list(price.value)
            row = next(row for row in ROWS if row[0] == f"{component}.{action}")
            assert row[4] == price.tag


def test_leakage_and_area_are_those_of_the_table(table):
    stated = rows_of(8)
    for kind, component, part in table.prices:
        if kind != ENERGY:
            numbers = stated[f"{component}.{part}"]
            found = numbers[:3] if kind == LEAKAGE else numbers[3:6]
            assert found == list(table.prices[kind, component, part].value), (kind, component, part)
    assert {kind for kind, *_ in table.prices} == {ENERGY, LEAKAGE, AREA}


def test_the_peak_is_what_is_computed(table):
    found = peak(ChipSettings(), table)
    stated = rows_of(8)
    for part in found.parts:
        watts = [1e3 * value for value in (*part.dynamic, *part.leakage)]
        assert stated[part.component] == pytest.approx([*watts, part.mm2.nominal], abs=0.0501)
    low = peak(load_chip(None, ["clock.voltage_v=0.8"]).settings, table)
    for name, watts in (
        ("bottom-up, 1.0 V", found.watts),
        ("bottom-up, 0.8 V", low.watts),
        ("calibrated, 1.0 V", found.calibrated_watts),
    ):
        cells = next(row for row in ROWS if row[0] == name)[1:4]
        assert [float(cell.removesuffix(" mW")) for cell in cells] == pytest.approx(
            [1e3 * w for w in watts], abs=0.0501
        )
    assert f"**{found.factor:.3f}**" in TEXT
