"""Who leaves an island, and in whose place somebody comes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.config.islands import IslandsSettings
from genesys_cli.evolution.generations import Born, places
from genesys_cli.evolution.islands import is_migration, of_island, offered, sources_of
from genesys_cli.evolution.state import RunState
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.selection import MatingPlan
from island_runs import on_islands

P = 24


def state(settings, fitness, without=(), generation=3):
    population, counters = first_population(settings.neat, 3, 2, seed=1)
    where = np.array(sorted(without), np.int64)
    return RunState(generation, population, np.array(fitness), None, counters, None, 0, 0, without=where)


@given(
    st.lists(st.integers(0, 5), min_size=P, max_size=P), st.sets(st.integers(0, P - 1), max_size=P), st.integers(1, 6)
)
def test_the_fittest_leave(fitness, without, count):
    settings = of_island(on_islands("CartPole", f"islands.migrants={count}"), 2)
    found = offered(settings, state(settings, [float(one) for one in fitness], without), numbered=True)
    able = [k for k in range(P) if k not in without]
    expected = sorted(able, key=lambda k: (-fitness[k], k))[:count]
    assert found.chosen.tolist() == expected
    assert (found.island, found.generation, found.travellers.genomes.size) == (2, 3, len(expected))


def test_random_ones_leave():
    settings = of_island(on_islands("CartPole", "islands.choose=random", "islands.migrants=6"), 1)
    without = {0, 1, 2, 3}
    seen = []
    for generation in range(200):
        found = offered(settings, state(settings, np.arange(P, dtype=float), without, generation), numbered=True)
        assert len(set(found.chosen.tolist())) == 6
        seen += found.chosen.tolist()
        again = offered(settings, state(settings, np.zeros(P), without, generation), numbered=True)
        assert again.chosen.tolist() == found.chosen.tolist()  # whatever their fitness
    counts = np.bincount(seen, minlength=P)
    assert counts[:4].tolist() == [0] * 4
    assert 30 < counts[4:].min() <= counts[4:].max() < 95  # 60 on average


@given(st.data(), st.integers(0, P // 2))
def test_children_of_the_least_fit_make_room(data, count):
    settings = on_islands()
    fitness = np.array(data.draw(st.lists(st.integers(0, 4), min_size=P, max_size=P)), np.float64)
    parents = np.array(data.draw(st.lists(st.integers(0, P - 1), min_size=P, max_size=P)), np.int32)
    elite = np.zeros(P, np.uint8)
    elite[list(data.draw(st.sets(st.integers(0, P - 1), max_size=P // 2)))] = 1
    before = state(settings, fitness)
    born = Born(4, before.population, before.counters, MatingPlan(parents, parents, elite), {})
    found = places(born, before, count).tolist()
    assert len(set(found)) == count
    assert found == sorted(found)
    assert not elite[found].any()
    stay = [k for k in range(P) if not elite[k] and k not in found]
    for left in found:
        for kept in stay:
            assert (fitness[parents[left]], -left) < (fitness[parents[kept]], -kept)
    for taken in (found[:1], found[::2], stay[: len(stay) // 2]):  # which have been given away already
        others = (
            places(born, before, count - len(taken), np.array(taken, np.int64)).tolist() if count > len(taken) else []
        )
        assert not set(others) & set(taken)
        assert not elite[others].any()
    nobody = Born(4, before.population, before.counters, None, {})
    assert places(nobody, before, count).tolist() == list(range(P - count, P))


@pytest.mark.parametrize("count", [2, 5])
def test_neighbours(count):
    ring, complete = (IslandsSettings(count=count, topology=one) for one in ("ring", "complete"))
    assert [sources_of(ring, k) for k in range(count)] == [[(k - 1) % count] for k in range(count)]
    for k in range(count):
        assert sorted([*sources_of(complete, k), k]) == list(range(count))
    assert (ring.neighbours, complete.neighbours) == (1, count - 1)
    every = IslandsSettings(count=count, migrate_every=3)
    assert [g for g in range(10) if is_migration(every, g)] == [2, 5, 8]
