"""A fitness of the user's own takes the place of the return."""

from __future__ import annotations

import sys
from contextlib import closing

import numpy as np
import pytest

from backends.fault_envs import ID, LENGTH
from backends.workers.playing import SEEDS, Playing, population_of, settings_of
from genesys_cli.backends.base import make_backend
from genesys_cli.backends.fitness import Episode, load_fitness
from genesys_cli.backends.played import mean_of
from genesys_cli.compiled.threads import Threads
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import find
from genesys_cli.errors import UserError
from genesys_cli.runs.loop import Evolution
from small_runs import start, tiny

MODULE = "backends.fitnesses"
OWN = f"evaluation.fitness={MODULE}:half"
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


def native(*overrides, threads=1):
    settings = settings_of("CartPole", *overrides)
    env = find("CartPole")
    backend = make_backend(settings, env, Threads(threads))
    given = conditions_of(settings, env)._replace(moments=True, noise=0.1)
    return backend.evaluate(population_of(env, settings), SEEDS, given, keep_returns=True)


def test_it_takes_the_place_of_the_return_in_native_kernels():
    """Where the function only repeats what is known, nothing changes; moments are added in another order."""
    plain, half = native(), native(f"evaluation.fitness={MODULE}:half", threads=2)
    np.testing.assert_array_equal(half.returns, plain.returns / 2)
    np.testing.assert_array_equal(half.fitness, mean_of(plain.returns / 2))
    assert half.counts == plain.counts
    assert half.moments.count == plain.moments.count
    np.testing.assert_allclose(half.moments.total, plain.moments.total, rtol=1e-12)
    np.testing.assert_allclose(half.moments.squares, plain.moments.squares, rtol=1e-12)
    lengths = native(f"evaluation.fitness={MODULE}:steps_and_info").returns
    np.testing.assert_array_equal(lengths, plain.returns + [seed % 10 for seed in SEEDS])


def test_a_threshold_for_returns_does_not_end_a_run_with_another_fitness():
    env = find("CartPole")
    for overrides, solved_at in (((), 475.0), ((OWN,), None), ((OWN, "evaluation.solved_at=9"), 9.0)):
        settings = settings_of("CartPole", *overrides)
        with Threads(1) as threads:
            assert Evolution(settings, env, make_backend(settings, env, threads), threads).solved_at == solved_at


def test_a_run_in_which_it_fails(tmp_path):
    with pytest.raises(UserError, match=r"returned 'good' .* for the episode with seed \d+ \(return"):
        start(tiny("CartPole", f"evaluation.fitness={MODULE}:returns_text"), tmp_path / "run")
