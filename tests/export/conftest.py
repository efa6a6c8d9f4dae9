import pytest


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Runs are noted in the working directory's ``runs/latest``."""
    monkeypatch.chdir(tmp_path)
