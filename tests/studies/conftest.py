import pytest

from run_fixtures import _elsewhere  # noqa: F401
from small_clusters import cluster, temporary  # noqa: F401
from small_studies import evolve, in_this_process


@pytest.fixture
def here(monkeypatch):
    in_this_process(monkeypatch)


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    """The folder of a study of five seeds, not all of which solve it."""
    place = tmp_path_factory.mktemp("five")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        in_this_process(patch)
        summary = evolve(range(5), place / "study")
    assert 0 < summary["solved"] < 5
    return place / "study"
