"""Whole runs with both parts in RTL: checkpoints, species and counts are those of the emulated chip."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

pytestmark = [pytest.mark.builds, pytest.mark.soak]

GENERATIONS = 4
SMALL = ("eve.pes=2", "adam.rows=4", "adam.cols=4", "adam.table_bits=8", "neat.population=20")
RUNS = {
    "CartPole": ("CartPole", ()),
    "weights stay": ("CartPole", ("adam.dataflow=weight_stationary", "adam.packing=single")),
    "recurrent": ("CartPole", ("neat.feed_forward=false",)),
}


def evolved(backend: str, env: str, changes: tuple[str, ...], folder: Path) -> float:
    """Evolve for a few generations; return the seconds of one."""
    settings = [word for change in (*SMALL, *changes) for word in ("-s", change)]
    command = [sys.executable, "-m", "genesys_cli", "evolve", "--env", env, "--backend", backend, "--seed", "3"]
    command += ["--chip", "genesys-edge", "--generations", str(GENERATIONS), *settings, "-o", str(folder)]
    begun = perf_counter()
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode in (0, 1), done.stderr  # 1: not solved
    return (perf_counter() - begun) / GENERATIONS


def counts_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return [
            {k: v for k, v in row.items() if not k.endswith(("_s", "host_energy_j"))} for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_that_of_the_emulated_chip(name, tmp_path, capsys):
    env, changes = RUNS[name]
    seconds = {backend: evolved(backend, env, changes, tmp_path / backend) for backend in ("genesys", "rtl")}
    emulated, simulated = (sorted((tmp_path / backend / "checkpoints").iterdir()) for backend in seconds)
    assert [path.name for path in simulated] == [path.name for path in emulated]
    assert emulated
    for one, other in zip(emulated, simulated, strict=True):
        with np.load(one) as expected, np.load(other) as found:
            assert set(found.files) == set(expected.files)
            for field in expected.files:
                np.testing.assert_array_equal(found[field], expected[field], err_msg=f"{one.name}: {field}")
    assert counts_of(tmp_path / "rtl") == counts_of(tmp_path / "genesys")
    with capsys.disabled():
        print(f"\n{name}: {len(emulated)} checkpoints equal; seconds a generation, builds included: {seconds}")
