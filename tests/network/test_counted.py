"""What networks say of themselves: steps that they have computed, and their sizes; one by one, and all at once."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from genesys_cli.backends.numerics import FLOAT32
from genesys_cli.backends.stepped.one_by_one import OneByOne
from genesys_cli.network.network import Network
from genesys_cli.network.networks import Networks
from reference.grow import SCENES, grown

SIZE = 12


def some(name):
    population = grown(name)[-1].children
    return population.select(np.arange(population.size)[:SIZE]), SCENES[name].neat.feed_forward


def observations(name, *shape):
    return np.random.default_rng(SCENES[name].seed).normal(size=(*shape, SCENES[name].inputs)).astype(np.float32)


def test_activations_are_counted():
    population, feed_forward = some("loops")
    network = Network(population, 1, feed_forward=feed_forward)
    rows = observations("loops", 7)
    network.activate(rows[0])
    network.activate(rows[0].tolist())
    network.activate(rows[:1, :].reshape(-1, 1)[: len(rows[0])])  # an odd shape goes another way
    network.reset()
    network.activate_batch(rows)
    assert network.activations == 10
    copy = pickle.loads(pickle.dumps(network))
    copy.activate(rows[0])
    assert (copy.activations, network.activations) == (11, 10)
    with pytest.raises(ValueError, match="inputs have the shape"):
        network.activate(rows[0][:-1])
    assert network.activations == 10


def test_batches_are_steps():
    population, feed_forward = some("full")
    rows = observations("full", 9)
    one, other = (Network(population, 0, feed_forward=feed_forward) for _ in range(2))
    np.testing.assert_array_equal(one.activate_batch(rows), other.activate_many(rows))


@pytest.mark.parametrize("name", ["full", "loops"])
def test_networks_one_by_one_are_those_at_once(name):
    """In every way to step them, with memory that lasts and is forgotten, and with the same counts."""
    population, feed_forward = some(name)
    at_once = Networks(population, feed_forward=feed_forward)
    singly = OneByOne(population, FLOAT32.network, feed_forward=feed_forward)
    own, shared = observations(name, SIZE, 5), observations(name, 3)
    mask = np.arange(SIZE) % 3 == 0
    with np.errstate(all="ignore"):
        for rows in (own, shared, own):
            np.testing.assert_array_equal(singly.activate(rows), at_once.activate(rows))
        for networks in (singly, at_once):
            networks.reset()
        for episodes in (4, 4):
            rows = observations(name, SIZE, episodes)
            np.testing.assert_array_equal(singly.step(rows), at_once.step(rows))
            for networks in (singly, at_once):
                networks.reset(np.outer(mask, np.arange(episodes) == 1))
        for networks in (singly, at_once):
            networks.reset(mask)
        np.testing.assert_array_equal(singly.step(rows), at_once.step(rows))
        for networks in (singly, at_once):
            networks[2].activate(shared[0])
        np.testing.assert_array_equal(singly[2].activate(shared[1]), at_once[2].activate(shared[1]))
    expected = 5 + 3 + 5 + 3 * 4 + 2 * (np.arange(SIZE) == 2)
    np.testing.assert_array_equal(singly.activations, expected)
    np.testing.assert_array_equal(at_once.activations, expected)


@pytest.mark.parametrize("name", SCENES)
def test_sizes_are_those_of_each_network(name):
    population, feed_forward = some(name)
    nodes, conns = Networks(population, feed_forward=feed_forward).sizes()
    each = [Network(population, g, feed_forward=feed_forward) for g in range(population.size)]
    assert (nodes.dtype, conns.dtype) == (np.int32, np.int32)
    assert nodes.tolist() == [one.n_nodes for one in each]
    assert conns.tolist() == [one.n_connections for one in each]
    if not feed_forward:
        return
    singly = OneByOne(population, FLOAT32.network, feed_forward=True).sizes()
    np.testing.assert_array_equal(singly, (nodes, conns))


def test_populations_end_to_end():
    population, _ = some("full")
    first, rest = population.select(np.arange(3)), population.select(np.arange(3, SIZE))
    assert first.with_more(rest).equals(population)
    assert rest.with_more(first).select(np.array([*range(SIZE - 3, SIZE), *range(SIZE - 3)])).equals(population)
