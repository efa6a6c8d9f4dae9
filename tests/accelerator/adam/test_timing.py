"""Cycles of matrix products against those that SCALE-Sim counted (``benchmarks/scalesim``)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from genesys_cli.accelerator.adam.timing import gemm_cycles

DATA = Path(__file__).resolve().parents[2] / "data" / "scalesim.csv"


def test_equals_scale_sim():
    with DATA.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 200
    assert {row["dataflow"] for row in rows} == {"output_stationary", "weight_stationary"}
    assert len({(row["rows"], row["cols"]) for row in rows}) >= 5
    for row in rows:
        m, n, k, height, width = (int(row[name]) for name in ("m", "n", "k", "rows", "cols"))
        ours = gemm_cycles(m, n, k, rows=height, cols=width, dataflow=row["dataflow"])
        assert ours == int(row["cycles"]), row


@pytest.mark.parametrize(("dataflow", "cycles"), [("output_stationary", 69), ("weight_stationary", 94)])
def test_one_small_layer_leaves_the_array_idle(dataflow, cycles):
    """One genome's layer of 8 sources and 4 nodes on 32 x 32 units: almost all of it is filling and draining."""
    assert gemm_cycles(1, 4, 8, rows=32, cols=32, dataflow=dataflow) == cycles
