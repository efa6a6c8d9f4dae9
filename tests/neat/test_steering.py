"""The compatibility threshold on its way to a number of species."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.kernels.distance import Coefficients
from genesys_cli.neat.speciation import Species, speciate
from genesys_cli.neat.steering import LEAST, coefficients_of, first_threshold, next_threshold
from reference.genome import genomes_of
from reference.grow import random_fitness
from reference.species import coefficients as reference_coefficients
from reference.species import first_threshold as reference_threshold
from reference.species import founding

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


@pytest.mark.parametrize(
    ("count", "adjust", "factor"),
    [
        (10, 0.1, 1.0),  # as many as asked for
        (11, 0.1, (11 / 10) ** 0.25),
        (9, 0.1, (9 / 10) ** 0.25),
        (1000, 0.1, 1.1),  # no further than that
        (1, 0.1, 1 / 1.1),
        (160, 0.99, 1.99),
        (80, 0.99, 8**0.25),
        (1000, 0.0, 1.0),
    ],
)
def test_each_step_is_the_fourth_root_of_how_far_the_number_was_off(count, adjust, factor):
    neat = NeatSettings(target_species=10, compatibility_adjust=adjust)
    assert next_threshold(2.0, count, neat) == pytest.approx(2.0 * factor, rel=1e-15)


def test_a_fixed_threshold_stays():
    assert next_threshold(0.001, 99, NeatSettings()) == 0.001


def test_threshold_has_a_floor():
    """With more species wanted than can be, the threshold falls to 0.05 and no further."""
    neat, population = start(compatibility_adjust=0.5)
    neat = neat.model_copy(update={"target_species": 1000})
    species = divide(neat, population)
    thresholds = [(species := divide(neat, population, species, generation)).threshold for generation in range(1, 4)]
    assert thresholds == [0.05] * 3


def test_a_target_is_reached_and_held():
    """The same genomes again and again, other representatives each time: about 10 species, in small steps."""
    neat, population = start(60, target_species=10, compatibility_adjust=0.05)
    rng = np.random.default_rng(4)
    species, counts, thresholds = None, [], []
    for generation in range(60):
        species = divide(neat, population, species, generation, random_fitness(rng, 60))
        counts.append(species.n_species)
        thresholds.append(species.threshold)
    assert counts[0] == 10
    assert max(abs(count - 10) for count in counts) <= 5, counts
    assert abs(np.mean(counts) - 10) < 1.5, counts
    assert {1 / 1.05 - 1e-9 <= after / before <= 1.05 + 1e-9 for before, after in pairwise(thresholds)} == {True}


def test_a_run_without_a_fit_finds_the_target():
    """Species from elsewhere, with a threshold that is far too high: it falls until there are as many as asked for."""
    neat, population = start(60, target_species=10, compatibility_adjust=0.05)
    species = divide(neat, population)._replace(threshold=9.0)
    counts = []
    for generation in range(1, 80):
        species = divide(neat, population, species, generation)
        counts.append(species.n_species)
    assert counts[0] == 1
    assert max(abs(count - 10) for count in counts[-20:]) <= 5, counts
