"""A chip's folder: what is in it, and a testbench that passes, and that sees what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.errors import GenesysError, UserError
from genesys_cli.evolution.sample import WANTED, sample, vectors_of
from genesys_cli.rtl import vectors_eve as eve
from genesys_cli.rtl.folder import about, check_rtl, folder_files, write_folder
from genesys_cli.rtl.testbench import run_testbench

SMALL = (
    *("eve.pes=2", "adam.rows=2", "adam.cols=3", "adam.table_bits=4", "buffer.banks=5", "neat.population=80"),
    "buffer.words_per_bank=4096",
)
ODD = (
    *("eve.pes=3", "noc.kind=unicast", "genes.layout=rtl8", "buffer.banks=5", "buffer.words_per_bank=8192"),
    *("adam.rows=3", "adam.cols=5", "adam.dataflow=weight_stationary", "adam.table_bits=6"),
)


def settings_of(overrides):
    return load_settings(None, "CartPole", overrides, {"run.backend": "genesys"}, "genesys-edge")


def silent(_):
    pass


def made(overrides):
    settings = settings_of(overrides)
    taken = sample(settings)
    vectors = vectors_of(settings, taken)
    return (
        taken,
        vectors,
        folder_files(settings.target_chip, vectors, about("genesys-edge", overrides, taken.generation)),
    )


@pytest.fixture(scope="module")
def small():
    return made(SMALL)


@pytest.fixture(scope="module")
def built(small, tmp_path_factory):
    """A folder whose testbench was run, and what it found."""
    folder = tmp_path_factory.mktemp("chip")
    write_folder(folder, small[2])
    return folder, run_testbench(folder, silent)


def test_lists_name_what_is_there_before_what_needs_it(small):
    _, _, files = small
    listed = files["synthesis.f"].split()
    assert listed[0] == "rtl/genesys_pkg.sv"
    assert set(listed) == {name for name in files if name.startswith("rtl/")}
    modules = [Path(name).stem for name in listed[1:]]
    for k, name in enumerate(listed[1:]):
        code = files[name]
        assert not [later for later in modules[k + 1 :] if f" {later} (" in code or f" {later} #(" in code], name
    assert files["simulation.f"].split() == [*listed, "vectors/vectors_pkg.sv"]
    for name in ("README.txt", "Makefile", "activations.hex", "tb/tb_genesys.sv"):
        assert files[name]
    assert "@" not in files["README.txt"]


def test_the_generation_has_all_that_eve_does(small):
    taken, vectors, _ = small
    assert {name for name in WANTED if taken.counts[name] < 1} == set()
    ops = [line >> 152 for line in vectors["eve"].lines]
    assert ops.count(eve.ASKED) == taken.counts["joined"]
    assert ops.count(eve.FETCH) == vectors["eve"].holds["words"]
    assert ops.count(eve.WAVE) == vectors["eve"].holds["waves"] == -(-80 // 2)


@pytest.mark.builds
def test_adam_infers_and_eve_breeds_on_the_same_banks(small, built):
    _, vectors, _ = small
    _, found = built
    for name, one in vectors.items():
        assert {what: found[name].get(what) for what in one.holds if what != "networks"} == {
            what: count for what, count in one.holds.items() if what != "networks"
        }
    assert found["eve"]["counters"] == len(eve.COUNTERS) - 1


@pytest.mark.builds
@pytest.mark.soak
def test_another_chip_passes_too(tmp_path):
    taken, vectors, files = made(ODD)
    write_folder(tmp_path, files)
    assert sum(count > 0 for count in taken.counts.values()) > 2
    found = run_testbench(tmp_path, silent)
    assert found["eve"]["words"] == vectors["eve"].holds["words"]
    assert found["adam"]["registers"] == vectors["adam"].holds["registers"]


def changed(folder, name, op, bit, which):
    """Turn a bit of the first, or the last, line of a kind."""
    path = folder / "vectors" / name
    lines = [int(text, 16) for text in path.read_text().split()]
    at = [k for k, line in enumerate(lines) if line >> 152 == op][which]
    lines[at] ^= 1 << bit
    path.write_text("".join(f"{line:040x}\n" for line in lines))


@pytest.mark.builds
@pytest.mark.parametrize(
    ("name", "op", "bit", "which", "said"),
    [
        ("eve.hex", eve.FETCH, 0, -1, "word at"),
        ("eve.hex", eve.WAVE, 0, 0, "cycles"),
        ("eve.hex", eve.ENDS, 0, 0, "places behind the child"),
        ("eve.hex", eve.COUNT, 0, 3, "counter"),
        ("eve.hex", eve.ASKED, 64, 0, "no candidate is what was joined"),
        ("adam.hex", eve.STEP, 0, 0, "cycles"),
        ("adam.hex", eve.REGISTER, 5, -1, "register"),
    ],
)
def test_what_differs_is_named(built, tmp_path, name, op, bit, which, said):
    folder = tmp_path / "chip"
    shutil.copytree(built[0], folder)
    changed(folder, name, op, bit, which)
    with pytest.raises(GenesysError, match=f"(?s)differences from the emulated chip.*{said}"):
        run_testbench(folder, silent)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["noc.kind=parent-multicast"], "parent-multicast"),
        (["buffer.banks=4"], "buffer.banks = 4 is too few for ADAM's RTL"),
        (["adam.tiles=overlapped"], "adam.tiles"),
    ],
)
def test_a_chip_that_the_rtl_cannot_build_is_named(overrides, said):
    with pytest.raises(UserError, match=said):
        check_rtl(settings_of(overrides).target_chip)


def test_a_population_without_room_is_named():
    settings = settings_of(["buffer.words_per_bank=64"])
    with pytest.raises(UserError, match="words_per_bank"):
        vectors_of(settings, sample(settings))


@pytest.mark.builds
def test_what_cannot_be_built_is_told(small, tmp_path):
    write_folder(tmp_path, {**small[2], "rtl/eve/noc.sv": "module noc; endmodule\n"})
    with pytest.raises(GenesysError, match="(?s)tb_genesys failed .* its last lines are:.*noc"):
        run_testbench(tmp_path, silent)
