"""The compatibility threshold, and how it is fitted to a number of species.

Without ``target_species`` it is ``compatibility_threshold``. With it, each generation gets the threshold at which it
has that many species, as far as ``compatibility_adjust`` lets it move from the one before.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numpy as np

from ..config.neat import NeatSettings
from ..genome.population import Population
from .assignment import Genomes
from .kernels.distance import SMALL, Coefficients, assign_species, found_species, pair_distances

LEAST = 0.05
"""Smallest threshold."""

_SAMPLE = 500  # genomes of a generation that the threshold is fitted to
_HALVINGS = 20  # of the interval that holds the first threshold
_LATER_HALVINGS = 8  # of the interval from the threshold before to its largest change


def coefficients_of(settings: NeatSettings) -> Coefficients:
    """Return what the settings say of the compatibility distance."""
    return Coefficients(
        settings.compatibility_excess_coefficient,
        settings.compatibility_disjoint_coefficient,
        settings.compatibility_weight_coefficient,
        settings.compatibility_distance == "paper",
    )


class Fitted(NamedTuple):
    """A threshold, and the distances computed and genes read to find it."""

    threshold: float
    distances: int = 0
    genes: int = 0


def first_threshold(genomes: Genomes, coefficients: Coefficients, settings: NeatSettings) -> Fitted:
    """Return the threshold of a first generation.

    With ``target_species``, an evenly spaced sample of the population is divided by one threshold after the other,
    halving the interval, until it has that many species. Where all are alike, ``compatibility_threshold`` stays.
    """
    if settings.target_species == 0:
        return Fitted(settings.compatibility_threshold)
    sample = _sample_of(genomes)
    zeros, all_of_them = np.zeros(sample.size, np.int64), np.arange(sample.size)
    from_first = np.empty(sample.size)
    pair_distances(sample, zeros, sample, all_of_them, coefficients, from_first)
    sizes = np.diff(sample.node_offsets) + np.diff(sample.conn_offsets)
    count = _Count(sample, sample.select(zeros[:0]), coefficients)
    count.distances, count.genes = sample.size, int(sizes.sum() + sample.size * sizes[0])
    low, high = LEAST, 2.0 * from_first.max()
    if high <= low:
        return count.fitted(settings.compatibility_threshold)
    return count.fitted(_halved(count, low, high, settings.target_species, _HALVINGS))


def next_threshold(
    genomes: Genomes,
    representatives: Population,
    coefficients: Coefficients,
    settings: NeatSettings,
    threshold: float,
) -> Fitted:
    """Return the threshold of a later generation.

    With ``target_species``, a sample of the population is divided as by the threshold before. Where that gives another
    number of species, the interval is halved that ends at the largest change which ``compatibility_adjust`` allows.

    representatives: of the species that there are; threshold: of the generation before
    """
    target, most = settings.target_species, 1.0 + settings.compatibility_adjust
    if target == 0 or most == 1.0:
        return Fitted(threshold)
    count = _Count(_sample_of(genomes), representatives, coefficients)
    found = count(threshold)
    if found == target:
        return count.fitted(threshold)
    many = found > target
    end = threshold * most if many else max(min(LEAST, threshold), threshold / most)
    at_end = count(end)
    if at_end == target or (at_end > target) == many:
        return count.fitted(end)
    low, high = (threshold, end) if many else (end, threshold)
    return count.fitted(_halved(count, low, high, target, _LATER_HALVINGS))


class _Count:
    """Counts the species that a threshold makes of a population, beside those that there are, and what that takes."""

    def __init__(self, population: Population, representatives: Population, coefficients: Coefficients) -> None:
        self._population, self._representatives, self._coefficients = population, representatives, coefficients
        self._member_of = np.empty(population.size, np.int32)
        self._founders = np.empty(population.size, np.int64)
        self.distances = self.genes = 0

    def __call__(self, threshold: float) -> int:
        population, known, member_of = self._population, self._representatives, self._member_of
        looked_at = assign_species(population, 0, population.size, known, self._coefficients, threshold, member_of)
        unassigned = np.flatnonzero(member_of < 0)
        _, distances, genes = found_species(
            population, unassigned, known.size, self._coefficients, threshold, member_of, self._founders
        )
        self.distances += int(looked_at[0] + distances)
        self.genes += int(looked_at[1] + genes)
        return int(np.count_nonzero(np.bincount(member_of)))

    def fitted(self, threshold: float) -> Fitted:
        return Fitted(threshold, self.distances, self.genes)


def _halved(count: _Count, low: float, high: float, target: int, times: int) -> float:
    """Return a threshold at which there are `target` species; else one above which there are fewer.

    low, high: with more species than `target`, and with fewer
    """
    for _ in range(times):
        middle = sqrt(low * high)  # exact on every machine
        found = count(middle)
        if found == target:
            return middle
        low, high = (middle, high) if found > target else (low, middle)
    return high


def _sample_of(genomes: Genomes) -> Population:
    """Return evenly spaced genomes, all of them where they are few."""
    if genomes.size <= _SAMPLE:
        return genomes.select(np.arange(genomes.size))
    return genomes.select(np.linspace(0, genomes.size - 1, _SAMPLE).astype(np.int64))


def farthest(settings: NeatSettings) -> float:
    """Return a compatibility distance that no two genomes of these settings can exceed."""
    structure = max(settings.compatibility_excess_coefficient, settings.compatibility_disjoint_coefficient)
    of_weights = settings.weight_max - settings.weight_min
    of_nodes = settings.bias_max - settings.bias_min + settings.response_max - settings.response_min + 2.0
    weight = settings.compatibility_weight_coefficient
    if settings.compatibility_distance == "paper":
        return 2 * SMALL * structure + weight * max(of_weights, of_nodes)
    return max(structure, weight * (of_weights + 1.0)) + max(structure, weight * of_nodes)
