"""Simulations of RTL that take less to build: most tests build more than they simulate."""

from __future__ import annotations

import pytest

from genesys_cli.rtl import verilator


@pytest.fixture(autouse=True)
def built_fast(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the compiler optimise nothing. A soak has what a user has."""
    if "soak" not in request.keywords:
        monkeypatch.setattr(verilator, "OPTIMISED", "-O0")
        monkeypatch.setattr(verilator, "SELDOM", "-O0")
