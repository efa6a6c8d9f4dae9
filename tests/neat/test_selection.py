"""Stagnation, numbers of children, and parents: against the reference, and law by law."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.neat.given import LARGEST
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.selection import (
    INVALID_FITNESS,
    finite_fitness,
    offspring_counts,
    select,
    stagnant_species,
)
from genesys_cli.neat.speciation import Species
from reference.examples import deterministic
from reference.genome import genomes_of
from reference.grow import SCENES, grown
from reference.selection import mating_plan as plan_reference
from reference.selection import offspring_counts as counts_reference
from reference.selection import stagnant_groups
from reference.species import Group


def groups_of(species: Species) -> list[Group]:
    members = [np.flatnonzero(species.member_of == s).tolist() for s in range(species.n_species)]
    rows = zip(species.ids, species.created, species.improved, species.best, members, strict=True)
    return [Group(int(i), int(c), int(m), float(b), own, None) for i, c, m, b, own in rows]


@pytest.mark.parametrize("name", SCENES)
def test_plan_equals_the_reference(name):
    scene = SCENES[name]
    for step in grown(name):
        where = {"seed": scene.seed, "generation": step.generation}
        groups, genomes = groups_of(step.species), genomes_of(step.population)
        wanted = plan_reference(genomes, step.fitness, groups, scene.neat, **where)
        assert [tuple(row) for row in zip(*(column.tolist() for column in step.plan), strict=True)] == wanted, (
            step.label(name)
        )
        stagnant = stagnant_species(step.species, step.fitness, scene.neat, step.generation)
        assert stagnant.tolist() == stagnant_groups(groups, step.fitness, scene.neat, step.generation)


def test_some_species_stagnated():
    """The comparison above must have seen species removed."""
    removed = {
        name: sum(
            stagnant_species(step.species, step.fitness, SCENES[name].neat, step.generation).sum()
            for step in grown(name)
        )
        for name in SCENES
    }
    assert sum(removed.values()) > 10, removed


# Fitness in multiples of 1/1024, so that sums are exact and no order of adding can decide a rounding.
adjusted_and_sizes = st.integers(1, 40).flatmap(
    lambda count: st.tuples(
        st.lists(st.integers(0, 1024).map(lambda k: k / 1024), min_size=count, max_size=count),
        st.lists(st.integers(1, 60), min_size=count, max_size=count),
    )
)


@deterministic
@given(adjusted_and_sizes, st.integers(0, 400), st.integers(1, 50))
def test_offspring_counts_equal_the_reference_and_add_up(case, extra, least):
    adjusted, sizes = case
    total = len(sizes) + extra
    counts = offspring_counts(np.array(adjusted), np.array(sizes), total, least)
    assert counts.sum() == total
    assert counts.min() >= max(1, min(least, total // len(sizes)))
    assert counts.tolist() == counts_reference(adjusted, sizes, total, least)


@deterministic
@given(
    st.lists(st.tuples(st.floats(0, 1e300), st.integers(1, 10**6)), min_size=1, max_size=30),
    st.integers(0, 10**6),
    st.integers(1, 10**6),
)
def test_offspring_counts_add_up_for_any_numbers(rows, extra, least):
    adjusted, sizes = (np.array(column) for column in zip(*rows, strict=True))
    total = len(sizes) + extra
    counts = offspring_counts(adjusted, sizes, total, least)
    assert counts.sum() == total
    assert counts.min() >= max(1, min(least, total // len(sizes)))


def test_offspring_counts_by_hand():
    even = offspring_counts(np.array([0.5, 0.5]), np.array([5, 5]), 10, 1)
    assert even.tolist() == [5, 5]
    # Shares 8 and 2 of 10, from 5 and 5: half the way is 6.5 and 3.5, rounded half to even: +2 and -2.
    assert offspring_counts(np.array([0.8, 0.2]), np.array([5, 5]), 10, 1).tolist() == [7, 3]
    assert offspring_counts(np.array([0.0, 0.0]), np.array([9, 1]), 10, 2).tolist() == [7, 3]
    assert offspring_counts(np.array([0.0]), np.array([3]), 50, 2).tolist() == [50]
    # No room for the least: everybody gets the same as far as it goes.
    assert offspring_counts(np.array([1.0, 0.0, 0.0]), np.array([1, 1, 1]), 3, 5).tolist() == [1, 1, 1]
    # What rounding leaves over goes to the smallest, the first of equals.
    assert offspring_counts(np.zeros(3), np.array([1, 1, 1]), 10, 1).tolist() == [4, 3, 3]


def case(count: int = 12, member_of=None, improved=None, **changes) -> tuple[Population, Species, NeatSettings]:
    """Return a first generation divided as told, all in one species unless `member_of` says otherwise."""
    neat = NeatSettings(population=count, **changes)
    with Threads(1) as threads:
        population, _ = first_population(neat, 3, 1, 2, threads)
    members = np.zeros(count, np.int32) if member_of is None else np.array(member_of, np.int32)
    n = int(members.max()) + 1
    born = np.zeros(n, np.int64)
    species = Species(
        np.arange(n),
        born,
        born if improved is None else np.array(improved),
        np.full(n, -np.inf),
        members,
        population.select(np.arange(n)),
        3.0,
        n,
    )
    return population, species, neat


def plan_of(population, species, neat, fitness, generation=0):
    return select(population, np.asarray(fitness, float), species, neat, seed=6, generation=generation)


def test_elites_are_the_best_and_at_most_half():
    population, species, neat = case(12, elitism=3)
    fitness = np.arange(12)[::-1]
    plan = plan_of(population, species, neat, fitness)
    assert plan.elite.tolist() == [1] * 3 + [0] * 9
    assert plan.fitter[:3].tolist() == [0, 1, 2]
    population, species, neat = case(12, elitism=11)
    assert plan_of(population, species, neat, fitness).elite.sum() == 6, "half at most"
    population, species, neat = case(12, elitism=0)
    assert plan_of(population, species, neat, fitness).elite.sum() == 0


def test_elitism_larger_than_a_species_and_than_its_offspring():
    population, species, neat = case(12, [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], elitism=8, min_species_size=1)
    plan = plan_of(population, species, neat, [0.0] + [1.0] * 11)
    first = np.isin(plan.fitter, [0]) & (plan.elite == 1)
    assert first.sum() <= 1, "a species of one has one elite at most"
    assert plan.elite.sum() <= 1 + 6


def test_only_survivors_become_parents():
    population, species, neat = case(20, survival_threshold=0.25, crossover_prob=1.0)
    fitness = np.arange(20.0)
    parents = {*plan_of(population, species, neat, fitness).fitter, *plan_of(population, species, neat, fitness).other}
    assert parents == {19, 18, 17, 16, 15}
    population, species, neat = case(20, survival_threshold=0.01, elitism=0)
    assert {*plan_of(population, species, neat, fitness).fitter} == {19, 18}, "two parents at least"


def test_the_smaller_of_equally_fit_parents_is_the_fitter():
    population, species, neat = case(
        40, initial_connection="partial", crossover_prob=1.0, survival_threshold=1.0, elitism=0
    )
    half = population.select(np.arange(20))
    with Threads(1) as threads:
        full, _ = first_population(neat.model_copy(update={"initial_connection": "full"}), 3, 1, 5, threads)
    mixed = population._replace(
        **{
            name: np.concatenate([getattr(half, name), getattr(full.select(np.arange(20)), name)])
            for name in population.arrays()
            if "offsets" not in name
        },
        node_offsets=np.concatenate([half.node_offsets, full.node_offsets[1:21] + half.node_offsets[-1]]),
        conn_offsets=np.concatenate([half.conn_offsets, full.conn_offsets[1:21] + half.conn_offsets[-1]]),
    )
    genes = np.diff(mixed.conn_offsets)
    assert set(genes) == {2, 3}
    plan = plan_of(mixed, species, neat, np.ones(40))
    assert (genes[plan.fitter] <= genes[plan.other]).all()
    assert (genes[plan.fitter] < genes[plan.other]).any()


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_crossover_probability(probability):
    """Of 2000 children of 1000 survivors, two parents within 5 standard deviations of the probability."""
    population, species, neat = case(2000, crossover_prob=probability, survival_threshold=0.5, elitism=0)
    plan = plan_of(population, species, neat, np.arange(2000.0))
    both = (plan.fitter != plan.other).sum()
    # One draw in a thousand takes the same parent twice.
    assert abs(both - probability * 2000 * 0.999) <= 5 * (2000 * probability * (1 - probability)) ** 0.5 + 10


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_interspecies_mating(probability):
    """At 1 every mate comes from another species, from each as often (5 standard deviations); at 0 from the own."""
    member_of = np.arange(2000) % 4
    population, species, neat = case(
        2000, member_of, crossover_prob=1.0, interspecies_prob=probability, survival_threshold=1.0, elitism=0
    )
    plan = plan_of(population, species, neat, np.ones(2000))
    mothers, fathers = member_of[plan.fitter], member_of[plan.other]
    if probability == 0:
        assert (mothers == fathers).all()
        return
    assert (mothers != fathers).all()
    _, counts = np.unique(np.stack([mothers, fathers]), axis=1, return_counts=True)
    assert len(counts) == 12
    assert np.abs(counts - 2000 / 12).max() < 5 * (2000 / 12) ** 0.5


def test_interspecies_mating_with_nobody_else():
    population, species, neat = case(10, crossover_prob=1.0, interspecies_prob=1.0)
    plan = plan_of(population, species, neat, np.arange(10.0))
    assert set(plan.fitter) | set(plan.other) == {9, 8}


def test_stagnant_species_have_no_children():
    member_of = [0, 0, 0, 1, 1, 1, 2, 2, 2, 2]
    population, species, neat = case(10, member_of, improved=[0, 15, 0], max_stagnation=10, species_elitism=1)
    fitness = [5, 5, 5, 1, 1, 1, 2, 2, 2, 2]
    for generation, expected in ((10, {0, 1, 2}), (11, {0, 1}), (25, {0, 1}), (26, {0})):
        plan = plan_of(population, species, neat, fitness, generation)
        assert {member_of[g] for g in plan.fitter} == expected, generation
        assert len(plan.fitter) == 10


def test_species_elitism_spares_the_best():
    member_of = [0, 0, 1, 1, 2, 2, 3, 3]
    for elitism, expected in ((0, [0]), (1, [0]), (2, [0, 2]), (3, [0, 1, 2]), (9, [0, 1, 2, 3])):
        _, species, neat = case(8, member_of, species_elitism=elitism, max_stagnation=1)
        fitness = np.array([9.0, 9.0, 4.0, 4.0, 6.0, 0.0, 4.0, 4.0])  # 1 and 3 are equal: the older is spared
        assert np.flatnonzero(~stagnant_species(species, fitness, neat, 50)).tolist() == expected, elitism


def test_all_fitness_equal():
    population, species, neat = case(12, [0] * 9 + [1] * 3)
    plan = plan_of(population, species, neat, np.full(12, -3.0))
    assert len(plan.fitter) == 12
    # Nobody has a share, so both go half the way to the least, 2: 9 to 5 (3.5 rounded to 4), 3 to 2; then times 12 / 7.
    assert np.bincount(np.array([0] * 9 + [1] * 3)[plan.fitter]).tolist() == [9, 3]


def test_finite_fitness():
    good = np.array([1.0, -2.0])
    assert finite_fitness(good)[0] is good
    assert finite_fitness(good)[1] == 0
    fitness, bad = finite_fitness(np.array([np.nan, 3.0, -np.inf, -1.0, np.inf]))
    assert (fitness.tolist(), bad) == ([-1.0, 3.0, -1.0, -1.0, -1.0], 3)
    for value in (np.nan, np.inf, -np.inf):
        fitness, bad = finite_fitness(np.full(3, value))
        assert (fitness.tolist(), bad) == ([INVALID_FITNESS] * 3, 3)


def test_a_fitness_that_could_not_be_summed():
    fitness, bad = finite_fitness(np.array([-1.7e308, 3.0, np.nan, 1.7e308]))
    assert (fitness.tolist(), bad) == ([-LARGEST, 3.0, -LARGEST, LARGEST], 1)
