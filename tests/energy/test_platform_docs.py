from pathlib import Path

import pytest

from energy import platform_tables

DOCS = Path(__file__).resolve().parents[2] / "docs" / "platforms.md"


@pytest.mark.parametrize("table", [platform_tables.platforms, platform_tables.constants, platform_tables.costs])
def test_the_documents_table_is_that_of_the_profiles(table):
    """Where this fails, paste what ``python tests/energy/platform_tables.py`` prints."""
    assert "\n".join(table()) in DOCS.read_text(encoding="utf-8")
