"""The figures of docs/rtl-gates.md are those of the kept results and of the shipped tables."""

import json
import re
from pathlib import Path

import pytest
from benchmarks.claim import SPANS, TABLES, claim
from benchmarks.gates.__main__ import RESULTS

from genesys_cli.config.chip import ChipSettings
from genesys_cli.costs.estimates import PAPER
from genesys_cli.energy.peak import peak
from genesys_cli.energy.table import AREA, ENERGY, LEAKAGE, load_table
from genesys_cli.ranges import summed
from genesys_cli.rtl.gates.prices import PUBLISHED_BLOCKS

TEXT = (Path(__file__).parents[2] / "docs" / "rtl-gates.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")]
KINDS = {"pJ": ENERGY, "mW": LEAKAGE, "µm²": AREA}
LIBRARIES = ("genesys-15nm", "genesys-15nm-gates", "genesys-45nm-gates")
MEASURED = {
    "PE with generator and merge": ("pe", ""),
    "of it the generator, four words a cycle": ("pe", "xorwow"),
    "of it gene merge": ("pe", "gene_merge"),
    "of it both steps of attributes": ("pe", "attribute_step"),
    "gene split of a PE": ("split", ""),
    "MAC unit, stationary output, 16 bits": ("mac_16", ""),
    "the same, `rtl8`": ("mac_8", ""),
}


@pytest.fixture(scope="module")
def kept():
    return json.loads(RESULTS.read_text("utf-8"))


def row(name):
    (found,) = [cells for cells in ROWS if cells[0] == name]
    return found


def shown(value, form):
    return f"{value.nominal:{form}} ({value.low:{form}}–{value.high:{form}})"


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_known_of_a_module(kept, name):
    cells = row(name)
    unit, module = MEASURED[name]
    found = kept["units"][unit]
    one = next(one for one in found["modules"] if one["name"] == module) if module else found
    assert [int(cell.replace(" ", "")) for cell in cells[1:4]] == [one["cells"], one["flops"], round(one["area_um2"])]
    if not module:
        assert cells[4] == f"{found['longest_path_ps_estimate'] / 1000:.1f} ns"
    labels = ("working", "zeros" if unit.startswith("mac") else "waiting", "idle")
    for label, cell in zip(labels, cells[5:], strict=True):
        spent = found["energy_pj_per_cycle"].get(label)
        if spent is None:
            assert cell == ""
            continue
        low, nominal, high = spent["modules"][module] if module else spent["all"]
        stated = [float(number) for number in re.findall(r"[\d.]+", cell)]
        assert stated == pytest.approx([nominal, low, high][: len(stated)], abs=0.0501 if nominal > 1 else 0.00501)


def test_entries_are_those_of_both_tables():
    tables = [load_table(name) for name in LIBRARIES[:2]]
    stated = [cells for cells in ROWS if re.fullmatch(r"\w+\.\w+, (pJ|mW|µm²)", cells[0])]
    assert len(stated) == 12
    for cells in stated:
        name, unit = cells[0].split(", ")
        form = ".0f" if unit == "µm²" else ".3g"
        values = [table.prices[(KINDS[unit], *name.split("."))].value for table in tables]
        assert cells[1:3] == [shown(value, form) for value in values], name


def test_totals_beside_what_is_published_are_those_of_the_tables():
    found = [peak(ChipSettings(), load_table(name)) for name in LIBRARIES]
    parts = [{part.component: part for part in one.parts} for one in found]
    eve = [one["eve"].watts.plus(one["prng"].watts) for one in parts]
    published = {"eve": parts[0]["eve"].published_mm2, "adam": parts[0]["adam"].published_mm2}
    wanted = {
        "EvE, mm²": (published["eve"], [shown(one["eve"].mm2, ".2f") for one in parts]),
        "generators, mm²": (None, [shown(one["prng"].mm2, ".2f") for one in parts]),
        "ADAM, mm²": (published["adam"], [shown(one["adam"].mm2, ".2f") for one in parts]),
        "chip, mm²": (found[0].published_mm2, [shown(one.mm2, ".2f") for one in found]),
        "power, bottom-up, mW": (947.5, [shown(one.watts.scaled(1e3), ".0f") for one in found]),
        "of it leakage, mW": (
            None,
            [shown(summed(part.leakage for part in one.parts).scaled(1e3), ".0f") for one in found],
        ),
        "of it EvE and generators, mW": (None, [shown(one.scaled(1e3), ".0f") for one in eve]),
        "of it ADAM, mW": (None, [shown(one["adam"].watts.scaled(1e3), ".0f") for one in parts]),
        "calibration factor": (None, [f"{one.factor:.3f}" for one in found]),
    }
    for name, (of_paper, cells) in wanted.items():
        assert row(name)[1:] == ["–" if of_paper is None else f"{of_paper:g}", *cells]


def test_blocks_are_those_that_were_mapped(kept):
    for name, published in PUBLISHED_BLOCKS.items():
        here = kept["blocks"][name]
        areas = f"{here['area_um2']:.0f}", f"{published.area_um2:.4g}"
        leaks = f"{here['leakage_nw'] / 1e3:.1f}", f"{published.leakage_nw / 1e3:.3g}"
        ratios = [f"{there / here[key]:.2f}" for key, there in published._asdict().items()]
        assert row(name)[1:] == [*areas, ratios[0], *leaks, ratios[1]]


def test_the_claim_has_a_row_for_each_published_baseline():
    orders = {"least": -0.04, "most": 2.0, "low": None, "high": 3.14}
    one = {"orders_of_magnitude": {span: [{"platform": name, **orders} for name in PAPER] for span in SPANS.values()}}
    lines = claim(dict.fromkeys(TABLES, one)).splitlines()
    for name in (*PAPER, "all"):
        assert len(row(name)) == len(row("baseline"))
    assert [line.split(" | ")[0].strip("| ") for line in lines[2:]] == [*PAPER, "all"]
    assert lines[0].strip("| ").split(" | ") == row("baseline")
    assert set(lines[2].strip("| ").split(" | ")[1:]) == {"0.0 – 2.0 (−∞ – 3.1)"}
