"""How the chip's sources are built, and what is said when they cannot be."""

import ctypes
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from genesys_cli.config.chip import ChipSettings
from genesys_cli.errors import GenesysError, UserError
from genesys_cli.rtl import sources, verilator
from genesys_cli.rtl.package import header_text, package_text
from genesys_cli.rtl.verilator import build, load, tools

CHIP = ChipSettings()
INTS = np.ctypeslib.ndpointer(np.int32)


@pytest.fixture
def clean():
    tools.cache_clear()
    yield
    tools.cache_clear()


@pytest.mark.builds
def test_a_unit_multiplies_and_saturates_at_each_addition():
    library = build("mac", CHIP, "mac_model.cpp")
    assert build("mac", CHIP, "mac_model.cpp") == library
    run = load(library).mac_run
    run.argtypes, run.restype = [ctypes.c_longlong, *[INTS] * 4], None
    rng = np.random.default_rng(1)
    count = 100_000
    weight, operand = rng.integers(-(2**15), 2**15, (2, count), dtype=np.int32)
    weight[:4], operand[:4] = [-(2**15), -(2**15), 2**15 - 1, 0], [-(2**15), 2**15 - 1, 2**15 - 1, 5]
    before = rng.integers(-(2**31), 2**31, count).astype(np.int32)
    after = np.empty_like(before)
    run(count, weight, operand, before, after)
    exact = before.astype(np.int64) + weight.astype(np.int64) * operand
    assert 0.05 < np.mean(exact != after) < 0.5  # many saturate
    np.testing.assert_array_equal(after, np.clip(exact, -(2**31), 2**31 - 1))


@pytest.mark.builds
def test_a_changed_source_is_built_again_and_a_failure_shows_its_last_lines(tmp_path, monkeypatch):
    shutil.copytree(sources.rtl_folder(), tmp_path / "rtl")
    monkeypatch.setattr(sources, "rtl_folder", lambda: tmp_path / "rtl")
    monkeypatch.setattr(verilator, "cache_folder", lambda: tmp_path / "cache" / "kernels")
    sources.module_files.cache_clear()
    try:
        mac = tmp_path / "rtl/adam/mac.sv"
        mac.write_text(mac.read_text().replace("weight * operand", "weight * operant"))
        with pytest.raises(GenesysError, match=r"(?s)Verilator failed .* kept in .*: 'operant'") as failed:
            build("mac", CHIP, "mac_model.cpp")
        assert failed.value.exit_code == 1
        (kept,) = (tmp_path / "cache").glob("rtl-mac-*-building")
        assert (kept / "genesys_pkg.sv").read_text() == package_text(CHIP, {"adam"})
        mac.write_text(mac.read_text().replace("weight * operant", "weight * operand"))
        harness = tmp_path / "rtl/sim/mac_model.cpp"
        harness.write_text(harness.read_text().replace("eval()", "evaluate()"))
        with pytest.raises(GenesysError, match=r"(?s)C\+\+ compiler failed .*evaluate"):
            build("mac", CHIP, "mac_model.cpp")
    finally:
        sources.module_files.cache_clear()


@pytest.mark.parametrize("lost", ["verilator-cli", "make", "c++"])
def test_a_missing_tool_is_named(clean, monkeypatch, lost):
    which = shutil.which
    gone = {
        "verilator-cli": ("verilator-cli", "verilator"),
        "make": ("make", "gmake"),
        "c++": ("c++", "g++", "clang++"),
    }
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(
        shutil, "which", lambda name, path=None: None if name in gone[lost] else which(name, path=path) or f"/{name}"
    )
    with pytest.raises(UserError, match=f"cannot be simulated: there is no {lost.replace('+', '.')}"):
        tools()


@pytest.mark.builds
def test_of_two_processes_one_builds(tmp_path):
    code = (
        "import logging; logging.basicConfig(level='INFO', format='%(message)s')\n"
        "from genesys_cli.config.chip import ChipSettings; from genesys_cli.rtl.verilator import build\n"
        "print(build('mac', ChipSettings(), 'mac_model.cpp'))"
    )
    environment = {**os.environ, "GENESYS_CACHE_DIR": str(tmp_path)}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, text=True, stdout=-1, stderr=-1)
        for _ in range(2)
    ]
    ends = [process.communicate() for process in both]
    assert ends[0][0] == ends[1][0] != ""
    assert sorted("building the simulated" in said for _, said in ends) == [False, True]


def test_files_of_a_module_come_before_what_uses_them():
    for top in sources.module_files():
        order = [path.stem for path in sources.sources_of(top)]
        assert order[-1] == top
    with pytest.raises(GenesysError, match="no module 'nothing'"):
        sources.sources_of("nothing")


def test_whole_numbers_of_the_package_are_told_to_cpp():
    header = header_text(package_text(CHIP))
    assert "constexpr long long ADAM_ROWS = 32;" in header
