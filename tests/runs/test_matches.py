"""Runs of networks that play matches: against one another and earlier champions, stopped, replayed, reported."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from backends import functions
from files.damage import reason, repacked
from genesys_cli import UserError
from genesys_cli.backends.base import backend_of
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.registry import environment_of
from genesys_cli.evolution.episodes import training_episodes
from genesys_cli.evolution.matches import hall as halls
from genesys_cli.evolution.matches.fixtures import against, fixtures_of
from genesys_cli.files.champion import load_champion
from genesys_cli.files.checkpoint import checkpoint_path, load
from genesys_cli.inspection.overview import overview
from genesys_cli.playback.replay import replay
from genesys_cli.report.html.matches import matches as section
from small_runs import Watcher, bits, newest, resume, start

SMALL = (
    *("problem.function=backends.functions:duel", "problem.matches=3", "problem.hall_of_fame=1"),
    *("neat.population=9", "neat.generations=5", "neat.node_add_prob=0.5", "run.threads=1"),
    *("run.stop_when_solved=false", "evaluation.episodes=2", "evaluation.validate_episodes=3"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was never stopped, and what it said."""
    watcher = Watcher()
    return start(load_settings(overrides=SMALL), tmp_path_factory.mktemp("whole") / "run", watcher), watcher


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_bits_depend_neither_on_workers_nor_on_a_stop(whole):
    """In generation 2, both earlier champions are there, and a third is drawn for one's place later."""
    stopped = start(load_settings(overrides=[*SMALL, "run.threads=2"]), "stopped", Watcher({2}))
    resume(stopped)
    assert bits(stopped) == bits(whole[0])


def by_hand(population, opponents, fixtures, seeds, size):
    """Return the mean points of each genome, as a plain loop has them: every fixture both ways, with each seed."""
    settings = load_settings(overrides=SMALL)
    backend = backend_of(settings, environment_of(settings), Threads(1))
    everybody = population.with_more(opponents)
    won = [[] for _ in range(everybody.size)]
    for a, b in fixtures.tolist():
        for seed in seeds:
            for pair in ((a, b), (b, a)):
                first, second = functions.duel([backend.network(everybody.select(np.array([g]))) for g in pair], seed)
                share = 1.0 if first > second else 0.5 if first == second else 0.0
                won[pair[0]].append(share)
                won[pair[1]].append(1.0 - share)
    return [math.fsum(one) / len(one) for one in won[:size]]


def test_fitness_is_that_of_all_matches(whole):
    settings = load_settings(overrides=SMALL)
    env = environment_of(settings)
    for generation in (0, 3):
        state = load(checkpoint_path(whole[0] / "checkpoints", generation))[0]
        opponents = halls.trainers(state.hall).genomes
        assert opponents.size == (generation > 0)
        fixtures = np.concatenate(
            (fixtures_of(9, 2, 3, 0, generation), against(range(9), range(9, 9 + opponents.size), 2))
        )
        seeds = training_episodes(settings, env, generation)
        expected = by_hand(state.population, opponents, fixtures, seeds, 9)
        np.testing.assert_allclose(state.fitness, expected, rtol=1e-14)


def test_the_champion_is_judged_by_those_whom_nobody_trains_against(whole):
    run, watcher = whole
    state = load(newest(run))[0]
    champion = state.champion
    assert (state.hall.generations.tolist()[0] % 2, sorted(state.hall.judges.tolist())) == (0, [False, True])
    assert champion.opponents.equals(halls.judges(state.hall).genomes)
    fixtures = against([0], [1], 2)
    settings = load_settings(overrides=SMALL)
    found = replay("champion", run, None, None, "none")
    seeds = [one["seed"] for one in found["episode_list"]] or None
    assert (found["repeats"], found["same_episodes_as_stored"], found["episodes"]) == (True, True, 3)
    assert found["mean_return"] == watcher.summary["validated_fitness"] == champion.validated_fitness
    assert settings.evaluation.validate_episodes == len(champion.returns)
    if seeds is not None:
        assert by_hand(champion.genome, champion.opponents, fixtures, seeds, 1) == [champion.validated_fitness]
    stored = load_champion(run / "champion.json").champion
    assert stored.opponents.equals(champion.opponents)
    other = replay("last", run, 2, 5, "none")
    assert (other["repeats"], other["episodes"]) == (None, 2)
    with pytest.raises(UserError, match="has no earlier champion for the network to play against"):
        replay("gen:0", run, None, None, "none")


