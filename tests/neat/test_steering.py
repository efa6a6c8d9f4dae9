"""The compatibility threshold on its way to a number of species."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.kernels.distance import Coefficients
from genesys_cli.neat.speciation import Species, speciate
from genesys_cli.neat.steering import LEAST, Fitted, coefficients_of, first_threshold, next_threshold
from reference.genome import genomes_of
from reference.grow import Scene, grow, random_fitness
from reference.species import coefficients as reference_coefficients
from reference.species import first_threshold as reference_threshold
from reference.species import founding
from reference.species import next_threshold as reference_next

DISTANCES = ["neat-python", "paper"]


def start(population: int = 30, **changes) -> tuple[NeatSettings, Population]:
    neat = NeatSettings(population=population, **changes)
    with Threads(1) as threads:
        return neat, first_population(neat, 3, 1, 9, threads)[0]


def divide(neat, population, previous=None, generation=0, fitness=None) -> Species:
    values = np.zeros(population.size) if fitness is None else fitness
    with Threads(1) as threads:
        return speciate(population, values, previous, neat, seed=9, generation=generation, threads=threads)[0]


def test_coefficients_are_those_of_the_settings():
    neat = NeatSettings(
        compatibility_excess_coefficient=1,
        compatibility_disjoint_coefficient=2,
        compatibility_weight_coefficient=3,
        compatibility_distance="paper",
    )
    assert coefficients_of(neat) == Coefficients(1.0, 2.0, 3.0, True)
    assert coefficients_of(NeatSettings()).paper is False


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("target", [1, 2, 5, 12, 30])
def test_the_first_generation_has_the_number_asked_for(target, distance):
    neat, population = start(compatibility_threshold=50.0, target_species=target, compatibility_distance=distance)
    genomes, counts = genomes_of(population), Counter()
    threshold, distances, genes = first_threshold(population, coefficients_of(neat), neat)
    assert threshold == reference_threshold(genomes, neat, counts)
    assert (distances, genes) == (counts["distances"], counts["distance_genes"])
    assert len(founding(genomes, threshold, reference_coefficients(neat), Counter())) == target
    assert divide(neat, population).n_species == target


def test_no_target_no_fitting():
    neat, population = start(compatibility_threshold=0.9)
    assert first_threshold(population, coefficients_of(neat), neat) == (0.9, 0, 0)
    assert 1 < divide(neat, population).n_species < 30
    assert divide(neat, population).threshold == 0.9


def test_more_species_than_genomes_differ():
    """The smallest threshold is as near as it gets."""
    neat, population = start(target_species=30)
    neat = neat.model_copy(update={"target_species": 1000})
    species = divide(neat, population)
    assert species.n_species == 30
    assert LEAST < first_threshold(population, coefficients_of(neat), neat)[0] < LEAST * 1.001


def test_where_all_are_alike_the_threshold_is_that_of_the_settings():
    alike = {"weight_init_stdev": 0, "bias_init_stdev": 0}
    neat, population = start(**alike, compatibility_threshold=0.01, target_species=5)
    assert first_threshold(population, coefficients_of(neat), neat)[0] == 0.01
    assert divide(neat, population).n_species == 1


def test_a_large_generation_is_sampled():
    """500 of 1200 genomes, evenly spaced, the first and the last among them."""
    neat, population = start(1200, target_species=7)
    sample = [k * 1199 // 499 for k in range(500)]
    assert sample[-1] == 1199
    threshold, distances, genes = first_threshold(population, coefficients_of(neat), neat)
    counts = Counter()
    assert threshold == reference_threshold(genomes_of(population.select(np.array(sample))), neat, counts)
    assert (distances, genes) == (counts["distances"], counts["distance_genes"])


def later(neat: NeatSettings, population: Population, threshold: float, known: int) -> tuple[Fitted, Fitted]:
    """Return the next threshold beside `known` representatives from elsewhere: ours, and the reference's."""
    others, _ = first_population(neat, 3, 1, 10, Threads(1))
    representatives = others.select(np.arange(known))
    counts = Counter()
    wanted = reference_next(genomes_of(population), genomes_of(representatives), threshold, neat, counts)
    found = next_threshold(population, representatives, coefficients_of(neat), neat, threshold)
    return found, Fitted(wanted, counts["distances"], counts["distance_genes"])


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("adjust", [0.0, 0.02, 1.0, 10.0])
@pytest.mark.parametrize("before", [0.01, 0.3, 1.2, 50.0])
def test_a_later_threshold_is_the_references(before, adjust, distance):
    for target, known in ((1, 3), (4, 4), (12, 3), (30, 1)):
        neat, population = start(target_species=target, compatibility_adjust=adjust, compatibility_distance=distance)
        found, wanted = later(neat, population, before, known)
        assert found == wanted
        assert 1 / (1 + adjust) - 1e-12 <= found.threshold / before <= 1 + adjust + 1e-12


def test_a_fixed_threshold_stays():
    for changes in ({}, {"target_species": 5, "compatibility_adjust": 0.0}):
        neat, population = start(**changes)
        assert later(neat, population, 0.001, 3)[0] == (0.001, 0, 0)


def test_threshold_has_a_floor():
    """With more species wanted than can be, the threshold falls to 0.05 and no further; one below stays."""
    neat, population = start(compatibility_adjust=0.5)
    neat = neat.model_copy(update={"target_species": 1000})
    species = divide(neat, population)
    thresholds = [(species := divide(neat, population, species, generation)).threshold for generation in range(1, 4)]
    assert thresholds == [LEAST] * 3
    assert later(neat, population, 0.01, 3)[0].threshold == 0.01


def test_a_target_is_held():
    """The same genomes again and again, other representatives each time: ten species nearly always."""
    neat, population = start(60, target_species=10)
    rng = np.random.default_rng(4)
    species, counts = None, []
    for generation in range(60):
        species = divide(neat, population, species, generation, random_fitness(rng, 60))
        counts.append(species.n_species)
    assert counts[0] == 10
    assert np.mean(np.array(counts) == 10) > 0.9, counts
    assert max(abs(count - 10) for count in counts) <= 2, counts


@pytest.mark.parametrize("distance", DISTANCES)
def test_genomes_that_grow_do_not_scatter(distance):
    """Structure makes distances many times larger within a few generations; the number of species stays."""
    changes = {"node_add_prob": 0.5, "conn_add_prob": 0.5, "target_species": 8, "compatibility_distance": distance}
    counts = [step.species.n_species for step in grow(Scene(3, 1, 5, {"population": 60, **changes}, 9))]
    assert max(abs(count - 8) for count in counts) <= 1, counts


@pytest.mark.parametrize(("threshold", "generations"), [(48.0, 6), (0.05, 6)])
def test_species_from_elsewhere_come_to_the_target(threshold, generations):
    """With a threshold far off it doubles or halves in each generation, until there are as many as asked for."""
    neat, population = start(60, target_species=10, compatibility_adjust=1.0)
    species = divide(neat, population)._replace(threshold=threshold)
    for generation in range(1, generations + 1):
        species = divide(neat, population, species, generation)
    assert species.n_species == 10
