"""Fitness that is no number counts as the worst, is reported, and never makes a champion."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from genesys_cli.errors import UserError
from genesys_cli.files.checkpoint import load
from genesys_cli.files.target import find_target
from genesys_cli.report.results import print_summary
from genesys_cli.runs import evolve as runs
from meddler import Meddler
from small_runs import Watcher, last, newest, resume, rows, start, tiny

# Numbers that overflow in networks that remember them: some genomes' actions are NaN before an episode ends.
WILD = (
    "MountainCarContinuous",
    "neat.feed_forward=false",
    "neat.num_hidden=4",
    "neat.weight_init_stdev=30",
    "neat.bias_init_stdev=30",
    "neat.response_init_stdev=20",
    "neat.activation_default=cube",
    "neat.activation_options=['exp', 'inv', 'cube', 'square']",
    "neat.aggregation_default=product",
    "neat.aggregation_options=['sum', 'product']",
)


def test_networks_that_overflow():
    watcher = Watcher()
    run = start(tiny(*WILD), "run", watcher)
    assert sum(row["invalid_fitness"] for row in watcher.rows) > 0
    assert [row["invalid_fitness"] for row in rows(run)] == [str(row["invalid_fitness"]) for row in watcher.rows]
    assert np.isfinite(load(newest(run))[0].fitness).all()
    assert math.isfinite(watcher.summary["validated_fitness"])
    again = start(tiny(*WILD), "again", Watcher([3]))
    resume(again)
    assert last(again) == last(run)


@pytest.fixture
def meddled(monkeypatch):
    """Evolve with a function from fitness and phase to another fitness; return what the run said."""

    def run(meddle, *overrides):
        make = runs.make_backend
        watcher = Watcher()
        with monkeypatch.context() as patch:
            patch.setattr(runs, "make_backend", lambda *args: Meddler(make(*args), meddle))
            start(tiny("Pendulum", *overrides), "run", watcher)
        return watcher

    return run


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_some_genomes_without_a_fitness(meddled, value):
    watcher = meddled(lambda fitness, phase: np.where(np.arange(len(fitness)) % 3 == 0, value, fitness))
    assert [row["invalid_fitness"] for row in watcher.rows] == [8] * 7
    fitness = load(newest("run"))[0].fitness
    assert np.isfinite(fitness).all()
    assert (fitness[::3] == fitness.min()).all()
    assert all(math.isfinite(row[key]) for row in watcher.rows for key in ("best_fitness", "mean_fitness"))


def test_no_genome_has_a_fitness(meddled, capsys):
    watcher = meddled(lambda fitness, phase: np.full_like(fitness, np.nan))
    assert [row["invalid_fitness"] for row in watcher.rows] == [24] * 7
    assert watcher.summary["champion"] is None
    assert not watcher.summary["solved"]
    assert json.loads(Path("run/summary.json").read_text()) == watcher.summary
    assert load(newest("run"))[0].champion is None
    assert rows("run")[-1]["champion_fitness"] == ""
    with pytest.raises(UserError, match="has no champion yet"):
        find_target("champion", Path("run"))
    print_summary(watcher.summary)
    assert "champion" not in capsys.readouterr().out
    assert resume("run", generations=9)["champion"]  # and without the meddler there is one


def test_no_fitness_on_held_out_episodes_makes_no_champion(meddled):
    """Nothing known would count as 0.0, and that solves Pendulum."""
    watcher = meddled(lambda fitness, phase: np.full_like(fitness, np.nan) if phase == "held out" else fitness)
    assert watcher.summary["champion"] is None
    assert not watcher.summary["solved"]
    assert watcher.summary["validation_steps"] > 0


def test_a_champion_stays_when_the_others_have_no_fitness(meddled):
    judged = []

    def meddle(fitness, phase):
        if phase == "held out":
            judged.append(fitness)
            return fitness if len(judged) == 1 else np.full_like(fitness, np.inf)
        return fitness

    watcher = meddled(meddle)
    assert watcher.summary["champion_generation"] == 0
    assert watcher.summary["validated_fitness"] == judged[0].max()


def test_fewer_sound_genomes_than_are_validated(meddled):
    """The only sound one is also the worst finite one, and so as good as all that are not sound."""

    def meddle(fitness, phase):
        return fitness if phase == "held out" else np.where(np.arange(24) == 23, fitness, math.nan)

    watcher = meddled(meddle, "evaluation.validate_top=5")
    assert [row["invalid_fitness"] for row in watcher.rows] == [23] * 7
    champion = load(newest("run"))[0].champion
    assert champion.genome_index == 23
    assert champion.validated_fitness == watcher.summary["validated_fitness"]


def test_only_one_of_the_best_is_sound_on_held_out_episodes(meddled):
    found = []

    def meddle(fitness, phase):
        if phase == "held out":
            found.append(fitness)
            return np.where(np.arange(len(fitness)) == 2, fitness, math.nan)
        return fitness

    watcher = meddled(meddle, "neat.generations=1", "evaluation.validate_top=4")
    assert watcher.summary["validated_fitness"] == found[0][2]
    genome = load(newest("run"))[0]
    assert genome.champion.genome_index == np.argsort(-genome.fitness, kind="stable")[2]
