"""Genomes of another population: equal innovations get equal numbers, and networks stay what they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from genesys_cli import neat
from genesys_cli.errors import GenesysError
from genesys_cli.genome.document import to_document
from genesys_cli.genome.population import problems
from genesys_cli.neat.innovation import Counters
from genesys_cli.neat.kernels.distance import pair_distances
from genesys_cli.neat.migration import emigrants, immigrants
from genesys_cli.neat.steering import coefficients_of

GROWING = {"node_add_prob": 0.5, "conn_add_prob": 0.5, "node_delete_prob": 0.1, "conn_delete_prob": 0.1}


def settings(**more):
    return neat.settings(**{"population": 16, "num_hidden": 1, **GROWING, **more})


def evolved(seed, generations, chosen):
    """Return a population after some generations of selection by chance, and its counters."""
    chance = np.random.default_rng(seed)
    population, counters = neat.first_population(chosen, 3, 2, seed=seed)
    species = None
    for generation in range(generations):
        fitness = chance.normal(size=population.size)
        where = {"seed": seed, "generation": generation}
        species, _ = neat.speciate(population, fitness, species, chosen, **where)
        plan = neat.select(population, fitness, species, chosen, **where)
        population, counters, _ = neat.reproduce(population, plan, counters, chosen, **where)
    return population, counters


def moved(source, target):
    """Return all genomes of a population in the numbers of another, and the counters of that."""
    population, counters = source
    return immigrants(emigrants(population, counters, np.arange(population.size)), *target)


def names(counters):
    """Return two functions that say, slowly, what a node and a connection are, whatever their numbers."""
    ends = {value: (key >> 32, key & 0xFFFFFFFF) for key, value in pairs(counters.links)}
    splits = {value: (key >> 20, key & 0xFFFFF) for key, value in pairs(counters.splits)}

    def node(number):
        if number not in splits:
            return number
        innovation, times = splits[number]
        return (*link(innovation), times)

    def link(innovation):
        return tuple(map(node, ends[innovation]))

    return node, link


def pairs(table):
    return zip(table.keys.tolist(), table.values.tolist(), strict=True)


def described(population, counters):
    """Return the genes of all genomes, by what they are and not by their numbers, sorted."""
    node, link = names(counters)
    found = []
    for g in range(population.size):
        genome = to_document(population.select(np.array([g])))
        nodes = [(repr(node(gene.pop("id"))), repr(gene)) for gene in genome["nodes"]]
        for gene in genome["connections"]:
            number, ends = gene.pop("innovation"), (gene.pop("in"), gene.pop("out"))
            assert link(number) == tuple(map(node, ends))
            nodes.append((repr(link(number)), repr(gene)))
        found.append(sorted(nodes))
    return found


def distances(one, other, chosen):
    """Return the compatibility distance of each genome of one population to each of another."""
    firsts, seconds = (grid.ravel().astype(np.int64) for grid in np.indices((one.size, other.size)))
    found = np.empty(len(firsts))
    pair_distances(one, firsts, other, seconds, coefficients_of(chosen), found)
    return found


@given(
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1),
    st.tuples(st.integers(0, 12), st.integers(0, 12)),
    st.booleans(),
)
def test_equal_innovations_get_equal_numbers(seed, other_seed, lengths, feed_forward):
    chosen = settings(feed_forward=feed_forward)
    source, target = evolved(seed, lengths[0], chosen), evolved(other_seed, lengths[1], chosen)
    note(f"{len(source[1].splits.keys)} and {len(target[1].splits.keys)} splits")
    arrived, counters = moved(source, target)
    assert list(problems(arrived, feed_forward=feed_forward)) == []
    together = target[0].with_more(arrived)
    assert list(problems(together, feed_forward=feed_forward)) == []
    assert described(arrived, counters) == described(*source)
    assert described(target[0], counters) == described(*target)
    for table in (counters.links, counters.splits):
        assert (np.diff(table.keys) > 0).all()
        assert len(np.unique(table.values)) == len(table.values)
    node, link = names(counters)
    for what, numbers in ((node, range(counters.next_node)), (link, counters.links.values.tolist())):
        known = [repr(what(number)) for number in numbers]
        assert len(set(known)) == len(known)  # nothing has two numbers
    assert distances(arrived, arrived, chosen) == pytest.approx(distances(source[0], source[0], chosen))


@given(st.integers(0, 2**63 - 1), st.integers(0, 12))
def test_whoever_comes_home_is_as_before(seed, generations):
    chosen = settings()
    home, abroad = evolved(seed, generations, chosen), evolved(seed + 1 & 2**63 - 1, 6, chosen)
    assert moved(home, home)[0].equals(home[0])
    back, counters = moved(moved(home, abroad), home)
    assert back.equals(home[0])
    assert (counters.next_node, counters.next_innovation) == (home[1].next_node, home[1].next_innovation)


def test_networks_compute_the_same():
    chosen = settings()
    source, target = evolved(3, 12, chosen), evolved(4, 12, chosen)
    arrived, _ = moved(source, target)
    inputs = np.random.default_rng(5).normal(size=(40, 3)).astype(np.float32)
    same = 0
    for g in range(arrived.size):  # where connections are in the same order, to the bit
        before, after = (
            neat.Network(population.select(np.array([g])), feed_forward=True).activate_many(inputs)
            for population in (source[0], arrived)
        )
        np.testing.assert_allclose(after, before, rtol=2e-6, atol=1e-6)
        order = [p.conn_in[slice(*p.conn_offsets[g : g + 2])] for p in (source[0], arrived)]
        if len(set(map(len, order))) == 1 and _in_order(source[0], arrived, g):
            same += 1
            assert after.tobytes() == before.tobytes()
    assert same


def _in_order(one, other, g):
    """Say whether the weights of a genome are in the same order in both."""
    weights = [p.conn_weight[slice(*p.conn_offsets[g : g + 2])] for p in (one, other)]
    return weights[0].tobytes() == weights[1].tobytes()


def test_numbers_may_be_used_up():
    chosen = settings()
    (population, counters), target = evolved(1, 8, chosen), evolved(2, 0, chosen)
    full = Counters(2**31 - 2, target[1].next_innovation, target[1].links, target[1].splits)
    with pytest.raises(GenesysError, match="innovation numbers"):
        moved((population, counters), (target[0], full))


def test_counters_without_a_table():
    chosen = settings()
    source, (population, counters) = evolved(1, 5, chosen), evolved(2, 0, chosen)
    bare = counters._replace(links=None)
    assert moved(source, (population, bare))[0].equals(moved(source, (population, counters))[0])
