"""All networks of a population at once, against each of them alone, bit by bit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from genesys_cli import UserError, neat
from genesys_cli.network.networks import Networks
from reference.grow import SCENES, grown

SIZE = 24
FORWARD, RECURRENT = "full", "loops"


def some(name):
    """Return genomes of a scene, and whether their networks are feed-forward."""
    population = grown(name)[-1].children
    return population.select(np.arange(population.size)[:SIZE]), SCENES[name].neat.feed_forward


def networks_of(name, threads=None):
    population, feed_forward = some(name)
    return Networks(population, feed_forward=feed_forward, threads=threads)


def alone(name):
    population, feed_forward = some(name)
    return [neat.Network(population, g, feed_forward=feed_forward) for g in range(population.size)]


def observations(name, *shape):
    return np.random.default_rng(SCENES[name].seed).normal(size=(*shape, SCENES[name].inputs)).astype(np.float32)


@pytest.fixture(autouse=True)
def _overflow():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("name", SCENES)
def test_rows_are_computed_as_by_each_network(name):
    """20 rows are a whole block of lanes and a part of one; a second call goes on from the first."""
    networks, singles = networks_of(name), alone(name)
    own, shared = observations(name, SIZE, 20), observations(name, 7)
    for rows, of in ((own, own), (shared, np.broadcast_to(shared, (SIZE, *shared.shape)))):
        found = networks.activate(rows)
        assert found.dtype == np.float32
        for g, network in enumerate(singles):
            np.testing.assert_array_equal(found[g], network.activate_many(of[g]), f"{name}, genome {g}")


@pytest.mark.parametrize("name", [FORWARD, RECURRENT])
@pytest.mark.parametrize("episodes", [None, 1, 5, 33])
def test_a_step_is_one_of_each_network(name, episodes):
    """Every episode is remembered by itself, and forgotten where a mask says that it begins."""
    rng = np.random.default_rng(7)
    shape = (SIZE,) if episodes is None else (SIZE, episodes)
    singles = [alone(name) for _ in range(episodes or 1)]
    with neat.Threads(3) as threads:
        networks = networks_of(name, threads)
        for _ in range(6):
            inputs = rng.normal(size=(*shape, networks.n_inputs))
            found = networks.step(inputs)
            assert found.shape == (*shape, networks.n_outputs)
            rows = inputs.reshape(SIZE, -1, networks.n_inputs).swapaxes(0, 1)
            expected = [
                [network.activate(row) for network, row in zip(networks_of_one, rows_of_one, strict=True)]
                for networks_of_one, rows_of_one in zip(singles, rows, strict=True)
            ]
            np.testing.assert_array_equal(found, np.array(expected).swapaxes(0, 1).reshape(found.shape))
            of_network, of_episode = rng.random(SIZE) < 0.3, rng.random(shape) < 0.3
            networks.reset(of_network)
            networks.reset(of_episode)
            over = (of_episode.reshape(SIZE, -1) | of_network[:, None]).T
            for row, begins in zip(singles, over, strict=True):
                for one, begin in zip(row, begins, strict=True):
                    if begin:
                        one.reset()


def test_reset_forgets_everything():
    networks = networks_of(RECURRENT)
    inputs = observations(RECURRENT, SIZE)
    first = networks.step(inputs)
    second = networks.step(inputs)
    assert not np.array_equal(first, second)
    networks.reset()
    np.testing.assert_array_equal(networks.step(inputs), first)
    np.testing.assert_array_equal(networks.activate(inputs[:, None])[:, 0], second)  # one memory, whatever is called
    networks.reset()
    assert networks.step(observations(RECURRENT, SIZE, 3)).shape == (SIZE, 3, networks.n_outputs)


def test_single_networks_remember_for_themselves():
    networks = networks_of(RECURRENT)
    inputs = observations(RECURRENT, SIZE)
    first = networks.step(inputs)
    for g in (0, 7, SIZE - 1):
        np.testing.assert_array_equal(networks[g].activate(inputs[g]), first[g])
    second = networks.step(inputs)
    np.testing.assert_array_equal(networks[7].activate(inputs[7]), second[7])
    networks[7].reset()
    np.testing.assert_array_equal(networks[7].activate(inputs[7]), first[7])


def test_it_is_a_sequence():
    networks = networks_of(FORWARD)
    assert len(networks) == len(list(networks)) == SIZE
    assert networks[-1] is networks[SIZE - 1] is list(networks)[-1]
    assert networks[np.int64(3)] is networks[3]
    assert networks[2:5] == [networks[2], networks[3], networks[4]]
    for wrong in (SIZE, -SIZE - 1):
        with pytest.raises(IndexError):
            networks[wrong]
    with pytest.raises(TypeError):
        networks["3"]
    assert repr(networks) == f"<{SIZE} feed-forward networks: 4 inputs, 2 outputs>"


def test_other_processes_can_be_handed_networks():
    """With what they remember."""
    networks = networks_of(RECURRENT)
    inputs = observations(RECURRENT, SIZE)
    networks.step(inputs)
    networks[3].activate(inputs[3])
    copy, one = pickle.loads(pickle.dumps(networks)), pickle.loads(pickle.dumps(networks[3]))
    after = networks[3].activate(inputs[3])
    np.testing.assert_array_equal(one.activate(inputs[3]), after)
    np.testing.assert_array_equal(copy[3].activate(inputs[3]), after)
    np.testing.assert_array_equal(copy.step(inputs), networks.step(inputs))


@pytest.mark.parametrize("name", [FORWARD, RECURRENT])
def test_no_rows(name):
    networks = networks_of(name)
    width = networks.n_inputs
    assert networks.activate(np.zeros((0, width))).shape == (SIZE, 0, networks.n_outputs)
    networks.reset()
    assert networks.step(np.zeros((SIZE, 0, width))).shape == (SIZE, 0, networks.n_outputs)


WIDTH = SCENES[RECURRENT].inputs
WRONG = [
    (lambda n: n.activate(np.zeros((3, WIDTH + 1))), rf"shape \(3, {WIDTH + 1}\): give \(T, {WIDTH}\)"),
    (lambda n: n.activate(np.zeros((SIZE - 1, 3, WIDTH))), rf"or \({SIZE}, T, {WIDTH}\), those of each network"),
    (lambda n: n.activate(np.zeros(WIDTH)), "inputs have the shape"),
    (lambda n: n.activate("up"), "inputs have the type <U2: give real numbers"),
    (lambda n: n.activate([[1j] * WIDTH]), "inputs have the type complex128"),
    (lambda n: n.activate(None), "inputs have the type object"),
    (lambda n: n.step(np.zeros((SIZE - 1, WIDTH))), rf"give \({SIZE}, {WIDTH}\), a row for each network"),
    (lambda n: n.step(np.zeros((SIZE, 2, 2, WIDTH))), rf"or \({SIZE}, E, {WIDTH}\), a row for each of its E episodes"),
    (
        lambda n: n.step(np.zeros((SIZE, 3, WIDTH))),
        r"3 episodes of each network, but it remembers 1: .* call reset\(\)",
    ),
    (lambda n: n.reset(np.zeros(SIZE)), rf"\({SIZE},\) of float64: give \({SIZE},\) or \({SIZE}, 1\) booleans"),
    (lambda n: n.reset(np.zeros(3, bool)), r"the shape \(3,\) of bool"),
    (lambda n: n.reset(np.zeros((SIZE, 2), bool)), rf"the shape \({SIZE}, 2\) of bool"),
    (lambda n: n.reset(7), r"the shape \(\) of int64"),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_mistakes_change_nothing(call, message):
    networks, untouched = networks_of(RECURRENT), networks_of(RECURRENT)
    inputs = observations(RECURRENT, SIZE)
    for these in (networks, untouched):
        these.step(inputs)
    with pytest.raises(UserError, match=message):
        call(networks)
    np.testing.assert_array_equal(networks.step(inputs), untouched.step(inputs))


def test_genomes_with_cycles_are_no_feed_forward_networks():
    population, _ = some(RECURRENT)
    networks = Networks(population, feed_forward=True)
    with pytest.raises(UserError, match=r"genome \d+ has a cycle"):
        networks.step(observations(RECURRENT, SIZE))
    with pytest.raises(UserError, match="population is of type list"):
        Networks([], feed_forward=True)
