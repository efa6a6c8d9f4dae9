"""A race: who is far behind the last that may breed plays no more, and all else is as without it."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

import invariants
from genesys_cli.backends.evaluation import Evaluation, Fault, Moments
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.counts import DECISIONS, LONGEST_DECISIONS
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import find
from genesys_cli.errors import UserError
from genesys_cli.evolution.distribution import is_known
from genesys_cli.evolution.racing import ahead, breeding_of, raced
from genesys_cli.neat.initial import first_population
from genesys_cli.runs import evolve as runs
from small_runs import Watcher, bits, resume, rows, start, states, tiny

GENOMES = 30


class Lottery:
    """A backend whose genomes get what a table says: returns[genome, episode]; a step and a decision each."""

    def __init__(self, population, returns):
        self.marks = population.conn_weight[population.conn_offsets[:-1]]
        assert len(set(self.marks.tolist())) == len(self.marks)
        self.returns = returns
        self.played = []

    def evaluate(self, population, seeds, conditions=None, *, keep_returns=False):
        marks = population.conn_weight[population.conn_offsets[:-1]]
        genomes = np.array([int(np.flatnonzero(self.marks == mark)[0]) for mark in marks])
        found = self.returns[genomes][:, seeds]
        self.played.append((genomes.tolist(), list(seeds)))
        decisions = (genomes + 1) * len(seeds)
        counts = {DECISIONS.name: int(decisions.sum()), LONGEST_DECISIONS.name: int(decisions.max())}
        moments = Moments(len(genomes), np.full(4, float(len(seeds))), np.ones(4))
        faults = tuple(
            Fault(place, seeds[0], 1, "exception", "", True) for place in np.flatnonzero(np.isnan(found).any(axis=1))
        )
        return Evaluation(found.mean(axis=1), found, found.size, counts, moments, faults, decisions)


def a_race(returns, *overrides):
    """Return what a race finds, how many episodes a genome played on average, and who played what."""
    size, episodes = returns.shape
    given = [f"neat.population={size}", f"evaluation.episodes={episodes}", "evaluation.race=1", *overrides]
    settings = load_settings(env="CartPole", overrides=given)
    env = find("CartPole")
    population, _ = first_population(settings.neat, env.n_inputs, env.n_outputs, 3, Threads(1))
    backend = Lottery(population, returns)
    found, each = raced(backend, population, range(episodes), conditions_of(settings, env), settings)
    return found, each, backend.played


def by_hand(returns, ends, breeding, bound):
    """Return fitness and the episodes of each genome, in plain Python."""
    size, episodes = returns.shape
    playing, count = list(range(size)), [0] * size
    for end in ends:
        for genome in playing:
            count[genome] = end
        if end == episodes:
            break
        means = {genome: statistics.fmean(returns[genome, :end]) for genome in playing}
        order = sorted(playing, key=lambda genome: (-means[genome], genome))
        if len(order) <= breeding:
            continue
        last = order[breeding - 1]
        near = [genome for genome in order[: 2 * breeding] if genome != last]
        spread = statistics.fmean(statistics.variance(returns[genome, :end] - returns[last, :end]) for genome in near)
        error = math.sqrt(spread / end)
        rest = [genome for genome in order[breeding:] if means[last] - means[genome] <= bound * error]
        playing = sorted([*order[:breeding], *rest])
    fitness = [statistics.fmean(returns[genome, : count[genome]]) for genome in range(size)]
    least = min(fitness[genome] for genome in playing)
    return [fitness[k] if k in playing else min(fitness[k], least) for k in range(size)], count


@pytest.mark.parametrize("bound", [0.0, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("episodes", [3, 5, 16, 20])
def test_it_is_the_race_of_plain_python(bound, episodes):
    seed = int(np.random.default_rng().integers(2**32))
    print("seed", seed)
    generator = np.random.default_rng(seed)
    skill, luck = generator.normal(0, 1, (GENOMES, 1)), generator.normal(0, 3, (1, episodes))
    returns = skill + luck + generator.normal(0, 1, (GENOMES, episodes))
    found, each, played = a_race(returns, f"evaluation.race={bound}")
    ends = {3: (2, 3), 5: (2, 4, 5), 16: (2, 4, 8, 16), 20: (2, 4, 8, 16, 20)}[episodes]
    assert [seeds[-1] + 1 for _, seeds in played] == list(ends)
    fitness, count = by_hand(returns, ends, 4, bound)
    assert found.fitness == pytest.approx(fitness, rel=1e-12, abs=1e-12)
    assert found.env_steps == sum(count)
    assert each == math.ceil(sum(count) / GENOMES)
    assert found.decisions.tolist() == [(genome + 1) * count[genome] for genome in range(GENOMES)]


def test_everybody_plays_where_all_are_equal():
    found, each, played = a_race(np.ones((GENOMES, 6)))
    assert [len(genomes) for genomes, _ in played] == [GENOMES] * 3
    assert each == 6
    assert found.fitness.tolist() == [1.0] * GENOMES


def test_chance_that_all_share_is_no_chance():
    """An episode that is worth 1000 more to everybody tells nobody apart."""
    returns = np.arange(GENOMES)[::-1, None] + np.array([0.0, 1000, 0, 0, 0, 0])
    found, _, played = a_race(returns)
    assert [len(genomes) for genomes, _ in played] == [GENOMES, 4, 4]
    assert found.fitness[:4] == pytest.approx(returns[:4].mean(axis=1))
    assert (found.fitness[4:] == np.minimum(returns[4:, :2].mean(axis=1), found.fitness[3])).all()


def test_who_is_out_is_worth_no_more_than_who_went_on():
    returns = np.zeros((GENOMES, 8))
    returns[:, :2] = np.where(np.arange(GENOMES) < 4, 50.0, 40.0)[:, None]  # of the best, the last six are bad
    found, _, _ = a_race(returns)
    assert found.fitness.tolist() == [12.5] * GENOMES


def test_whoever_fails_is_out_and_has_no_fitness():
    returns = np.arange(GENOMES)[::-1, None] + np.zeros((1, 6))
    returns[1, 0] = returns[2, 3] = np.nan
    found, _, played = a_race(returns)
    assert [genomes[:5] for genomes, _ in played] == [[0, 1, 2, 3, 4], [0, 2, 3, 4], [0, 3, 4]]
    assert np.flatnonzero(np.isnan(found.fitness)).tolist() == [1, 2]
    assert [fault.genome for fault in found.faults] == [1, 2]


def test_nobody_is_left():
    found, each, played = a_race(np.full((GENOMES, 6), np.nan))
    assert len(played) == 1
    assert each == 2
    assert np.isnan(found.fitness).all()


def test_what_is_too_large_to_compare_plays_on():
    returns = np.where(np.arange(GENOMES) < 20, 1.0, -1.0)[:, None] * np.array([[1.7e308, -1.7e308, 1.0]])
    found, _, _ = a_race(returns)
    assert np.isfinite(found.fitness).all()


def test_counts_of_rounds_add_up():
    found, _, played = a_race(np.arange(GENOMES)[:, None] + np.zeros((1, 6)))
    assert [len(genomes) for genomes, _ in played] == [GENOMES, 4, 4]
    assert found.counts == {
        DECISIONS.name: int(found.decisions.sum()),
        LONGEST_DECISIONS.name: int(found.decisions.max()),
    }
    assert found.moments.count == GENOMES + 8
    assert found.moments.total.tolist() == [6.0] * 4


@pytest.mark.parametrize(
    ("overrides", "breeding"),
    [
        ((), 3),
        (("neat.survival_threshold=0.21",), 7),
        (("neat.elitism=9",), 9),
        (("evaluation.validate_top=12",), 12),
        (("neat.survival_threshold=0.01", "evaluation.validate_top=1", "neat.elitism=0"), 2),
    ],
)
def test_who_plays_all_episodes_whatever_it_gets(overrides, breeding):
    given = ("neat.population=30", "evaluation.validate_top=3", *overrides)
    assert breeding_of(load_settings(env="CartPole", overrides=given)) == breeding


def test_few_play_on_together():
    assert ahead(np.array([[1.0, 2.0], [8.0, 9.0]]), np.array([1.5, 8.5]), 2, 0.0).all()


# --- in runs ----------------------------------------------------------------------------------------------------------

RACE = ("evaluation.episodes=6", "evaluation.race=1")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return start(tiny("Pendulum", *RACE), tmp_path_factory.mktemp("raced") / "whole")


def test_a_run_takes_fewer_steps(whole):
    assert invariants.found(whole) == []
    steps = [int(row["env_steps"]) for row in rows(whole)]
    assert all(24 * 2 * 200 < taken < 24 * 6 * 200 for taken in steps)
    assert all(taken % 200 == 0 for taken in steps)


@pytest.mark.parametrize("threads", [1, 3])
def test_stopped_and_resumed(whole, tmp_path, threads):
    run = start(tiny("Pendulum", *RACE, f"run.threads={threads}"), tmp_path / "run", Watcher(stops=[2]))
    resume(run)
    assert bits(run) == bits(whole)


def test_where_nobody_is_out_it_is_the_run_without(tmp_path):
    everybody = (*RACE, "evaluation.validate_top=24")
    wide = start(tiny("Pendulum", *everybody), tmp_path / "wide")
    without = start(tiny("Pendulum", *everybody, "evaluation.race=none"), tmp_path / "without")
    for one, other in zip(states(wide), states(without), strict=True):
        assert one.fitness.tolist() == other.fitness.tolist()
        assert one.population.equals(other.population)
    counted = ("env_steps", "decisions", "macs", "node_updates", "longest_decisions")
    for name in (*counted, "episodes_terminated", "episodes_truncated", "validated_fitness"):
        assert [row.get(name) for row in rows(wide)] == [row.get(name) for row in rows(without)]


def test_in_workers_with_normalised_observations(tmp_path):
    few = ("neat.generations=3", "neat.population=12", "evaluation.validate_episodes=3", "evaluation.validate_top=1")
    run = start(tiny("LunarLander", *few, *RACE), tmp_path / "run")
    assert invariants.found(run) == []
    for row, before, after in zip(rows(run)[1:], states(run), states(run)[1:], strict=False):
        assert after.normaliser.samples - before.normaliser.samples == int(row["decisions"])


def test_on_the_chip(tmp_path):
    run = start(tiny("CartPole", *RACE, "run.backend=genesys"), tmp_path / "run")
    assert invariants.found(run) == []
    assert all(int(row["adam_cycles"]) > 0 for row in rows(run))


def test_costs_are_minimised(tmp_path):
    turned = ("evaluation.minimise=true", "evaluation.solved_at=-1e9")
    run = start(tiny("Pendulum", *RACE, *turned), tmp_path / "run")
    assert invariants.found(run) == []
    best = [float(row["best_fitness"]) for row in rows(run)]
    assert all(state.fitness.max() == -least for state, least in zip(states(run), best, strict=True))


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("evaluation.race=1", "evaluation.episodes=2"), "ends no genome's episodes before 2 are played"),
        (("evaluation.race=-1",), "evaluation.race"),
        ((*RACE, 'objectives.beside=["nodes"]'), "evaluation.race = 1: with objectives.beside"),
    ],
)
def test_what_cannot_be(tmp_path, overrides, said):
    with pytest.raises(UserError, match=said):
        runs.evolve(tiny("CartPole", *overrides), tmp_path / "run", ["genesys"], Watcher())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("module", "text", "said"),
    [
        (
            "together",
            "def evaluate_all(networks, seed):\n    return [1.0] * len(networks)\n",
            "with all genomes together",
        ),
        ("matched", "def match(players, seed):\n    return [1.0, 0.0]\n", "plays matches"),
    ],
)
def test_functions_that_cannot_race(tmp_path, monkeypatch, module, text, said):
    (tmp_path / f"{module}.py").write_text(f"INPUTS, OUTPUTS = 2, 1\n{text}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = load_settings(None, None, list(RACE), {"problem.function": f"{module}:{text[4:].split('(')[0]}"})
    with pytest.raises(UserError, match=said):
        runs.evolve(settings, tmp_path / "run", ["genesys"], Watcher())


def test_rows_of_a_table_cannot(tmp_path):
    (tmp_path / "t.csv").write_text("a,q\n" + "1,2\n3,4\n" * 9, encoding="utf-8")
    flags = {"data.file": str(tmp_path / "t.csv"), "data.target": "q"}
    with pytest.raises(UserError, match="evaluation.race has no meaning with a table of data"):
        runs.evolve(load_settings(None, None, ["evaluation.race=1"], flags), tmp_path / "run", ["genesys"], Watcher())


def test_no_model_of_a_cluster_knows_it():
    settings = tiny("CartPole", *RACE)
    assert not is_known(settings, find("CartPole"))
    assert is_known(tiny("CartPole"), find("CartPole"))
