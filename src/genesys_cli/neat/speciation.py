"""Species: groups of genomes that compete among themselves (Stanley & Miikkulainen 2002, section 3.3).

A genome joins the first species, by age, whose representative is nearer than the compatibility threshold; whoever finds
none founds a new one. Representatives are random members of the previous generation. With ``target_species`` the
threshold moves a step toward that number after each generation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..compiled.philox import REPRESENTATIVES, fill_words
from ..compiled.threads import Threads, sharing
from ..config.neat import NeatSettings
from ..genome.population import Population, check_arrays
from .given import check_kind, check_settings, check_species, draws_of, fitness_of
from .kernels.distance import Coefficients, assign_species, found_species

_LEAST_THRESHOLD = 0.05


class Species(NamedTuple):
    """The S species of one generation of P genomes, in the order of their founding.

    Attributes:
        ids: (S,) int64, ascending; a species keeps its id as long as it lives.
        created: (S,) int64, generation of its founding.
        improved: (S,) int64, generation in which its fitness last rose.
        best: (S,) float64, its best fitness so far.
        member_of: (P,) int32, index (not id) of each genome's species.
        representatives: A population of S genomes, with which the next generation is compared.
        threshold: Compatibility threshold of the next generation.
        next_id: Id of the next species that is founded.
        n_species: The number of species, S.
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
    def n_species(self) -> int:
        """How many there are (``len`` of a named tuple is its number of fields)."""
        return len(self.ids)

    def sizes(self) -> NDArray[np.int64]:
        """Return the number of members of each species, (S,) int64."""
        return np.bincount(self.member_of, minlength=self.n_species)


class _Assigned(NamedTuple):
    """Which species each genome belongs to: those of the generation before come first, then new ones.

    member_of: (P,) int32; known: species that there were; founded: new ones
    distances, genes: that were computed, and read for them
    """

    member_of: NDArray[np.int32]
    known: int
    founded: int
    distances: int
    genes: int


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
    fitness: ArrayLike,
    previous: Species | None,
    settings: NeatSettings,
    *,
    seed: int,
    generation: int,
    threads: Threads | None = None,
) -> tuple[Species, dict[str, int]]:
    """Divide a generation into species.

    Args:
        population: P genomes.
        fitness: (P,) real numbers, finite; more is better. It decides only whether a species has improved.
        previous: Species of the generation before; None: this is the first.
        settings: ``compatibility_threshold``, the three coefficients of the distance, ``target_species``.
        seed: Of the run, from 0 to 2**63 - 1.
        generation: Number of this generation, from 0.
        threads: That share the work; None: one for each core. Results do not depend on it.

    Returns:
        The species, and what it took, as counts by name: ``distances`` computed, ``distance_genes`` read for them.

    Raises:
        UserError: The fitness has a wrong shape or is not finite, or the species are of networks of another shape.

    Example:
        >>> from genesys_cli import neat
        >>> settings = neat.settings(population=20, compatibility_threshold=0.5)
        >>> population, _ = neat.first_population(settings, 2, 1, seed=1)
        >>> species, _ = neat.speciate(population, [0.0] * 20, None, settings, seed=1, generation=0)
        >>> len(species.sizes()) == species.n_species, int(species.sizes().sum())
        (True, 20)
    """
    check_settings(settings)
    check_arrays(population)
    if previous is not None:
        check_kind("previous", previous, Species, "speciate returns the species and its counts; give the species alone")
        check_species(previous, population, previous=True)
    scores, draws = fitness_of(fitness, population.size), draws_of(seed, generation)
    threshold = previous.threshold if previous else settings.compatibility_threshold
    assigned = _assign(population, previous, settings, threshold, sharing(threads))
    alive, member_of = _living(assigned.member_of)
    ids, created, improved, best = _history(alive, assigned.known, member_of, scores, previous, settings, generation)
    species = Species(
        ids,
        created,
        improved,
        best,
        member_of,
        population.select(_random_members(member_of, ids, int(draws.seed), generation)),
        _next_threshold(threshold, len(ids), settings),
        (previous.next_id if previous else 0) + assigned.founded,
    )
    return species, {"distances": assigned.distances, "distance_genes": assigned.genes}


def _assign(
    population: Population, previous: Species | None, settings: NeatSettings, threshold: float, threads: Threads
) -> _Assigned:
    """Give each genome the first species whose representative is near, or else a new one."""
    coefficients = Coefficients(
        settings.compatibility_excess_coefficient,
        settings.compatibility_disjoint_coefficient,
        settings.compatibility_weight_coefficient,
    )
    member_of = np.full(population.size, -1, np.int32)
    known = distances = genes = 0
    if previous:
        known, representatives = previous.n_species, previous.representatives
        looked_at = np.zeros((len(threads.ranges(population.size)), 2), np.int64)

        def assign(k: int, lo: int, hi: int) -> None:
            looked_at[k] = assign_species(population, lo, hi, representatives, coefficients, threshold, member_of)

        threads.map(assign, population.size)
        distances, genes = looked_at.sum(axis=0).tolist()
    unassigned = np.flatnonzero(member_of < 0)
    if not len(unassigned):
        return _Assigned(member_of, known, 0, distances, genes)
    founders = np.empty(len(unassigned), np.int64)
    founded, more_distances, more_genes = found_species(
        population, unassigned, known, coefficients, threshold, member_of, founders
    )
    return _Assigned(member_of, known, int(founded), distances + int(more_distances), genes + int(more_genes))


def _living(member_of: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the species that have members, (S,) int64, and each genome's place among these, (P,) int32."""
    alive = np.flatnonzero(np.bincount(member_of))  # not np.unique, which would sort all genomes
    place = np.empty(alive[-1] + 1, np.int32)
    place[alive] = np.arange(len(alive))
    return alive, place[member_of]


def _history(
    alive: NDArray[np.int64],
    known: int,
    member_of: NDArray[np.int32],
    fitness: NDArray[np.float64],
    previous: Species | None,
    settings: NeatSettings,
    generation: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return ids, generations of founding and of the last improvement, and best fitness of the living species.

    alive: (S,) int64, those below `known` are of `previous`; member_of: (P,) int32, places in `alive`
    """
    now = species_fitness(member_of, fitness, len(alive), settings.species_fitness)
    ids = (previous.next_id if previous else 0) + alive - known
    created = np.full(len(alive), generation, np.int64)
    improved = created.copy()
    best = now.copy()
    if previous:
        was_known = alive < known
        kept = alive[was_known]
        rose = now[was_known] > previous.best[kept]
        ids[was_known] = previous.ids[kept]
        created[was_known] = previous.created[kept]
        improved[was_known] = np.where(rose, generation, previous.improved[kept])
        best[was_known] = np.maximum(now[was_known], previous.best[kept])
    return ids, created, improved, best


def _next_threshold(threshold: float, count: int, settings: NeatSettings) -> float:
    if settings.target_species == 0 or count == settings.target_species:
        return threshold
    step = 1.0 + settings.compatibility_adjust
    return max(_LEAST_THRESHOLD, threshold * step if count > settings.target_species else threshold / step)


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
