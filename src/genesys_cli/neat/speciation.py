"""Species: groups of genomes that compete among themselves (Stanley & Miikkulainen 2002, section 3.3).

A genome joins the first species, by age, whose representative is nearer than the compatibility threshold; whoever finds
none founds a new one. Representatives are random members of the previous generation's species, except of those that
were removed for stagnation. ``steering`` says what the threshold is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..compiled.philox import REPRESENTATIVES, fill_words
from ..compiled.threads import Threads, sharing
from ..config.neat import NeatSettings
from ..genome.population import Population, check_arrays
from .assignment import Genomes, Here, assign
from .given import check_kind, check_settings, check_species, draws_of, fitness_of
from .kernels.rates import Draws
from .steering import coefficients_of, first_threshold, next_threshold

_REFOCUSED = 2  # species that go on where all have stagnated


class Species(NamedTuple):
    """The S species of one generation of P genomes, in the order of their founding.

    Attributes:
        ids: (S,) int64, ascending; a species keeps its id as long as it lives.
        created: (S,) int64, generation of its founding.
        improved: (S,) int64, generation in which its fitness last rose, or it was chosen to go on where all stagnated.
        best: (S,) float64, its best fitness so far.
        member_of: (P,) int32, index (not id) of each genome's species.
        representatives: A population of S genomes, with which the next generation is compared.
        threshold: Compatibility threshold that divided them, with which the next generation's begins.
        next_id: Id of the next species that is founded.
        breeding: (S,) bool, which have offspring; the others have stagnated, and nobody is compared with them again.
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
    breeding: NDArray[np.bool_]

    @property
    def n_species(self) -> int:
        """How many there are (``len`` of a named tuple is its number of fields)."""
        return len(self.ids)

    def sizes(self) -> NDArray[np.int64]:
        """Return the number of members of each species, (S,) int64."""
        return np.bincount(self.member_of, minlength=self.n_species)

    def ancestors(self) -> Species:
        """Return those of them that have offspring, without members."""
        if self.breeding.all():
            return self
        kept = np.flatnonzero(self.breeding)
        return self._replace(
            ids=self.ids[kept],
            created=self.created[kept],
            improved=self.improved[kept],
            best=self.best[kept],
            member_of=np.zeros(0, np.int32),
            representatives=self.representatives.select(kept),
            breeding=self.breeding[kept],
        )


def species_fitness(
    member_of: NDArray[np.int32], fitness: NDArray[np.float64], count: int, function: str
) -> NDArray[np.float64]:
    """Return the largest (``max``) or mean fitness of each species' members, (S,) float64."""
    if function == "mean":
        return np.bincount(member_of, weights=fitness, minlength=count) / np.bincount(member_of, minlength=count)
    best = np.full(count, -np.inf)
    np.maximum.at(best, member_of, fitness)
    return best


def breeding_species(
    species: NDArray[np.float64], ids: NDArray[np.int64], idle: NDArray[np.int64], settings: NeatSettings
) -> NDArray[np.bool_]:
    """Say which species have offspring, (S,) bool: those that improved lately, and the best ``species_elitism``.

    Where that is nobody, the best two have, so that the search goes on where it got furthest, as in the 2002 paper; or,
    with ``reset_on_extinction``, none.

    species: (S,) float64, fitness; idle: (S,) int64, generations since each one's last improvement
    """
    breeding = idle <= settings.max_stagnation
    ranked = np.lexsort((ids, -species))  # best first, the older of equals first
    breeding[ranked[: settings.species_elitism]] = True
    if not breeding.any() and not settings.reset_on_extinction:
        breeding[ranked[:_REFOCUSED]] = True
    return breeding


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
        previous: Species of the generation before, of which those that have offspring go on; None: this is the first.
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
    return divide(Here(population, sharing(threads)), scores, previous, settings, draws)


def divide(
    genomes: Genomes,
    fitness: NDArray[np.float64],
    previous: Species | None,
    settings: NeatSettings,
    draws: Draws,
) -> tuple[Species, dict[str, int]]:
    """Do what :func:`speciate` says, with genomes that are anywhere. fitness: (P,) float64, finite"""
    generation, coefficients = int(draws.generation), coefficients_of(settings)
    previous = None if previous is None else previous.ancestors()
    if previous is None or not previous.n_species:
        fitted = first_threshold(genomes, coefficients, settings)
    else:
        fitted = next_threshold(genomes, previous.representatives, coefficients, settings, previous.threshold)
    assigned = assign(genomes, previous and previous.representatives, coefficients, fitted.threshold)
    alive, member_of = _living(assigned.member_of)
    now = species_fitness(member_of, fitness, len(alive), settings.species_fitness)
    ids, created, improved, best = _history(alive, assigned.known, now, previous, generation)
    idle = generation - improved
    breeding = breeding_species(now, ids, idle, settings)
    if idle.min() > settings.max_stagnation and not settings.species_elitism:
        improved[breeding] = generation  # else the next generation would remove them for the first new species
    species = Species(
        ids,
        created,
        improved,
        best,
        member_of,
        genomes.select(_random_members(member_of, ids, int(draws.seed), generation)),
        fitted.threshold,
        (previous.next_id if previous else 0) + assigned.founded,
        breeding,
    )
    return species, {
        "distances": assigned.distances + fitted.distances,
        "distance_genes": assigned.genes + fitted.genes,
    }


def _living(member_of: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the species that have members, (S,) int64, and each genome's place among these, (P,) int32."""
    alive = np.flatnonzero(np.bincount(member_of))  # not np.unique, which would sort all genomes
    place = np.empty(alive[-1] + 1, np.int32)
    place[alive] = np.arange(len(alive))
    return alive, place[member_of]


def _history(
    alive: NDArray[np.int64],
    known: int,
    now: NDArray[np.float64],
    previous: Species | None,
    generation: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return ids, generations of founding and of the last improvement, and best fitness of the living species.

    alive: (S,) int64, those below `known` are of `previous`; now: (S,) float64, fitness
    """
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


def _random_members(
    member_of: NDArray[np.int32], ids: NDArray[np.int64], seed: int, generation: int
) -> NDArray[np.int64]:
    """Return one random member of each species, (S,) int64; the draw belongs to the species' id."""
    small = len(ids) <= 1 << 16  # numpy sorts integers of 16 bits by their digits
    order = np.argsort(member_of.astype(np.uint16) if small else member_of, kind="stable")
    sizes = np.bincount(member_of, minlength=len(ids))
    starts = np.cumsum(sizes) - sizes
    word = np.empty(1, np.uint64)
    chosen = np.empty(len(ids), np.int64)
    for s, species_id in enumerate(ids.tolist()):
        fill_words(seed, species_id, generation, REPRESENTATIVES, word)
        chosen[s] = order[starts[s] + (int(word[0]) * int(sizes[s]) >> 32)]
    return chosen
