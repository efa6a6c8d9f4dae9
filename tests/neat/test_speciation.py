"""Species over generations: membership, ages, representatives, and the threshold on its way to a target."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.speciation import Species, speciate, species_fitness
from reference.genome import assert_same, genomes_of, population_of
from reference.grow import SCENES, grown, random_fitness
from reference.species import speciate as speciate_reference


@pytest.mark.parametrize("name", SCENES)
def test_equals_the_reference(name):
    scene, groups = SCENES[name], None
    for step in grown(name):
        genomes = genomes_of(step.population)
        groups, compared = speciate_reference(
            genomes, step.fitness, groups, scene.neat, seed=scene.seed, generation=step.generation
        )
        species, label = step.species, step.label(name)
        members = [np.flatnonzero(species.member_of == s).tolist() for s in range(species.n_species)]
        assert members == [group.members for group in groups.groups], label
        for field in ("id", "created", "improved", "best"):
            values = getattr(species, "ids" if field == "id" else field).tolist()
            assert values == [getattr(group, field) for group in groups.groups], (label, field)
        assert_same(species.representatives, population_of(group.representative for group in groups.groups), label)
        assert (species.threshold, species.next_id) == (groups.threshold, groups.next_id), label
        assert step.compared["distances"] == compared, label


@pytest.mark.parametrize("name", SCENES)
def test_ids_are_unique_for_ever(name):
    """Each species keeps its id and its founding; no id comes back after its species has died."""
    alive: dict[int, int] = {}
    ever: set[int] = set()
    for step in grown(name):
        ids, created = step.species.ids.tolist(), step.species.created.tolist()
        assert ids == sorted(set(ids))
        for species_id, founded in zip(ids, created, strict=True):
            if species_id in alive:
                assert founded == alive[species_id]
            else:
                assert species_id not in ever, step.label(name)
                assert founded == step.generation
        alive = dict(zip(ids, created, strict=True))
        ever |= alive.keys()
        assert max(ever) < step.species.next_id


def start(population: int = 30, **changes) -> tuple[NeatSettings, Population]:
    neat = NeatSettings(population=population, **changes)
    with Threads(1) as threads:
        return neat, first_population(neat, 3, 1, 9, threads)[0]


def divide(neat, population, previous=None, generation=0, fitness=None) -> Species:
    values = np.zeros(population.size) if fitness is None else fitness
    with Threads(1) as threads:
        species, _ = speciate(population, values, previous, neat, seed=9, generation=generation, threads=threads)
    return species


def test_everybody_in_one_species():
    neat, population = start(compatibility_threshold=1e6)
    species = divide(neat, population)
    assert species.n_species == 1
    assert species.sizes().tolist() == [30]


def test_everybody_in_a_species_of_its_own():
    neat, population = start(100, compatibility_threshold=1e-9)
    species = divide(neat, population)
    assert species.sizes().tolist() == [1] * 100
    assert_same(species.representatives, population, "each represents itself")
    again = divide(neat, population, species, 1)
    assert again.ids.tolist() == species.ids.tolist()


def test_identical_genomes_share_a_species():
    neat, population = start(weight_init_stdev=0, bias_init_stdev=0, compatibility_threshold=1e-9)
    assert divide(neat, population).n_species == 1


def test_genomes_without_connections():
    neat, population = start(initial_connection="none", compatibility_threshold=0.5)
    species = divide(neat, population)
    assert 1 < species.n_species < 30, "they differ by their biases"


def test_a_species_without_members_dies_and_its_id_with_it():
    neat, population = start(10, compatibility_threshold=1e-9)
    first = divide(neat, population)
    second = divide(neat, population.select(np.array([2] * 10)), first, 1)
    assert second.ids.tolist() == [2]
    third = divide(neat, population, second, 2)
    # Genome 2 returns to its species; the nine others found new ones.
    assert third.ids.tolist() == [2, *range(10, 19)]
    assert third.member_of.tolist() == [1, 2, 0, *range(3, 10)]
    assert third.created.tolist() == [0] + [2] * 9


def test_age_and_improvement():
    neat, population = start(4, compatibility_threshold=1e6)
    species = None
    seen = []
    for generation, best in enumerate([1.0, 1.0, 3.0, 2.0, 3.0, 3.5]):
        species = divide(neat, population, species, generation, np.array([0.0, best, 0.5, 0.0]))
        seen.append((int(species.created[0]), int(species.improved[0]), float(species.best[0])))
    assert seen == [(0, 0, 1.0), (0, 0, 1.0), (0, 2, 3.0), (0, 2, 3.0), (0, 2, 3.0), (0, 5, 3.5)]


def test_fitness_of_a_species():
    member_of, fitness = np.array([1, 0, 1, 1], np.int32), np.array([-1.0, -5.0, 4.0, 0.0])
    assert species_fitness(member_of, fitness, 2, "max").tolist() == [-5.0, 4.0]
    assert species_fitness(member_of, fitness, 2, "mean").tolist() == [-5.0, 1.0]


def test_representatives_are_random_members():
    """Each of 5 equal members represents the species in about a fifth of 500 generations (5 standard deviations)."""
    neat, population = start(5, compatibility_threshold=1e6)
    chosen = []
    for generation in range(500):
        species = divide(neat, population, None, generation)
        chosen += [g for g in range(5) if species.representatives.equals(population.select(np.array([g], np.int64)))]
    counts = np.bincount(chosen, minlength=5)
    assert counts.sum() == 500
    assert np.abs(counts - 100).max() < 5 * (500 * 0.2 * 0.8) ** 0.5


@pytest.mark.parametrize(("target", "step"), [(1, 1.1), (99, 1 / 1.1), (0, 1.0)])
def test_threshold_moves_toward_the_target(target, step):
    neat, population = start(compatibility_threshold=0.9, target_species=target)
    species = divide(neat, population)
    assert 1 < species.n_species < 30
    assert species.threshold == pytest.approx(0.9 * step, rel=1e-12)


def test_threshold_stays_at_the_target():
    neat, population = start(compatibility_threshold=0.9)
    count = divide(neat, population).n_species
    neat = neat.model_copy(update={"target_species": count})
    assert divide(neat, population).threshold == 0.9


def test_threshold_has_a_floor():
    """With more species wanted than can be, the threshold falls to 0.05 and no further."""
    neat, population = start(compatibility_threshold=0.06, target_species=1000, compatibility_adjust=0.5)
    species, thresholds = None, []
    for generation in range(4):
        species = divide(neat, population, species, generation)
        thresholds.append(species.threshold)
    assert thresholds == [0.05] * 4


def test_a_target_is_reached():
    """The same genomes again and again, and a threshold that is far too high at first: 10 species at the end."""
    neat, population = start(60, compatibility_threshold=5.0, target_species=10, compatibility_adjust=0.05)
    rng = np.random.default_rng(4)
    species, counts, thresholds = None, [], []
    for generation in range(80):
        species = divide(neat, population, species, generation, random_fitness(rng, 60))
        counts.append(species.n_species)
        thresholds.append(species.threshold)
    assert counts[0] == 1
    assert 10 in counts
    assert max(abs(count - 10) for count in counts[-20:]) <= 4, counts
    moves = [after / before for before, after in pairwise(thresholds)]
    assert {round(move, 9) for move in moves} <= {1.0, 1.05, round(1 / 1.05, 9)}