def test_the_summary_and_the_report_have_all_against_all(whole):
    run, watcher = whole
    found = watcher.summary["matches"]
    state = load(newest(run))[0]
    assert found["generations"] == [*state.hall.generations.tolist(), state.champion.generation]
    points = np.array(found["points"], float)
    assert np.isnan(points.diagonal()).all()
    np.testing.assert_allclose((points + points.T)[~np.eye(3, dtype=bool)], 1.0)
    text = section(overview(run))
    assert "Against earlier champions" in text
    assert f"{found['generations'][-1]}, champion" in text
    assert text.count('class="share"') == 6
    assert watcher.summary["problem"]["players"] == 2


def test_what_a_damaged_hall_says(whole):
    path = newest(start(load_settings(overrides=[*SMALL, "neat.generations=3"]), "run"))
    data = path.read_bytes()
    for name, value, message in (
        ("hall.generations", np.array([1, 0]), "hall.generations are not generations, ascending"),
        ("hall.generations", np.array([0, 2]), "hall.generations are not before 2"),
        ("hall.judges", np.ones(3, np.uint8), "hall.judges has 3 numbers instead of 2"),
        ("hall.node_id", np.zeros(2, np.int32), "hall holds invalid genomes"),
        ("opponents.conn_in", None, "lacks a part of a checkpoint ('opponents.conn_in')"),
    ):

        def change(arrays, name=name, value=value):
            arrays.pop(name) if value is None else arrays.update({name: value})

        repacked(path, change_arrays=change)
        assert message in reason(load, path)
        path.write_bytes(data)


def test_champions_with_odd_opponents(whole, tmp_path):
    from genesys_cli.files.champion import _digest

    document = json.loads((whole[0] / "champion.json").read_text())
    for change, message in (
        (lambda one: one["nodes"].clear(), "opponents"),
        (lambda one: one.update(inputs=3), "opponents"),
    ):
        changed = json.loads(json.dumps(document))
        change(changed["opponents"][0])
        del changed["sha256"]
        changed["sha256"] = _digest(changed)
        path = tmp_path / "champion.json"
        path.write_text(json.dumps(changed))
        assert message in reason(load_champion, path)


@pytest.mark.parametrize(
    ("more", "opponents"),
    [
        (("problem.hall_of_fame=0", "problem.fitness=rating"), 4),
        (("problem.players=3", "problem.function=backends.functions:trio", "problem.fitness=score"), 1),
    ],
)
def test_other_ways_to_play(more, opponents):
    watcher = Watcher()
    run = start(load_settings(overrides=[*SMALL, "neat.generations=3", *more]), "run", watcher)
    assert load(newest(run))[0].champion.opponents.size == opponents
    assert replay("champion", run, None, None, "none")["repeats"] is True
    assert all(row["best_fitness"] is not None for row in watcher.rows)
    assert len(watcher.summary["matches"]["generations"]) == (1 if opponents == 4 else 3)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["evaluation.minimise=true"], "evaluation.minimise has no meaning with matches: the larger number wins"),
        (["problem.players=10"], "neat.population = 9 is less than a match has players, 10"),
        (["problem.players=1"], "problem.players = 1 (--set): must be a whole number from 2 to 64"),
        (
            ["problem.players=2", "problem.call=one"],
            "problem.players = 2 (--set): has no meaning with problem.call = one",
        ),
    ],
)
def test_settings_that_cannot_be(more, message):
    with pytest.raises(UserError) as caught:
        start(load_settings(overrides=[*SMALL, *more]), "run")
    assert message in str(caught.value)
