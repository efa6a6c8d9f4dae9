"""Modules are mapped to cells, counted as one counts by hand, and faulty ones are refused."""

import json

import pytest

from genesys_cli.errors import UserError
from genesys_cli.rtl.gates import tools
from genesys_cli.rtl.gates.activity import Simulation
from genesys_cli.rtl.gates.netlist import flatten, modules, source_name
from genesys_cli.rtl.gates.synth import Options, synthesise
from genesys_cli.rtl.gates.timing import analyse
from rtl.gates.hand import design, inverters


@pytest.mark.gates
def test_a_small_module_counted_by_hand(library, modules_folder):
    """Each bit takes a flip-flop, an XOR for its next value, and an AND for its carry; the copy is a wire."""
    mapped = synthesise("counter", [modules_folder / "counter.sv"])
    top, bits = modules(mapped.design, "counter", library)
    assert (top.name, top.times, top.cells, top.area) == ("counter", 1, 0, 0)
    assert (bits.name, bits.times, bits.cells, bits.flops, bits.clock_gates) == ("bit_of_counter", 2, 6, 2, 0)
    assert bits.kinds == {"AND2_X1": 2, "DFF_X1": 2, "XOR2_X1": 2}
    assert bits.area == pytest.approx(2 * (4.522 + 1.064 + 1.596))  # um2, of the library
    assert bits.flop_area == pytest.approx(2 * 4.522)
    assert not mapped.warnings
    flat = flatten(mapped.design, "counter", library)
    assert {instance.path.split(".")[0] for instance in flat.instances} == {"low", "high"}
    assert flat.outputs["copy"] == flat.inputs["en"]


@pytest.mark.gates
@pytest.mark.parametrize(
    ("top", "says"),
    [("remembers", r"(?i)latch"), ("twice", r"(?i)driver"), ("circle", r"(?i)loop|problem"), ("absent", "absent")],
)
def test_faults_are_named_and_their_files_kept(top, says, tmp_path, modules_folder):
    with pytest.raises(UserError, match=says) as error:
        synthesise(top, [modules_folder / "faults.sv"], folder=tmp_path)
    assert str(tmp_path) in str(error.value)
    assert (tmp_path / "synth.log").is_file()


@pytest.mark.gates
def test_memories_are_left_out_by_name(library, modules_folder):
    options = Options(black_boxes=("memory_macro",))
    mapped = synthesise("stores", [modules_folder / "faults.sv"], options=options)
    (only,) = modules(mapped.design, "stores", library)
    assert only.black_boxes == {"memory_macro": 1}
    flat = flatten(mapped.design, "stores", library)
    assert flat.boxes == {"macro.word": flat.outputs["word"]}
    assert set(flat.inputs["at"]) <= flat.taken


def test_a_missing_source_and_a_missing_tool(tmp_path, monkeypatch, library_text):
    with pytest.raises(UserError, match=r"nothing\.sv is not there"):
        synthesise("top", [tmp_path / "nothing.sv"])
    monkeypatch.setattr(tools, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"yosys is not here: install it with: pip install 'genesys-cli\[rtl\]'"):
        tools.run_yosys("", tmp_path, {})


def test_a_missing_library(monkeypatch):
    monkeypatch.setattr(tools, "CELLS_WHEEL", "a-wheel-that-is-nowhere")
    with pytest.raises(UserError, match="it is in the wheel a-wheel-that-is-nowhere"):
        tools.library_path()
    assert "the cell library" in tools.missing()


def test_nets_with_two_drivers_or_none(library):
    both = [("i0", "INV_X1", {"A": 2, "ZN": 3}), ("i1", "INV_X1", {"A": 2, "ZN": 3})]
    ports = {"a": ("input", [2]), "z": ("output", [3])}
    with pytest.raises(UserError, match=r"two drivers, of which one is i1\.ZN"):
        flatten(design("m", ports, both, library), "m", library)
    with pytest.raises(UserError, match=r"1 nets of m are read and have no driver, such as that of .*i0\.A"):
        flatten(design("m", ports, [("i0", "INV_X1", {"A": 9, "ZN": 3})], library), "m", library)


def test_latches_and_foreign_cells_are_refused(library):
    latch = design("m", {}, [("l", "DLH_X1", {})], library)
    with pytest.raises(UserError, match=r"l is a latch \(DLH_X1\)"):
        modules(latch, "m", library)
    latch["modules"]["m"]["cells"]["l"]["type"] = "DFF_X9"
    with pytest.raises(UserError, match="a cell DFF_X9, which the library NangateOpenCellLibrary does not have"):
        modules(latch, "m", library)


def test_modules_below_are_entered_and_wires_through_them_joined(library):
    """A module that hands its input through, and a constant out: neither is a cell."""
    outer = inverters(1, library)
    outer["modules"]["through"] = {
        "attributes": {},
        "ports": {
            "x": {"direction": "input", "bits": [2]},
            "y": {"direction": "output", "bits": [2]},
            "one": {"direction": "output", "bits": ["1"]},
        },
        "cells": {},
    }
    top = outer["modules"]["chain"]
    top["cells"]["t"] = {
        "type": "through",
        "connections": {"x": [3], "y": [4], "one": [5]},
        "port_directions": {"x": "input", "y": "output", "one": "output"},
    }
    top["ports"]["z"]["bits"] = [4]
    top["ports"]["high"] = {"direction": "output", "bits": [5]}
    flat = flatten(json.loads(json.dumps(outer)), "chain", library)
    assert flat.outputs["z"] == (flat.instances[0].nets["ZN"],)
    assert flat.outputs["high"] == (1,)


def test_constants_have_cells_and_outputs_that_nothing_reads_nets_of_their_own(library):
    cells = [("one", "LOGIC1_X1", {"Z": 4}), ("and", "AND2_X1", {"A1": 2, "A2": 4, "ZN": 3}), ("i", "INV_X1", {"A": 2})]
    ports = {"a": ("input", [2]), "z": ("output", [3])}
    netlist = flatten(design("m", ports, cells, library), "m", library)
    unread = netlist.instances[2].nets["ZN"]
    assert netlist.drivers[unread] == (2, "ZN")
    assert netlist.sinks[unread] == []
    for hazards in (True, False):
        done = Simulation(netlist, analyse(netlist, library), "", hazards=hazards).run({"a": [0, 1, 0, 1]})
        assert done.seen[:, 0].tolist() == [0, 1, 0, 1]


def test_names_of_modules():
    assert source_name("mac$top.rows[1].unit") == "mac"
    assert source_name("mac") == "mac"
