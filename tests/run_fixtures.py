"""Fixtures of all folders of tests that make runs."""

import pytest

from small_runs import start, tiny


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """Runs are noted in the working directory's ``runs/latest``."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def cartpole(tmp_path_factory):
    """The folder of a short run."""
    place = tmp_path_factory.mktemp("cartpole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", "environment.max_steps=60"), place / "run")
