"""The digest of a user's files: it changes with all that kernels compile in, and with nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from genesys_cli.envs.own.source import files_of, functions_of
from genesys_cli.envs.registry import find

HELPED = (
    ("from typing import NamedTuple\n", "from typing import NamedTuple\nimport my_helper\n"),
    ("TAU * (", "my_helper.TAU * ("),
)


def digest(write, *changes):
    write("my_puck", *changes)
    return find("my_puck:ENV").source


@pytest.mark.parametrize(
    ("old", "new"),
    [("TAU = 0.1", "TAU = 0.2"), ("0.1 * (thrust", "0.2 * (thrust"), ("mass: float = 2.0", "mass: float = 3.0")],
)
def test_an_edit_changes_it(write, old, new):
    assert digest(write) == digest(write) != digest(write, (old, new))


def test_an_edit_of_what_it_imports_changes_it(write, tmp_path):
    helper = tmp_path / "my_helper.py"
    found = []
    for text in ("TAU = 0.1\n", "TAU = 0.1\n", "TAU = 0.2\n"):
        helper.write_text(text, encoding="utf-8")
        sys.modules.pop("my_helper", None)
        found.append(digest(write, *HELPED))
    assert found[0] == found[1] != found[2]
    assert files_of(sys.modules["my_puck"], "my_puck") == {tmp_path / "my_puck.py", helper}


def test_a_constant_that_a_file_holds_changes_it(write, tmp_path):
    """numba compiles the values of globals in."""
    read = ("TAU = 0.1", 'TAU = float(open("tau.txt").read())')
    (tmp_path / "tau.txt").write_text("0.1")
    before = digest(write, read)
    (tmp_path / "tau.txt").write_text("0.2")
    assert before != digest(write, read)


def test_the_functions_that_it_calls_are_known(write):
    helper = "@inline\ndef half(x):\n    return 0.5 * x\n\n\n@inline\ndef step"
    write("my_puck", ("@inline\ndef step", helper), ("0.1 * (thrust * thrust)", "half(thrust)"))
    assert [one.__name__ for one in functions_of(find("my_puck:ENV"))] == ["observe", "step", "half"]


def test_it_is_the_same_in_another_process_and_another_folder(write, tmp_path):
    mine = digest(write)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "my_puck.py").rename(elsewhere / "my_puck.py")
    code = "from genesys_cli.envs.registry import find; print(find('my_puck:ENV').source)"
    done = subprocess.run([sys.executable, "-c", code], cwd=elsewhere, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == mine
