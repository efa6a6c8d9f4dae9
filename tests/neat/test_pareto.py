"""NSGA-II on genomes: fronts, crowding and parents against a slow and obvious reference."""

from __future__ import annotations

import math

import numpy as np
import pytest

from genesys_cli import neat
from genesys_cli.compiled.philox import PARETO_PARENTS
from genesys_cli.errors import UserError
from genesys_cli.neat.pareto import best_first, crowding, fronts, select_pareto
from reference.philox import block, choose, happens

SIZES = [(1, 1), (2, 2), (9, 2), (60, 2), (60, 3), (150, 4)]


def cases():
    """Objectives with many equal numbers, equal rows among them, and without."""
    rng = np.random.default_rng(5)
    for size, count in SIZES:
        for grid in (2, 4, 1000):
            yield rng.integers(0, grid, (size, count)).astype(np.float64) / grid


def covers(one, other):
    return all(a >= b for a, b in zip(one, other, strict=True))


def fronts_reference(rows):
    """Peel off, front after front, whom nobody who is left covers; of equal rows the first covers the others."""
    left, found, number = list(range(len(rows))), [0] * len(rows), 0
    while left:
        front = [
            k
            for k in left
            if not any(
                other != k and covers(rows[other], rows[k]) and (not covers(rows[k], rows[other]) or other < k)
                for other in left
            )
        ]
        for k in front:
            found[k] = number
        left = [k for k in left if k not in front]
        number += 1
    return found


def crowding_reference(rows, front):
    """The assignment of distances as the paper has it, front by front."""
    found = [0.0] * len(rows)
    for number in set(front):
        members = [k for k in range(len(rows)) if front[k] == number]
        for m in range(len(rows[0])):
            ranked = sorted(members, key=lambda k: rows[k][m])
            low, high = rows[ranked[0]][m], rows[ranked[-1]][m]
            found[ranked[0]] = found[ranked[-1]] = math.inf
            for before, k, after in zip(ranked, ranked[1:], ranked[2:], strict=False):
                found[k] += (rows[after][m] - rows[before][m]) / (high - low if high > low else 1.0)
    return found


@pytest.mark.parametrize("objectives", list(cases()), ids=lambda rows: f"{rows.shape}")
def test_fronts_and_crowding_equal_the_reference(objectives):
    rows = objectives.tolist()
    front = fronts(objectives)
    assert front.tolist() == fronts_reference(rows)
    assert np.allclose(crowding(objectives, front), crowding_reference(rows, front.tolist()), rtol=1e-12)


def test_copies_go_to_later_fronts():
    objectives = np.array([[1.0, 1.0], [2.0, 0.0], [1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    assert fronts(objectives).tolist() == [0, 0, 1, 3, 2]


def test_ends_of_a_front_come_first_and_then_the_lonely():
    along = np.array([0.0, 0.1, 0.2, 0.6, 1.0])
    assert best_first(np.column_stack([along, -along])).tolist() == [0, 4, 3, 2, 1]


@pytest.mark.parametrize("size", [4, 5, 31])
@pytest.mark.parametrize("crossover", [0.0, 0.6, 1.0])
def test_parents_equal_the_reference(size, crossover):
    rng = np.random.default_rng(size)
    settings = neat.settings(population=size, crossover_prob=crossover)
    population, _ = neat.first_population(settings, 2, 1, seed=1)
    objectives = rng.integers(0, 6, (size, 2))
    plan = select_pareto(population, objectives, settings, seed=9, generation=4)
    front = fronts_reference(objectives.tolist())
    lonely = crowding_reference(objectives.tolist(), front)
    survivors = sorted(range(size), key=lambda k: (front[k], -lonely[k], k))[: size // 2]
    wanted = [(k, k, 1) for k in survivors]
    for child in range(len(survivors), size):
        words = block(9, PARETO_PARENTS, 4, child, 0)
        one = two = min(choose(word, len(survivors)) for word in words[:2])
        if happens(words[2], crossover):
            more = block(9, PARETO_PARENTS, 4, child, 1)
            two = min(choose(word, len(survivors)) for word in (words[3], more[0]))
        wanted.append((survivors[min(one, two)], survivors[max(one, two)], 0))
    assert [tuple(row) for row in zip(*(part.tolist() for part in plan), strict=True)] == wanted


@pytest.mark.parametrize(
    ("objectives", "words"),
    [
        (np.zeros(4), "give (4, M)"),
        (np.zeros((3, 2)), "give (4, M)"),
        (np.zeros((4, 0)), "give (4, M)"),
        (np.full((4, 2), np.nan), "objective 0 of genome 0 is nan"),
        ([[1, 2]] * 3 + [[1, 1e301]], "objective 1 of genome 3 is 1e+301"),
        ([["a", "b"]] * 4, "give an array of real numbers"),
    ],
)
def test_bad_objectives(objectives, words):
    settings = neat.settings(population=4)
    population, _ = neat.first_population(settings, 2, 1, seed=1)
    with pytest.raises(UserError, match=words.replace("(", r"\(").replace(")", r"\)").replace("+", r"\+")):
        select_pareto(population, objectives, settings, seed=1, generation=0)
