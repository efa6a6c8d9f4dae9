"""A fitness of the user's own takes the place of the return."""

from __future__ import annotations

import sys
from contextlib import closing

import numpy as np
import pytest

from backends.fault_envs import ID, LENGTH
from backends.workers.playing import SEEDS, Playing
from genesys_cli.backends.fitness import Episode, load_fitness
from genesys_cli.errors import UserError

MODULE = "backends.fitnesses"
EPISODE = Episode(6, 12.5, 40, True, False, {"x": 1})


@pytest.fixture
def playing():
    with closing(Playing()) as found:
        yield found


def test_a_function_is_called():
    assert load_fitness(f"{MODULE}:half")(EPISODE) == 6.25
    assert load_fitness(f"{MODULE}:steps_and_info")(EPISODE) == 46.0


def test_a_module_in_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine_alone.py").write_text("def fitness(episode): return episode.steps ** 2\n")
    assert load_fitness("mine_alone:fitness")(EPISODE) == 1600.0
    del sys.modules["mine_alone"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("backends.fitnesse:half", r"fitness = 'backends.fitnesse:half': there is no module 'backends.fitnesse'"),
        ("nowhere:half", "there is no module 'nowhere'"),
        (f"{MODULE}:halv", r"has no function 'halv'; did you mean 'half'\?"),
        (f"{MODULE}:NOT_A_FUNCTION", "that is no function but float"),
    ],
)
def test_what_cannot_be_found(name, message):
    with pytest.raises(UserError, match=message):
        load_fitness(name)


def test_a_module_that_raises(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine_raising.py").write_text("1 / 0\n")
    with pytest.raises(UserError, match="'mine_raising' cannot be imported: ZeroDivisionError: division by zero"):
        load_fitness("mine_raising:fitness")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raises", r"raises raised KeyError: 'velocity' .* for the episode with seed 6 \(return 12.5, 40 steps, term"),
        ("returns_text", "returns_text returned 'good' instead of a number for the episode with seed 6"),
    ],
)
def test_functions_that_fail(name, message):
    with pytest.raises(UserError, match=f"evaluation.fitness: backends.fitnesses:{message}"):
        load_fitness(f"{MODULE}:{name}")(EPISODE)


def test_it_takes_the_place_of_the_return_in_workers(playing):
    found = playing.evaluate(ID, f"evaluation.fitness={MODULE}:steps_and_info", workers=2)
    expected = [LENGTH + 100 * LENGTH + seed % 10 for seed in SEEDS]
    assert found.returns.tolist() == [expected] * 10
    assert found.fitness.tolist() == [sum(expected) / 3] * 10


def test_no_number_is_no_fault_of_the_environment(playing):
    found = playing.evaluate(ID, f"evaluation.fitness={MODULE}:not_a_number", workers=2)
    np.testing.assert_array_equal(found.returns, [[1.0, np.nan, 1.0]] * 10)
    assert np.isnan(found.fitness).all()
    assert found.faults == ()


def test_what_fails_in_workers_is_told(playing):
    with pytest.raises(UserError, match="raises raised KeyError: 'velocity' .* for the episode with seed 6"):
        playing.evaluate(ID, f"evaluation.fitness={MODULE}:raises", workers=2)


def test_what_cannot_be_found_is_told_before_workers_start(playing):
    with pytest.raises(UserError, match="there is no module"):
        playing.backend(ID, "evaluation.fitness=nowhere:half")
