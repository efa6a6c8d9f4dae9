"""A run, and a copy of it to damage."""

import pytest

from run_fixtures import _elsewhere, cartpole  # noqa: F401
from small_runs import copied, start, tiny


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", "neat.generations=4"), place / "run")


@pytest.fixture
def run(whole, tmp_path):
    return copied(whole, tmp_path / "run")
