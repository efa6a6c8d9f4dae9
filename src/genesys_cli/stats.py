"""Statistics over seeds: robust averages with bootstrap intervals, and whether one set of runs is better than another.

As Agarwal et al. recommend in "Deep Reinforcement Learning at the Edge of the Statistical Precipice" (NeurIPS 2021).
The bootstrap draws from a fixed stream of Philox, so the same values give the same bits every time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95
RESAMPLES = 10_000
EXACT = 100  # values with which a test counts all permutations; with more, its statistic is as good as normal
_AT_ONCE = 2**20  # values that are drawn at once

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]


class Interval(NamedTuple):
    """An estimate and its 95 % interval, numbers or arrays of one shape."""

    value: Floats
    low: Floats
    high: Floats


class Tested(NamedTuple):
    """Outcome of a test of the hypothesis that two samples do not differ.

    name: of the test, and how p was computed; statistic: U or W; p: two-sided
    """

    name: str
    statistic: float
    p: float


def iqm(values: ArrayLike) -> Floats:
    """Return the interquartile mean, (...): the mean of what the lowest and the highest quarter leave. values: (..., N)

    Of N values, the N // 4 lowest and as many of the highest are left out.
    """
    ordered = np.sort(np.asarray(values, np.float64), axis=-1)
    cut = ordered.shape[-1] // 4
    return np.asarray(ordered[..., cut : ordered.shape[-1] - cut].mean(axis=-1))


def median(values: ArrayLike) -> Floats:
    """Return the median, (...). values: (..., N)"""
    return np.asarray(np.median(np.asarray(values, np.float64), axis=-1))


def bootstrap(values: ArrayLike, statistic: Statistic, resamples: int = RESAMPLES) -> Interval:
    """Return a statistic with its percentile bootstrap interval.

    values: (..., N), resampled along the last axis, all rows alike
    statistic: from (..., N) to (...); resamples: how many
    """
    known = np.asarray(values, np.float64)
    found = [statistic(known[..., rows]) for rows in _draws(known.shape[-1], resamples, known.size)]
    return _interval(statistic(known), np.concatenate(found, axis=-1))


def wilson(successes: int, trials: int) -> Interval:
    """Return a share of successes with Wilson's score interval, which holds for few trials and shares near 0 and 1."""
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    share, widening = successes / trials, z * z / trials
    middle = (share + widening / 2) / (1 + widening)
    half = z / (1 + widening) * math.sqrt(share * (1 - share) / trials + widening / (4 * trials))
    low = 0.0 if successes == 0 else middle - half  # in exact arithmetic too; here it would be 1e-17
    high = 1.0 if successes == trials else middle + half
    return Interval(np.float64(share), np.float64(low), np.float64(high))  # type: ignore[arg-type]


def improvement(x: ArrayLike, y: ArrayLike, *, paired: bool = False, resamples: int = RESAMPLES) -> Interval:
    """Return the probability that a run of y is better, that is higher, than one of x; of equals half counts.

    x: (N,); y: (M,)
    paired: the k-th values belong together (N = M > 2): resamples take both or none, and each value is compared with
        those of all other pairs. Its own partner is no independent run, and resamples would meet it ever more often.
    """
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    wins = (b[None, :] > a[:, None]) + 0.5 * (b[None, :] == a[:, None])
    weights = 1.0 - np.eye(len(a)) if paired else np.ones(wins.shape)
    most = max(len(a), len(b))
    drawn = _draws(len(a), resamples, most), _draws(len(b), resamples, most, 0 if paired else 1)
    found = []
    for rows, columns in zip(*drawn, strict=True):
        counts = _counts(rows, len(a)), _counts(columns, len(b))
        # Sums of halves, which are exact in any order.
        won, of = (((counts[0] @ part) * counts[1]).sum(axis=1) for part in (wins * weights, weights))
        found.append(won[of > 0] / of[of > 0])  # of one pair again and again nothing can be said
    return _interval((wins * weights).sum() / weights.sum(), np.concatenate(found))


