"""Four hundred altered and signed files of ``benchmarks/mutated_files``, which tries more of them."""

import pytest
from benchmarks.mutated_files.trial import Trial, make_runs, work

SEED = 20


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    place = tmp_path_factory.mktemp("bases")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return make_runs(place, ("native", "first", "normalised"))


def test_altered_files_are_read_or_refused(bases, tmp_path):
    trial = Trial(bases, tmp_path / "trial", SEED, 0.02)
    assert work(trial, 0, 400) == [], f"python -m benchmarks.mutated_files --seed {SEED}"
    for name in ("champion.json", "gen"):
        assert trial.kinds[f"{name} read"] > 4, "alterations that are no damage are among them"
        assert trial.kinds[f"{name} refused"] > 40
