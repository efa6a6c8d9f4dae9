"""Given genomes: one numbering for all, and whose copy each genome of the first generation is."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import problems
from genesys_cli.genome.rewiring import joined
from genesys_cli.neat.initial import first_connections, first_population
from genesys_cli.neat.reproduction import reproduce
from genesys_cli.neat.start import (
    LAST_GENERATION,
    counters_of,
    first_hidden,
    newcomers_of,
    numbered,
    renumbered,
    start_plan,
)
from genesys_cli.network.batch import activate
from reference.genome import genomes_of, linked, population_of
from reference.grow import SCENES, grown


def ends(population):
    return list(zip(population.conn_in.tolist(), population.conn_out.tolist(), strict=True))


def test_equal_ends_have_equal_numbers_in_the_order_in_which_they_come():
    found = numbered(
        [
            population_of([linked(2, 1, [5], [(1, 5), (0, 2), (5, 2)])]),
            population_of([linked(2, 1, [6], [(0, 2), (1, 2), (1, 6), (6, 2)]), linked(2, 1, [5], [(0, 5), (5, 2)])]),
        ]
    )
    assert ends(found) == [(1, 5), (0, 2), (5, 2), (0, 2), (1, 2), (1, 6), (6, 2), (5, 2), (0, 5)]
    assert found.conn_innovation.tolist() == [0, 1, 2, 1, 3, 4, 5, 2, 6]
    assert numbered([found]).equals(found)


@pytest.mark.parametrize("name", ["full", "recurrent", "partial"])
def test_networks_of_the_first_genome_compute_the_same_bits(name):
    p = grown(name)[-1].children
    backwards = p.select(np.arange(p.size)[::-1])
    found = numbered([backwards])
    seen = np.random.default_rng(3).normal(size=(4, p.n_inputs))
    with Threads(1) as threads:
        feed_forward = SCENES[name].neat.feed_forward
        was, now = (activate(one, seen, feed_forward=feed_forward, threads=threads) for one in (backwards, found))
    assert was[0].tobytes() == now[0].tobytes()
    assert [sorted(map(repr, one.conns.values())) for one in genomes_of(found)] == [
        sorted(map(repr, one.conns.values())) for one in genomes_of(backwards)
    ]


@pytest.mark.parametrize("num_hidden", [0, 2])
def test_counters_go_on_above_given_and_new_genomes(num_hidden):
    neat = NeatSettings(population=9, num_hidden=num_hidden, initial_direct=True)
    first = first_hidden(neat, 2, 1)
    given = numbered([population_of([linked(2, 1, [first, first + 3], [(1, first), (first, 2), (0, first + 3)])])])
    counters = counters_of(given, neat)
    possible = set(zip(*(side.tolist() for side in first_connections(neat, 2, 1)), strict=True))
    assert counters.next_node == first + 4
    assert counters.next_innovation == len(possible | set(ends(given)))
    with Threads(1) as threads:
        new = renumbered(first_population(neat, 2, 1, 5, threads)[0], counters.links)
        everybody = joined([given, new])
        numbers = dict(zip(ends(everybody), everybody.conn_innovation.tolist(), strict=True))
        assert len(set(numbers.values())) == len(numbers)
        assert [numbers[pair] for pair in ends(everybody)] == everybody.conn_innovation.tolist()
        assert not list(problems(everybody, feed_forward=True))
        plan = start_plan(1, 9, 40)
        children, after, _ = reproduce(everybody, plan, counters, neat, seed=1, generation=0, threads=threads)
    assert not list(problems(children, feed_forward=True))
    assert after.next_node >= counters.next_node
    assert numbered([children]).size == 40


def test_a_plan_shares_evenly_and_begins_with_each_as_it_was_given():
    plan = start_plan(3, 2, 13)
    assert plan.fitter.tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 3, 4]
    assert plan.other.tolist() == plan.fitter.tolist()
    assert plan.elite.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert start_plan(4, 0, 4).elite.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(("share", "new"), [(0.0, 0), (0.1, 15), (0.999, 150), (0.003, 0), (0.004, 1)])
def test_newcomers(share, new):
    assert newcomers_of(share, 150) == new


def test_copies_mutate_otherwise_than_any_generation():
    """The random numbers of the first generation's copies are those of no children."""
    neat = NeatSettings(population=8)
    given = grown("full")[-1].children.select(np.array([0]))
    given = numbered([given])
    counters = counters_of(given, neat)
    with Threads(1) as threads:
        made = [
            reproduce(given, start_plan(1, 0, 8), counters, neat, seed=1, generation=when, threads=threads)[0]
            for when in (LAST_GENERATION, LAST_GENERATION - 1, 0, 1)
        ]
    assert len({one.conn_weight.tobytes() for one in made}) == 4
