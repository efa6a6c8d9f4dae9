"""Where a hint would be wrong, or could be, nothing is said."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.counts import EPISODES_TRUNCATED
from genesys_cli.envs.registry import find
from genesys_cli.evolution.goal import Goal
from genesys_cli.runs import ending
from genesys_cli.runs.hints import judging, progress, selection
from genesys_cli.runs.hints.course import Course
from genesys_cli.runs.hints.evidence import Spread, few, usual
from genesys_cli.runs.hints.hints import MOST, hints_of
from small_runs import start

QUICK = ("run.threads=1", "neat.population=60")


def evidence(monkeypatch, env, *overrides, preset=None, folder="run"):
    """Return what a run leaves behind."""
    seen = []

    def noted(run, *, solved):
        seen.append(run)
        return hints_of(run, solved=solved)

    monkeypatch.setattr(ending, "hints_of", noted)
    start(load_settings(preset, env, [*QUICK, *overrides]), folder)
    return seen[-1]


@pytest.fixture
def cut_off(monkeypatch):
    """A run whose training episodes are too short."""
    return evidence(monkeypatch, "CartPole", "evaluation.training_max_steps=20", "neat.generations=5")


def changed(run, table, **values):
    settings = run.settings
    return run._replace(
        settings=settings.model_copy(update={table: getattr(settings, table).model_copy(update=values)})
    )


def course_of(champions, goal=None, **others):
    """Return a course whose champions score such; others: what else its rows say."""
    usual = {"best_fitness": 0.0, "std_fitness": 1.0, "mean_fitness": 0.0, "species": 1, "nodes_mean": 2.0}
    return Course(goal or Goal(threshold=100.0), 2, [{**usual, "champion_fitness": one, **others} for one in champions])


STILL = [*range(10), *[9.0] * 20]  # what a champion scores that has stood still


@pytest.mark.parametrize(
    ("env", "preset", "generations"),
    [
        ("CartPole", None, 1),
        ("CartPole", None, 3),
        ("Pendulum", None, 3),
        ("XOR", None, 3),
        ("XOR", None, 10),
        ("CartPole", "classic", 3),
        (None, "XORTable", 5),
        *(
            pytest.param(env, None, generations, marks=pytest.mark.soak)
            for env in ("MountainCar", "MountainCarContinuous", "Acrobot", "DoublePole")
            for generations in (1, 3)
        ),
    ],
)
def test_presets_that_are_cut_short(env, preset, generations, monkeypatch):
    run = evidence(monkeypatch, env, f"neat.generations={generations}", "neat.population=30", preset=preset)
    assert {hint.cause for hint in hints_of(run, solved=False)} <= {"more-generations"}


def test_nothing_is_said_of_a_world_that_changes_or_a_run_that_is_solved(cut_off):
    assert hints_of(cut_off, solved=False)
    assert hints_of(cut_off, solved=True) == []
    drifting = load_settings("CartPole-drift", None).drift
    assert (
        hints_of(cut_off._replace(settings=cut_off.settings.model_copy(update={"drift": drifting})), solved=False) == []
    )


def test_a_limit_that_is_not_what_ends_episodes(cut_off):
    """An environment may end each by itself in its last step; and a genome may be as fit in fewer steps."""
    assert selection.training_limit(cut_off)
    itself = {**cut_off.row, EPISODES_TRUNCATED.name: 0}
    assert selection.training_limit(cut_off._replace(row=itself)) is None
    assert selection.training_limit(cut_off._replace(decisions=lambda: None)) is None
    early = cut_off.decisions().copy()
    early[cut_off.best[-1]] -= 1
    assert selection.training_limit(cut_off._replace(decisions=lambda: early)) is None
    better = cut_off.state.fitness.copy()
    better[cut_off.best[0]] += 1
    assert selection.training_limit(cut_off._replace(state=cut_off.state._replace(fitness=better))) is None
    assert selection.training_limit(changed(cut_off, "evaluation", training_max_steps=19)) is not None
    assert selection.training_limit(changed(cut_off, "evaluation", training_max_steps=21)) is None
    assert selection.step_limit(cut_off) is None


def test_a_limit_is_counted_in_decisions_where_actions_are_repeated(monkeypatch):
    """Three steps of three are two decisions in an episode of five steps."""
    repeated = ("evaluation.training_max_steps=5", "environment.action_repeat=3", "neat.generations=2")
    run = evidence(monkeypatch, "CartPole", *repeated)
    assert run.decisions().max() == 2 * run.settings.evaluation.episodes
    assert selection.training_limit(run)


def test_genomes_without_a_fitness_are_not_among_the_best(cut_off):
    state = cut_off.state._replace(without=cut_off.best[:3])
    few = cut_off._replace(state=state)
    assert not set(cut_off.best[:3]) & set(few.best)
    nobody = cut_off._replace(state=cut_off.state._replace(without=np.arange(60)))
    assert len(nobody.best) == 0
    assert selection.training_limit(nobody) is None
    assert selection.weights(nobody) is None


def test_equal_fitness_takes_some_generations(cut_off):
    for generations, said in ((4, False), (5, True)):
        flat = course_of([1.0] * generations, std_fitness=0.0)
        found = selection.flat(cut_off._replace(course=flat))
        assert bool(found) is said
    assert found.key == "neat.population"
    assert "neat.population = 240" in found.text
    apart = cut_off._replace(course=flat, decisions=lambda: None)
    assert selection.flat(apart).key == "evaluation.fitness"
    floored = selection.flat(changed(apart, "evaluation", training_reward_min=0.0))
    assert floored.key == "evaluation.training_reward_min"


def test_weights_that_are_all_given(cut_off):
    narrow = {"weight_min": -0.01, "weight_max": 0.01}
    assert selection.weights(changed(cut_off, "neat", **narrow)).numbers["share"] > 0.9
    assert selection.weights(changed(cut_off, "neat", weight_min=0.5, weight_max=0.5)) is None
    assert selection.weights(cut_off) is None
    wide = selection.weights(changed(cut_off, "neat", weight_min=-40.0, weight_max=-20.0))
    assert (wide.key, "-160 and 160" in wide.text) == ("neat.weight_max", True)


def test_training_that_only_seems_to_say_too_little(cut_off):
    goal = Goal(threshold=10.0)
    run = cut_off._replace(goal=goal, course=course_of([1.0] * 6, goal, best_fitness=11.0))
    few = changed(run, "evaluation", episodes=1, training_max_steps=None)
    assert "episodes to 5" in judging.episodes(few).text
    assert "episodes to 10" in judging.episodes(changed(few, "evaluation", episodes=4)).text
    assert judging.episodes(few._replace(course=course_of([1.0] * 4, goal, best_fitness=11.0))) is None
    for other in ({"episodes": 5}, {"training_max_steps": 9}, {"patience": 3}, {"training_reward_min": 0.0}):
        assert judging.episodes(changed(few, "evaluation", **other)) is None
    assert judging.episodes(changed(few, "evaluation", validation="answers")) is None


SPREAD = Spread(np.array([0.5, 0.0, 0.01, 0.02]), "with random actions")


def scaled(cut_off, champions=STILL, spread=SPREAD, **evaluation):
    run = changed(cut_off, "evaluation", training_max_steps=None, **evaluation)
    return progress.scales(run._replace(course=course_of(champions), goal=Goal(threshold=100.0), spread=lambda: spread))


def test_inputs_of_scales_that_do_not_matter(cut_off):
    found = scaled(cut_off)
    assert found.numbers == {"ratio": 50.0, "largest": "cart position", "smallest": "pole angle"}
    assert "cart position varies 50 times as much as pole angle" in found.text
    assert "0.5 and 0.01 with random actions" in found.text
    assert scaled(cut_off, spread=None) is None
    assert scaled(cut_off, spread=Spread(np.array([0.5, 0.06, 0.1, 0.2]), "")) is None
    assert scaled(cut_off, spread=Spread(np.array([0.5, 0.0, 0.0, 0.0]), "")) is None
    for evaluation in ({"normalise_observations": True}, {"observation_scale": [2.0]}, {"observation_offset": [1.0]}):
        assert scaled(cut_off, **evaluation) is None
    assert scaled(cut_off, champions=range(30)) is None
    assert scaled(cut_off, champions=[0.0, *[99.0] * 30]) is None  # as good as there
    recurrent = changed(cut_off, "neat", feed_forward=False)
    assert scaled(recurrent) is None
    assert scaled(changed(cut_off, "neat", population=49)) is None  # more genomes help first


def test_inputs_of_other_scales_where_nobody_gets_anywhere(cut_off):
    """All are cut off: that may be their inputs' fault. Where episodes end, or a function judges them, it is not."""
    flat = course_of([1.0] * 5, std_fitness=0.0)
    run = cut_off._replace(course=flat, spread=lambda: SPREAD)
    assert "the same fitness for 5 generations" in progress.scales(run).text
    assert progress.scales(run._replace(decisions=lambda: None)) is None
    assert progress.scales(changed(run, "evaluation", fitness="my:own")) is None
    assert progress.scales(changed(run, "evaluation", training_reward_min=0.0)) is None


