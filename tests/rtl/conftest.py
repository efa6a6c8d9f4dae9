"""Tests of the chip's RTL build simulations, which needs Verilator, make and a C++ compiler."""

import pytest

from genesys_cli.rtl.verilator import missing_tool
from small_models import built_fast  # noqa: F401


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why = missing_tool()
    for item in items:
        if why and "builds" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=why))
