"""Means and deviations, also of numbers whose sums and squares are too large."""

import math

import numpy as np
import pytest

from genesys_cli.backends.played import deviation_of, mean_of
from genesys_cli.neat.given import LARGEST


def test_the_mean_is_added_in_the_order_of_episodes():
    rng = np.random.default_rng(5)
    returns = rng.normal(size=(20, 9)) * 10.0 ** rng.integers(-9, 9, (20, 9))
    expected = []
    for row in returns.tolist():
        total = 0.0
        for value in row:
            total += value
        expected.append(total / 9)
    assert mean_of(returns).tolist() == expected


@pytest.mark.parametrize(
    ("row", "mean"),
    [
        ([-1e308, -1e308, -1e308], -LARGEST),
        ([1.7e308, 1.7e308, -1.7e308], LARGEST),
        ([1e308, 1e308, 1e308, -1e308, -1e308, -1e308], 0.0),
        ([-1e308, 5.0], -LARGEST),
        ([1e299, 1e299], 1e299),
        ([math.inf, 1.0], math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, 1e308, 1e308], math.nan),
    ],
)
def test_a_mean_of_large_numbers(row, mean):
    found = mean_of(np.array([row, [1.0] * len(row)]))
    np.testing.assert_allclose(found, [mean, 1.0], rtol=1e-15, atol=1e293)
    assert found[1] == 1.0


def test_a_deviation_of_large_numbers():
    values = np.array([1.0, 2.0, 4.0])
    assert deviation_of(values) == np.std(values)
    assert deviation_of(values * 1e300) == pytest.approx(np.std(values) * 1e300)
    assert math.isnan(deviation_of(np.array([1.0, math.inf])))
    assert deviation_of(np.zeros(3)) == 0.0
