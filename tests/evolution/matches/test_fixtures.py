"""Who meets whom."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from genesys_cli.evolution.matches.fixtures import against, fixtures_of, matches_of


def test_few_meet_everybody_once():
    found = fixtures_of(5, 2, 4, seed=1, generation=0)
    assert sorted(map(tuple, found.tolist())) == [(a, b) for a in range(5) for b in range(a + 1, 5)]
    assert fixtures_of(5, 2, 9, seed=1, generation=3).tolist() == found.tolist()


@pytest.mark.parametrize(("size", "players"), [(10, 2), (11, 2), (9, 3), (10, 3), (4, 4), (7, 4)])
def test_everybody_is_in_each_round_with_others(size, players):
    rounds = 3
    found = fixtures_of(size, players, rounds, seed=5, generation=2)
    assert found.dtype == np.int32
    groups = -(-size // players)
    assert found.shape == (rounds * groups, players)
    for k in range(rounds):
        drawn = found[k * groups : (k + 1) * groups]
        counts = Counter(drawn.ravel().tolist())
        assert counts.keys() == set(range(size))
        assert max(counts.values()) <= 2
        assert sum(counts.values()) == groups * players
    assert all(len(set(group)) == players for group in found.tolist())


def test_draws_differ_by_round_generation_and_seed():
    draws = [fixtures_of(30, 2, 2, seed, generation) for seed, generation in ((1, 0), (1, 1), (2, 0))]
    assert len({draw.tobytes() for draw in draws}) == 3
    assert not np.array_equal(draws[0][:15], draws[0][15:])
    np.testing.assert_array_equal(fixtures_of(30, 2, 2, 1, 0), draws[0])


def test_against_opponents():
    assert against([0, 1], [7, 8], 2).tolist() == [[0, 7], [0, 8], [1, 7], [1, 8]]
    assert against([0], [7, 8, 9], 3).tolist() == [[0, 7, 8], [0, 8, 9], [0, 9, 7]]
    assert against([4], [7], 4).tolist() == [[4, 7, 7, 7]]
    assert against([], [7], 2).shape == (0, 2)


def test_everybody_is_in_each_place_with_each_seed():
    matches = matches_of(np.array([[0, 1, 2], [3, 4, 5]], np.int32), [70, 80], swap=True)
    turns = [[0, 1, 2], [2, 0, 1], [1, 2, 0]]
    assert matches.together[:6].tolist() == turns * 2
    assert matches.together[6:].min() == 3
    assert matches.seeds == [70, 70, 70, 80, 80, 80] * 2
    assert matches.seed.tolist() == [0, 0, 0, 1, 1, 1] * 2
    plain = matches_of(np.array([[0, 1]], np.int32), [70, 80], swap=False)
    assert plain.together.tolist() == [[0, 1], [0, 1]]
