"""Tables of memories: every figure is there, ascends, and says where it is from."""

import csv
from pathlib import Path

import pytest
from benchmarks.cacti import results
from benchmarks.cacti.cases import BANK, EDRAM, Case

from genesys_cli.config import toml
from genesys_cli.config.chips import TAGS
from genesys_cli.config.memories import FIGURES
from genesys_cli.energy import scaling
from genesys_cli.energy.table import SCALES, table_folder

NVSIM = Path(__file__).parents[2] / "benchmarks" / "nvsim" / "results.csv"
FILES = sorted((table_folder() / "memories").glob("*.toml"))


def memory(name):
    return toml.parse((table_folder() / "memories" / f"{name}.toml").read_text(encoding="utf-8"))["memory"]


def test_all_technologies_are_there():
    assert [file.stem for file in FILES] == ["edram", "fefet", "reram", "sot-mram", "sram", "stt-mram"]


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_every_figure_ascends_and_has_a_source(name):
    found = memory(name)
    assert found["name"] == name
    assert (found["words"], found["bits"]) == BANK
    assert set(found) == {"name", "description", "words", "bits", "kelvin", *FIGURES}
    for key in FIGURES:
        figure = found[key]
        assert set(figure) == {"low", "nominal", "high", "technology_nm", "voltage_v", "scales", "tag", "source"}, key
        assert 0 <= figure["low"] <= figure["nominal"] <= figure["high"], key
        assert figure["tag"] in TAGS, key
        assert figure["source"].strip(), key
        allowed = SCALES["area"] if key == "area_um2" else SCALES["energy"]
        assert figure["scales"] in allowed, key
        scaling.check_point(figure["technology_nm"], figure["voltage_v"])


@pytest.mark.parametrize(
    ("name", "cell"), [("stt-mram", "stt-default"), ("reram", "reram-default"), ("fefet", "fefet-default")]
)
def test_nominal_figures_of_nvsim_are_its_results(name, cell):
    with NVSIM.open(newline="", encoding="utf-8") as file:
        row = next(r for r in csv.DictReader(file) if (r["cell"], r["roadmap"], r["subarrays"]) == (cell, "hp", "4"))
    found = memory(name)
    for key, column in (
        ("read_pj", "read_pj"),
        ("write_pj", "write_pj"),
        ("read_ns", "read_ns"),
        ("leakage_periphery_mw", "leakage_mw"),
        ("area_um2", "area_um2"),
    ):
        assert found[key]["nominal"] == pytest.approx(float(row[column]), rel=1e-4), key


def test_figures_of_cacti_are_its_results():
    rows = {row.case: row for row in results.read()}
    bank = rows[Case(22, "lstp", "hp", 330, *BANK)]
    sram = memory("sram")
    assert sram["read_pj"]["nominal"] == pytest.approx(bank.read_pj, rel=1e-3)
    assert sram["area_um2"]["nominal"] == pytest.approx(bank.area_um2, rel=1e-3)
    leaks = sram["leakage_cells_mw"]["nominal"] + sram["leakage_periphery_mw"]["nominal"]
    assert leaks == pytest.approx(bank.leakage_mw, rel=1e-2)
    edram = memory("edram")
    bank = rows[Case(32, EDRAM, "hp", 330, *BANK)]
    assert edram["read_pj"]["nominal"] == pytest.approx(bank.read_pj, rel=1e-3)
    assert edram["leakage_periphery_mw"]["nominal"] == pytest.approx(bank.leakage_mw, rel=1e-3)


def test_shares_of_leakage_between_cells_and_periphery():
    """Banks divided alike that differ in their cells only: the difference is the cells'."""
    rows = {row.case: row for row in results.read()}
    cells = {c: rows[Case(22, c, "hp", 330, *BANK, "smallest")].subthreshold_mw for c in ("hp", "lstp")}
    all_hp = cells["hp"]
    assert (all_hp - cells["lstp"]) / all_hp == pytest.approx(0.82, abs=0.01)
    lstp = rows[Case(22, "lstp", "lstp", 330, *BANK, "smallest")]
    assert memory("sram")["leakage_cells_mw"]["nominal"] == pytest.approx(0.82 * lstp.leakage_mw, rel=0.1)
