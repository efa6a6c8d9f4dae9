"""Populations with a history: evolved for some generations under random fitness, with structure changing fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.names import ACTIVATIONS, AGGREGATIONS
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.innovation import Counters
from genesys_cli.neat.reproduction import reproduce
from genesys_cli.neat.selection import MatingPlan, select
from genesys_cli.neat.speciation import Species, speciate

FAST = {
    "population": 70,  # above the least range of a thread, so that three threads have something to share
    "conn_add_prob": 0.5,
    "conn_delete_prob": 0.3,
    "node_add_prob": 0.4,
    "node_delete_prob": 0.2,
    "interspecies_prob": 0.2,
    "enabled_mutate_rate": 0.1,
    "weight_replace_rate": 0.1,
    "max_stagnation": 3,
    "compatibility_excess_coefficient": 1.25,
    "compatibility_disjoint_coefficient": 0.75,
    "compatibility_threshold": 2.2,
}
"""Structure and attributes change fast."""

STILL = dict.fromkeys(
    (
        "conn_add_prob",
        "conn_delete_prob",
        "node_add_prob",
        "node_delete_prob",
        "weight_mutate_rate",
        "weight_replace_rate",
        "bias_mutate_rate",
        "bias_replace_rate",
        "enabled_mutate_rate",
    ),
    0.0,
)
"""Nothing mutates."""

FUNCTIONS = {
    "activation_options": list(ACTIVATIONS),
    "activation_mutate_rate": 0.3,
    "aggregation_options": list(AGGREGATIONS),
    "aggregation_mutate_rate": 0.3,
}
RESPONSE = {"response_init_stdev": 0.5, "response_mutate_rate": 0.3, "response_mutate_power": 0.3}


@dataclass(frozen=True)
class Scene:
    """What to grow: settings beside :data:`FAST`, the shape of the networks, a seed."""

    inputs: int
    outputs: int
    seed: int
    changes: dict[str, Any] = field(default_factory=dict)
    generations: int = 10

    @property
    def neat(self) -> NeatSettings:
        return NeatSettings(**{**FAST, **self.changes})


SCENES = {
    "full": Scene(4, 2, 11),
    "recurrent": Scene(3, 2, 22, {"feed_forward": False}),
    "partial": Scene(
        5, 3, 33, {"initial_connection": "partial", "num_hidden": 3, "initial_direct": True, **FUNCTIONS, **RESPONSE}
    ),
    "one_input": Scene(6, 2, 44, {"initial_connection": "one_input", "num_hidden": 2, "target_species": 5}),
    "none": Scene(
        3,
        1,
        55,
        {"initial_connection": "none", "elitism": 0, "species_fitness": "mean", "compatibility_threshold": 1.0},
    ),
    "smallest": Scene(1, 1, 66, {"survival_threshold": 1.0, "disable_prob": 0.5, "target_species": 40}),
    "narrow": Scene(
        2,
        2,
        77,
        {
            "num_hidden": 2,
            "weight_max": 0.75,
            "weight_init_stdev": 2.0,
            "bias_min": -0.25,
            "bias_mutate_rate": 0.5,
            "bias_replace_rate": 0.5,
            "crossover_prob": 1.0,
            **RESPONSE,
        },
    ),
    "loops": Scene(2, 2, 88, {"feed_forward": False, "num_hidden": 3, "crossover_prob": 0.4, **FUNCTIONS, **RESPONSE}),
    "paper": Scene(
        6,
        3,
        99,
        {
            "compatibility_distance": "paper",
            "target_species": 6,
            "fitness_sharing": "raw",
            "share_step": 1.0,
            "ties": "newer",
            "mutate_distribution": "uniform",
            "attribute_mutate_prob": 0.8,
            "output_activation": "sigmoid",
            "species_elitism": 0,
            "max_stagnation": 1,
            **FUNCTIONS,
        },
    ),
    "ranked": Scene(
        3,
        2,
        110,
        {
            "fitness_sharing": "rank",
            "share_step": 0.3,
            "ties": "newer",
            "mutate_distribution": "uniform",
            "attribute_mutate_prob": 0.4,
            "species_elitism": 0,
            "max_stagnation": 1,
            "target_species": 2,
            **RESPONSE,
        },
        generations=25,
    ),
    "again": Scene(
        1,
        2,
        121,
        {
            "feed_forward": False,
            "conn_add_prob": 0.9,
            "conn_delete_prob": 0.7,
            "node_add_prob": 0.8,
            "node_delete_prob": 0.7,
            "enabled_mutate_rate": 0.4,
            "share_step": 1.0,
            "species_elitism": 1,
            "survival_threshold": 0.2,
        },
        generations=20,
    ),
}


@dataclass(frozen=True)
class Step:
    """One generation, from its genomes to its children."""

    generation: int
    population: Population
    fitness: NDArray[np.float64]
    previous: Species | None
    species: Species
    compared: dict[str, int]
    plan: MatingPlan
    counters: Counters
    children: Population
    counters_after: Counters
    counts: dict[str, int]

    def label(self, name: str) -> str:
        """Say which of the generations of ``SCENES[name]`` this is, for the message of a failing test."""
        return f"scene {name}, seed {SCENES[name].seed}, generation {self.generation}"


def random_ranges(rng: np.random.Generator, size: int) -> list[tuple[int, int]]:
    """Return ranges that together cover ``0 .. size``, in random order; some are empty."""
    cuts = [0, *sorted(rng.integers(0, size + 1, 5).tolist()), size]
    ranges = list(pairwise(cuts))
    return [ranges[k] for k in rng.permutation(len(ranges))]


def random_fitness(rng: np.random.Generator, size: int) -> NDArray[np.float64]:
    """Return fitness with one decimal, so that some genomes are equally fit."""
    return rng.normal(size=size).round(1)


def grow(scene: Scene, threads: int = 1) -> list[Step]:
    """Return every generation of a scene."""
    neat, rng = scene.neat, np.random.default_rng(scene.seed)
    steps = []
    with Threads(threads) as pool:
        population, counters = first_population(neat, scene.inputs, scene.outputs, scene.seed, pool)
        species = None
        for generation in range(scene.generations):
            where: dict[str, int] = {"seed": scene.seed, "generation": generation}
            fitness = random_fitness(rng, population.size)
            previous = species
            species, compared = speciate(population, fitness, previous, neat, **where, threads=pool)
            plan = select(population, fitness, species, neat, **where)
            children, after, counts = reproduce(population, plan, counters, neat, **where, threads=pool)
            steps.append(
                Step(
                    generation,
                    population,
                    fitness,
                    previous,
                    species,
                    compared,
                    plan,
                    counters,
                    children,
                    after,
                    counts,
                )
            )
            population, counters = children, after
    return steps


@cache
def grown(name: str, threads: int = 1) -> list[Step]:
    """Return every generation of ``SCENES[name]``; do not change what it holds."""
    return grow(SCENES[name], threads)
