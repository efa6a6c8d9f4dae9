"""Shares, numbers of children, and parents: against the reference, and law by law."""

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
    shared_fitness,
)
from genesys_cli.neat.speciation import Species
from reference.examples import deterministic
from reference.genome import genomes_of, population_of
from reference.grow import SCENES, grown
from reference.selection import mating_plan as plan_reference
from reference.selection import offspring_counts as counts_reference
from reference.selection import shared_fitness as shared_reference
from reference.species import Group


def groups_of(species: Species) -> list[Group]:
    members = [np.flatnonzero(species.member_of == s).tolist() for s in range(species.n_species)]
    rows = zip(species.ids, species.created, species.improved, species.best, members, species.breeding, strict=True)
    return [Group(int(i), int(c), int(m), float(b), own, None, bool(bred)) for i, c, m, b, own, bred in rows]


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


FUNCTIONS = ["above_worst", "rank", "raw"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_shares_equal_the_reference(function):
    """Of those who breed; what the others get is never read."""
    rng = np.random.default_rng(12)
    for size in (1, 2, 3, 4, 5, 40):
        for scale, offset in ((1.0, 0.0), (20.0, 0.0), (0.1, 3.0), (50.0, -900.0)):
            fitness = (rng.standard_t(2, size).round(1) * scale + offset).round(3)
            breeding = rng.random(size) < 0.7
            breeding[rng.integers(size)] = True
            chosen = np.flatnonzero(breeding).tolist()
            shared = shared_fitness(fitness, breeding, function)
            assert shared[breeding].tolist() == list(shared_reference(fitness, chosen, function).values())
            assert (shared >= 0).all()


def test_one_very_bad_genome_does_not_make_the_others_equal():
    fitness = np.array([10.0, 12, 14, 16, 18, 20, 22, -1e6])
    everybody = np.ones(8, np.bool_)
    # Quartiles 12 and 20 (the third and the seventh of eight), so the fence is at 12 - 1.5 * 8 = 0.
    assert shared_fitness(fitness, everybody, "above_worst").tolist() == [10 / 22, 12 / 22, 14 / 22, 16 / 22, 18 / 22,
                                                                           20 / 22, 1.0, 0.0]  # fmt: skip
    # Within the fence the worst counts as it is.
    fitness[-1] = 6.0
    assert shared_fitness(fitness, everybody, "above_worst")[[0, 6, 7]].tolist() == [4 / 16, 1.0, 0.0]


def test_ranks_do_not_ask_how_much_better():
    fitness = np.array([3.0, -1.0, 3.0, 50.0, 0.0])
    everybody = np.ones(5, np.bool_)
    ranks = [2.5 / 4, 0.0, 2.5 / 4, 1.0, 0.25]
    for values in (fitness, np.exp(fitness), fitness * 1e-200):
        assert shared_fitness(values, everybody, "rank").tolist() == ranks
    assert shared_fitness(fitness, np.array([True, True, False, True, True]), "rank")[[0, 1, 3, 4]].tolist() == [
        2 / 3,
        0.0,
        1.0,
        1 / 3,
    ]
    assert shared_fitness(np.ones(3), np.ones(3, np.bool_), "rank").tolist() == [0.5] * 3
    assert shared_fitness(np.ones(1), np.ones(1, np.bool_), "rank").tolist() == [0.0]


def test_raw_fitness_is_above_zero_or_above_the_worst():
    everybody = np.ones(3, np.bool_)
    assert shared_fitness(np.array([8.0, 6.0, 4.0]), everybody, "raw").tolist() == [1.0, 0.75, 0.5]
    assert shared_fitness(np.array([8.0, -2.0, 3.0]), everybody, "raw").tolist() == [1.0, 0.0, 0.5]


def test_the_largest_fitness_can_be_shared():
    for function in FUNCTIONS:
        fitness = np.array([-LARGEST] * 4 + [LARGEST] * 4)
        shared = shared_fitness(fitness, np.ones(8, np.bool_), function)
        assert np.isfinite(shared).all()
        assert shared[0] < shared[-1] <= 1


@pytest.mark.parametrize(("function", "children"), [("above_worst", [3, 17]), ("rank", [5, 15]), ("raw", [10, 10])])
def test_a_share_is_in_proportion_to_the_function(function, children):
    """Species of fitness 100 to 103 and 104 to 113, ten members each, at once as large as their shares.

    Their means are 1.5 and 8.5 above the worst, about a quarter and three quarters by rank, and 101.5 and 108.5.
    """
    fitness = [100, 101, 102, 103, 100, 101, 102, 103, 100, 103, *range(104, 114)]
    population, species, neat = case(20, [0] * 10 + [1] * 10, fitness_sharing=function, share_step=1.0)
    plan = plan_of(population, species, neat, fitness)
    means = [np.mean(list(shared_reference(fitness, range(20), function).values())[k : k + 10]) for k in (0, 10)]
    assert np.bincount(species.member_of[plan.fitter]).tolist() == children, means


# Fitness in multiples of 1/1024, so that sums are exact and no order of adding can decide a rounding.
adjusted_and_sizes = st.integers(1, 40).flatmap(
    lambda count: st.tuples(
        st.lists(st.integers(0, 1024).map(lambda k: k / 1024), min_size=count, max_size=count),
        st.lists(st.integers(1, 60), min_size=count, max_size=count),
    )
)


@deterministic
@given(adjusted_and_sizes, st.integers(0, 400), st.integers(1, 50), st.sampled_from([0.5, 1.0, 0.0625]))
def test_offspring_counts_equal_the_reference_and_add_up(case, extra, least, part):
    adjusted, sizes = case
    total = len(sizes) + extra
    counts = offspring_counts(np.array(adjusted), np.array(sizes), total, least, part)
    assert counts.sum() == total
    assert counts.min() >= max(1, min(least, total // len(sizes)))
    assert counts.tolist() == counts_reference(adjusted, sizes, total, least, part)


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
    # The whole way: 8 and 2, whatever there was; shares 5.3 and 4.7 stay 5 and 5, where half the way moves one.
    assert offspring_counts(np.array([0.8, 0.2]), np.array([5, 5]), 10, 1, 1.0).tolist() == [8, 2]
    assert offspring_counts(np.array([0.8, 0.2]), np.array([9, 1]), 10, 1, 1.0).tolist() == [8, 2]
    assert offspring_counts(np.array([0.53, 0.47]), np.array([5, 5]), 10, 1, 1.0).tolist() == [5, 5]
    assert offspring_counts(np.array([0.53, 0.47]), np.array([5, 5]), 10, 1).tolist() == [6, 4]
    # A tenth of the way from 5 to 8 is 0.3: one, for it leads somewhere.
    assert offspring_counts(np.array([0.8, 0.2]), np.array([5, 5]), 10, 1, 0.1).tolist() == [6, 4]
    # What rounding leaves over goes to the smallest, the first of equals.
    assert offspring_counts(np.zeros(3), np.array([1, 1, 1]), 10, 1).tolist() == [4, 3, 3]


def case(count: int = 12, member_of=None, breeding=None, **changes) -> tuple[Population, Species, NeatSettings]:
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
        born,
        np.full(n, -np.inf),
        members,
        population.select(np.arange(n)),
        3.0,
        n,
        np.ones(n, np.bool_) if breeding is None else np.array(breeding),
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


def test_species_that_do_not_breed_have_no_children():
    """Neither do their genomes become mates, nor does their fitness count."""
    member_of = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 2])
    changes = {"crossover_prob": 1.0, "interspecies_prob": 1.0, "share_step": 1.0, "min_species_size": 1}
    for breeding, expected in (([1, 1, 1], {0, 1, 2}), ([1, 0, 1], {0, 2}), ([0, 0, 1], {2})):
        population, species, neat = case(10, member_of, np.array(breeding, bool), **changes)
        plan = plan_of(population, species, neat, [5, 5, 5, 1e6, 1e6, 1e6, 2, 2, 2, 3])
        assert {*member_of[plan.fitter], *member_of[plan.other]} == expected
        assert len(plan.fitter) == 10
    # 0 and 2 alone: above the worst, 2, they have 3 and 1 / 4.
    population, species, neat = case(10, member_of, [True, False, True], **{**changes, "crossover_prob": 0.0})
    plan = plan_of(population, species, neat, [5, 5, 5, -1e6, -1e6, -1e6, 2, 2, 2, 3])
    assert np.bincount(member_of[plan.fitter]).tolist() == [9, 0, 1]


def test_the_newer_of_equally_fit_genomes_ranks_first():
    """The elites of the generation before are the first of their species, and the older ones."""
    population, species, neat = case(12, [0] * 6 + [1] * 6, ties="newer", elitism=2, survival_threshold=0.01)
    plan = plan_of(population, species, neat, [1.0, 1, 1, 1, 1, 0] * 2)
    assert plan.fitter[plan.elite == 1].tolist() == [4, 3, 10, 9]
    population, species, neat = case(12, [0] * 6 + [1] * 6, elitism=2, survival_threshold=0.01)
    plan = plan_of(population, species, neat, [1.0, 1, 1, 1, 1, 0] * 2)
    assert plan.fitter[plan.elite == 1].tolist() == [0, 1, 6, 7], "all have as many connections: the earlier ones"


def test_either_of_two_equally_fit_parents_may_count_as_the_fitter():
    """The one drawn first does: of 1000 pairs of a small and a large genome half (5 standard deviations)."""
    counts = {}
    for ties in ("smaller", "newer"):
        population, species, neat = case(
            1000, initial_connection="partial", crossover_prob=1.0, survival_threshold=1.0, elitism=0, ties=ties
        )
        with Threads(1) as threads:
            full, _ = first_population(neat.model_copy(update={"initial_connection": "full"}), 3, 1, 5, threads)
        mixed = population_of(genomes_of(population)[:500] + genomes_of(full)[:500])
        genes = np.diff(mixed.conn_offsets)
        plan = plan_of(mixed, species, neat, np.ones(1000))
        differ = genes[plan.fitter] != genes[plan.other]
        counts[ties] = (genes[plan.fitter] < genes[plan.other])[differ].mean(), differ.sum()
    assert counts["smaller"][0] == 1
    assert abs(counts["newer"][0] - 0.5) < 5 * 0.5 / counts["newer"][1] ** 0.5


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
