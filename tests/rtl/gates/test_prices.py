"""Entries of energy tables that follow from gates."""

import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.presets import read_toml
from genesys_cli.energy import leakage, scaling
from genesys_cli.energy.prices import price_of
from genesys_cli.energy.table import AREA, ENERGY, LEAKAGE, parse_table, table_folder
from genesys_cli.ranges import Range
from genesys_cli.rtl.gates import prices
from genesys_cli.rtl.gates.prices import Rule, area_range, energy_of, size_of

ABOUT = {"versions": {"tool": "1.2"}, "library": "Cells", "process": "TypTyp", "volts": 1.1, "celsius": 25.0}
UNIT = {
    "flops": 10,
    "energy_pj_per_cycle": {
        "working": {
            "all": [10.0, 20.0, 30.0],
            "parts": {"clock": [1.0, 2.0, 3.0]},
            "modules": {"top": [8.0, 15.0, 22.0], "below": [2.0, 5.0, 8.0]},
        }
    },
    "modules": [
        {"name": "top", "area_um2": 100.0, "leakage_nw": 1000.0},
        {"name": "below", "area_um2": 30.0, "leakage_nw": 400.0},
    ],
}
RULES = (
    Rule(ENERGY, "eve", "cycle", ("pe",), lambda units: energy_of(units["pe"], "working", less=("below",)), "working"),
    Rule(AREA, "eve", "pe", ("pe",), lambda units: area_range(size_of(units["pe"], "area_um2")), "cells"),
    Rule(LEAKAGE, "eve", "pe", ("pe",), lambda units: Range.exactly(size_of(units["pe"], "leakage_nw")), "cells"),
    Rule(ENERGY, "prng", "word", ("another",), lambda units: Range.exactly(1.0), "of what was not measured"),
)


def test_figures_of_a_unit():
    assert energy_of(UNIT, "working") == (10, 20, 30)
    assert energy_of(UNIT, "working", less=("below",)) == (8, 15, 22)
    assert energy_of(UNIT, "working", only="below") == (2, 5, 8)
    assert energy_of(UNIT, "working", part="clock") == (1, 2, 3)
    assert size_of(UNIT, "area_um2") == 130
    assert size_of(UNIT, "area_um2", less=("below",)) == 100
    assert size_of(UNIT, "leakage_nw", only="below") == 400
    assert area_range(70) == (70, 70, pytest.approx(100))


def test_what_was_not_measured_keeps_the_other_tables_entry():
    base = read_toml(table_folder() / "genesys-15nm.toml", "energy table")
    found = prices.entries({"pe": UNIT}, ABOUT, RULES)
    assert [(entry.kind, entry.component, entry.action) for entry in found] == [
        ("energy", "eve", "cycle"),
        ("area", "eve", "pe"),
        ("leakage", "eve", "pe"),
    ]
    table = parse_table(prices.table(base, found, "of gates"), "gates.toml")
    old = parse_table(base, "old.toml")
    assert table.description == "of gates"
    assert table.prices["energy", "eve", "cycle"].value == (8, 15, 22)
    assert table.prices["energy", "eve", "cycle"].technology_nm == 45
    source = table.prices["energy", "eve", "cycle"].source
    assert source == "working: gates of our own RTL in Cells, TypTyp, 25 C (tool 1.2)"
    changed = {key for key, price in table.prices.items() if price != old.prices[key]}
    assert changed == {("energy", "eve", "cycle"), ("area", "eve", "pe"), ("leakage", "eve", "pe")}
    assert (table.laws, table.sleeps, table.published) == (old.laws, old.sleeps, old.published)


def test_leakage_gets_the_corners_of_the_other_tables():
    """The public PE leaks 0.1406 mW at 298 K, of which the other table has made its three corners by the same law."""
    unit = {"modules": [{"name": "pe", "leakage_nw": 140_600.0}]}
    (entry,) = prices.entries({"pe": unit}, {**ABOUT, "celsius": 25.0}, RULES[2:3])
    other = read_toml(table_folder() / "genesys-15nm.toml", "energy table")["leakage"]
    (pe,) = (one for one in other if (one["component"], one["part"]) == ("eve", "pe"))
    assert entry.value == pytest.approx((pe["low"], pe["nominal"], pe["high"]), rel=0.01)


def test_shrunk_by_the_equations_an_entry_is_what_the_chip_would_have_made_of_it():
    found = prices.entries({"pe": UNIT}, ABOUT, RULES)
    base = read_toml(table_folder() / "genesys-15nm.toml", "energy table")
    at_45 = parse_table(prices.table(base, found, ""), "a.toml")
    at_15 = parse_table(prices.table(base, [entry.shrunk(prices.equations(1.1)) for entry in found], ""), "b.toml")
    chip = ChipSettings()
    for kind, component, action in (("energy", "eve", "cycle"), ("area", "eve", "pe"), ("leakage", "eve", "pe")):
        here, there = (price_of(table, kind, component, action, chip).nominal for table in (at_45, at_15))
        assert there == pytest.approx(here, rel=2e-3)  # entries have four digits


def test_four_published_blocks_shrink_less_than_the_equations_say_and_leak_more():
    found = {
        "generator": {"area_um2": 300.0, "leakage_nw": 5000.0},
        "crossover": {"area_um2": 1600.0, "leakage_nw": 36000.0},
        "perturbation": {"area_um2": 700.0, "leakage_nw": 17000.0},
        "deletion": {"area_um2": 1700.0, "leakage_nw": 35000.0},
    }
    by_blocks, by_equations = prices.blocks(found), prices.equations(1.1)
    assert by_blocks.area == pytest.approx((325.8 / 1600, 1011.57 / 4300, 80.17 / 300))
    assert by_blocks.leakage == pytest.approx((13.3 / 36, 40.61 / 93, 3.25 / 5))
    assert by_equations.area == pytest.approx((2.9 / 17, scaling.area_factor(45, 15), 3.2 / 17))
    volts = leakage.voltage_factor(1.1, 0.8, 330.0)
    assert by_equations.leakage == pytest.approx([area * volts for area in by_equations.area])
    cells = prices.Entry(LEAKAGE, "eve", "pe", Range(1.0, 2.0, 3.0), 45.0, 1.1, "cells")
    entry = cells.shrunk(by_blocks)
    assert entry.value == pytest.approx([one * by for one, by in zip((1, 2, 3), by_blocks.leakage, strict=True)])
    assert entry.source == "cells; scaled by four blocks of a public PE in both libraries"
    area = cells._replace(kind=AREA).shrunk(by_blocks)
    assert area.value == pytest.approx([one * by for one, by in zip((1, 2, 3), by_blocks.area, strict=True)])
