"""Champions where networks are evaluated all at once."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.backends.evaluation import Evaluation, Fault
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.loop import loop_env
from genesys_cli.evolution.playoff import PlayOff
from genesys_cli.evolution.state import Champion
from reference.grow import grown


class Judge:
    """Gives each genome the value of its first bias in a table, and notes who came together."""

    def __init__(self, worth, faults=()):
        self.worth, self.faults, self.calls = worth, faults, []

    def evaluate(self, population, seeds, conditions=None, *, keep_returns=False):
        who = [float(bias) for bias in population.node_bias[population.node_offsets[:-1]]]
        self.calls.append((who, list(seeds)))
        returns = np.array([[self.worth[bias] + 0.25 * k for k in range(len(seeds))] for bias in who])
        return Evaluation(returns.mean(axis=1), returns, 7 * len(who), {}, faults=self.faults)


@pytest.fixture
def population():
    """Genomes 0, 1, 2 ... by their first bias."""
    found = grown("full")[-1].children.select(np.arange(6))
    found.node_bias[found.node_offsets[:-1]] = np.arange(6)
    return found


@pytest.fixture
def world(population):
    env = loop_env(population.n_inputs, population.n_outputs)
    return conditions_of(load_settings(env="CartPole", overrides=["evaluation.observation_scale=[]"]), env)


def champion_of(population, index, fitness, world):
    genome = population.select(np.array([index]))
    found = (1, index, fitness, fitness, 0.0, 1)
    return Champion(genome, *found, world.offset, world.scale, np.array([fitness, fitness]))


def worth(*values):
    return dict(enumerate(map(float, values)))


def test_the_best_of_the_first_generation(population, world):
    judge = Judge(worth(0, 1, 2, 3, 4, 5))
    play_off = PlayOff(judge, [8, 9], world, 0)
    found = play_off.challenge(population, np.array([5.0, 1, 4, 2, np.nan, 0]), 3, None)
    assert judge.calls == [([0.0, 2.0, 3.0], [8, 9])]
    assert (found.generation, found.genome_index, found.training_fitness) == (0, 3, 2.0)
    assert (found.validated_fitness, found.validated_std, found.validated_in) == (3.125, 0.125, 0)
    assert found.returns.tolist() == [3.0, 3.25]
    assert play_off.steps == 21


def test_the_champion_is_judged_anew_beside_its_challengers(population, world):
    """What it got among others counts no more."""
    standing = champion_of(population, 5, 100.0, world)
    judge = Judge(worth(0, 1, 2, 3, 4, 2))
    found = PlayOff(judge, [8, 9], world, 4).challenge(population, np.array([5.0, 4, 6, 0, 0, 0]), 2, standing)
    assert judge.calls[0][0] == [5.0, 2.0, 0.0]
    assert found.found == standing.found  # of equals it remains
    assert (found.validated_fitness, found.validated_in) == (2.125, 4)
    assert found.returns.tolist() == [2.0, 2.25]
    lost = PlayOff(judge, [8, 9], world, 4).challenge(population, np.array([0.0, 0, 0, 6, 0, 0]), 1, standing)
    assert lost.found == (4, 3)


def test_without_a_challenger_nothing_is_called(population, world):
    judge, standing = Judge({}), champion_of(population, 5, 1.0, world)
    judged = np.ones(6, bool)
    assert PlayOff(judge, [8], world, 4).challenge(population, np.arange(6.0), 3, standing, judged) is standing
    assert judge.calls == []


def test_who_fails_loses(population, world):
    standing = champion_of(population, 0, 9.0, world)
    faults = (Fault(0, 8, 0, "exception", "x", True), Fault(1, 8, 0, "exception", "x", True))
    faults += (Fault(None, 8, 0, "exception", "x", True),)
    play_off = PlayOff(Judge(worth(np.nan, 1, 2, 3, 4, np.nan), faults), [8], world, 4)
    found = play_off.challenge(population, np.array([0.0, 0, 5, 0, 0, 6]), 2, standing)
    assert found.found == (4, 2)
    assert [record.genome for record in play_off.faults] == [None, 5, None]
    nobody = PlayOff(Judge(worth(*[np.nan] * 6)), [8], world, 4)
    assert nobody.challenge(population, np.arange(6.0), 2, standing) is standing
    assert nobody.challenge(population, np.arange(6.0), 2, None) is None
