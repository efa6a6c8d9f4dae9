"""Challengers race: whoever falls behind the champion on the first held-out episodes plays no others."""

import numpy as np
import pytest

from genesys_cli.backends.evaluation import Evaluation
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import find
from genesys_cli.evolution import loop
from genesys_cli.evolution.validation import Validation, judged_before
from genesys_cli.files.folder import read_metrics
from genesys_cli.neat.initial import first_population
from genesys_cli.neat.selection import MatingPlan
from small_runs import start, tiny

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

    def run(returns, champion=None, top=1, fitness=(4.0, 3.0, 2.0, 1.0), judged=None, seeds=SEEDS):
        returns = np.array(returns, float)
        backend = Table(population, returns)
        standing = None
        if champion is not None:
            first = Table(population, np.broadcast_to(np.array(champion, float), returns.shape))
            standing = Validation(first, seeds, world, 0).challenge(population, np.array([9.0, 0, 0, 0]), 1, None)
        validation = Validation(backend, seeds, world, 1)
        found = validation.challenge(population, np.array(fitness), top, standing, judged)
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


def test_few_episodes_are_played_at_once(race):
    """A tenth of them would say nothing, and need kernels of its own."""
    found, standing, played = race(flat(5, 4, 3, 2), champion=[10] * 20, top=4, seeds=SEEDS[:9])
    assert found is standing
    assert played == [([0, 1, 2, 3], 9)]


def test_both_are_compared_on_the_same_episodes(race):
    """The first episodes are hard: to be below the champion's mean there is no disadvantage."""
    hard_first = np.array([0] * 6 + [20] * 14)
    found, standing, played = race([hard_first + 1, *flat(4, 3, 2)], champion=hard_first)
    assert [count for _, count in played] == [2, 4, 14]
    assert found.validated_fitness == standing.validated_fitness + 1


def test_a_champion_that_fails_late_wins_no_race_by_the_first_episodes(race):
    fails_late = [20] * 6 + [0] * 14
    found, standing, played = race(flat(10, 5.9, 3, 2), champion=fails_late, top=2)
    assert played == [([0, 1], 2), ([0], 4), ([0], 14)]
    assert (found.genome_index, found.validated_fitness) == (0, 10.0)
    assert found is not standing


def test_who_fails_is_no_champion(race):
    failing = [np.nan] * 20
    found, standing, played = race([failing, *flat(4, 3, 2)], champion=[1] * 20)
    assert played == [([0], 2)]
    assert found is standing
    assert race([failing, *flat(4, 3, 2)])[0] is None


def test_who_has_played_before_plays_no_more(race):
    found, standing, played = race(flat(11, 5, 12, 13), champion=[10] * 20, top=3, judged=np.array([1, 0, 0, 0], bool))
    assert played == [([1, 2], 2), ([2], 4), ([2], 14)]
    assert found.genome_index == 2
    found, standing, played = race(flat(11, 5, 12, 13), champion=[10] * 20, judged=np.ones(4, bool))
    assert played == []
    assert found is standing


def test_copies_of_the_best_parents_have_played_before():
    plan = MatingPlan(
        np.array([3, 1, 1, 2, 3], np.int32), np.array([3, 1, 1, 2, 0], np.int32), np.array([1, 1, 0, 1, 0])
    )
    fitness = np.array([1.0, 5.0, 2.0, 5.0, 5.0])
    assert judged_before(plan, fitness, 2).tolist() == [True, True, False, False, False]
    assert judged_before(plan, fitness, 1).tolist() == [False, True, False, False, False]
    assert judged_before(None, None, 2) is None


@pytest.mark.parametrize("env", ["CartPole", "Pendulum", "MountainCar"])
@pytest.mark.parametrize("seed", range(3))
def test_the_champion_is_the_same_when_all_play_again(env, seed, tmp_path, monkeypatch):
    settings = tiny(env, "neat.generations=8", f"run.seed={seed}", "neat.population=40")
    once = start(settings, tmp_path / "once")
    monkeypatch.setattr(loop, "judged_before", lambda *_: None)
    again = start(settings, tmp_path / "again")
    assert (once / "champion.json").read_bytes() == (again / "champion.json").read_bytes()
    fewer, more = (read_metrics(run / "metrics.csv")[-1]["total_validation_steps"] for run in (once, again))
    assert fewer < more


def test_another_world_or_scale_is_played_by_all(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(loop, "judged_before", lambda plan, fitness, top: asked.append(top))
    start(tiny("CartPole", "neat.generations=4", "evaluation.normalise_observations=true"), tmp_path / "a")
    assert asked == []
    drift = ["drift.force.at=[2]", "drift.force.to=[5.0]"]
    start(tiny("CartPole", "neat.generations=4", *drift), tmp_path / "b")
    assert len(asked) == 2  # generations 1 and 3
