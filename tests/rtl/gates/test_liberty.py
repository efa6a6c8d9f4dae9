"""The cell library is read as it is written: compared with numbers that plain text searches find in it."""

import re

import numpy as np
import pytest

from genesys_cli.errors import UserError
from genesys_cli.rtl.gates.functions import truth_table
from genesys_cli.rtl.gates.liberty import CLOCK_GATE, COMBINATIONAL, FALL, FLOP, LATCH, RISE, read_library
from genesys_cli.rtl.gates.liberty_text import parse


def cell_text(text, name):
    return text.split(f"\n  cell ({name})")[1].split("\n  cell (")[0]


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]


def test_its_corner_and_units(library, library_text):
    assert (library.volts, library.celsius, library.process) == (1.1, 25.0, "TypTyp")
    assert 'time_unit               \t\t: "1ns"' in library_text
    assert "capacitive_load_unit    \t\t  (1,ff)" in library_text
    assert len(library.cells) == len(re.findall(r"^\s*cell \(", library_text, re.MULTILINE))


@pytest.mark.parametrize("name", ["INV_X1", "NAND2_X1", "DFF_X1", "CLKGATE_X1", "FA_X1", "AOI222_X4"])
def test_area_leakage_and_capacitances(library, library_text, name):
    text, cell = cell_text(library_text, name), library.cells[name]
    assert cell.area == numbers(re.search(r"\barea\s*:([^;]*);", text)[1])[0]
    assert cell.leakage == numbers(re.search(r"cell_leakage_power\s*:([^;]*);", text)[1])[0]  # nW
    for pin in cell.inputs:
        of_pin = text[text.index(f"pin ({pin})") :]
        stated = numbers(re.search(r"\bcapacitance\s*:([^;]*);", of_pin)[1])[0]
        assert cell.pins[pin].capacitance == pytest.approx(stated, rel=1e-12)  # fF


def test_a_delay_and_an_energy_at_points_of_their_tables(library, library_text):
    text = cell_text(library_text, "INV_X1")
    for kind, table, factor in (
        ("cell_rise", library.cells["INV_X1"].pins["ZN"].arcs[0].delay[RISE], 1000),
        ("fall_transition", library.cells["INV_X1"].pins["ZN"].arcs[0].transition[FALL], 1000),
        ("rise_power", library.cells["INV_X1"].pins["ZN"].powers[0].energy[RISE], 1),
    ):
        stated = text[text.index(f"{kind}(") :]
        slews, loads = (numbers(found) for found in re.findall(r'index_[12] \("([^"]*)"\)', stated)[:2])
        values = np.array(numbers(re.search(r"values \(([^)]*)\)", stated)[1])).reshape(7, 7)
        for row, column in ((0, 0), (2, 3), (6, 6)):
            found = table.at(1000 * slews[row], loads[column])
            assert found == pytest.approx(factor * values[row, column], rel=1e-9)


def test_values_between_points_are_linear_and_go_on_beyond_them(library):
    table = library.cells["NAND2_X1"].pins["ZN"].arcs[0].delay[RISE]
    (s0, s1), (c0, c1) = table.axes[0][2:4], table.axes[1][2:4]
    corners = [table.values[r][c] for r in (2, 3) for c in (2, 3)]
    assert table.at((s0 + s1) / 2, (c0 + c1) / 2) == pytest.approx(sum(corners) / 4)
    last = table.axes[1][-2:]
    beyond = last[1] + (last[1] - last[0])
    ends = [table.values[0][-2], table.values[0][-1]]
    assert table.at(table.axes[0][0], beyond) == pytest.approx(2 * ends[1] - ends[0])


def test_what_cells_are(library):
    kinds = {name: cell.kind for name, cell in library.cells.items()}
    assert kinds["NAND2_X1"] == kinds["FA_X1"] == kinds["LOGIC1_X1"] == COMBINATIONAL
    assert kinds["DFF_X1"] == kinds["SDFFRS_X2"] == FLOP
    assert kinds["CLKGATE_X1"] == kinds["CLKGATETST_X8"] == CLOCK_GATE
    assert kinds["DLH_X1"] == LATCH
    assert kinds["TBUF_X1"] == kinds["FILLCELL_X1"] == "other"
    assert library.cells["DFF_X1"].clock == library.cells["CLKGATE_X1"].clock == "CK"


def test_functions_of_outputs(library):
    for name, output, meant in (
        ("AOI21_X1", "ZN", lambda p: not (p["A"] or (p["B1"] and p["B2"]))),
        ("MUX2_X1", "Z", lambda p: p["B"] if p["S"] else p["A"]),
        ("FA_X1", "CO", lambda p: p["A"] + p["B"] + p["CI"] > 1),
        ("FA_X1", "S", lambda p: (p["A"] + p["B"] + p["CI"]) % 2),
    ):
        cell = library.cells[name]
        for row in range(1 << len(cell.inputs)):
            pins = {pin: row >> place & 1 for place, pin in enumerate(cell.inputs)}
            assert cell.output_table(output) >> row & 1 == int(meant(pins)), (name, pins)


def test_expressions_bind_as_liberty_says():
    def values(text):
        return [truth_table(text, "abc") >> row & 1 for row in range(8)]

    rows = [(row & 1, row >> 1 & 1, row >> 2 & 1) for row in range(8)]
    assert values("a & b | c") == [a & b | c for a, b, c in rows]
    assert values("a & b ^ c") == [a & (b ^ c) for a, b, c in rows]
    assert values("!a b' + c") == [(1 - a) & (1 - b) | c for a, b, c in rows]
    assert values("(a + b) * !(c ^ 1)") == [(a | b) & c for a, b, c in rows]
    for wrong in ("a &", "a & d", "(a", "a ) b", "a % b"):
        with pytest.raises(ValueError, match=re.escape(repr(wrong))):
            truth_table(wrong, "abc")


def test_wires_are_as_long_as_the_model_says(library):
    wire = library.wire
    assert wire.name == "5K_hvratio_1_1"
    first, last = wire.lengths[0], wire.lengths[-1]
    assert wire.load(0) == 0
    assert wire.load(1) == pytest.approx(wire.capacitance * first[1])
    assert wire.load(last[0] + 10) == pytest.approx(wire.capacitance * (last[1] + 10 * wire.slope))
    before = dict(wire.lengths)
    assert wire.load(10) == pytest.approx(wire.capacitance * (before[9] + before[11]) / 2)


def test_syntax(tmp_path):
    group = parse('library (l) { a : 1; /* b : 2; */ c ("1, 2", \\\n "3"); d (x) { e : "f g" } }')
    assert group.names == ("l",)
    assert group.simple == {"a": "1"}
    assert group.values("c") == ("1, 2", "3")
    assert next(group.all("d")).simple == {"e": "f g"}
    for wrong in ("library (l) { a : 1;", "library l", "library (l) { b (1 }"):
        path = tmp_path / "wrong.lib"
        path.write_text(wrong)
        with pytest.raises(UserError, match=r"wrong\.lib is no Liberty file"):
            read_library(path)
    with pytest.raises(UserError, match=r"absent\.lib cannot be read: No such file"):
        read_library(tmp_path / "absent.lib")
