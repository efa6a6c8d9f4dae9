"""The longest path, added up again by hand from the library's text."""

import re

import numpy as np
import pytest

from genesys_cli.errors import UserError
from genesys_cli.rtl.gates.netlist import flatten
from genesys_cli.rtl.gates.timing import CLOCK_PS, INPUT_PS, analyse, clock_nets
from rtl.gates.hand import design, inverters


def tables(text, cell, kind, pin="ZN"):
    """Return axes and values of a cell's first table of a kind, read from the text, in ps and fF."""
    of_cell = text.split(f"\n  cell ({cell})")[1].split("\n  cell (")[0]
    of_pin = of_cell.split(f"\n\tpin ({pin})")[1]
    stated = of_pin.split(f"{kind}(")[1].split("}")[0]
    found = [
        np.array([float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", part)])
        for part in re.findall(r"(?:index_\d|values) \(([^)]*)\)", stated)
    ]
    return [1000 * found[0], *(found[1:-1]), 1000 * found[-1].reshape(len(found[0]), -1)]


def looked_up(table, slew, load):
    slews, loads, values = table
    return np.interp(slew, slews, [np.interp(load, loads, row) for row in values])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_chain_of_inverters(count, library, library_text):
    netlist = flatten(inverters(count, library), "chain", library)
    timing = analyse(netlist, library)
    wire = library.wire.load(1)
    pin, outside = library.cells["INV_X1"].pins["A"].capacitance, library.cells["DFF_X1"].pins["D"].capacitance
    best = 0.0
    for start in (0, 1):  # a falling or a rising input
        slew, time, edge = INPUT_PS, 0.0, start
        for place in range(count):
            load = wire + (outside if place == count - 1 else pin)
            edge = 1 - edge
            name = ("fall", "rise")[edge]
            time += looked_up(tables(library_text, "INV_X1", f"cell_{name}"), slew, load)
            slew = looked_up(tables(library_text, "INV_X1", f"{name}_transition"), slew, load)
        best = max(best, time)
    assert timing.longest == pytest.approx(best, rel=1e-9)
    assert timing.end == "z[0]"
    assert [step.instance for step in timing.path] == [f"i{place}" for place in range(count)]
    assert timing.path[-1].arrival == timing.longest


def test_from_register_to_register_with_setup(library, library_text):
    ports = {"clk": ("input", [2]), "d": ("input", [3])}
    cells = [
        ("first", "DFF_X1", {"CK": 2, "D": 3, "Q": 4}),
        ("inverts", "INV_X1", {"A": 4, "ZN": 5}),
        ("second", "DFF_X1", {"CK": 2, "D": 5}),
    ]
    netlist = flatten(design("pair", ports, cells, library), "pair", library)
    timing = analyse(netlist, library)
    wire, d, a = library.wire.load(1), 1.140290, 1.700230
    best = 0.0
    for edge in (0, 1):
        name, other = ("fall", "rise")[edge], ("fall", "rise")[1 - edge]
        time = looked_up(tables(library_text, "DFF_X1", f"cell_{name}", "Q"), CLOCK_PS, wire + a)
        slew = looked_up(tables(library_text, "DFF_X1", f"{name}_transition", "Q"), CLOCK_PS, wire + a)
        time += looked_up(tables(library_text, "INV_X1", f"cell_{other}"), slew, wire + d)
        slew = looked_up(tables(library_text, "INV_X1", f"{other}_transition"), slew, wire + d)
        of_d = library_text.split("\n  cell (DFF_X1)")[1].split("pin (D)")[1].split("setup_rising")[1]
        stated = of_d.split(f"{other}_constraint(")[1].split("}")[0]
        axes = [[1000 * float(x) for x in part.split(",")] for part in re.findall(r'index_\d \("([^"]*)"', stated)]
        rows = re.findall(r"-?[\d.]+", stated.split("values")[1])
        values = 1000 * np.array(rows, float).reshape(3, 3)
        time += np.interp(slew, axes[0], [np.interp(CLOCK_PS, axes[1], row) for row in values])
        best = max(best, time)
    assert timing.longest == pytest.approx(best, rel=1e-9)
    assert timing.end == "second.D"
    assert [(step.instance, step.pin) for step in timing.path] == [("first", "Q"), ("inverts", "ZN")]


def test_longer_wires_are_slower_and_loads_too_large_are_counted(library):
    netlist = flatten(inverters(3, library), "chain", library)
    none, some, many = (analyse(netlist, library, wires=wires) for wires in (0, 1, 300))
    assert none.longest < some.longest < many.longest
    ends = [none.loads[instance.nets["ZN"]] for instance in netlist.instances]
    assert ends == pytest.approx([1.700230, 1.700230, 1.140290])  # pins of an inverter and of a flip-flop
    assert (some.overloaded, many.overloaded) == (0, 3)


def test_clocks_go_through_gates_and_nothing_else(library):
    ports = {"clk": ("input", [2]), "en": ("input", [3])}
    gated = [("g", "CLKGATE_X1", {"CK": 2, "E": 3, "GCK": 4}), ("f", "DFF_X1", {"CK": 4, "D": 3})]
    netlist = flatten(design("m", ports, gated, library), "m", library)
    assert clock_nets(netlist, "clk") == [netlist.inputs["clk"][0], netlist.instances[0].nets["GCK"]]
    with pytest.raises(UserError, match="m has no input 'clock' for its clock; it has clk, en"):
        clock_nets(netlist, "clock")
    with pytest.raises(UserError, match="g is not clocked by en|takes the clock en for data"):
        clock_nets(netlist, "en")
    inverted = [("i", "INV_X1", {"A": 2, "ZN": 4}), ("f", "DFF_X1", {"CK": 4, "D": 3})]
    with pytest.raises(UserError, match="i takes the clock clk for data"):
        clock_nets(flatten(design("m", ports, inverted, library), "m", library), "clk")


def test_a_loop_is_named(library):
    cells = [("a", "NAND2_X1", {"A1": 2, "A2": 4, "ZN": 3}), ("b", "INV_X1", {"A": 3, "ZN": 4})]
    netlist = flatten(design("m", {"x": ("input", [2])}, cells, library), "m", library)
    with pytest.raises(UserError, match="logic of m drives itself, in or behind a"):
        analyse(netlist, library)
