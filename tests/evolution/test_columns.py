"""Columns of ``metrics.csv``: all are described, and in the docs as the program describes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from genesys_cli.backends.played import Played
from genesys_cli.evolution.columns import DRIFT, ISLANDS, MEASURED, STATE, check
from small_runs import start, tiny

TEXT = (Path(__file__).parents[2] / "docs" / "run-folder.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [STATE, DRIFT, ISLANDS, MEASURED], ids=["state", "drift", "islands", "measured"])
def test_the_tables_of_the_docs_are_these(columns):
    rows = [f"| {', '.join(f'`{name}`' for name in column.names)} | {column.meaning} |" for column in columns]
    table = "\n".join(["| column | what it says |", "|---|---|", *rows])
    assert table in TEXT, f"docs/run-folder.md has to have this table:\n{table}"


def test_what_is_described_nowhere_is_refused():
    check(["generation", "macs", "drift_length", "evaluate_s"])
    with pytest.raises(ValueError, match=r"'genes_inn' is no column of metrics.csv; did you mean 'genes_in'\?; "):
        check(["generation", "genes_inn"])


def test_a_backend_s_count_that_nobody_registered_is_an_error(monkeypatch, tmp_path):
    counted = Played.counts
    monkeypatch.setattr(Played, "counts", lambda self: {**counted(self), "env_stepz": 1})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="'env_stepz' is no column of metrics.csv; did you mean 'env_steps'"):
        start(tiny("CartPole"), tmp_path / "run")
