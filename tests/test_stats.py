"""Statistics against their definitions, counted one by one."""

import itertools
import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli import stats

SMALL = st.lists(st.integers(-3, 3), min_size=2, max_size=6)


def midranks(values):
    return [sum(other < value for other in values) + (values.count(value) + 1) / 2 for value in values]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_the_interquartile_mean_leaves_out_a_quarter_on_both_sides(values):
    cut = len(values) // 4
    assert stats.iqm(values) == pytest.approx(statistics.fmean(sorted(values)[cut : len(values) - cut]), abs=1e-6)
    assert stats.median(values) == pytest.approx(statistics.median(values), abs=1e-6)


def test_averages_are_along_the_last_axis():
    values = np.random.default_rng(0).normal(size=(3, 4, 9))
    assert stats.iqm(values).shape == (3, 4)
    assert stats.iqm(values)[1, 2] == stats.iqm(values[1, 2])


def test_the_bootstrap_is_what_percentiles_of_resamples_say():
    values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0]
    (rows,) = stats._draws(len(values), 500, len(values))
    assert rows.shape == (500, 7)
    found = sorted(statistics.median(values[k] for k in row) for row in rows.tolist())
    interval = stats.bootstrap(values, stats.median, 500)
    assert interval.value == 3.0
    assert interval.low == pytest.approx(statistics.quantiles(found, n=40, method="inclusive")[0])
    assert interval.high == pytest.approx(statistics.quantiles(found, n=40, method="inclusive")[-1])


def test_every_value_is_drawn_as_often():
    (rows,) = stats._draws(5, 20_000, 5)
    counts = np.bincount(rows.ravel(), minlength=5)
    assert np.abs(counts - 20_000).max() < 5 * math.sqrt(20_000 * 0.8)


def test_the_same_bits_every_time_and_in_any_portions(monkeypatch):
    values = np.random.default_rng(1).normal(size=(4, 11))
    whole = stats.bootstrap(values, stats.iqm, 300)
    pair = stats.improvement(values[0], values[1, :6], resamples=300)
    monkeypatch.setattr(stats, "_AT_ONCE", 64)
    portions = stats.bootstrap(values, stats.iqm, 300)
    assert [part.tobytes() for part in portions] == [part.tobytes() for part in whole]
    assert stats.improvement(values[0], values[1, :6], resamples=300) == pair


@given(st.integers(1, 300), st.data())
def test_the_ends_of_wilsons_interval_are_shares_that_would_just_be_refused(trials, data):
    successes = data.draw(st.integers(0, trials))
    share, low, high = map(float, stats.wilson(successes, trials))
    assert 0 <= low <= share <= high <= 1
    z = statistics.NormalDist().inv_cdf(0.975)
    for end in (low, high):
        if 0 < end < 1:
            assert (share - end) ** 2 == pytest.approx(z * z * end * (1 - end) / trials, rel=1e-6, abs=1e-12)


@given(SMALL, SMALL)
def test_the_u_test_counts_all_ways_to_part_the_values(x, y):
    ranks = midranks(x + y)
    found = stats.mann_whitney(x, y)
    assert found.name == "Mann–Whitney U, exact"
    assert found.statistic == sum((b > a) + (b == a) / 2 for a in x for b in y)
    sums = [sum(part) for part in itertools.combinations(ranks, len(y))]
    middle = len(y) * (len(x) + len(y) + 1) / 2
    far = abs(sum(ranks[len(x) :]) - middle)
    assert found.p == pytest.approx(float(Fraction(sum(abs(one - middle) >= far for one in sums), len(sums))))


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=9))
def test_the_signed_rank_test_counts_all_signs(pairs):
    x, y = zip(*pairs, strict=True)
    differences = [b - a for a, b in pairs if a != b]
    ranks = midranks([abs(one) for one in differences])
    found = stats.wilcoxon(x, y)
    assert found.name == "Wilcoxon signed-rank, exact"
    assert found.statistic == sum(rank for rank, one in zip(ranks, differences, strict=True) if one > 0)
    sums = [
        sum(rank for rank, up in zip(ranks, signs, strict=True) if up)
        for signs in itertools.product((False, True), repeat=len(ranks))
    ]
    far = abs(found.statistic - sum(ranks) / 2)
    assert found.p == pytest.approx(sum(abs(one - sum(ranks) / 2) >= far for one in sums) / len(sums))


@pytest.mark.parametrize("digits", [0, 3])
def test_with_many_values_the_normal_distribution_says_nearly_the_same(digits, monkeypatch):
    random = np.random.default_rng(5)
    x, y = np.round(random.normal(size=(2, 60)), digits)
    y += 0.25
    near = [stats.mann_whitney(x, y), stats.wilcoxon(np.tile(x, 2), np.tile(y, 2))]
    monkeypatch.setattr(stats, "EXACT", 1000)
    exact = [stats.mann_whitney(x, y), stats.wilcoxon(np.tile(x, 2), np.tile(y, 2))]
    for one, other in zip(near, exact, strict=True):
        assert "normal approximation" in one.name
        assert "exact" in other.name
        assert one.statistic == other.statistic
        assert one.p == pytest.approx(other.p, abs=3e-3)


def test_what_does_not_differ_at_all():
    assert stats.mann_whitney([1, 1, 1], [1, 1]).p == 1.0
    assert stats.mann_whitney(np.ones(80), np.ones(90)).p == 1.0
    assert stats.wilcoxon([1, 2], [1, 2]).p == 1.0
    assert stats.improvement([1, 2, 3], [1, 2, 3], paired=True).value == 0.5


def test_runs_that_never_end_are_equal_to_one_another_and_worse_than_any():
    never = -math.inf
    assert stats.improvement([never, never], [never, 1.0]).value == 0.75
    assert stats.wilcoxon([never, never, 1.0], [never, 1.0, never]).statistic == 1.5
    assert stats.mann_whitney([never, 2.0], [never, 1.0]).statistic == 1.5


def test_improvement_counts_pairs():
    random = np.random.default_rng(2)
    x, y = random.integers(0, 5, 25), random.integers(1, 6, 20)
    wanted = np.mean([(b > a) + (b == a) / 2 for a in x for b in y])
    found = stats.improvement(x, y)
    assert found.value == pytest.approx(wanted)
    assert found.low < found.value < found.high


def test_improvement_of_pairs_compares_with_all_others_and_with_the_partner_never():
    random = np.random.default_rng(2)
    x = random.normal(size=12)
    y = x + 0.2 + 0.01 * random.normal(size=12)  # each partner is better
    found = stats.improvement(x, y, paired=True, resamples=400)
    others = [(k, m) for k in range(12) for m in range(12) if k != m]
    assert found.value == pytest.approx(np.mean([y[m] > x[k] for k, m in others]))
    (rows,) = stats._draws(12, 400, 12)
    wanted = []
    for row in rows.tolist():
        compared = [y[m] > x[k] for k in row for m in row if k != m]
        wanted.append(np.mean(compared))
    low, high = np.quantile(wanted, (0.025, 0.975))
    assert found.low == pytest.approx(low)
    assert found.high == pytest.approx(high)
    assert found.low < found.value < found.high
    apart = stats.improvement(x, y, resamples=400)
    assert apart.low < found.low  # what runs of a seed have in common says nothing of their difference


def test_few_pairs():
    found = stats.improvement([0.0, 0.0, 0.0], [1.0, 1.0, 1.0], paired=True)
    assert tuple(map(float, found)) == (1.0, 1.0, 1.0)
