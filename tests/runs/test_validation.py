"""Challengers race: whoever falls behind the champion on the first held-out episodes plays no others."""

import numpy as np
import pytest

from genesys_cli.backends.evaluation import Evaluation
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import find
from genesys_cli.neat.initial import first_population
from genesys_cli.runs.validation import Validation

SEEDS = tuple(range(1000, 1020))


class Table:
    """A backend whose genomes get what a table says: returns[genome, seed]; genomes are known by a weight."""

    def __init__(self, population, returns):
        self.marks = population.conn_weight[population.conn_offsets[:-1]]
        assert len(set(self.marks.tolist())) == len(self.marks)
        self.returns = returns
        self.played = []

    def evaluate(self, population, seeds, conditions=None, *, keep_returns=False):
        assert keep_returns
        genomes = [
            int(np.flatnonzero(self.marks == mark)[0]) for mark in population.conn_weight[population.conn_offsets[:-1]]
        ]
        found = self.returns[genomes][:, [SEEDS.index(seed) for seed in seeds]]
        self.played.append((genomes, len(seeds)))
        return Evaluation(found.mean(axis=1), found, found.size, {})


@pytest.fixture
def race():
    """Return a function: what happens when the best `top` of a table challenge a champion with given returns."""
    settings = load_settings(env="CartPole", overrides=["neat.population=4"])
    env = find("CartPole")
    population, _ = first_population(settings.neat, env.n_inputs, env.n_outputs, 3, Threads(1))
    world = conditions_of(settings, env)

    def run(returns, champion=None, top=1, fitness=(4.0, 3.0, 2.0, 1.0)):
        returns = np.array(returns, float)
        backend = Table(population, returns)
        standing = None
        if champion is not None:
            first = Table(population, np.broadcast_to(np.array(champion, float), returns.shape))
            standing = Validation(first, SEEDS, world, 0).challenge(population, np.array([9.0, 0, 0, 0]), 1, None)
        validation = Validation(backend, SEEDS, world, 1)
        found = validation.challenge(population, np.array(fitness), top, standing)
        assert validation.steps == sum(len(genomes) * count for genomes, count in backend.played)
        return found, standing, backend.played

    return run


def flat(*values):
    return [[value] * len(SEEDS) for value in values]


def test_without_a_champion_everybody_plays_everything(race):
    found, _, played = race(flat(5, 7, 6, 9), top=3)
    assert played == [([0, 1, 2], 20)]
    assert (found.genome_index, found.validated_fitness, found.validated_std) == (1, 7.0, 0.0)
    assert found.returns.tolist() == [7.0] * 20


def test_whoever_is_behind_early_plays_no_more(race):
    late = [0] * 2 + [100] * 18  # would win, but shows it too late
    found, standing, played = race([late, *flat(5, 11, 3)], champion=[10] * 20, top=3)
    assert played == [([0, 1, 2], 2), ([2], 4), ([2], 14)]
    assert found.genome_index == 2
    assert found is not standing


def test_all_behind(race):
    found, standing, played = race(flat(5, 4, 3, 2), champion=[10] * 20, top=4)
    assert played == [([0, 1, 2, 3], 2)]
    assert found is standing


def test_level_goes_on_but_does_not_win(race):
    found, standing, played = race(flat(10, 4, 3, 2), champion=[10] * 20)
    assert [count for _, count in played] == [2, 4, 14]
    assert found is standing


def test_both_are_compared_on_the_same_episodes(race):
    """The first episodes are hard: to be below the champion's mean there is no disadvantage."""
    hard_first = np.array([0] * 6 + [20] * 14)
    found, standing, played = race([hard_first + 1, *flat(4, 3, 2)], champion=hard_first)
    assert [count for _, count in played] == [2, 4, 14]
    assert found.validated_fitness == standing.validated_fitness + 1


def test_who_fails_is_no_champion(race):
    failing = [np.nan] * 20
    found, standing, played = race([failing, *flat(4, 3, 2)], champion=[1] * 20)
    assert played == [([0], 2)]
    assert found is standing
    assert race([failing, *flat(4, 3, 2)])[0] is None
