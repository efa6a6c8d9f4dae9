"""What matches are worth, beside slow and obvious versions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from genesys_cli.evolution.matches.fixtures import fixtures_of, matches_of
from genesys_cli.evolution.matches.standings import means, points, ratings, worth_of

NAN = math.nan


def played(size, players, matches, seed):
    """Return random matches of which some failed, and some of whose scores are equal."""
    rng = np.random.default_rng(seed)
    together = np.array([rng.permutation(size)[:players] for _ in range(matches)], np.int32)
    scores = rng.integers(0, 4, together.shape).astype(float)
    scores[rng.random(matches) < 0.1] = NAN
    scores[rng.random(scores.shape) < 0.05] = NAN
    return scores, together


def outcome(mine, theirs):
    return 1.0 if mine > theirs else 0.5 if mine == theirs else 0.0


def slow_points(scores):
    found = []
    for row in scores:
        shares = []
        for k, mine in enumerate(row):
            others = [x for j, x in enumerate(row) if j != k and math.isfinite(x)]
            known = math.isfinite(mine) and others
            shares.append(sum(outcome(mine, x) for x in others) / len(others) if known else NAN)
        found.append(shares)
    return np.array(found)


def slow_means(values, together, size):
    found = []
    for g in range(size):
        own = [v for v, who in zip(values.ravel(), together.ravel(), strict=True) if who == g and math.isfinite(v)]
        found.append(sum(own) / len(own) if own else NAN)
    return np.array(found)


@pytest.mark.parametrize("players", [2, 3, 5])
def test_points_and_scores(players):
    scores, together = played(8, players, 60, players)
    np.testing.assert_array_equal(points(scores), slow_points(scores))
    for kind, values in (("score", scores), ("points", slow_points(scores))):
        found = worth_of(kind, scores, together, 9)
        np.testing.assert_allclose(found, slow_means(values, together, 9), rtol=1e-14)
        assert math.isnan(found[8])  # who was in no match


def test_points_of_a_match():
    assert points(np.array([[3.0, 1.0]])).tolist() == [[1.0, 0.0]]
    assert points(np.array([[2.0, 2.0]])).tolist() == [[0.5, 0.5]]
    assert points(np.array([[3.0, 1.0, 1.0]])).tolist() == [[1.0, 0.25, 0.25]]
    assert np.isnan(points(np.array([[1.0, NAN]]))).all()


@pytest.mark.parametrize("players", [2, 3])
def test_ratings_are_the_likeliest_strengths(players):
    """By gradient ascent on the logarithm of the likelihood, with a draw against an average player for each."""
    scores, together = played(6, players, 50, 20 + players)
    results = []
    for row, who in zip(scores, together, strict=True):
        for a, b in itertools.combinations(range(players), 2):
            if math.isfinite(row[a]) and math.isfinite(row[b]):
                results.append((who[a], who[b], outcome(row[a], row[b])))
    strength = np.zeros(6)  # logarithms
    for _ in range(20_000):
        slope = 0.5 - 1 / (1 + np.exp(-strength))
        for a, b, won in results:
            miss = won - 1 / (1 + np.exp(strength[b] - strength[a]))
            slope[a] += miss
            slope[b] -= miss
        strength += 0.02 * slope
        if np.abs(slope).max() < 1e-9:
            break
    np.testing.assert_allclose(ratings(scores, together, 6), 1 / (1 + np.exp(-strength)), rtol=1e-6)


@pytest.mark.parametrize(("size", "rounds"), [(40, 39), (150, 8)])
def test_ratings_settle_where_the_stronger_always_wins(size, rounds):
    """At the likeliest strengths everybody has won as much as he would be expected to win."""
    matches = matches_of(fixtures_of(size, 2, rounds, seed=3, generation=0), [0], swap=True)
    first, second = matches.together.T
    rating = ratings(np.where(matches.together < matches.together[:, ::-1], 1.0, 0.0), matches.together, size)
    strength = rating / (1 - rating)
    miss = (first < second) - strength[first] / (strength[first] + strength[second])
    of_each = np.bincount(first, miss, size) - np.bincount(second, miss, size) + 0.5 - rating
    np.testing.assert_allclose(of_each, 0, atol=1e-6)
    assert rating.mean() == pytest.approx(0.5)


def test_a_rating_knows_how_strong_opponents_were():
    """Both won half of their matches, the first against those who win against the others' opponents."""
    together = np.array([[0, 2], [0, 2], [1, 3], [1, 3], [2, 3], [2, 3], [2, 3]], np.int32)
    scores = np.array([[1, 0], [0, 1], [1, 0], [0, 1], [1, 0], [1, 0], [1, 0]], float)
    rating = ratings(scores, together, 5)
    assert rating[0] > rating[1]
    assert rating[2] > rating[3]
    assert math.isnan(rating[4])
    assert worth_of("points", scores, together, 4)[:2].tolist() == [0.5, 0.5]
    assert worth_of("rating", np.full((7, 2), NAN), together, 4).tolist() != [0.5] * 4


def test_means_ignore_what_is_not_known():
    assert means(np.array([1.0, NAN, 3.0]), np.array([0, 0, 2]), 4).tolist()[0::2] == [1.0, 3.0]
