"""Functions of a user's own: called as a plain loop would, on any number of workers, whatever they do."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from backends import functions
from genesys_cli.backends.base import make_backend
from genesys_cli.backends.fitness import NotANumberError
from genesys_cli.backends.workers.caller import numbers_of
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import GenesysError
from genesys_cli.neat.initial import first_population

SEEDS = [5, 6, 7]
SIZE = 10


class Calling:
    """Backends for functions, kept until :meth:`close`; the other test functions of a backend use it as well."""

    def __init__(self):
        self._backends = {}

    def backend(self, name, *overrides, workers=1):
        key = (name, overrides, workers)
        if key not in self._backends:
            settings = load_settings(
                overrides=[f"problem.function=backends.functions:{name}", f"neat.population={SIZE}", *overrides]
            )
            env = environment_of(settings)
            backend = make_backend(settings, env, Threads(workers))
            population = first_population(settings.neat, env.n_inputs, env.n_outputs, 3, Threads(1))[0]
            self._backends[key] = backend, backend.adopt(population)
        return self._backends[key]

    def evaluate(self, name, *overrides, workers=1, seeds=SEEDS):
        backend, population = self.backend(name, *overrides, workers=workers)
        return backend.evaluate(population, seeds, keep_returns=True)

    def close(self):
        for backend, _ in self._backends.values():
            backend.close()


@pytest.fixture(scope="module")
def calling():
    with contextlib.closing(Calling()) as found:
        yield found


@pytest.fixture
def once():
    with contextlib.closing(Calling()) as found:
        yield found


def by_hand(backend, population, function, seeded):
    """Return what a plain loop finds: (P, E) returns, and activations of each network."""
    returns, used = np.zeros((population.size, len(SEEDS))), np.zeros(population.size, np.int64)
    for g in range(population.size):
        for e, seed in enumerate(SEEDS):
            network = backend.network(population.select(np.array([g])))
            returns[g, e] = function(network, seed) if seeded else function(network)
            used[g] += network.activations
    return returns, used


LOOPS = ("neat.feed_forward=false", "neat.num_hidden=3")
KINDS = {
    "software": (),
    "software, recurrent": LOOPS,
    "chip": ("run.backend=genesys",),
    "chip, recurrent": ("run.backend=genesys", *LOOPS),
}


@pytest.mark.parametrize(
    ("name", "alone", "kind"),
    [
        ("track", "track", "software"),
        ("track", "track", "chip, recurrent"),
        ("rows", "rows", "chip"),
        ("track_all", "track", "software, recurrent"),
    ],
)
def test_a_function_returns_what_it_returns_in_a_loop(calling, name, alone, kind):
    backend, population = calling.backend(name, *KINDS[kind])
    returns, used = by_hand(backend, population, getattr(functions, alone), alone != "rows")
    found = calling.evaluate(name, *KINDS[kind])
    np.testing.assert_array_equal(found.returns, returns)
    np.testing.assert_array_equal(found.decisions, used)
    assert found.env_steps == used.sum()
    assert found.counts["decisions"] == used.sum()
    assert found.counts["episodes_terminated"] == SIZE * len(SEEDS)
    assert found.faults == ()
    networks = [backend.network(population.select(np.array([g]))) for g in range(SIZE)]
    assert found.counts["macs"] == sum(one.n_connections * n for one, n in zip(networks, used, strict=True))
    assert found.counts["node_updates"] == sum(one.n_nodes * n for one, n in zip(networks, used, strict=True))


@pytest.mark.parametrize("kind", ["software, recurrent"])
def test_networks_that_are_stepped_at_once(calling, kind):
    """What `Networks.step` gives is what each network gives alone, in any arithmetic."""
    backend, population = calling.backend("race", *KINDS[kind])
    expected = np.zeros((SIZE, len(SEEDS)))
    for e, seed in enumerate(SEEDS):
        networks = [backend.network(population.select(np.array([g]))) for g in range(SIZE)]

        class Stepped(list):
            def step(self, rows):
                return np.array([one.activate(row) for one, row in zip(self, rows, strict=True)])

        expected[:, e] = functions.race(Stepped(networks), seed)
    found = calling.evaluate("race", *KINDS[kind])
    np.testing.assert_array_equal(found.returns, expected)
    np.testing.assert_array_equal(found.decisions, np.full(SIZE, 5 * len(SEEDS)))


FAULTS = {
    5: None,
    6: ("exception", "ValueError: the rover is stuck ("),
    7: ("exception", "SystemExit: enough"),
    8: ("exception", "backends.functions:troubled returned None instead of a number (does it lack a return?)"),
    9: ("not finite", "backends.functions:troubled returned nan"),
    10: ("exception", "backends.functions:troubled returned 'fine' instead of a number"),
    11: ("exception", "ValueError: inputs have the shape (3,): give (2,), a number for each input ("),
}


@pytest.fixture(scope="module")
def worst(calling):
    """The genomes with which something goes wrong."""
    backend, population = calling.backend("troubled")
    keys = [functions.key(backend.network(population.select(np.array([g])))) for g in range(SIZE)]
    return np.flatnonzero(np.array(keys) > functions.WORST), np.array(keys)


def test_calls_that_fail_cost_genomes_their_fitness(calling, worst, capfd):
    """What was the matter is told of each, with the user's own line; what is printed goes nowhere."""
    bad, keys = worst
    assert 1 < len(bad) < SIZE - 1
    found = calling.evaluate("troubled", seeds=list(FAULTS))
    expected = keys[:, None] + np.array(list(FAULTS))
    expected[bad, 1:] = np.nan
    np.testing.assert_array_equal(found.returns, expected)
    assert np.flatnonzero(np.isnan(found.fitness)).tolist() == bad.tolist()
    told = [(fault.genome, fault.seed, fault.kind, fault.final) for fault in found.faults]
    kinds = [(seed, fault[0]) for seed, fault in FAULTS.items() if fault]
    assert told == [(g, seed, kind, final) for g in bad for seed, kind in kinds for final in (False, True)]
    for fault in found.faults:
        assert fault.message.startswith(FAULTS[fault.seed][1])
        assert "\n" not in fault.message
        assert fault.seed != 11 or "functions.py, line " in fault.message
    assert found.counts["episodes_terminated"] == np.isfinite(expected).sum()
    assert capfd.readouterr().out == ""


