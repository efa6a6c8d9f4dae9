"""The committed results of CACTI: complete, checked for errors of CACTI's data, and what prices are made of them."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.cacti import prices, report, results
from benchmarks.cacti.cases import BANK, FLAVOURS, KELVIN, NODE_NM, SMALL, Case, cases
from benchmarks.cacti.runs import kept, parse, run

from genesys_cli.config import toml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rows():
    return results.read()


def row(rows, *case):
    return next(r for r in rows if r.case == Case(*case))


def test_every_case_has_its_row_and_no_other(rows):
    assert [r.case for r in rows] == cases()
    assert len({case.name for case in cases()}) == len(cases())
    for r in rows:
        if r.status != results.ABORTED:
            assert all(value > 0 for value in r[2:9]), r.case.name
            assert len(r.organisation) == 6
    for cells, periphery in FLAVOURS:
        assert len(results.sweep(rows, NODE_NM, cells, periphery)) == len(KELVIN)


def test_the_rows_are_what_cacti_printed(rows):
    printed = {}
    for file in sorted(results.OUTPUTS.glob("*.txt")):
        for part in re.split(r"^=== ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _, text = part.partition("\n")
            printed[name] = text
    assert set(printed) == {r.case.name for r in rows}
    for r in rows:
        text = printed[r.case.name]
        if r.status == results.ABORTED:
            assert text.startswith("aborted: ")
        else:
            values = parse(text)
            assert r.read_pj == pytest.approx(values["read_nj"] * 1e3, rel=1e-5)
            assert r.leakage_mw == pytest.approx(values["subthreshold_mw"] + values["gate_mw"], rel=1e-12)
            assert r.area_um2 == pytest.approx(values["height_mm"] * values["width_mm"] * 1e6, rel=1e-5)
            assert f"Total cache size (bytes): {r.case.words * r.case.bits // 8}\n" in text


def test_the_error_in_the_data_at_360_kelvin_is_found_and_marked(rows):
    assert list(results.unsound(rows)) == [(22, "lstp", 360)]
    assert results.marked(rows) == rows
    bad = {r.case for r in rows if r.status == results.UNSOUND}
    assert bad == {Case(22, "lstp", other, 360, *BANK) for other in ("hp", "lop", "lstp")}
    with pytest.raises(SystemExit, match="unsound"):
        prices._sound(row(rows, 22, "lstp", "lstp", 360, *BANK))
    # The file of older nodes is smooth, so the check has nothing to say there.
    for node in (32, 45):
        for device in ("lop", "lstp"):
            steps = results.growth(results.sweep(rows, node, device, device))
            assert all(1 < step < 1.7 for step in steps)
            assert not report.ascends(steps)


def test_an_error_is_found_wherever_it_is(rows):
    worse = [r._replace(subthreshold_mw=0.1) if r.case == Case(45, "hp", "hp", 330, *BANK) else r for r in rows]
    assert (45, "hp", 330) in results.unsound(worse)


def test_entries_are_those_that_a_hand_would_compute(rows):
    """22 nm to 15 nm at the same voltage: the factors from the coefficients in energy/scaling.py, by hand."""
    energy = {0.8: 0.577673, 0.6: 0.546670}
    area = 0.724587
    for cells, periphery in FLAVOURS:
        volts = 0.6 if periphery == "lop" else 0.8
        for name, (kelvin, millivolts) in {"cold-slow": (300, -30), "typical": (330, 0), "hot-fast": (350, 30)}.items():
            found = {(e.kind, e.component, e.action): e for e in prices.entries(rows, cells, periphery, name)}
            die = 10 ** (millivolts / (68 * kelvin / 300))
            for (words, bits), key, divisor in (
                (BANK, ("leakage", "sram", "bank"), 1),
                (SMALL, ("leakage", "cpu", "memory"), 1),
                (SMALL, ("leakage", "activation", "kib"), 16),
            ):
                r = row(rows, 22, cells, periphery, kelvin, words, bits)
                leaks = (r.subthreshold_mw * die + r.gate_mw) * area / divisor
                assert found[key].nominal == pytest.approx(leaks, rel=1e-4)
                assert found[("area", *key[1:])].nominal == pytest.approx(r.area_um2 * area / divisor, rel=1e-4)
            bank = row(rows, 22, cells, periphery, kelvin, *BANK)
            assert found["energy", "sram", "read"].nominal == pytest.approx(bank.read_pj * energy[volts], rel=1e-4)
            assert found["energy", "sram", "write"].nominal == pytest.approx(bank.write_pj * energy[volts], rel=1e-4)
            assert all(e.low <= e.nominal <= e.high and e.voltage_v == volts for e in found.values())


def test_corners_ascend_and_none_is_a_mean(rows):
    for cells, periphery in FLAVOURS:
        leaks = []
        for corner in prices.CORNERS:
            found = {(e.kind, e.component): e for e in prices.entries(rows, cells, periphery, corner)}
            leaks.append(found["leakage", "sram"])
        assert report.ascends([e.nominal for e in leaks])
        assert all(e.high / e.low < 1.4 for e in leaks)  # ways to divide a bank, not flavours


def test_what_is_printed_are_these_entries(rows):
    command = [sys.executable, "-m", "benchmarks.cacti", "--toml", "--flavour", "lstp-hp", "--corner", "typical"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    document = toml.parse(done.stdout)
    expected = prices.entries(rows, "lstp", "hp", "typical")
    assert sum(len(document[kind]) for kind in ("energy", "leakage", "area")) == len(expected)
    for entry in expected:
        named = "action" if entry.kind == "energy" else "part"
        told = next(e for e in document[entry.kind] if (e["component"], e[named]) == (entry.component, entry.action))
        for key in ("low", "nominal", "high"):
            assert told[key] == pytest.approx(getattr(entry, key), rel=1e-3)
        assert told["tag"] == "C"
        assert "CACTI 7" in told["source"]


def test_depth_exponents_are_below_that_of_the_table(rows):
    for flavour in FLAVOURS:
        read, write, leaks, area = report.exponents(rows, *flavour)
        assert 0.35 < read < 0.6
        assert 0.35 < write < 0.6
        assert 0.7 < leaks < 1
        assert area == pytest.approx(1, abs=0.05)


def test_the_report_says_what_is_wrong(rows):
    text = "\n".join(report.lines(rows))
    assert "22 nm lstp: 0.00791186 mW at 360 K, less than 0.0172278 mW at 350 K" in text
    assert "CACTI aborts" in text


def test_a_configuration_names_the_case():
    text = Case(22, "lstp", "hp", 330, 4096, 64).config()
    for line in (
        "-size (bytes) 32768",
        "-technology (u) 0.022",
        "-operating temperature (K) 330",
        '-Data array cell type - "itrs-lstp"',
        '-Data array peripheral type - "itrs-hp"',
    ):
        assert f"\n{line}\n" in text
    assert "{" not in text


def test_output_of_another_program_is_refused():
    with pytest.raises(SystemExit, match="is this CACTI 7"):
        parse("Total leakage")
    with pytest.raises(ValueError, match="substring"):
        kept("hello")


@pytest.mark.skipif("CACTI" not in os.environ, reason="the environment variable CACTI names no CACTI 7 program")
@pytest.mark.parametrize(
    "case", [Case(22, "lstp", "hp", 330, *BANK), Case(22, "hp", "hp", 350, *BANK, "frugal")], ids=lambda c: c.name
)
def test_cacti_says_the_same_today(rows, case):
    fresh = results.row_of(run(Path(os.environ["CACTI"]), case))
    committed = next(r for r in rows if r.case == case)
    assert fresh.organisation == committed.organisation
    assert all(math.isclose(a, b, rel_tol=1e-5) for a, b in zip(fresh[2:9], committed[2:9], strict=True))
