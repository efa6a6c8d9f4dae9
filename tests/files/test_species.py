"""The history of species agrees with the checkpoints, whatever happens to the run."""

from pathlib import Path

import numpy as np
import pytest

from genesys_cli.files.checkpoint import checkpoints, load
from genesys_cli.files.species import HEADER, SpeciesRow, read_species
from small_runs import Watcher, copied, resume, start, tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("species")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(tiny("CartPole", "neat.compatibility_threshold=1.0", "environment.max_steps=60"), place / "run")


def test_every_row_follows_from_the_checkpoint(run):
    rows = read_species(run / "species.csv")
    assert [row.generation for row in rows] == sorted(row.generation for row in rows)
    assert len({row.species for row in rows}) > 3
    for path in checkpoints(run / "checkpoints"):
        state, _ = load(path)
        mine = [row for row in rows if row.generation == state.generation]
        assert [row.species for row in mine] == state.species.ids.tolist()
        assert sum(row.size for row in mine) == state.population.size
        for k, row in enumerate(mine):
            members = state.fitness[state.species.member_of == k]
            assert (row.size, row.best) == (len(members), members.max())
            assert row.mean == pytest.approx(members.mean(), rel=1e-12)
            assert row.founded == state.species.created[k]


def test_stagnation_is_what_the_fitness_says(run):
    """Species rank by the fitness of their best member here, so that stagnation follows from the rows alone."""
    best: dict[int, tuple[float, int]] = {}
    stagnant = 0
    for row in read_species(run / "species.csv"):
        before = best.get(row.species, (-np.inf, 0))
        best[row.species] = (row.best, row.generation) if row.best > before[0] else before
        assert row.stagnation == row.generation - best[row.species][1]
        stagnant += row.stagnation > 0
    assert stagnant > 3


@pytest.mark.parametrize("until", [0, 3, 6])
@pytest.mark.parametrize("tail", [None, "", "7,1", "7,0,3,1.0,2.0,0,0\n", "nonsense\n"])
def test_a_resumed_run_has_the_same_bytes(run, tmp_path, until, tail):
    whole = (run / "species.csv").read_bytes()
    again = copied(run, tmp_path.name, until=until)
    if tail is not None:  # the run had died while it wrote the next generation
        lines = whole.decode().splitlines(keepends=True)
        kept = [line for line in lines if line == HEADER or int(line.partition(",")[0]) <= until]
        (again / "species.csv").write_text("".join(kept) + tail)
    resume(again)
    assert (again / "species.csv").read_bytes() == whole


def test_an_interrupted_run_has_the_same_bytes(run):
    settings = tiny("CartPole", "neat.compatibility_threshold=1.0", "environment.max_steps=60")
    resume(start(settings, "run", Watcher([2])))
    assert Path("run/species.csv").read_bytes() == (run / "species.csv").read_bytes()


def test_a_run_from_before_the_file(run, tmp_path):
    old = copied(run, tmp_path.name, until=3)
    (old / "species.csv").unlink()
    assert read_species(old / "species.csv") == []
    resume(old)
    rows = read_species(run / "species.csv")
    assert read_species(old / "species.csv") == [row for row in rows if row.generation > 3]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", HEADER, HEADER.strip() + ",new\n0,1,2,3,4,5,6,7\n"])
def test_what_is_no_history(tmp_path, text):
    (tmp_path / "species.csv").write_text(text)
    assert read_species(tmp_path / "species.csv") == []


def test_a_line_that_was_cut_off_ends_it(tmp_path):
    (tmp_path / "species.csv").write_text(HEADER + "0,1,24,3.5,1.25,0,0\n1,1,24,3.5,1.25,1,0")
    assert read_species(tmp_path / "species.csv") == [SpeciesRow(0, 1, 24, 3.5, 1.25, 0, 0)]
