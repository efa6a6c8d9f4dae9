"""Samples of a separable CMA-ES, and what it learns of them: float64, in one order, the same bits everywhere."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiled.jit import kernel
from ...compiled.mathf import exp, log
from ...compiled.philox import REFINEMENT, normal, philox


class Rates(NamedTuple):
    """How much a separable CMA-ES learns of one step; see :func:`.refinement.rates_of`.

    effective: samples that the weighted mean is worth; step, damping: of the path of steps, and of the step size
    mean: of the path of the mean; rank_one, rank_mu: of the variances; usual: length of a random path
    """

    effective: float
    step: float
    damping: float
    mean: float
    rank_one: float
    rank_mu: float
    usual: float


@kernel
def fill_recombination(weights):
    """Fill `weights` ((M,) float64), which decrease with the rank and add up to 1."""
    total = 0.0
    for i in range(len(weights)):
        weights[i] = log(len(weights) + 1.0) - log(i + 1.0)
        total += weights[i]
    for i in range(len(weights)):
        weights[i] /= total


@kernel
def fill_samples(seed, generation, first, mean, variances, step, low, high, out):
    """Draw samples of a normal distribution, inside bounds.

    first: number of the first sample among those of a generation
    mean, variances, low, high: (D,) float64; step: factor on all standard deviations; out: (S, D) float32, is filled
    """
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            words = philox(
                np.uint64(seed),
                np.uint64(j >> 2),
                np.uint64(first + i),
                np.uint64(generation),
                np.uint64(REFINEMENT),
            )
            x = mean[j] + step * np.sqrt(variances[j]) * np.float64(normal(words[j & 3]))
            out[i, j] = np.float32(min(max(x, low[j]), high[j]))


@kernel
def learn(best, weights, rates, steps, mean, variances, step_path, mean_path, step):
    """Move a distribution to the best of its samples; return its new step size.

    best: (M, D) float64, best first; weights: (M,) float64; rates: ``Rates``; steps: how often it has learnt before
    mean, variances, step_path, mean_path: (D,) float64, are updated; step: its size
    """
    dimensions = len(mean)
    moved = np.empty(dimensions)
    square = 0.0
    keep, gain = 1.0 - rates.step, np.sqrt(rates.step * (2.0 - rates.step) * rates.effective)
    for j in range(dimensions):
        total = 0.0
        for i in range(len(weights)):
            total += weights[i] * ((best[i, j] - mean[j]) / step)
        moved[j] = total
        step_path[j] = keep * step_path[j] + gain * (total / np.sqrt(variances[j]))
        square += step_path[j] * step_path[j]
    length = np.sqrt(square)
    left = 1.0
    for _ in range(2 * (steps + 2)):
        left *= keep
    # A path that is long only because the step size lags behind says nothing of the variances.
    moves = 1.0 if length / np.sqrt(1.0 - left) < (1.4 + 2.0 / (dimensions + 1.0)) * rates.usual else 0.0
    along = moves * np.sqrt(rates.mean * (2.0 - rates.mean) * rates.effective)
    lacking = (1.0 - moves) * rates.mean * (2.0 - rates.mean)
    stay = 1.0 + rates.rank_one * lacking - rates.rank_one - rates.rank_mu
    for j in range(dimensions):
        mean_path[j] = (1.0 - rates.mean) * mean_path[j] + along * moved[j]
        spread = 0.0
        for i in range(len(weights)):
            y = (best[i, j] - mean[j]) / step
            spread += weights[i] * (y * y)
        variances[j] = stay * variances[j] + rates.rank_one * (mean_path[j] * mean_path[j]) + rates.rank_mu * spread
        mean[j] += step * moved[j]
    return step * exp((rates.step / rates.damping) * (length / rates.usual - 1.0))
