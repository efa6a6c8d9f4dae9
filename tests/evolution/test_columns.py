"""Columns of ``metrics.csv``: all are described, and in the docs as the program describes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from genesys_cli.evolution.columns import DRIFT, MEASURED, STATE, unknown

TEXT = (Path(__file__).parents[2] / "docs" / "run-folder.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [STATE, DRIFT, MEASURED], ids=["state", "drift", "measured"])
def test_the_tables_of_the_docs_are_these(columns):
    rows = [f"| {', '.join(f'`{name}`' for name in column.names)} | {column.meaning} |" for column in columns]
    table = "\n".join(["| column | what it says |", "|---|---|", *rows])
    assert table in TEXT, f"docs/run-folder.md has to have this table:\n{table}"


def test_what_is_described_nowhere_is_told():
    assert unknown({"generation", "macs", "drift_length", "evaluate_s", "makcs"}) == {"makcs"}
