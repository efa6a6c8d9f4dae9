"""What genomes' matches are worth: mean scores, points for wins, or a rating that knows how strong opponents were."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...config.problem import RATING, SCORE

_STEPS = 100  # of Newton's method, which takes some ten
_SETTLED = 1e-9  # logarithm of a strength that a step changes
_PRECISION = 1e-8  # of a step, squared
_PRIOR = 1.0  # draws with an average player that everybody has had, so that who has won or lost all gets a number

Floats = NDArray[np.float64]


def worth_of(kind: str, scores: Floats, together: NDArray[np.int32], size: int) -> Floats:
    """Return what each of `size` genomes is worth by its matches, (size,) float64; NaN where none came to an end.

    kind: ``score``, ``points`` or ``rating``; scores: (C, K) float64, NaN where a match failed
    """
    if kind == RATING:
        return ratings(scores, together, size)
    return means(scores if kind == SCORE else points(scores), together.ravel(), size)


def means(values: Floats, owner: NDArray[np.integer], size: int) -> Floats:
    """Return the mean of the values that each of `size` owners has, without NaN; NaN where there is none.

    values: of any shape, flattened like `owner`, (N,)
    """
    flat = values.ravel()
    known = np.isfinite(flat)
    total = np.bincount(owner[known], flat[known], size)
    count = np.bincount(owner[known], minlength=size)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def points(scores: Floats) -> Floats:
    """Return the share of its opponents that each player beat, (C, K), a draw being half; NaN where that is not known.

    scores: (C, K) float64, NaN where a match failed
    """
    mine, theirs = scores[:, :, None], scores[:, None, :]
    won = np.where(mine > theirs, 1.0, np.where(mine == theirs, 0.5, 0.0))
    known = np.isfinite(mine) & np.isfinite(theirs) & ~np.eye(scores.shape[1], dtype=bool)
    count = known.sum(axis=2)
    share: Floats = np.where(count > 0, (won * known).sum(axis=2) / np.maximum(count, 1), np.nan)
    return share


def ratings(scores: Floats, together: NDArray[np.int32], size: int) -> Floats:
    """Return the share of points that each would win against an average player, by the model of Bradley and Terry.

    A player of strength p beats one of strength q with the chance ``p / (p + q)``; strengths are those under which the
    results, and a draw of everybody with an average player, are likeliest. The mean of all ratings is 0.5. Matches of
    more players count as those of each pair.

    The logarithms of strengths are found by Newton's method. Sums, products and quotients are all it takes, so that no
    bit depends on a machine's exponential function.
    """
    first, second, won = _results(scores, together)
    played = np.bincount(np.concatenate((first, second)), minlength=size)
    strength = np.ones(size)
    for _ in range(_STEPS):
        chance = strength[first] / (strength[first] + strength[second])
        share = strength / (strength + 1.0)
        slope = _of_each(first, second, won - chance, chance - won, size) + _PRIOR * (0.5 - share)
        step = _newton(first, second, chance * (1.0 - chance), _PRIOR * share * (1.0 - share), slope)
        largest = float(np.abs(step).max())
        step /= max(largest, 1.0)
        strength *= (1.0 + 0.5 * step) / (1.0 - 0.5 * step)  # almost exp(step), and positive
        if largest < _SETTLED:
            break
    rating: Floats = np.where(played > 0, strength / (strength + 1.0), np.nan)
    return rating


def _newton(first: NDArray[np.int64], second: NDArray[np.int64], weight: Floats, own: Floats, slope: Floats) -> Floats:
    """Solve ``H step = slope`` by conjugate gradients, (size,) float64.

    H is the Laplacian of the graph of matches with these weights, (N,), plus the diagonal `own`, (size,).
    """
    size = len(slope)
    diagonal = _of_each(first, second, weight, weight, size) + own
    step, rest = np.zeros(size), slope.copy()
    towards = conditioned = rest / diagonal
    left = float((rest * conditioned).sum())
    enough = left * _PRECISION
    for _ in range(size):
        if left <= enough:
            break
        across = weight * (towards[first] - towards[second])
        turned = _of_each(first, second, across, -across, size) + own * towards
        length = left / float((towards * turned).sum())
        step = step + length * towards
        rest = rest - length * turned
        conditioned = rest / diagonal
        before, left = left, float((rest * conditioned).sum())
        towards = conditioned + left / before * towards
    return step


def _of_each(
    first: NDArray[np.int64], second: NDArray[np.int64], of_first: Floats, of_second: Floats, size: int
) -> Floats:
    """Return the sum of each player over his matches, (size,) float64."""
    total = np.zeros(size)
    for who, values in ((first, of_first), (second, of_second)):
        total += np.bincount(who, values, size)
    return total


def _results(scores: Floats, together: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return who met whom, and what the first won: 1, 0.5 or 0, (N,) each, of all pairs of all matches that ended."""
    places = np.triu_indices(scores.shape[1], 1)
    mine, theirs = scores[:, places[0]].ravel(), scores[:, places[1]].ravel()
    known = np.isfinite(mine) & np.isfinite(theirs)
    won = np.where(mine > theirs, 1.0, np.where(mine == theirs, 0.5, 0.0))
    first, second = (together[:, place].ravel()[known].astype(np.int64) for place in places)
    return first, second, won[known]