def mann_whitney(x: ArrayLike, y: ArrayLike) -> Tested:
    """Test whether values of y tend to be higher or lower than those of x. The statistic is U of y; x: (N,), y: (M,)"""
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    n, m = len(a), len(b)
    doubled = _doubled_ranks(np.concatenate([a, b]))
    total = int(doubled[n:].sum())
    u = total / 2 - m * (m + 1) / 2
    if n + m <= EXACT:
        p = _two_sided(_sums_of_subsets(doubled, m), total, m * (n + m + 1))
        return Tested("Mann–Whitney U, exact", u, p)
    _, ties = np.unique(doubled, return_counts=True)
    size = n + m
    variance = n * m / 12 * (size + 1 - float((ties**3 - ties).sum()) / (size * (size - 1)))
    return Tested("Mann–Whitney U, normal approximation", u, _normal_p(u - n * m / 2, variance))


def wilcoxon(x: ArrayLike, y: ArrayLike) -> Tested:
    """Test whether differences y - x of pairs tend to either side. The statistic is the rank sum of positive ones; (N,)

    Pairs without a difference say nothing and are left out.
    """
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    differs = a != b  # of two infinities there is no difference to be formed
    differences = b[differs] - a[differs]
    doubled = _doubled_ranks(np.abs(differences))
    total = int(doubled[differences > 0].sum())
    if len(doubled) <= EXACT:
        p = _two_sided(_sums_of_subsets(doubled, None), total, int(doubled.sum()) // 2)
        return Tested("Wilcoxon signed-rank, exact", total / 2, p)
    variance = float((doubled.astype(np.float64) ** 2).sum()) / 16
    return Tested(
        "Wilcoxon signed-rank, normal approximation",
        total / 2,
        _normal_p((total - float(doubled.sum()) / 2) / 2, variance),
    )


def _interval(value: ArrayLike, drawn: Floats) -> Interval:
    """drawn: (..., R), a statistic of each resample"""
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, (outside, 1 - outside), axis=-1)
    return Interval(np.asarray(value), low, high)


def _draws(n: int, resamples: int, values: int, key: int = 0) -> Iterator[NDArray[np.intp]]:
    """Yield (C, n) indices below n, drawn with replacement, for C resamples at a time.

    values: that are taken for one resample, which limits C and changes no index; key: of the stream
    Words of the generator itself: NumPy may change what its distributions make of them.
    """
    words = np.random.Philox(key=key)
    at_once = max(1, _AT_ONCE // values)
    for begin in range(0, resamples, at_once):
        rows = min(at_once, resamples - begin)
        high = words.random_raw(rows * n) >> np.uint64(32)
        yield ((high * np.uint64(n)) >> np.uint64(32)).astype(np.intp).reshape(rows, n)


def _counts(rows: NDArray[np.intp], n: int) -> Floats:
    """Return how often each of n is in each row, (C, n)."""
    first = np.arange(len(rows))[:, None] * n
    return np.bincount((first + rows).ravel(), minlength=len(rows) * n).reshape(len(rows), n).astype(np.float64)


def _doubled_ranks(values: Floats) -> NDArray[np.int64]:
    """Return twice the ranks from 1, equals at their mean: whole numbers."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    doubled: NDArray[np.int64] = (2 * last - count + 1)[place.reshape(-1)]
    return doubled


def _sums_of_subsets(ranks: NDArray[np.int64], size: int | None) -> Floats:
    """Return which share of all subsets has each sum, (S,). size: of the subsets; None: any"""
    top = int(ranks.sum()) + 1
    rows = 1 if size is None else size + 1
    ways = np.zeros((rows, top))
    ways[0, 0] = 1.0
    for rank in ranks:
        rank = int(rank)
        if size is None:
            ways[0, rank:] += ways[0, : top - rank].copy()
        else:
            ways[1:, rank:] += ways[:-1, : top - rank].copy()
    share: Floats = ways[-1] / ways[-1].sum()
    return share


def _two_sided(shares: Floats, total: int, middle: int) -> float:
    """Return the share of sums at least as far from the middle as the total."""
    far = np.abs(np.arange(len(shares)) - middle) >= abs(total - middle)
    return min(1.0, float(shares[far].sum()))


def _normal_p(deviation: float, variance: float) -> float:
    if variance <= 0:  # all values are equal
        return 1.0
    return min(1.0, 2 * NormalDist().cdf(-abs(deviation) / math.sqrt(variance)))
