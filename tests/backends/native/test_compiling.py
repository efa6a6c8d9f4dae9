"""What is said where a user's functions cannot be compiled, or not be SIMD."""

from __future__ import annotations

import logging

import numba
import pytest

from genesys_cli.backends.native import compiling
from genesys_cli.backends.native.compiling import check_kernels
from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.errors import UserError
from own_envs import END

STEP = "@inline\ndef step"
PAID = "reward = -("


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder of its own for what is kept of a compilation."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "_told", set())
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([(STEP, f"def half(x):\n    return x\n\n\n{STEP}"), (PAID, "reward = -half(")], "half is a function that is "),
        ([(STEP, "def step")], "step is a function that is not marked @inline"),
        ([("TAU = 0.1", "T = [1.0]\nTAU = 0.1"), (PAID, "reward = -T[0] * (")], "T is a list, and a kernel can read n"),
        ([("TAU = 0.1", "T = {'a': 1.0}\nTAU = 0.1"), (PAID, "reward = -T['a'] * (")], "T is a dict, and a kernel can"),
        ([(PAID, "position = np.clip(position, -1.0, 1.0)\n    reward = -(")], r"a kernel cannot compute clip\(float6"),
        ([(PAID, "reward = -physics._asdict()['mass'] * (")], "a kernel knows no '_asdict' of Physics"),
        ([(END, f"    v = np.zeros(2)\n    v[0] = 1.0\n{END}")], r"a kernel cannot compute zeros\(2\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_compiled_is_named(write, cache, changes, message):
    path = write("my_puck", *changes)
    env = find("my_puck:ENV")
    with pytest.raises(UserError, match=message) as caught:
        check_kernels(env)
    text = str(caught.value)
    assert text.startswith("environment 'my_puck:ENV': step cannot be compiled: ")
    assert f"({path}, line " in text
    assert "`a if c else b`" in text
    assert len(text) < 600


def test_the_line_is_that_of_the_user(write, cache):
    path = write("my_puck", (END, f"    v = np.zeros(2)\n    v[0] = 1.0\n{END}"))
    line = 1 + path.read_text(encoding="utf-8").splitlines().index("    v = np.zeros(2)")
    with pytest.raises(UserError, match=f"my_puck.py, line {line}\\)"):
        check_kernels(find("my_puck:ENV"))


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("assert position < 9", "has an assert, for which no kernel stops"),
        ("if position > 9:\n        raise ValueError(position)", "raises an exception, for which no kernel stops"),
        (
            "try:\n        position = 1 * position\n    except ValueError:\n        pass",
            "has a try, which kernels have not",
        ),
        ("print(position) if position > 9 else None", "prints, which millions of steps"),
    ],
)
def test_what_no_kernel_does_is_refused_although_numba_takes_it(write, cache, what, message):
    path = write("my_puck", (END, f"    {what}\n{END}"))
    with pytest.raises(UserError, match=rf"step \({path}, line \d+\) {message}"):
        check_kernels(find("my_puck:ENV"))


def test_a_branch_that_is_not_simd_is_a_warning_each_time(write, cache, caplog, monkeypatch):
    path = write("my_puck", (END, f"    if position > 3.0:\n        return 1.0, True\n{END}"))
    line = 1 + path.read_text(encoding="utf-8").splitlines().index("    if position > 3.0:")
    env = find("my_puck:ENV")
    with caplog.at_level(logging.WARNING, "genesys_cli"):
        check_kernels(env)
        monkeypatch.setattr(compiling, "_told", set())  # another process, which need not compile for it
        monkeypatch.setattr(compiling, "_compiled", pytest.fail)
        check_kernels(env)
    assert len(caplog.messages) == 2
    assert caplog.messages[0] == caplog.messages[1]
    assert "step is not SIMD" in caplog.messages[0]
    assert f"step ({path}, line {line}) has an `if` statement; write `x = a if c else b`" in caplog.messages[0]


def test_the_puck_and_a_branch_that_llvm_turns_into_a_selection_are_simd(write, cache, caplog):
    write("my_puck", (END, f"    if position > 3.0:\n        reward = 1.0\n{END}"))
    with caplog.at_level(logging.WARNING, "genesys_cli"):
        check_kernels(find("my_puck:ENV"))
    assert caplog.messages == []


def test_what_is_part_of_the_package_is_not_compiled_for_it(cache, monkeypatch):
    monkeypatch.setattr(compiling, "_compiled", pytest.fail)
    for env in NATIVE.values():
        check_kernels(env)
