"""Species: groups of genomes that compete among themselves (Stanley & Miikkulainen 2002, section 3.3).

A genome joins the first species, by age, whose representative is nearer than the compatibility threshold; whoever finds
none founds a new one. Representatives are random members of the previous generation. With ``target_species`` the
threshold moves a step toward that number after each generation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled.philox import REPRESENTATIVES, fill_words
from ..compiled.threads import Threads
from ..config.schema import NeatSettings
from ..counts import DISTANCE_GENES, DISTANCES, named
from ..genome.population import Population
from .kernels.distance import assign_species, found_species

_LEAST_THRESHOLD = 0.05


class Species(NamedTuple):
    """The S species of one generation of P genomes.

    ids: (S,) int64, in the order of founding; created, improved: (S,) int64, generation of founding and of the last
        rise of its fitness; best: (S,) float64, its best fitness so far
    member_of: (P,) int32, index of each genome's species
    representatives: population of S genomes, with which the next generation is compared
    threshold: compatibility threshold of the next generation; next_id: of the next species
    """

    ids: NDArray[np.int64]
    created: NDArray[np.int64]
    improved: NDArray[np.int64]
    best: NDArray[np.float64]
    member_of: NDArray[np.int32]
    representatives: Population
    threshold: float
    next_id: int

    @property
    def number(self) -> int:
        return len(self.ids)

    def sizes(self) -> NDArray[np.int64]:
        """Return the number of members of each species, (S,) int64."""
        return np.bincount(self.member_of, minlength=self.number)


def species_fitness(
    member_of: NDArray[np.int32], fitness: NDArray[np.float64], count: int, function: str
) -> NDArray[np.float64]:
    """Return the largest (``max``) or mean fitness of each species' members, (S,) float64."""
    if function == "mean":
        return np.bincount(member_of, weights=fitness, minlength=count) / np.bincount(member_of, minlength=count)
    best = np.full(count, -np.inf)
    np.maximum.at(best, member_of, fitness)
    return best


def speciate(
    population: Population,
    fitness: NDArray[np.float64],
    previous: Species | None,
    neat: NeatSettings,
    *,
    seed: int,
    generation: int,
    threads: Threads,
) -> tuple[Species, dict[str, int]]:
    """Divide a generation into species; return them and what it took: ``distances``, and ``distance_genes`` read.

    fitness: (P,) float64, finite
    """
    coefficients = (
        neat.compatibility_excess_coefficient,
        neat.compatibility_disjoint_coefficient,
        neat.compatibility_weight_coefficient,
    )
    limit = previous.threshold if previous else neat.compatibility_threshold
    old = previous.number if previous else 0
    member_of = np.full(population.size, -1, np.int32)
    compared = read = 0
    if previous:
        representatives = previous.representatives
        looked_at = np.zeros((len(threads.ranges(population.size)), 2), np.int64)

        def assign(k: int, lo: int, hi: int) -> None:
            looked_at[k] = assign_species(population, lo, hi, representatives, old, *coefficients, limit, member_of)

        threads.map(assign, population.size)
        compared, read = looked_at.sum(axis=0).tolist()
    homeless = np.flatnonzero(member_of < 0)
    founders = np.empty(len(homeless), np.int64)
    new = 0
    if len(homeless):
        new, compared_here, read_here = found_species(
            population, homeless, old, *coefficients, limit, member_of, founders
        )
        compared += compared_here
        read += read_here

    alive = np.flatnonzero(np.bincount(member_of))  # not np.unique, which would sort all genomes
    place = np.empty(alive[-1] + 1, np.int32)
    place[alive] = np.arange(len(alive))
    member_of = place[member_of]
    now = species_fitness(member_of, fitness, len(alive), neat.species_fitness)
    was_old = alive < old
    first_id = previous.next_id if previous else 0
    ids = np.empty(len(alive), np.int64)
    created = np.full(len(alive), generation, np.int64)
    improved = created.copy()
    best = now.copy()
    ids[~was_old] = first_id + alive[~was_old] - old
    if previous:
        kept = alive[was_old]
        ids[was_old] = previous.ids[kept]
        created[was_old] = previous.created[kept]
        rose = now[was_old] > previous.best[kept]
        improved[was_old] = np.where(rose, generation, previous.improved[kept])
        best[was_old] = np.maximum(now[was_old], previous.best[kept])
    chosen = _random_members(member_of, ids, seed, generation)
    return (
        Species(
            ids,
            created,
            improved,
            best,
            member_of,
            population.select(chosen),
            _next_threshold(limit, len(alive), neat),
            first_id + int(new),
        ),
        named({DISTANCES: int(compared), DISTANCE_GENES: int(read)}),
    )


def _next_threshold(threshold: float, count: int, neat: NeatSettings) -> float:
    if neat.target_species == 0 or count == neat.target_species:
        return threshold
    step = 1.0 + neat.compatibility_adjust
    return max(_LEAST_THRESHOLD, threshold * step if count > neat.target_species else threshold / step)


def _random_members(
    member_of: NDArray[np.int32], ids: NDArray[np.int64], seed: int, generation: int
) -> NDArray[np.int64]:
    """Return one random member of each species, (S,) int64; the draw belongs to the species' id."""
    order = np.argsort(member_of, kind="stable")
    sizes = np.bincount(member_of, minlength=len(ids))
    starts = np.cumsum(sizes) - sizes
    word = np.empty(1, np.uint64)
    chosen = np.empty(len(ids), np.int64)
    for s, species_id in enumerate(ids.tolist()):
        fill_words(seed, species_id, generation, REPRESENTATIVES, word)
        chosen[s] = order[starts[s] + (int(word[0]) * int(sizes[s]) >> 32)]
    return chosen
