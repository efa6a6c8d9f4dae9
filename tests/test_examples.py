"""The programs in ``examples/`` do what they say, from evolution to a robot's control loop in C."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from genesys_cli import Evolution
from genesys_cli.cli.main import main

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


@pytest.fixture
def examples(tmp_path, monkeypatch):
    """A copy of the examples, which is where one is."""
    place = tmp_path / "examples"
    shutil.copytree(EXAMPLES, place)
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield place
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(place)):
            del sys.modules[name]


def run(*words):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def genesys(*words):
    done = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_evolve_and_play(examples):
    said = run(sys.executable, "evolve_and_play.py")
    assert "solved: True, mean of the held-out episodes: 500.0" in said
    assert said.splitlines()[-3:] == [f"episode {k}: 500.0" for k in range(3)]


def test_xor(examples):
    """Its seed is part of the program: the same numbers everywhere."""
    said = run(sys.executable, "xor.py").splitlines()
    assert said[0] == "generation 0: best 2.985, 1 species"
    assert said[-5:] == [
        "solved in generation 14: 2 hidden nodes, 9 connections",
        "0 xor 0 = 0.169",
        "0 xor 1 = 0.817",
        "1 xor 0 = 1.000",
        "1 xor 1 = 0.015",
    ]


def test_crane(examples):
    said = run(sys.executable, "crane.py", 1, 8).splitlines()
    assert len(re.findall(r"^generation \d: best -[\d.]+$", "\n".join(said), re.MULTILINE)) == 8
    left = [float(re.search(r": ([\d.]+) m off after 25 s", line)[1]) for line in said[-3:]]
    assert max(left) < 0.5


def test_nim(examples):
    """Outputs are compared, and nothing is computed that differs between machines."""
    said = run(sys.executable, "nim.py", 1, 8).splitlines()
    assert "of the points against earlier champions" in said[0]
    assert said[1:4] == ["of  1 it takes 1", "of  2 it takes 2", "of  3 it takes 3"]
    assert int(said[-1].split()[0]) >= 10


def test_a_table(examples):
    said = run(sys.executable, "learn_table.py", 3).splitlines()
    assert said[0].startswith("log loss of 38 held-out flowers: ")
    assert said[2].startswith("5.1, 3.5, 1.4, 0.2 cm: ")
    for command in said[-2:]:
        genesys(*command.split()[1:])
    assert Path("iris.svg").is_file()
    assert "virginica" in Path("iris.h").read_text()


def test_rocket(examples):
    """Physics is numpy's, and the same to the bit on every machine: there is no sine in it."""
    said = run(sys.executable, "rocket.py").splitlines()
    assert re.fullmatch(r"generation 5: best [\d.]+, \d+ species", said[0])
    best = re.fullmatch(r"generation \d+: best ([\d.]+), solved: True", said[-3])[1]
    assert float(best) <= 3.2
    assert said[-2].startswith(f"flown once more, step by step: {best}, of six flights ")
    assert "throttle" in (examples / "rocket.svg").read_text()
    assert "ask-tell" in genesys("inspect", "rocket.json")
    assert f"{Evolution.load('rocket.npz').best:.2f}" == best
    if COMPILER is not None:
        run(COMPILER, "-std=c99", "-Wall", "-Werror", "-DROCKET_SELF_TEST", "-x", "c", "rocket.h", "-o", "self-test")
        assert run("./self-test").endswith(" 0 numbers other than those of genesys\n")


def test_a_robot_of_ones_own(examples):
    said = run(sys.executable, "evolve_robot.py", 2, 20)
    assert len(re.findall(r"^generation \d: best", said, re.MULTILINE)) in (1, 2)
    fitness = float(re.search(r"^fitness ([\d.]+)", said, re.MULTILINE)[1])
    command = said.splitlines()[-1].split()
    assert command[:2] == ["genesys", "export"]
    genesys(*command[1:])
    if COMPILER is None:
        return
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    run(COMPILER, *flags, "robot.c", "-o", "robot", "-lm")
    laps = [int(steps) for steps in re.findall(r"^lap \d: (\d+) of 300 steps", run("./robot"), re.MULTILINE)]
    assert len(laps) == 5
    if fitness > 250:  # it follows the line in Python
        assert laps == [300] * 5
    run(COMPILER, *flags, "-DCONTROLLER_SELF_TEST", "-x", "c", "controller.h", "-o", "self-test")
    assert run("./self-test").endswith(" 0 numbers other than those of genesys\n")
