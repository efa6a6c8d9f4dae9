"""The rows of neat-python 2.0: its own classes, driven as its own documentation drives them, with no reporters.

Each function prepares one row and returns a turn (:data:`benchmarks.timing.Turn`); preparation is not timed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import gymnasium
import neat
from neat.nn import FeedForwardNetwork
from neat.species import Species

from benchmarks.peers.neat_config import neat_config
from benchmarks.regression import regression, table_of
from benchmarks.timing import Sample, Turn, stopwatch


def episode(env: gymnasium.Env[Any, Any], network: FeedForwardNetwork) -> int:
    """Let `network` balance the pole once and return how many steps it did; each step earns 1."""
    observation, _ = env.reset()
    activate, step = network.activate, env.step
    steps = 0
    while True:
        left, right = activate(observation)
        observation, _, terminated, truncated, _ = step(0 if left >= right else 1)
        steps += 1
        if terminated or truncated:
            return steps


class CartPole:
    """Gives genomes their fitness in CartPole-v1 and counts the steps.

    The environment is made without Gymnasium's checker of return values, in neat-python's favour.
    """

    def __init__(self, episodes: int, seed: int) -> None:
        self.episodes = episodes
        self.env_steps = 0
        self.env = gymnasium.make("CartPole-v1", disable_env_checker=True)
        self.env.reset(seed=seed)

    def __call__(self, genomes: Sequence[tuple[int, neat.DefaultGenome]], config: neat.Config) -> None:
        for _, genome in genomes:
            network = FeedForwardNetwork.create(genome, config)
            steps = sum(episode(self.env, network) for _ in range(self.episodes))
            genome.fitness = steps / self.episodes
            self.env_steps += steps


def generations(population: int, episodes: int, count: int, seed: int) -> Turn:
    """Whole generations of CartPole from a new population: evaluation, reproduction, speciation. Amount: env steps.

    Each turn starts over with the next seed, so all turns have the same short and long episodes on average.
    """
    seeds = iter(range(seed, 1_000_000_000))

    def turn() -> Sample:
        number = next(seeds)
        evolution = neat.Population(neat_config(pop_size=population), seed=number)
        cartpole = CartPole(episodes, number)
        with stopwatch() as watch:
            evolution.run(cartpole, count)
        return watch.sample(cartpole.env_steps)

    return turn


def ask_tell(population: int, rows: int, count: int, seed: int) -> Turn:
    """Whole generations of a regression on so many rows of two inputs. Amount: generations.

    Rows are handed over as tuples of floats, which its networks read fastest.
    """
    inputs, answers = (array.tolist() for array in regression(rows))
    data = list(zip(map(tuple, inputs), answers, strict=True))
    seeds = iter(range(seed, 1_000_000_000))

    def judge(genomes: Sequence[tuple[int, neat.DefaultGenome]], config: neat.Config) -> None:
        for _, genome in genomes:
            activate = FeedForwardNetwork.create(genome, config).activate
            genome.fitness = -sum((activate(seen)[0] - answer) ** 2 for seen, answer in data) / len(data)

    def turn() -> Sample:
        evolution = neat.Population(neat_config(pop_size=population, num_inputs=2, num_outputs=1), seed=next(seeds))
        with stopwatch() as watch:
            evolution.run(judge, count)
        return watch.sample(count)

    return turn


def evaluation(population: int, episodes: int, seed: int) -> Turn:
    """Play `episodes` episodes with each genome of one new population. Amount: env steps."""
    config = neat_config(pop_size=population)
    evolution = neat.Population(config, seed=seed)
    cartpole = CartPole(episodes, seed)

    def turn() -> Sample:
        cartpole.env_steps = 0
        with stopwatch() as watch:
            cartpole(list(evolution.population.items()), config)
        return watch.sample(cartpole.env_steps)

    return turn


def reproduction(inputs: int, outputs: int, children: int, feed_forward: bool, seed: int) -> Turn:
    """Cross and mutate fully connected genomes. Amount: children.

    feed_forward: False leaves out the search for cycles, which neat-python repeats for each gene that a child
        inherits. The genomes are the same either way: its own recurrent start would add a loop to each output.
    """
    elites = 2
    size = children + elites
    config = neat_config(num_inputs=inputs, num_outputs=outputs, pop_size=size, elitism=elites)
    evolution = neat.Population(config, seed=seed)
    if len(evolution.species.species) != 1:
        raise RuntimeError("a start with random weights alone should make one species")
    config.genome_config.feed_forward = feed_forward
    genomes = dict(evolution.population)

    def turn() -> Sample:
        _restart(evolution, [list(genomes)])
        with stopwatch() as watch:
            born = evolution.reproduction.reproduce(config, evolution.species, size, 0)
        return watch.sample(len(born.keys() - genomes.keys()))

    return turn


def speciation_and_reproduction(population: int, generations_before: int, seed: int) -> Turn:
    """Breed CartPole genomes and sort the children into species. Amount: generations.

    The parents are `generations_before` generations old, so that their structures differ, with random fitness. Each
    turn starts from the same parents. Eight generations make four species of these genomes; with fewer there is one
    species and little to do.
    """
    config = neat_config(pop_size=population)
    evolution = neat.Population(config, seed=seed)
    if generations_before:
        evolution.run(_random_fitness, generations_before)
    genomes = dict(evolution.population)
    members = [list(species.members) for species in evolution.species.species.values()]
    representatives = [species.representative for species in evolution.species.species.values()]

    def turn() -> Sample:
        evolution.population = dict(genomes)
        _restart(evolution, members, representatives)
        with stopwatch() as watch:
            evolution.population = evolution.reproduction.reproduce(config, evolution.species, population, 0)
            evolution.species.speciate(config, evolution.population, 0)
        if len(evolution.population) != population:
            raise RuntimeError(f"neat-python made {len(evolution.population)} genomes instead of {population}")
        return watch.sample(1)

    return turn


def table(population: int, rows: int, inputs: int, seed: int) -> Turn:
    """Let each genome of one new population predict a table; squared error. Amount: predictions."""
    config = neat_config(num_inputs=inputs, num_outputs=1, pop_size=population)
    evolution = neat.Population(config, seed=seed)
    values, targets = (part.tolist() for part in table_of(rows, inputs, seed))

    def turn() -> Sample:
        with stopwatch() as watch:
            for genome in evolution.population.values():
                activate = FeedForwardNetwork.create(genome, config).activate
                errors = [(activate(row)[0] - target) ** 2 for row, target in zip(values, targets, strict=True)]
                genome.fitness = -sum(errors) / rows
        return watch.sample(population * rows)

    return turn


def activation(inputs: int, outputs: int, times: int, seed: int) -> Turn:
    """Activate one fully connected network. Amount: activations."""
    config = neat_config(num_inputs=inputs, num_outputs=outputs, pop_size=2)
    evolution = neat.Population(config, seed=seed)
    network = FeedForwardNetwork.create(next(iter(evolution.population.values())), config)
    values = [random.uniform(-1.0, 1.0) for _ in range(inputs)]

    def turn() -> Sample:
        activate = network.activate
        with stopwatch() as watch:
            for _ in range(times):
                activate(values)
        return watch.sample(times)

    return turn


def _random_fitness(genomes: Sequence[tuple[int, neat.DefaultGenome]], config: neat.Config) -> None:
    for _, genome in genomes:
        genome.fitness = random.random()


def _restart(
    evolution: neat.Population,
    members: list[list[int]],
    representatives: list[neat.DefaultGenome] | None = None,
) -> None:
    """Put the species back as they were before reproduction, which empties them, and give new random fitness.

    The genomes themselves are left alone by reproduction and speciation, so they need no copy.
    """
    genomes = evolution.population
    _random_fitness(list(genomes.items()), evolution.config)
    evolution.species.species = {}
    for position, keys in enumerate(members):
        species = Species(position + 1, 0)
        representative = representatives[position] if representatives else genomes[keys[0]]
        species.update(representative, {key: genomes[key] for key in keys})
        evolution.species.species[species.key] = species
