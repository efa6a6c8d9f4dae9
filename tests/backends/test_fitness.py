"""A fitness of the user's own takes the place of the return."""

from __future__ import annotations

import math
import sys
from contextlib import closing
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from backends import fitnesses
from backends.fault_envs import ID, LENGTH
from backends.workers.playing import SEEDS, Playing, population_of, settings_of
from genesys_cli.backends.base import make_backend
from genesys_cli.backends.fitness import Episode, NotANumberError, load_fitness, number_of
from genesys_cli.backends.played import mean_of
from genesys_cli.compiled.threads import Threads
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import find
from genesys_cli.errors import UserError
from genesys_cli.evolution.loop import Loop
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
        (f"{MODULE}:later", "that is an async function and gives no number"),
        (f"{MODULE}:yields", "that is a generator, which has a yield,"),
        (f"{MODULE}:two", r"called with one argument, the episode, and cannot be: missing .* 'factor'; it takes \(ep"),
        (f"{MODULE}:none", r"cannot be: too many positional arguments; it takes \(\)"),
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
        ("leaves", "leaves raised SystemExit: 3 .* for the episode with seed 6"),
        ("huge", "huge returned a whole number of 16610 bits, which is too large .* for the episode with seed 6"),
        ("no_return", r"no_return returned None instead of a number \(does it lack a return\?\) for the episode"),
        ("gives_coroutine", "gives_coroutine returned <coroutine .* instead of a number for the episode"),
    ],
)
def test_functions_that_fail(name, message):
    with pytest.raises(UserError, match=f"evaluation.fitness: backends.fitnesses:{message}"):
        load_fitness(f"{MODULE}:{name}")(EPISODE)


@pytest.mark.parametrize(
    ("name", "worth"),
    [("half_as_lambda", 6.25), ("half_as_partial", 20), ("an_object", 40), ("with_default", 80), ("Worth", 40)],
)
def test_whatever_can_be_called(name, worth):
    found = load_fitness(f"{MODULE}:{name}")(EPISODE)
    assert (found, type(found)) == (worth, float)


@pytest.mark.parametrize(
    "value",
    [
        *(3, 3.0, True, Fraction(3, 4), Decimal("0.75"), Decimal("NaN"), np.float16(0.5), np.int64(3), np.True_),
        *(np.array(3.5), np.array([3.5]), np.array([[3]], np.uint8), np.longdouble(2), np.array([7], object)),
        *(math.inf, -math.inf, math.nan, -1e308, 5e-324),
    ],
)
def test_real_numbers_of_any_kind(value):
    found = number_of(value)
    assert type(found) is float
    np.testing.assert_equal(found, float(value.item() if hasattr(value, "item") else value))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1j, "1j instead of a number"),
        (np.complex128(1j), "instead of a number"),
        ("3", "'3' instead of a number"),
        (b"3", "b'3' instead of a number"),
        (np.str_("3"), "instead of a number"),
        (np.datetime64("2020-01-01"), "instead of a number"),
        (np.zeros(2), r"array\(\[0., 0.\]\) instead of a number"),
        (np.zeros(0), "instead of a number"),
        ([1.0], r"\[1.0\] instead of a number"),
        (Fraction(10**400), "which is too large"),
        (10**400, "a whole number of 1329 bits, which is too large"),
        (fitnesses.Broken(), "an object of type Broken, which is no number: ValueError: no float"),
        (object, "<class 'object'> instead of a number"),
        ("x" * 999, "^'x{78}… instead"),
    ],
)
def test_what_is_no_real_number(value, message):
    with pytest.raises(NotANumberError, match=message):
        number_of(value)


def test_a_function_may_do_with_its_info_what_it_likes():
    info = {"x": [1]}
    assert load_fitness(f"{MODULE}:takes_away")(EPISODE._replace(info=info)) == 1.0
    assert info == {"x": [1]}


def test_an_environment_without_an_info():
    assert load_fitness(f"{MODULE}:takes_away")(EPISODE._replace(info=None)) == 1.0
    with pytest.raises(UserError, match="info of type NoneType"):
        load_fitness(f"{MODULE}:no_return")(EPISODE._replace(info=None))


def test_ctrl_c_is_no_fault_of_the_function():
    with pytest.raises(KeyboardInterrupt):
        load_fitness(f"{MODULE}:interrupts")(EPISODE)


def test_in_a_worker_ctrl_c_is_the_functions_own(playing):
    with pytest.raises(UserError, match="interrupts raised KeyboardInterrupt .* for the episode with seed"):
        playing.evaluate(ID, f"evaluation.fitness={MODULE}:interrupts")


def test_it_takes_the_place_of_the_return_in_workers(playing):
    found = playing.evaluate(ID, f"evaluation.fitness={MODULE}:steps_and_info", workers=2)
    expected = [LENGTH + 100 * LENGTH + seed % 10 for seed in SEEDS]
    assert found.returns.tolist() == [expected] * 10
    assert found.fitness.tolist() == [sum(expected) / 3] * 10


def test_no_number_is_no_fault_of_the_environment(playing):
    found = playing.evaluate(ID, f"evaluation.fitness={MODULE}:not_a_number")
    np.testing.assert_array_equal(found.returns, [[1.0, np.nan, 1.0]] * 10)
    assert np.isnan(found.fitness).all()
    assert found.faults == ()


def test_what_fails_in_workers_is_told(playing):
    with pytest.raises(UserError, match="raises raised KeyError: 'velocity' .* for the episode with seed 6"):
        playing.evaluate(ID, f"evaluation.fitness={MODULE}:raises")


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
            assert Loop(settings, env, make_backend(settings, env, threads), threads).solved_at == solved_at


def test_a_run_in_which_it_fails(tmp_path):
    with pytest.raises(UserError, match=r"returned 'good' .* for the episode with seed \d+ \(return"):
        start(tiny("CartPole", f"evaluation.fitness={MODULE}:returns_text"), tmp_path / "run")