def expect_equal(found, other):
    np.testing.assert_array_equal(found.returns, other.returns)
    np.testing.assert_array_equal(found.fitness, other.fitness)
    assert found.counts == other.counts
    assert found.faults == other.faults


def test_faults_do_not_depend_on_the_number_of_workers(calling, once):
    seeds = [5, 6, 9, 8]
    expect_equal(once.evaluate("troubled", workers=2, seeds=seeds), calling.evaluate("troubled", seeds=seeds))


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("exits", "crash", "its process exited with code 7: licence expired"),
        pytest.param("hangs", "hang", "the call had not returned after 1 s", marks=pytest.mark.soak),
    ],
)
def test_a_worker_that_is_lost_is_replaced(once, worst, name, kind, message):
    bad, keys = worst
    backend, population = once.backend(name, "run.step_timeout=1", workers=1)
    few = np.array([bad[0], *np.setdiff1d(np.arange(SIZE), bad)[:2]])
    found = backend.evaluate(population.select(few), [5, 6], keep_returns=True)
    expected = keys[few, None] + np.array([5, 6])
    expected[0, 1] = np.nan
    np.testing.assert_array_equal(found.returns, expected)
    assert [fault[:5] for fault in found.faults] == [(0, 6, 0, kind, message)] * 2


def test_some_values_of_all_are_wrong(calling):
    """The others hold; those whose value is none have no fitness."""
    found = calling.evaluate("some_wrong")
    assert np.flatnonzero(np.isnan(found.fitness)).tolist() == [2, 5]
    assert np.flatnonzero(np.isnan(found.returns).any(axis=0)).tolist() == [1]
    said = "backends.functions:some_wrong returned inf for network 2 and 1 more"
    assert [(f.genome, f.seed, f.kind, f.message, f.final) for f in found.faults] == [
        (g, 6, "not finite", said, final) for final in (False, True) for g in (2, 5)
    ]


def test_a_wrong_number_of_values_costs_all_their_fitness(calling):
    found = calling.evaluate("too_few")
    assert np.isnan(found.fitness).all()
    assert np.isfinite(found.returns[:, [0, 2]]).all()
    said = "backends.functions:too_few returned 9 values instead of 10 numbers, one for each network in their order"
    assert [(f.genome, f.seed, f.message) for f in found.faults] == [(None, 6, said)] * 2


def test_no_call_can_be_completed(calling, worst):
    with pytest.raises(GenesysError, match=r"no call .* completed; the first to fail was that of all networks, seed 6"):
        calling.evaluate("too_few", seeds=[6])
    backend, population = calling.backend("troubled")
    with pytest.raises(GenesysError, match=r"troubled: no call .* that of genome 0, seed 6: ValueError: the rover"):
        backend.evaluate(population.select(worst[0]), [6])


