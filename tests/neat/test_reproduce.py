"""Whole children against their reference, gene by gene and bit by bit."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from genesys_cli.neat.innovation import by_child, inventions_of, number_innovations
from genesys_cli.neat.kernels.counts import ReproductionCounts
from genesys_cli.neat.kernels.offspring import collect, new_offspring, new_population
from genesys_cli.neat.kernels.rates import Draws, rates_of
from genesys_cli.neat.kernels.reproduce import make_offspring, new_scratch
from reference.breed import breed as breed_reference
from reference.first import links
from reference.genome import assert_same, genomes_of, population_of
from reference.grow import SCENES, grow, grown, random_ranges
from reference.numbers import Innovations, number, same
from reference.selection import Pair


def reference_children(step, neat, seed):
    genomes = genomes_of(step.population)
    pairs = [Pair(int(a), int(b), bool(elite)) for a, b, elite in zip(*step.plan, strict=True)]
    where = {"seed": seed, "generation": step.generation}
    return [breed_reference(genomes, pair, neat, **where, individual=k) for k, pair in enumerate(pairs)]


@pytest.mark.parametrize("name", SCENES)
def test_children_equal_the_reference(name):
    scene = SCENES[name]
    first_node = scene.inputs + scene.outputs + scene.neat.num_hidden
    known = Innovations.first(links(scene.neat, scene.inputs, scene.outputs), first_node)
    for step in grown(name):
        assert same(step.counters, known.counters()), step.label(name)
        children = reference_children(step, scene.neat, scene.seed)
        genomes, known = number(children, known)
        assert_same(step.children, population_of(genomes), step.label(name))
        assert same(step.counters_after, known.counters()), step.label(name)
        counts = sum((child.counts for child in children), Counter())
        assert step.counts == {key: counts[key] for key in ReproductionCounts._fields}, step.label(name)


@pytest.mark.parametrize("name", SCENES)
def test_ranges_do_not_matter(name):
    scene = SCENES[name]
    rng = np.random.default_rng(scene.seed)
    for step in grown(name)[::4]:
        offspring = new_offspring(step.population, step.plan.fitter)
        counts = np.zeros(len(ReproductionCounts._fields), np.int64)
        draws = Draws(np.uint64(scene.seed), np.uint64(step.generation))
        for lo, hi in random_ranges(rng, step.population.size):
            make_offspring(
                step.population,
                lo,
                hi,
                step.plan,
                np.arange(step.population.size, dtype=np.uint64),
                rates_of(scene.neat),
                draws,
                offspring,
                counts,
                new_scratch(step.population),
            )
        found = inventions_of(offspring)
        numbers, _ = number_innovations(found, step.counters, step.counters.links)
        spread = by_child(numbers, found.splitters, found.joiners, step.population.size)
        children = new_population(offspring)
        for lo, hi in random_ranges(rng, step.population.size):
            collect(offspring, lo, hi, spread, children)
        assert_same(children, step.children, step.label(name))
        assert dict(zip(ReproductionCounts._fields, counts.tolist(), strict=True)) == step.counts


@pytest.mark.parametrize("name", ["full", "loops"])
def test_threads_do_not_matter(name):
    for alone, shared in zip(grown(name), grow(SCENES[name], threads=3), strict=True):
        assert_same(shared.population, alone.population, alone.label(name))
        assert_same(shared.children, alone.children, alone.label(name))
        assert_same(shared.species.representatives, alone.species.representatives, alone.label(name))
        assert (shared.species.member_of == alone.species.member_of).all()
        assert all((mine == theirs).all() for mine, theirs in zip(shared.plan, alone.plan, strict=True))
        assert (shared.compared, shared.counts) == (alone.compared, alone.counts)
        assert same(shared.counters_after, alone.counters_after)


@pytest.mark.parametrize("name", SCENES)
def test_elites_are_unchanged(name):
    elites = 0
    for step in grown(name):
        copied = np.flatnonzero(step.plan.elite)
        elites += len(copied)
        assert_same(step.children.select(copied), step.population.select(step.plan.fitter[copied]), step.label(name))
    assert (elites > 0) == (SCENES[name].neat.elitism > 0)


def test_every_kind_of_change_was_seen():
    """The scenes must reach what the comparisons above are about."""
    for name in SCENES:
        total = sum((Counter(step.counts) for step in grown(name)), Counter())
        assert all(total[key] > 0 for key in ReproductionCounts._fields), (name, total)