def test_inputs_are_not_looked_at_where_nothing_would_be_said(cut_off):
    def never():
        raise AssertionError("an environment was played for nothing")

    assert progress.scales(cut_off._replace(spread=never)) is None


def still(champions=STILL, goal=None, course=None, **neat):
    settings = load_settings(None, "CartPole", [f"neat.{key}={value}" for key, value in neat.items()])
    goal = goal or Goal(threshold=100.0)
    course = course or course_of(champions, goal)
    return progress.standstill(settings, find("CartPole"), goal, course)


@pytest.mark.parametrize(
    "other",
    [
        {"num_hidden": 1},
        {"population": 49},
        {"node_add_prob": 0},
        {"feed_forward": "false"},
        {"champions": range(30)},
        {"champions": STILL[:15]},
        {"goal": Goal()},
        {"goal": Goal(threshold=9.5)},
        {"goal": Goal(threshold=100.0, stop_on="best")},
        {"course": course_of(STILL, nodes_mean=6.0)},
        {"course": course_of(STILL, species=3)},
        {"course": course_of([])},
    ],
)
def test_a_standstill_for_another_reason(other):
    assert still().cause == "few-species"
    assert still(**other) is None


@pytest.mark.parametrize(
    ("env", "population", "much", "is_few"),
    [
        ("CartPole", 49, 150, True),
        ("CartPole", 50, 150, False),
        ("DoublePoleNoVelocity", 99, 1000, True),
        ("DoublePoleNoVelocity", 100, 1000, False),
        ("my_own:CartPole-v1", 49, 150, True),
    ],
)
def test_how_many_genomes_are_few(env, population, much, is_few):
    settings = load_settings(None, env, [f"neat.population={population}"])
    assert (usual(settings), few(settings)) == (much, is_few)


def test_a_gain_that_nobody_sees():
    assert not course_of([0.6957, 0.6956], Goal(minimise=True)).rising
    assert course_of([0.6957, 0.6856], Goal(minimise=True)).rising


def test_two_at_most_and_the_likeliest_first(cut_off):
    run = changed(changed(cut_off, "evaluation", training_max_steps=None), "neat", weight_min=-0.01, weight_max=0.01)
    run = run._replace(course=course_of(STILL), goal=Goal(threshold=100.0), spread=lambda: SPREAD)
    assert [hint.cause for hint in hints_of(run, solved=False)] == ["input-scales", "weight-limit"]
    assert MOST == 2
    documents = [hint.document() for hint in hints_of(run, solved=False)]
    assert [set(one) for one in documents] == [{"cause", "key", "text", "numbers"}] * 2