def test_no_seed_is_told_where_none_was_given(calling, worst):
    """`seldom` takes none."""
    backend, population = calling.backend("seldom")
    with pytest.raises(GenesysError, match="the first to fail was that of genome 0: ValueError: too large"):
        backend.evaluate(population.select(worst[0]), [0])


TOGETHER = np.array([[0, 1], [1, 0], [2, 9], [3, 3]], np.int32)


def met_by_hand(backend, population, function, together, seeds):
    """Return the scores that a plain loop finds, and activations of each network."""
    scores, used = np.zeros(together.shape), np.zeros(population.size, np.int64)
    for item, (who, seed) in enumerate(zip(together.tolist(), seeds, strict=True)):
        players = [backend.network(population.select(np.array([g]))) for g in who]
        scores[item] = function(players, seed)
        for g, player in zip(who, players, strict=True):
            used[g] += player.activations
    return scores, used


@pytest.mark.parametrize("kind", ["software, recurrent", "chip"])
def test_matches_are_those_of_a_loop(calling, kind):
    """A genome may meet itself: it then has two networks, each with a memory of its own."""
    backend, population = calling.backend("duel", *KINDS[kind])
    seeds = [5, 5, 6, 7]
    scores, used = met_by_hand(backend, population, functions.duel, TOGETHER, seeds)
    found = backend.meet(population, TOGETHER, seeds)
    np.testing.assert_array_equal(found.scores, scores)
    np.testing.assert_array_equal(found.used, used)
    assert (found.ended, found.faults) == (4, ())
    played = found.played(np.zeros(3))
    assert played.decisions.tolist() == used[:3].tolist()
    counted = backend.counted(population.select(np.arange(3)), played, 4)
    assert counted.counts["decisions"] == used[:3].sum()


def test_one_number_is_what_the_first_of_two_wins(calling, worst):
    backend, population = calling.backend("zero_sum")
    keys = worst[1]
    expected = [[keys[a] - keys[b], keys[b] - keys[a]] for a, b in TOGETHER]
    np.testing.assert_array_equal(backend.meet(population, TOGETHER, [0] * 4).scores, expected)


def test_matches_of_three(calling, worst):
    backend, population = calling.backend("trio", "problem.players=3")
    together = np.array([[0, 1, 2], [9, 9, 4]], np.int32)
    expected = worst[1][together] + np.arange(3) / 8
    np.testing.assert_array_equal(backend.meet(population, together, [1, 2]).scores, expected)


def test_a_match_that_fails_costs_those_who_were_in_it(calling, worst):
    backend, population = calling.backend("quarrel")
    bad, keys = worst
    good = np.setdiff1d(np.arange(SIZE), bad)
    together = np.array([[bad[0], good[0]], [good[0], good[1]]] * 3, np.int32)
    seeds = [6, 6, 7, 7, 8, 9]
    found = backend.meet(population, together, seeds)
    expected = keys[together]
    expected[0] = expected[4] = np.nan
    expected[2, 0] = np.nan  # the other's number holds
    np.testing.assert_array_equal(found.scores, expected)
    both = [bad[0], good[0]]
    told = [(fault.genome, fault.seed, fault.kind, fault.final) for fault in found.faults]
    assert told == [
        *((g, 6, "exception", final) for final in (False, True) for g in both),
        *((bad[0], 7, "not finite", final) for final in (False, True)),
        *((g, 8, "exception", final) for final in (False, True) for g in both),
    ]
    assert "returned nan for network 0" in found.faults[4].message
    assert "returned 1 value instead of 2 numbers, one for each network in their order" in found.faults[-1].message


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (None, "None instead of 3 numbers, one for each network in their order (does it lack a return?)"),
        ("abc", "'abc' instead of 3 numbers"),
        ({1: 2.0}, "{1: 2.0} instead of 3 numbers"),
        (
            {1.0, 2.0, 3.0},
            "{1.0, 2.0, 3.0} instead of 3 numbers, one for each network in their order, which a set has not",
        ),
        (1.5, "1.5 instead of 3 numbers"),
        ((x for x in "abc"), "<generator object"),
        ([1.0, 2.0], "2 values instead of 3 numbers"),
        (np.zeros((1, 3)), "1 value instead of 3 numbers"),
        (np.float32(2), "instead of 3 numbers"),
    ],
)
def test_values_that_are_not_one_for_each(value, wrong):
    with pytest.raises(NotANumberError) as caught:
        numbers_of(value, 3)
    assert wrong in str(caught.value)


@pytest.mark.parametrize("value", [[1, 2.5, -3], (1, 2.5, -3), np.array([1, 2.5, -3]), np.array([1, 2.5, -3], object)])
def test_values_of_all_kinds(value):
    assert numbers_of(value, 3) == ([1.0, 2.5, -3.0], {})
