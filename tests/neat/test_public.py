"""``from genesys_cli import neat``: the examples of its docstrings, its networks, and what is said of mistakes."""

from __future__ import annotations

import doctest
import subprocess
import sys

import numpy as np
import pytest

from genesys_cli import UserError, neat
from reference.grow import SCENES, grown


@pytest.mark.parametrize("name", ["", *neat.__all__])
def test_examples_of_the_docstrings(name):
    thing = getattr(neat, name) if name else neat
    finder = doctest.DocTestFinder(recurse=False)
    for test in finder.find(thing, name or "neat", globs={}):
        assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


def test_functions_have_examples_and_say_what_they_raise():
    for name in ("settings", "check", "first_population", "activate", "speciate", "select", "reproduce"):
        text = getattr(neat, name).__doc__
        assert all(f"{part}:\n" in text for part in ("Args", "Raises", "Example")), name


def test_the_package_is_imported_lazily():
    code = (
        "import sys, genesys_cli; from genesys_cli import neat; assert genesys_cli.neat is neat; dir(neat)\n"
        "print([name for name in ('numpy', 'numba', 'pydantic') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'breed'"):
        _ = neat.breed


@pytest.mark.parametrize("name", ["full", "partial", "recurrent", "loops"])
def test_activate_computes_what_each_network_computes(name):
    """20 steps are a whole block of lanes and a part of one."""
    feed_forward = SCENES[name].neat.feed_forward
    population = grown(name)[-1].population
    rng = np.random.default_rng(SCENES[name].seed)
    own = rng.normal(size=(population.size, 20, population.n_inputs)).astype(np.float32)
    found = neat.activate(population, own, feed_forward=feed_forward)
    for g in range(population.size):
        network = neat.Network(population, g, feed_forward=feed_forward)
        np.testing.assert_array_equal(found[g], network.activate_many(own[g]), f"{name}, genome {g}")
    shared = neat.activate(population, own[0], feed_forward=feed_forward)
    everybody = np.broadcast_to(own[0], own.shape)
    np.testing.assert_array_equal(shared, neat.activate(population, everybody, feed_forward=feed_forward))
    with neat.Threads(3) as threads:
        same = neat.activate(population, own, feed_forward=feed_forward, threads=threads)
    np.testing.assert_array_equal(same, found)


def test_activate_knows_cycles_that_count():
    """The network of a genome whose only cycle is disabled has none."""
    population = grown("loops")[-1].population
    with pytest.raises(UserError, match=r"genome \d+ has a cycle, .* feed_forward=False"):
        neat.activate(population, np.zeros((1, 2)))
    off = population._replace(conn_enabled=np.zeros_like(population.conn_enabled))
    assert neat.activate(off, np.zeros((1, 2))).shape == (population.size, 1, 2)


def test_activate_without_steps():
    population, _ = neat.first_population(neat.settings(population=3), 2, 1, seed=1)
    assert neat.activate(population, np.empty((0, 2))).shape == (3, 0, 1)
    assert neat.activate(population, [[True, False]]).shape == (3, 1, 1)


@pytest.fixture(scope="module")
def world():
    """Settings, and a generation with its species and plan; do not change them."""
    settings = neat.settings(population=6)
    population, counters = neat.first_population(settings, 2, 1, seed=1)
    fitness = np.arange(6.0)
    species, counts = neat.speciate(population, fitness, None, settings, seed=1, generation=0)
    plan = neat.select(population, fitness, species, settings, seed=1, generation=0)
    return {
        "settings": settings,
        "population": population,
        "counters": counters,
        "fitness": fitness,
        "species": species,
        "counts": counts,
        "plan": plan,
        "seed": 1,
        "generation": 0,
    }


def speciate(w):
    return neat.speciate(
        w["population"], w["fitness"], w["previous"], w["settings"], seed=w["seed"], generation=w["generation"]
    )


def select(w):
    return neat.select(
        w["population"], w["fitness"], w["species"], w["settings"], seed=w["seed"], generation=w["generation"]
    )


def reproduce(w):
    return neat.reproduce(
        w["population"], w["plan"], w["counters"], w["settings"], seed=w["seed"], generation=w["generation"]
    )


FITNESS = [
    ([1.0] * 5, r"fitness has the shape \(5,\): give \(6,\)"),
    (np.ones((6, 1)), r"fitness has the shape \(6, 1\)"),
    ([1.0, np.nan, 2, 3, np.inf, 4], r"genome 1 is nan, and 2 genomes have .* finite_fitness"),
    ([1e301] * 6, r"genome 0 is 1e\+301.* at most 1e\+300"),
    (["a"] * 6, r"type <U1: give an array of real numbers"),
    ([1j] * 6, "type complex128"),
    ([[1], [2, 3]], "fitness is no array"),
    (None, "type object"),
]


@pytest.mark.parametrize("call", [speciate, select])
@pytest.mark.parametrize(("fitness", "message"), FITNESS)
def test_fitness_is_looked_at(world, call, fitness, message):
    with pytest.raises(UserError, match=message):
        call(world | {"fitness": fitness, "previous": None})


def other(**changes):
    """Return what makes an array of a world's named tuple another one."""
    return lambda given: given._replace(**changes)


