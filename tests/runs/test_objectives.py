"""Runs with several objectives: the same bits whoever computes them, a front that is one, and messages."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli import load_champion
from genesys_cli.cli.main import main
from genesys_cli.config.load import load_settings
from genesys_cli.costs.step import StepCosts
from genesys_cli.envs.registry import environment_of
from genesys_cli.errors import UserError
from genesys_cli.files.target import find_target
from genesys_cli.neat.given import draws_of
from genesys_cli.neat.pareto import fronts, pareto_plan
from genesys_cli.runs.evolve import resolved_in
from genesys_cli.runs.refine import settings_for
from small_runs import Watcher, bits, resume, rows, start, states, tiny

SEVERAL = ('objectives.beside=["connections", "energy", "worst_episode"]',)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return start(tiny("Pendulum", *SEVERAL), tmp_path_factory.mktemp("objectives") / "whole")


def summary_of(run):
    return json.loads((run / "summary.json").read_text())


def test_each_generation_is_bred_by_its_objectives(whole):
    settings = load_settings(None, "Pendulum", [*SEVERAL, "neat.population=24"])
    found = states(whole)
    for before, after, row in zip(found, found[1:], rows(whole)[1:], strict=False):
        plan = pareto_plan(before.objectives, settings.neat, draws_of(0, before.generation))
        elites = np.flatnonzero(plan.elite)
        assert len(elites) == 12
        assert after.population.select(elites).equals(before.population.select(plan.fitter[elites]))
        assert int(row["front"]) == (fronts(after.objectives) == 0).sum()


def test_objectives_are_what_they_say(whole):
    settings = tiny("Pendulum", *SEVERAL)
    env = environment_of(settings)
    for state in states(whole):
        genomes = state.population
        enabled = [
            int(genomes.conn_enabled[begin:end].sum())
            for begin, end in zip(genomes.conn_offsets, genomes.conn_offsets[1:], strict=False)
        ]
        assert state.objectives[:, 0].tolist() == state.fitness.tolist()
        assert state.objectives[:, 1].tolist() == [-count for count in enabled]
        one_by_one = [StepCosts(settings, env).joules(genomes.select(np.array([k])))[0] for k in range(3)]
        assert state.objectives[:3, 2].tolist() == [-joules for joules in one_by_one]
        assert (state.objectives[:, 3] <= state.fitness).all()
    costs = StepCosts(settings, env)
    assert np.array_equal(costs.joules(genomes), costs.joules(genomes))  # the second time from what is known


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("stop", [0, 3])
def test_stopped_and_resumed(whole, tmp_path, threads, stop):
    run = start(tiny("Pendulum", *SEVERAL, f"run.threads={threads}"), tmp_path / "run", Watcher(stops=[stop]))
    assert len(rows(run)) == stop + 1
    resume(run)
    assert bits(run) == bits(whole)
    assert [path.read_bytes() for path in sorted((run / "front").iterdir())] == [
        path.read_bytes() for path in sorted((whole / "front").iterdir())
    ]


def test_nobody_of_the_front_beats_another(whole):
    points = summary_of(whole)["front"]
    signs = np.array([1, -1, -1, 1])
    values = np.array([[point["fitness"], *point["objectives"].values()] for point in points]) * signs
    assert (fronts(values) == 0).all()
    assert [point["fitness"] for point in points] == sorted((point["fitness"] for point in points), reverse=True)
    settings = tiny("Pendulum", *SEVERAL)
    for point in points:
        stored = find_target(str(whole / point["file"]), None).champion
        returns = stored.returns
        assert len(returns) == 9
        assert point["fitness"] == pytest.approx(returns.mean())
        assert point["objectives"]["worst_episode"] == returns.min()
        assert point["objectives"]["connections"] == point["conns"] == stored.genome.conn_enabled.sum()
        joules = StepCosts(settings, environment_of(settings)).joules(stored.genome)
        assert point["objectives"]["energy"] == joules[0]
    best = load_champion(whole / "champion.json")
    assert best.fitness == points[0]["fitness"] == summary_of(whole)["validated_fitness"]


def test_a_longer_run_leaves_nothing_of_the_earlier_front(whole, tmp_path):
    run = start(tiny("Pendulum", *SEVERAL), tmp_path / "run")
    before = len(list((run / "front").iterdir()))
    (run / "front" / "99.json").write_text("of an earlier end")
    (run / "front" / "mine.txt").write_text("not ours")
    resume(run, generations=9)
    left = {path.name for path in (run / "front").iterdir()} - {"mine.txt"}
    assert left == {point["file"].removeprefix("front/") for point in summary_of(run)["front"]}
    assert before
    assert (run / "front" / "mine.txt").exists()


def test_a_network_of_the_front_is_refined_for_its_fitness_alone(whole):
    settings = settings_for(find_target(str(whole / "front" / "01.json"), None), {})
    assert not settings.objectives.acts
    assert settings.refine.acts


def test_species_that_have_no_part_in_it_are_not_warned_of(tmp_path):
    watcher = Watcher()
    start(tiny("CartPole", *SEVERAL, "neat.compatibility_threshold=1e6"), tmp_path / "run", watcher)
    assert not [text for text in watcher.messages if "compatibility_threshold" in text]


def test_it_goes_on_when_solved(tmp_path):
    settings = tiny("CartPole", *SEVERAL, "run.stop_when_solved=true", "evaluation.solved_at=1")
    run = start(settings, tmp_path / "run")
    assert len(rows(run)) == 7
    assert summary_of(run)["solved"]


def test_what_counts_little_becomes_little(tmp_path):
    """Of the same seed, generations and everything else, the one with an eye on connections has fewer."""
    usual = ["neat.generations=30", "run.stop_when_solved=false"]
    plain = start(load_settings(None, "CartPole", usual), tmp_path / "plain")
    frugal = start(load_settings(None, "CartPole", [*usual, 'objectives.beside=["connections"]']), tmp_path / "frugal")
    assert summary_of(plain)["validated_fitness"] == summary_of(frugal)["validated_fitness"] == 500
    solving = [point["conns"] for point in summary_of(frugal)["front"] if point["fitness"] >= 475]
    assert min(solving) <= summary_of(plain)["champion_conns"] / 2


def test_less_may_be_better(tmp_path):
    overrides = ("evaluation.minimise=true", "evaluation.solved_at=1", 'objectives.beside=["worst_episode", "nodes"]')
    run = start(tiny("Pendulum", *overrides), tmp_path / "run")
    points = summary_of(run)["front"]
    assert [point["fitness"] for point in points] == sorted(point["fitness"] for point in points)
    for point in points:
        largest = find_target(str(run / point["file"]), None).champion.returns.max()
        assert point["objectives"]["worst_episode"] == largest >= point["fitness"]


AT_ONCE = """
INPUTS, OUTPUTS = ["x"], ["y"]

