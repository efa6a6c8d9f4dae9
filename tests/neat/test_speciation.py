"""Species over generations: membership, ages, representatives, and the threshold on its way to a target."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.speciation import Species, breeding_species, speciate, species_fitness
from reference.genome import assert_same, genomes_of, population_of
from reference.grow import SCENES, grown
from reference.species import speciate as speciate_reference


@pytest.mark.parametrize("name", SCENES)
def test_equals_the_reference(name):
    scene, groups = SCENES[name], None
    for step in grown(name):
        genomes = genomes_of(step.population)
        groups, counts = speciate_reference(
            genomes, step.fitness, groups, scene.neat, seed=scene.seed, generation=step.generation
        )
        species, label = step.species, step.label(name)
        members = [np.flatnonzero(species.member_of == s).tolist() for s in range(species.n_species)]
        assert members == [group.members for group in groups.groups], label
        for field in ("id", "created", "improved", "best", "breeding"):
            values = getattr(species, "ids" if field == "id" else field).tolist()
            assert values == [getattr(group, field) for group in groups.groups], (label, field)
        assert_same(species.representatives, population_of(group.representative for group in groups.groups), label)
        assert (species.threshold, species.next_id) == (groups.threshold, groups.next_id), label
        assert step.compared == counts, label


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


def test_stagnant_species_and_their_representatives_are_gone():
    """Each genome its own species; after two generations only 3, who improves, and the best, 5, are compared with."""
    neat, population = start(6, compatibility_threshold=1e-9, max_stagnation=1, species_elitism=1)
    first = divide(neat, population, None, 0, np.array([0.0, 1, 2, 3, 4, 9]))
    second = divide(neat, population, first, 1, np.array([0.0, 1, 2, 3.5, 4, 9]))
    assert second.breeding.all()
    assert second.ancestors() is second
    third = divide(neat, population, second, 2, np.array([0.0, 1, 2, 3.5, 4, 9]))
    assert third.breeding.tolist() == [False] * 3 + [True, False, True]
    kept = third.ancestors()
    assert kept.ids.tolist() == [3, 5]
    assert (kept.created.tolist(), kept.improved.tolist(), kept.best.tolist()) == ([0, 0], [1, 0], [3.5, 9.0])
    assert_same(kept.representatives, population.select(np.array([3, 5])), "their own")
    fourth = divide(neat, population, third, 3, np.array([0.0, 1, 2, 3.5, 4, 9]))
    assert fourth.ids.tolist() == [3, 5, 6, 7, 8, 9], "the others found new ones"
    assert fourth.member_of.tolist() == [2, 3, 4, 0, 5, 1]
    assert fourth.created.tolist() == [0, 0, 3, 3, 3, 3]


def test_species_elitism_spares_the_best():
    fitness = np.array([9.0, 4.0, 6.0, 4.0])  # 1 and 3 are equal: the older is spared
    for elitism, expected in ((1, [0]), (2, [0, 2]), (3, [0, 1, 2]), (9, [0, 1, 2, 3])):
        settings = NeatSettings(species_elitism=elitism, max_stagnation=1)
        breeding = breeding_species(fitness, np.arange(4), np.full(4, 50), settings)
        assert np.flatnonzero(breeding).tolist() == expected, elitism


def test_without_elitism_nobody_is_protected():
    """Two generations without improvement are too many, even for the best. Where all stagnate, the best two stay."""
    settings = NeatSettings(species_elitism=0, max_stagnation=1)
    fitness, ids = np.array([9.0, 4.0, 6.0, 4.0]), np.arange(4)
    assert breeding_species(fitness, ids, np.array([2, 1, 0, 2]), settings).tolist() == [False, True, True, False]
    assert breeding_species(fitness, ids, np.array([2, 2, 2, 2]), settings).tolist() == [True, False, True, False]
    assert breeding_species(fitness[:1], ids[:1], np.array([2]), settings).tolist() == [True]


def test_where_all_stagnated_the_best_two_have_time_again():
    """Otherwise they would be removed in the next generation, for the first species that their children found."""
    neat, population = start(4, compatibility_threshold=1e-9, max_stagnation=2, species_elitism=0)
    fitness = np.array([1.0, 4, 2, 3])
    species, bred, improved = None, [], []
    for generation in range(7):
        species = divide(neat, population, species, generation, fitness)
        bred.append(species.ids[species.breeding].tolist())
        improved.append(species.improved.tolist())
    # In generation 3 all have stagnated: 1 and 3 go on. The others found new species with ids from 4.
    assert bred[2:5] == [[0, 1, 2, 3], [1, 3], [1, 3, 4, 5]]
    assert improved[2:5] == [[0, 0, 0, 0], [0, 3, 0, 3], [3, 3, 4, 4]]
    # In generation 6 their time is up again, not that of 4 and 5.
    assert bred[5:] == [[1, 3, 4, 5], [4, 5]]


def test_with_elitism_stagnation_is_counted_on():
    neat, population = start(4, compatibility_threshold=1e-9, max_stagnation=1, species_elitism=2)
    species = None
    for generation in range(4):
        species = divide(neat, population, species, generation, np.array([1.0, 4, 2, 3]))
    assert species.ids[:2].tolist() == [1, 3]
    assert species.improved[:2].tolist() == [0, 0]
    assert species.breeding.all()


def test_the_scenes_remove_species_and_begin_anew():
    """The comparison with the reference must have seen both."""
    removed = {name: sum(int((~step.species.breeding).sum()) for step in grown(name)) for name in SCENES}
    anew = 0
    for name in SCENES:
        for before, after in pairwise(step.species for step in grown(name)):
            best = dict(zip(before.ids.tolist(), before.best.tolist(), strict=True))
            anew += sum(
                (after.improved[k] > before.improved.max()) and best.get(species_id) == after.best[k]
                for k, species_id in enumerate(after.ids.tolist())
            )
    assert sum(removed.values()) > 30, removed
    assert anew > 0