MISTAKES = [
    (speciate, "seed", lambda _: -1, "seed is -1: must be a whole number from 0"),
    (select, "seed", lambda _: 0.5, "seed is 0.5"),
    (reproduce, "generation", lambda _: 2**63, "generation is 9223372036854775808"),
    (speciate, "settings", lambda _: {"population": 6}, "settings is of type dict, not NeatSettings: .*settings"),
    (speciate, "population", lambda p: (p, 1), "population is of type tuple, not Population"),
    (speciate, "population", other(conn_weight=np.zeros(12)), "conn_weight has dtype float64"),
    (reproduce, "population", other(node_bias=[0.0] * 6), "node_bias is of type list instead of an array"),
    (select, "population", other(conn_in=np.zeros(3, np.int32)), "conn_in has 3 elements instead of 12"),
    (speciate, "population", lambda p: p.select(np.arange(0)), "the population has no genomes"),
    (speciate, "previous", lambda s: (s, {}), "previous is of type tuple, not Species: .*alone"),
    (select, "species", lambda s: (s, {}), "species is of type tuple"),
    (select, "species", other(member_of=np.zeros(5, np.int32)), "5 members, and the population 6 genomes"),
    (
        speciate,
        "previous",
        lambda s: s._replace(representatives=neat.first_population(neat.settings(population=2, elitism=1), 3, 1)[0]),
        "3 inputs and 1 outputs, .* 2 and 1",
    ),
    (reproduce, "plan", lambda p: tuple(p), "plan is of type tuple, not MatingPlan"),
    (reproduce, "plan", other(fitter=np.full(6, 6, np.int32)), "plan.fitter names genomes from 6 to 6: .* 0 to 5"),
    (reproduce, "plan", other(other=np.full(6, -1, np.int32)), "plan.other names genomes from -1"),
    (
        reproduce,
        "plan",
        other(other=np.zeros(5, np.int32)),
        r"plan.other has .* shape \(5,\): must be int32 and \(6,\)",
    ),
    (reproduce, "plan", other(elite=np.zeros(6, bool)), "plan.elite has the type bool"),
    (reproduce, "plan", lambda p: neat.MatingPlan(*(a[:0] for a in p)), "has no children"),
    (reproduce, "counters", lambda c: c._replace(next_innovation=1), "innovation 1, but .* innovation 1 already"),
    (reproduce, "counters", lambda c: c._replace(next_node=2), "node 2 and .* has node 2"),
    (reproduce, "counters", lambda _: None, "counters is of type NoneType"),
]


@pytest.mark.parametrize(
    ("call", "what", "change", "message"),
    MISTAKES,
    ids=lambda value: value[:40] if isinstance(value, str) else value.__name__,
)
def test_other_arguments_are_looked_at(world, call, what, change, message):
    given = world | {"previous": world["species"]}
    with pytest.raises(UserError, match=message):
        call(given | {what: change(given[what])})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([[1, 2, 3]], r"inputs have the shape \(1, 3\): give \(T, 2\), .* \(6, T, 2\)"),
        ([1, 2], r"shape \(2,\)"),
        (np.zeros((5, 1, 2)), r"shape \(5, 1, 2\)"),
        ([["0", "1"]], "type <U1: give real numbers"),
        ([[1, 2], [3]], "inputs are no array"),
    ],
)
def test_inputs_are_looked_at(world, inputs, message):
    with pytest.raises(UserError, match=message):
        neat.activate(world["population"], inputs)


def test_settings_are_looked_at():
    with pytest.raises(UserError) as error:
        neat.settings(population=1, weight_min=3.0, weight_max=2.0, elitsm=0)
    said = str(error.value)
    assert "neat.population = 1: must be a whole number" in said
    assert "neat.weight_min = 3.0: must not be above" in said
    assert "neat.elitsm: there is no such setting; did you mean 'neat.elitism'?" in said
    assert neat.settings(population=np.int64(7)).population == 7


@pytest.mark.parametrize(("inputs", "outputs"), [(0, 1), (1, 0), (2.0, 1), (2**30, 2**30)])
def test_shapes_of_networks_are_looked_at(inputs, outputs):
    with pytest.raises(UserError, match=r"n_inputs|n_outputs|too large"):
        neat.first_population(neat.settings(), inputs, outputs)


def test_a_network_that_there_is_not():
    population, _ = neat.first_population(neat.settings(population=3), 2, 1)
    for genome in (-1, 3):
        with pytest.raises(UserError, match="must be from 0 to 2"):
            neat.Network(population, genome, feed_forward=True)


@pytest.mark.parametrize("change", [{"n_outputs": 5}, {"n_inputs": 1}, {"n_inputs": 3}, {"n_outputs": 0}])
def test_networks_of_another_shape_are_refused(world, change):
    """Compiled code would take the wrong nodes for outputs, and write where there are none."""
    other = world["population"]._replace(**change)
    with pytest.raises(UserError, match="not those of networks with"):
        neat.activate(other, np.zeros((1, other.n_inputs)))
    with pytest.raises(UserError, match="not those of networks with"):
        reproduce(world | {"population": other})


def test_what_is_too_large_is_refused_at_once():
    settings = neat.settings(population=100_000_000, num_hidden=1000)
    with pytest.raises(UserError, match="do not fit in memory"):
        neat.first_population(settings, 1_000_000, 1000)


def test_threads_and_fitness_of_a_wrong_type(world):
    for threads in (2, 0, "two"):
        with pytest.raises(UserError, match=r"threads is .*: give Threads\(n\)"):
            neat.activate(world["population"], [[1, 2]], threads=threads)
    with pytest.raises(UserError, match="type <U1"):
        neat.finite_fitness(["a"])
    with pytest.raises(UserError, match="population is of type str"):
        neat.check("x", feed_forward=True)
    assert neat.finite_fitness([])[1] == 0


def test_check_finds_ids_that_lead_nowhere(world):
    neat.check(world["population"], feed_forward=True)
    wrong = world["population"]._replace(conn_in=np.full(12, 99, np.int32))
    with pytest.raises(UserError, match=r"not valid: genome 0: a connection ends .*; and \d+ more"):
        neat.check(wrong, feed_forward=True)
