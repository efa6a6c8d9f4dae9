"""The hall of fame: who is in it, and with what chance."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.evolution.matches import hall as halls
from genesys_cli.evolution.state import RunState
from reference.grow import grown

ROOM = 3


@pytest.fixture(scope="module")
def population():
    return grown("full")[-1].children.select(np.arange(6))


def state_of(population, generation, hall, best=1):
    fitness = np.zeros(population.size)
    fitness[best] = 1.0
    without = np.arange(population.size) if best < 0 else np.empty(0, np.int64)
    return RunState(generation, population, fitness, None, None, None, 0, 0, without=without, hall=hall)


def after(population, generations, seed=0, room=ROOM):
    hall = None
    for g in range(generations):
        hall = halls.following(state_of(population, g, hall, best=g % 6), room, seed)
    return hall


def test_the_best_of_each_generation_until_it_is_full(population):
    hall = after(population, 6)
    assert hall.generations.tolist() == [0, 1, 2, 3, 4, 5]
    assert hall.judges.tolist() == [False, True] * 3
    assert hall.genomes.equals(population)
    assert halls.trainers(hall).generations.tolist() == [0, 2, 4]
    assert halls.judges(hall).generations.tolist() == [1, 3, 5]
    assert halls.judges(hall).genomes.equals(population.select(np.array([1, 3, 5])))


def test_without_judges_the_others_judge(population):
    assert halls.judges(after(population, 1)).generations.tolist() == [0]
    empty = halls.nobody(population.n_inputs, population.n_outputs)
    assert (empty.genomes.size, halls.judges(empty).genomes.size) == (0, 0)
    assert empty.genomes.with_more(population).equals(population)


def test_nobody_joins_without_a_fitness_or_without_room(population):
    hall = after(population, 2)
    assert halls.following(state_of(population, 2, hall, best=-1), ROOM, 0) is hall
    assert after(population, 5, room=0).genomes.size == 0


def test_a_full_hall_keeps_its_size_and_its_order(population):
    for generations in (7, 20, 41):
        hall = after(population, generations, seed=generations)
        assert (hall.judges.sum(), (~hall.judges).sum()) == (ROOM, ROOM)
        assert (np.diff(hall.generations) > 0).all()
        assert ((hall.generations % 2 == 1) == hall.judges).all()
        for k, generation in enumerate(hall.generations):
            one = hall.genomes.select(np.array([k]))
            assert one.equals(population.select(np.array([generation % 6])))


def test_every_earlier_best_is_there_with_the_same_chance(population):
    """Of 20 generations ten are of either kind, and three of them stay: 400 seeds, each expected in 120 of them."""
    counts = np.zeros(20)
    for seed in range(400):
        counts[after(population, 20, seed).generations] += 1
    assert counts.sum() == 400 * 2 * ROOM
    assert np.abs(counts - 120).max() < 5 * np.sqrt(120 * 0.7)
