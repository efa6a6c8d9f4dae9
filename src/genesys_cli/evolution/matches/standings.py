"""What genomes' matches are worth: mean scores, points for wins, or a rating that knows how strong opponents were."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...config.problem import RATING, SCORE

_SWEEPS = 100  # of the rating, which has settled by then
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
    results are likeliest, found by Hunter's minorisation and maximisation, "MM algorithms for generalized
    Bradley-Terry models", Annals of Statistics (2004). Matches of more players count as those of each pair.
    """
    first, second, won = _results(scores, together)
    played = np.bincount(np.concatenate((first, second)), minlength=size)
    wins = np.bincount(first, won, size) + np.bincount(second, 1.0 - won, size)
    strength = np.ones(size)
    for _ in range(_SWEEPS):
        each = 1.0 / (strength[first] + strength[second])
        weight = np.bincount(first, each, size) + np.bincount(second, each, size) + _PRIOR / (strength + 1.0)
        strength = (wins + 0.5 * _PRIOR) / weight
        share = strength / (strength + 1.0)
        # Matches say nothing of how strong all are together: the draws do, slowly, unless this goes there at once.
        excess = (share - 0.5).sum() / (share * (1.0 - share)).sum()
        strength *= 1.0 - min(max(excess, -0.5), 0.5)
    rating: Floats = np.where(played > 0, strength / (strength + 1.0), np.nan)
    return rating


def _results(scores: Floats, together: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Return who met whom, and what the first won: 1, 0.5 or 0, (N,) each, of all pairs of all matches that ended."""
    places = np.triu_indices(scores.shape[1], 1)
    mine, theirs = scores[:, places[0]].ravel(), scores[:, places[1]].ravel()
    known = np.isfinite(mine) & np.isfinite(theirs)
    won = np.where(mine > theirs, 1.0, np.where(mine == theirs, 0.5, 0.0))
    first, second = (together[:, place].ravel()[known].astype(np.int64) for place in places)
    return first, second, won[known]
