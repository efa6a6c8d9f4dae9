"""What the routines are run on: genomes that the emulated chip has bred, and recorded observations. Seeds are fixed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genesys_cli.accelerator.layout import Layout
from genesys_cli.accelerator.words import GeneWords, to_words
from genesys_cli.backends.chip.model import ChipModel
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.neat import NeatSettings
from genesys_cli.genome.population import Population
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.selection import select
from genesys_cli.neat.speciation import Species, speciate

SEED = 2018
OBSERVATIONS = Path(__file__).with_name("observations.json")
# More structure than with the defaults, in few generations, and as many species as presets ask for.
GROWING = {"node_add_prob": 0.3, "conn_add_prob": 0.5, "target_species": 10}
FAST = {"node_add_prob": 0.9, "conn_add_prob": 0.9}


class World(NamedTuple):
    """A generation on the chip.

    fitness: (P,) int64, random, 12 fraction bits; species: divided by the distance that the settings say
    """

    name: str
    settings: NeatSettings
    layout: Layout
    population: Population
    words: GeneWords
    fitness: NDArray[np.int64]
    species: Species


class Shape(NamedTuple):
    """A network's size, and how its population evolves."""

    name: str
    inputs: int
    outputs: int
    genomes: int
    generations: int
    settings: dict[str, Any]


SHAPES = (
    Shape("CartPole", 4, 2, 150, 12, GROWING),
    Shape("LunarLander", 8, 4, 150, 24, GROWING),
    Shape("24 to 4, 8 hidden", 24, 4, 40, 12, {"num_hidden": 8, **GROWING}),
    Shape("128 to 18, a tenth", 128, 18, 40, 12, {"initial_connection": "partial", "connection_fraction": 0.1, **FAST}),
    Shape("128 to 18, full", 128, 18, 24, 8, FAST),
)
"""The last are the fully connected genomes of the published suite's Atari games, 2450 genes at the start; those before
begin as our presets for these games do."""

POPULATIONS = (30, 60, 150, 300, 600)  # sizes for which selection is counted, of CartPole's shape


def grown(shape: Shape, genomes: int | None = None) -> World:
    """Return a generation after some of random fitness; genomes: another number of them than the shape's."""
    size = genomes or shape.genomes
    chip = ChipSettings()
    neat = NeatSettings(population=size, **shape.settings)
    model = ChipModel(neat, chip, shape.inputs, shape.outputs)
    rng = np.random.default_rng(SEED)
    with Threads(1) as one:
        population, _ = first_population(neat, shape.inputs, shape.outputs, SEED, one)
        population = model.quantise(population)
        species: Species | None = None
        for generation in range(shape.generations + 1):
            fitness = rng.integers(-200 << 12, 300 << 12, size)
            fitness[rng.random(size) < 0.2] = fitness[0]  # as equally good genomes have it
            real = fitness / 4096
            species, _ = speciate(population, real, species, neat, seed=SEED, generation=generation, threads=one)
            if generation < shape.generations:
                plan = select(population, real, species, neat, seed=SEED, generation=generation)
                population, _ = model.breed(population, plan, seed=SEED, generation=generation, threads=one)
    assert species is not None
    words, _ = to_words(population, model.layout)
    return World(shape.name, neat, model.layout, population, words, fitness, species)


class Recording(NamedTuple):
    """Steps of an environment. observations: (S, I) float32; rewards: (S,); offset, scale: (I,), all float32"""

    observations: NDArray[np.float32]
    rewards: NDArray[np.float32]
    offset: NDArray[np.float32]
    scale: NDArray[np.float32]


def recordings() -> dict[str, Recording]:
    """Return the recorded steps by the name of the environment."""
    found = json.loads(OBSERVATIONS.read_text(encoding="utf-8"))
    return {
        name: Recording(*(np.array(rows[field], np.uint32).view(np.float32) for field in Recording._fields))
        for name, rows in found.items()
    }


def corners() -> NDArray[np.float32]:
    """Return (N,) float32 on which rounding may go wrong: ties, limits, tiny and huge numbers, and no numbers."""
    unit = 2.0**-10
    near = np.array([0.0, 0.5, 1.0, 1.5, 2.5, 1023.5, 32767.0, 32767.4, 32767.5, 32768.0, 40000.0]) * unit
    sides = [np.nextafter(near.astype(np.float32), np.float32(limit)) for limit in (0.0, np.inf)]
    large = np.array([1e-45, 1e-38, 1e5, 2.0**33, 2.0**34, 1e30, np.inf, np.nan])
    positive = np.concatenate([near, *sides, large]).astype(np.float32)
    return np.concatenate([positive, -positive])