def places(networks, seed):  # worth of a network depends on who else is there
    found = [network.activate([seed % 7])[0] for network in networks]
    return [sum(other < own for other in found) for own in found]
"""


def test_whoever_is_judged_among_others_is_so_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "places_at_once.py").write_text(AT_ONCE)
    command = ["evolve", "--problem", "places_at_once:places", "-g", "3", "-p", "12", "-o", "run", "--threads", "1"]
    command += ["-s", 'objectives.beside=["connections"]', "-s", 'problem.call="all"', "--quiet"]
    shown = CliRunner().invoke(main, command)
    assert shown.exit_code == 0, shown.output
    points = summary_of(tmp_path / "run")["front"]
    judged = 12 + 1  # at most: the front and the champion
    assert all(0 <= point["fitness"] < judged for point in points)
    assert len({point["file"] for point in points}) == len(points) >= 1
    for point in points:
        assert find_target(f"run/{point['file']}", None).champion.validated_in == 2


def test_the_emulated_chip_breeds_by_them_too(tmp_path):
    settings = tiny("CartPole", *SEVERAL, "run.backend=genesys")
    run = start(settings, tmp_path / "run")
    assert summary_of(run)["front"]
    assert all(state.objectives.shape == (24, 4) for state in states(run))


def test_the_command_shows_the_front_and_the_report_draws_it(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["evolve", "-e", "CartPole", "-g", "6", "-p", "20", "-o", "run"]
    command += ["-s", 'objectives.beside=["connections"]']
    shown = CliRunner().invoke(main, command)
    assert shown.exit_code == 0, shown.output
    assert "The front: no network beats another in every objective; in run:" in shown.output
    assert "front/00.json" in shown.output
    assert CliRunner().invoke(main, ["replay", "run/front/00.json", "--episodes", "2"]).exit_code == 0
    assert CliRunner().invoke(main, ["replay", "front:0"]).exit_code == 0
    shown = CliRunner().invoke(main, ["inspect", "run"])
    assert "front/00.json" in shown.output
    shown = CliRunner().invoke(main, ["inspect", "front:99"])
    assert shown.exit_code == 2
    assert "has the networks front:0 to front:" in shown.output
    assert CliRunner().invoke(main, ["report", "run", "--quiet"]).exit_code == 0
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Fitness over enabled connections" in page
    assert "front/00.json" in page


@pytest.mark.parametrize(
    ("env", "overrides", "words"),
    [
        ("CartPole", ['objectives.beside=["joules"]'], "objectives.beside"),
        ("CartPole", ['objectives.beside=["nodes", "nodes"]'], "must name each objective once"),
        (
            "CartPole",
            ['objectives.beside=["worst_episode"]', "evaluation.episodes=1"],
            "evaluation.episodes more than 1",
        ),
        ("CartPole", ['objectives.beside=["nodes"]', "islands.count=2"], "islands exchange genomes by their fitness"),
        ("CartPole", ['objectives.beside=["nodes"]', "neat.population=3"], "at least 4 genomes"),
        ("DoublePoleNoVelocity", ['objectives.beside=["nodes"]'], "not by evaluation.validation"),
        (
            "CartPole",
            ['objectives.beside=["energy"]', 'neat.aggregation_options=["sum", "max"]'],
            "max",
        ),
    ],
)
def test_messages(env, overrides, words):
    def begin():
        settings = load_settings(None, env, overrides)
        resolved_in(settings, environment_of(settings))

    with pytest.raises(UserError, match=words):
        begin()
