"""How many parents actors get from one another, where each makes children of its own: a formula for mating plans."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...config.neat import NeatSettings
from .shards import SLACK


class Litters(NamedTuple):
    """Species that have offspring. parents, children: (S,) float64, of each: members that may breed, and children"""

    parents: NDArray[np.float64]
    children: NDArray[np.float64]


def litters_of(neat: NeatSettings, count: int, species: int) -> Litters:
    """Return species that are equally large, which those that share their fitness tend to be."""
    size = count / species
    parents = min(size, max(2.0, math.ceil(neat.survival_threshold * size)))
    return Litters(np.full(species, parents), np.full(species, size))


def foreign_parents(litters: Litters, crossover: float, actors: int) -> float:
    """Return how many genomes actors get from one another in a generation, each once.

    A child is made where its fitter parent is. Of a species' n survivors the one at rank x (0 the best, 1 the last) is
    the less fit parent of c·(O/n)·2x of its O children, if no two are equally fit. These are made by any of N actors,
    so that each other one needs it with the chance 1 - exp(-k·x), where k = 2·c·O/(n·N); the mean over x is
    1 - (1 - exp(-k))/k. Children that are made elsewhere, so that all actors make as many, need their fitter parent
    there as well. An upper bound where an actor has but a few survivors: they are fetched in batches then.
    """
    if actors == 1:
        return 0.0
    k = np.maximum(2 * crossover * litters.children / (litters.parents * actors), 1e-300)
    without = -np.expm1(-k) / k
    pairs = litters.parents * (actors - 1)
    staying = np.exp(-surplus(litters, crossover, actors) / pairs)
    return float((pairs * (1 - without * staying)).sum())


def surplus(litters: Litters, crossover: float, actors: int) -> NDArray[np.float64]:
    """Return how many children of each species, (S,) float64, are not made where their fitter parent is.

    No actor is to make many more than its share, see :func:`.shards.near_parents`. The survivors of an actor, and with
    them its children, are a random part of all: their number varies with the squares of what each survivor has, and
    what is above the share is too much.
    """
    each = litters.children / litters.parents  # by rank they are (1 - c) + 2c(1 - x) times as many
    squares = litters.parents * (each + each**2 * (1 + crossover**2 / 3))
    deviation = math.sqrt(squares.sum() * (1 - 1 / actors) / actors)
    room = SLACK * float(litters.children.sum()) / actors / deviation  # in deviations
    density = math.exp(-(room**2) / 2) / math.sqrt(2 * math.pi)
    above = density - room * math.erfc(room / math.sqrt(2)) / 2  # of a normal number, on average
    most = float(litters.children.sum()) * (1 - 1 / actors)
    share: NDArray[np.float64] = squares / squares.sum() * min(most, actors * deviation * above)
    return share
