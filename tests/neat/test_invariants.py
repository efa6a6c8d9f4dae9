"""What holds in every generation, whatever the settings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import problems
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.kernels.distance import Coefficients, pair_distances
from genesys_cli.neat.reproduction import reproduce
from genesys_cli.neat.selection import finite_fitness, select
from genesys_cli.neat.speciation import speciate
from reference.examples import deterministic
from reference.genome import assert_same, genomes_of
from reference.grow import FAST, Scene, Step, grow

probability = st.sampled_from([0.0, 0.05, 0.3, 1.0])


@st.composite
def scenes(draw) -> Scene:
    population = draw(st.integers(2, 25))
    changes = {
        "population": population,
        "feed_forward": draw(st.booleans()),
        "initial_connection": draw(st.sampled_from(["full", "partial", "one_input", "none"])),
        "connection_fraction": draw(st.sampled_from([0.0, 0.3, 1.0])),
        "num_hidden": draw(st.integers(0, 3)),
        "initial_direct": draw(st.booleans()),
        "compatibility_threshold": draw(st.sampled_from([1e-6, 0.5, 2.0, 1e6])),
        "target_species": draw(st.sampled_from([0, 1, 5])),
        "elitism": draw(st.integers(0, population - 1)),
        "survival_threshold": draw(st.sampled_from([0.01, 0.2, 1.0])),
        "min_species_size": draw(st.sampled_from([1, 2, 1000])),
        "max_stagnation": draw(st.sampled_from([1, 3, 100])),
        "species_elitism": draw(st.integers(0, 3)),
        "species_fitness": draw(st.sampled_from(["max", "mean"])),
        "activation_options": ["tanh", *draw(st.lists(st.sampled_from(ACTIVATIONS), max_size=3))],
        "aggregation_options": ["sum", *draw(st.lists(st.sampled_from(AGGREGATIONS), max_size=3))],
        "weight_mutate_rate": 0.5,
        "weight_replace_rate": 0.5,
    }
    for name in (
        "conn_add_prob",
        "conn_delete_prob",
        "node_add_prob",
        "node_delete_prob",
        "crossover_prob",
        "interspecies_prob",
        "disable_prob",
        "enabled_mutate_rate",
        "activation_mutate_rate",
        "aggregation_mutate_rate",
    ):
        changes[name] = draw(probability)
    return Scene(draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(0, 2**63 - 1)), changes, 5)


def check(step: Step, neat: NeatSettings) -> None:
    """Raise where a law of one generation does not hold."""
    size = neat.population
    assert not list(problems(step.children, feed_forward=neat.feed_forward))
    assert step.children.size == size == len(step.plan.fitter)
    for genome in genomes_of(step.children):
        assert max(genome.nodes) < step.counters_after.next_node
        assert max(genome.conns, default=-1) < step.counters_after.next_innovation
        for node in genome.nodes.values():
            assert ACTIVATIONS[node.activation] in neat.activation_options
            assert AGGREGATIONS[node.aggregation] in neat.aggregation_options
            assert neat.bias_min <= node.bias <= neat.bias_max
        assert all(neat.weight_min <= conn.weight <= neat.weight_max for conn in genome.conns.values())

    species = step.species
    assert len(set(species.ids.tolist())) == species.n_species
    assert species.sizes().sum() == size
    assert species.sizes().min() > 0
    assert species.representatives.size == species.n_species
    assert (species.improved >= species.created).all()
    assert species.threshold > 0

    copied = np.flatnonzero(step.plan.elite)
    assert_same(step.children.select(copied), step.population.select(step.plan.fitter[copied]), "elites")
    best = np.flatnonzero(step.fitness == step.fitness.max())
    if neat.elitism and species.n_species == 1:
        assert set(best) & set(step.plan.fitter[copied]), "the best of the only species is copied"
    for fitter, other in zip(step.plan.fitter, step.plan.other, strict=True):
        assert step.fitness[fitter] >= step.fitness[other]
    assert step.counts["genes_written"] == len(step.children.node_id) + len(step.children.conn_in)
    for what, genes in (("nodes", "node_id"), ("conns", "conn_in")):
        before = len(getattr(step.population.select(step.plan.fitter), genes))
        grew = step.counts[f"{what}_added"] - step.counts[f"{what}_deleted"]
        assert len(getattr(step.children, genes)) == before + grew


@settings(deterministic, max_examples=40)
@given(scenes())
def test_every_generation_is_sound(scene):
    for step in grow(scene):
        check(step, scene.neat)


@settings(deterministic, max_examples=15)
@given(scenes())
def test_distance_is_symmetric_and_zero_on_itself(scene):
    steps = grow(scene)
    first, second = steps[1].population, steps[-1].children
    size = scene.neat.population
    firsts, seconds = (grid.ravel() for grid in np.meshgrid(np.arange(size), np.arange(size)))
    there, back, same = np.empty(size**2), np.empty(size**2), np.empty(size)
    pair_distances(first, firsts, second, seconds, Coefficients(1.5, 0.5, 0.25), there)
    pair_distances(second, seconds, first, firsts, Coefficients(1.5, 0.5, 0.25), back)
    pair_distances(second, np.arange(size), second, np.arange(size), Coefficients(1.5, 0.5, 0.25), same)
    assert (there == back).all()
    assert (there >= 0).all()
    assert (same == 0).all()


EDGES = {
    "two genomes": Scene(3, 2, 1, {"population": 2, "elitism": 1}),
    "two genomes, two species": Scene(3, 2, 2, {"population": 2, "elitism": 1, "compatibility_threshold": 1e-6}),
    "one species": Scene(3, 2, 3, {"population": 20, "compatibility_threshold": 1e6}),
    "a species each": Scene(2, 1, 4, {"population": 100, "compatibility_threshold": 1e-6, "interspecies_prob": 1.0}),
    "nobody stagnates": Scene(3, 2, 5, {"population": 10, "max_stagnation": 1000}),
    "everybody stagnates": Scene(
        3, 2, 6, {"population": 20, "max_stagnation": 1, "species_elitism": 0, "compatibility_threshold": 0.5}
    ),
    "nothing ever happens": Scene(
        3, 2, 7, {key: 0.0 for key in FAST if key.endswith(("_prob", "_rate"))} | {"population": 10}
    ),
    "no connections for ever": Scene(3, 2, 8, {"population": 10, "initial_connection": "none", "conn_add_prob": 0.0}),
    "one input": Scene(1, 1, 9, {"population": 10, "initial_connection": "one_input"}),
    "huge least size": Scene(2, 1, 10, {"population": 20, "min_species_size": 1000000}),
    "always mating abroad": Scene(
        2, 1, 11, {"population": 40, "interspecies_prob": 1.0, "crossover_prob": 1.0, "compatibility_threshold": 1.0}
    ),
    "every function": Scene(
        2, 2, 12, {"population": 20, "activation_options": list(ACTIVATIONS), "activation_mutate_rate": 1.0}
    ),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges(name):
    for step in grow(EDGES[name]):
        check(step, EDGES[name].neat)


@pytest.mark.parametrize("values", [[0.0], [-np.inf], [np.nan], [np.inf, 1.0], [np.nan, -5.0, np.inf], [1e300, -1e300]])
def test_any_fitness_gives_a_sound_generation(values):
    neat = NeatSettings(**{**FAST, "population": 30})
    with Threads(1) as threads:
        population, counters = first_population(neat, 3, 2, 5, threads)
        species = None
        for generation in range(5):
            fitness, bad = finite_fitness(np.resize(np.array(values), 30))
            assert bad == (~np.isfinite(np.resize(values, 30))).sum()
            where = {"seed": 5, "generation": generation}
            species, _ = speciate(population, fitness, species, neat, **where, threads=threads)
            plan = select(population, fitness, species, neat, **where)
            population, counters, _ = reproduce(population, plan, counters, neat, **where, threads=threads)
            assert population.size == 30
            assert not list(problems(population, feed_forward=True))
