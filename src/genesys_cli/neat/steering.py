"""The compatibility threshold, and how it is steered towards a number of species.

Without ``target_species`` it is ``compatibility_threshold``. With it, the first generation gets the threshold at which
it has that many species, and each later one is a little higher or lower, by how far the number was off.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from ..config.neat import NeatSettings
from ..genome.population import Population
from .kernels.distance import SMALL, Coefficients, found_species, pair_distances

LEAST = 0.05
"""Smallest threshold."""

_SAMPLE = 500  # genomes of the first generation that the threshold is fitted to
_HALVINGS = 20


def coefficients_of(settings: NeatSettings) -> Coefficients:
    """Return what the settings say of the compatibility distance."""
    return Coefficients(
        settings.compatibility_excess_coefficient,
        settings.compatibility_disjoint_coefficient,
        settings.compatibility_weight_coefficient,
        settings.compatibility_distance == "paper",
    )


def first_threshold(
    population: Population, coefficients: Coefficients, settings: NeatSettings
) -> tuple[float, int, int]:
    """Return the threshold of a first generation, and the distances computed and genes read to find it.

    With ``target_species``, an evenly spaced sample of the population is divided by one threshold after the other,
    halving the interval, until it has that many species. Where all are alike, ``compatibility_threshold`` stays.
    """
    target = settings.target_species
    if target == 0:
        return settings.compatibility_threshold, 0, 0
    sample = np.unique(np.linspace(0, population.size - 1, min(population.size, _SAMPLE)).astype(np.int64))
    member_of, founders = np.empty(population.size, np.int32), np.empty(len(sample), np.int64)
    from_first = np.empty(len(sample))
    pair_distances(population, np.full(len(sample), sample[0]), population, sample, coefficients, from_first)
    sizes = (np.diff(population.node_offsets) + np.diff(population.conn_offsets))[sample]
    distances, genes = len(sample), int(sizes.sum() + len(sample) * sizes[0])
    low, high = LEAST, 2.0 * from_first.max()
    if high <= low:
        return settings.compatibility_threshold, distances, genes
    for _ in range(_HALVINGS):
        middle = sqrt(low * high)
        found, compared, read = found_species(population, sample, 0, coefficients, middle, member_of, founders)
        distances, genes = distances + int(compared), genes + int(read)
        if found == target:
            return middle, distances, genes
        low, high = (middle, high) if found > target else (low, middle)
    return high, distances, genes


def next_threshold(threshold: float, count: int, settings: NeatSettings) -> float:
    """Return the threshold of the next generation. count: species of this one"""
    if settings.target_species == 0:
        return threshold
    most = 1.0 + settings.compatibility_adjust
    # The number of species falls about with the fourth power of the threshold. Roots are exact on every machine.
    factor = sqrt(sqrt(count / settings.target_species))
    return max(LEAST, threshold * min(max(factor, 1.0 / most), most))


def farthest(settings: NeatSettings) -> float:
    """Return a compatibility distance that no two genomes of these settings can exceed."""
    structure = max(settings.compatibility_excess_coefficient, settings.compatibility_disjoint_coefficient)
    of_weights = settings.weight_max - settings.weight_min
    of_nodes = settings.bias_max - settings.bias_min + settings.response_max - settings.response_min + 2.0
    weight = settings.compatibility_weight_coefficient
    if settings.compatibility_distance == "paper":
        return 2 * SMALL * structure + weight * max(of_weights, of_nodes)
    return max(structure, weight * (of_weights + 1.0)) + max(structure, weight * of_nodes)
