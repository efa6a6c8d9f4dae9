"""Champions that are judged in trials of the environment's own."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.envs.conditions import conditions_of
from genesys_cli.envs.registry import NATIVE, find
from genesys_cli.envs.spec import Trial
from genesys_cli.envs.trials import env_of
from genesys_cli.errors import UserError
from genesys_cli.evolution.state import Champion
from genesys_cli.evolution.trials import Marks, Trials, TrialValidation
from genesys_cli.files.champion import load_champion
from genesys_cli.files.folder import read_metrics
from genesys_cli.neat.initial import first_population
from genesys_cli.playback.replay import replay
from genesys_cli.runs import evolve as runs
from small_runs import Watcher, bits, copied, resume, start

XOR = ("neat.population=100", "neat.generations=6", "run.threads=1", "run.seed=5")


def xor(*overrides):
    return load_settings(None, "XOR", [*XOR, *overrides])


class Marked(Trials):
    """Trials that give what a table says, genome by genome; genomes are known by a weight."""

    def __init__(self, population, scores):
        self.marks = population.conn_weight[population.conn_offsets[:-1]].tolist()
        self.scores = np.array(scores, float)
        self.asked = []

    def judge(self, population, world):
        genomes = [self.marks.index(mark) for mark in population.conn_weight[population.conn_offsets[:-1]].tolist()]
        self.asked.append(genomes)
        return Marks(self.scores[genomes], [np.array([float(genome)]) for genome in genomes], 10 * len(genomes))


@pytest.fixture
def challenge():
    """Return a function: who is champion after the best `top` of four were judged, and who was."""
    settings = load_settings(env="XOR", overrides=["neat.population=4", "neat.target_species=0"])
    env = find("XOR")
    population, _ = first_population(settings.neat, env.n_inputs, env.n_outputs, 3, Threads(1))
    world = conditions_of(settings, env)

    def run(scores, fitness=(4.0, 3.0, 2.0, 1.0), champion=None, top=4, judged=None):
        standing = None
        if champion is not None:
            score, trained = champion
            standing = Champion(population, 0, 9, trained, score, 0.0, 0, world.offset, world.scale, np.empty(0))
        trials = Marked(population, scores)
        validation = TrialValidation(trials, world, 1)
        found = validation.challenge(population, np.array(fitness), top, standing, judged)
        assert validation.steps == 10 * sum(map(len, trials.asked))
        return None if found is None else found.genome_index, trials.asked

    return run


def test_the_higher_score_stands(challenge):
    assert challenge([1, 3, 2, 0]) == (1, [[0, 1, 2, 3]])
    assert challenge([1, 3, 2, 0], champion=(3, 9.0))[0] == 9
    assert challenge([1, 4, 2, 0], champion=(3, 9.0))[0] == 1


def test_of_equal_scores_the_higher_training_fitness_stands(challenge):
    assert challenge([0, 0, 0, 0])[0] == 0
    assert challenge([2, 2, 1, 2], fitness=(1.0, 5.0, 9.0, 5.0))[0] == 1
    assert challenge([0, 0, 0, 0], champion=(0, 3.5))[0] == 0
    assert challenge([0, 0, 0, 0], champion=(0, 4.0))[0] == 9


def test_only_the_best_are_judged_and_nobody_twice(challenge):
    assert challenge([1, 3, 9, 9], top=2) == (1, [[0, 1]])
    assert challenge([1, 3, 9, 9], top=2, judged=np.array([0, 1, 0, 0], bool)) == (0, [[0]])
    assert challenge([1, 3, 9, 9], top=1, judged=np.array([1, 0, 0, 0], bool), champion=(0, 0.0)) == (9, [])


def test_who_fails_is_no_champion(challenge):
    assert challenge([np.nan] * 4) == (None, [[0, 1, 2, 3]])
    assert challenge([np.nan, 0, 0, 0])[0] == 1
    assert challenge([5] * 4, fitness=(np.nan,) * 4) == (None, [])


def hand_made(env, trials):
    return replace(env, validations={"mine": trials})


def test_a_trial_is_played_if_the_one_before_was_passed():
    """And the score is that of the last. CartPole from upright, and lying."""
    settings = load_settings(env="CartPole", overrides=["neat.population=40", "run.threads=1"])
    env = find("CartPole")
    upright, lying = np.zeros((1, 4)), np.array([[0, 0, 1.0, 0]])
    with Threads(1) as threads:
        population, _ = first_population(settings.neat, env.n_inputs, env.n_outputs, 3, threads)
        world = conditions_of(settings, env)
        starts = np.random.default_rng(1).uniform(-0.05, 0.05, (6, 4))
        last = Trial(starts, max_steps=60, pass_at=30.0, needed=2)

        def judged(*trials):
            return Trials(settings, hand_made(env, trials), "mine", threads).judge(population, world)

        alone, after, never = (
            judged(last),
            judged(Trial(upright, 500, 20.0, 1), last),
            judged(Trial(lying, 9, 5.0, 1), last),
        )
        first = judged(Trial(upright, 500, 20.0, 1))
    passed = np.array([float(own[0]) >= 20 for own in first.returns])
    assert 0 < passed.sum() < 40
    assert np.count_nonzero(alone.scores[passed]) > 0
    assert after.scores.tolist() == np.where(passed, alone.scores, 0.0).tolist()
    for genome in range(40):
        expected = alone.returns[genome] if passed[genome] else first.returns[genome]
        assert after.returns[genome].tolist() == expected.tolist()
        assert alone.scores[genome] == (alone.returns[genome] >= 30).sum()
    assert never.scores.tolist() == [0.0] * 40
    assert never.steps == 40  # each lies at once: of episodes that are played several times, one counts
    assert after.steps == sum(int(own.sum()) for own in first.returns) + sum(
        int(alone.returns[genome].sum()) for genome in np.flatnonzero(passed)
    )


def test_the_environment_of_a_trial():
    env = NATIVE["DoublePoleNoVelocity-v0"]
    for trial in env.validations["generalisation"]:
        one = env_of(env, trial)
        assert one.step is not env.step
        assert one.observe is env.observe
        assert (one.max_steps, one.validations) == (trial.max_steps, {})
        assert one.starts is trial.starts


def test_a_run_is_solved_by_its_score(tmp_path):
    run = start(load_settings(None, "XOR", [*XOR, "neat.generations=60"]), tmp_path / "run", watcher := Watcher())
    rows, summary = read_metrics(run / "metrics.csv"), watcher.summary
    assert summary["solved"]
    assert (summary["solved_at"], summary["validated_fitness"], summary["validated_std"]) == (4.0, 4.0, 0.0)
    assert (summary["validation"], summary["validation_episodes"]) == ("answers", 4)
    assert [row["champion_fitness"] for row in rows][-1] == 4
    assert max(row["champion_fitness"] for row in rows[:-1]) < 4
    assert load_champion(run / "champion.json").champion.returns.tolist() == [1.0] * 4
    assert [text for text in watcher.messages if "warning" in text] == []
    again = replay(str(run), None, None, None, "none")
    assert again["validation"] == {"name": "answers", "score": 4.0, "starts": 4, "needed": 4}
    assert (again["stored_fitness"], again["repeats"], again["same_episodes_as_stored"]) == (4.0, True, True)


@pytest.fixture
def balance(monkeypatch):
    """Return a function: settings of runs in CartPole, with trials that its own kernels play."""
    env = NATIVE["CartPole-v1"]
    starts = np.random.default_rng(1).uniform(-0.05, 0.05, (6, 4))
    trials = (Trial(np.zeros((1, 4)), 60, 12.0, 1), Trial(starts, 60, 25.0, 3))
    monkeypatch.setitem(NATIVE, env.id, hand_made(env, trials))
    small = ("neat.population=40", "neat.generations=6", "run.threads=1", "run.stop_when_solved=false")
    return lambda *overrides: load_settings(None, "CartPole", [*small, "evaluation.validation=mine", *overrides])


@pytest.mark.parametrize("backend", ["software", "genesys"])
def test_threads_and_resume_change_no_bit(balance, backend, tmp_path):
    settings = balance(f"run.backend={backend}", "evaluation.validate_top=3")
    once = start(settings, tmp_path / "once")
    several = settings.model_copy(update={"run": settings.run.model_copy(update={"threads": 3})})
    assert bits(once) == bits(start(several, tmp_path / "several"))
    part = copied(once, "part", until=2)
    resume(part)
    assert bits(once) == bits(part)
    again = replay(str(once), None, None, None, "none")
    assert again["validation"]["score"] == again["stored_fitness"]
    assert again["repeats"]


def test_a_changed_world_judges_the_champion_again(balance, tmp_path):
    run = start(balance("drift.force.at=[2]", "drift.force.to=[-10]"), tmp_path / "run")
    champion = load_champion(run / "champion.json").champion
    assert champion.validated_in >= 2
    assert replay(str(run), None, None, None, "none")["repeats"]
    rows = read_metrics(run / "metrics.csv")
    assert rows[1]["champion_fitness"] == 6
    assert rows[2]["champion_fitness"] < 6  # it pushes the other way now


def test_a_score_that_is_none_is_damage(tmp_path):
    run = start(xor(), tmp_path / "run")
    path = run / "champion.json"
    document = json.loads(path.read_text())
    document["statistics"]["validated_fitness"] = 1.5
    path.write_text(json.dumps(_signed(document)))
    with pytest.raises(UserError, match=r"validated_fitness = 1.5: must be a number of starts"):
        load_champion(path)


def _signed(document):
    from genesys_cli.files.champion import _digest

    return document | {"sha256": _digest({key: value for key, value in document.items() if key != "sha256"})}


@pytest.mark.parametrize(
    ("env", "overrides", "said"),
    [
        (
            "XOR",
            ["evaluation.validation=answer"],
            "XOR-v0 has no such validation, it has answers; did you mean 'answers'",
        ),
        ("CartPole", ["evaluation.validation=answers"], "CartPole-v1 has no such validation, it has none"),
        ("FrozenLake-v1", ["evaluation.validation=answers"], "FrozenLake-v1 has no such validation, it has none"),
        ("XOR", ["evaluation.solved_at=5"], "evaluation.solved_at = 5: .*of which there are 4; give at most 4"),
        (
            "XOR",
            ["evaluation.stop_on=best"],
            "with evaluation.validation the environment's own threshold does not count",
        ),
        (
            "XOR",
            ["evaluation.validate_episodes=20"],
            "validate_episodes = 20 .--set.: has no meaning with evaluation.validation",
        ),
        ("XOR", ["evaluation.minimise=true"], "validation = 'answers' .in XOR.toml.: counts passed starts"),
        ("XOR", ["evaluation.fitness=my:score"], "validation = 'answers' .in XOR.toml.: counts passed starts"),
    ],
)
def test_what_cannot_be_is_said_before_the_run(env, overrides, said, tmp_path):
    with pytest.raises(UserError, match=said):
        runs.evolve(load_settings(None, env, [*XOR, *overrides]), tmp_path / "run", [], Watcher())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["evaluation.episodes=3"], "evaluation.episodes = 3 only repeat the same one; make it 1"),
        (
            ["evaluation.episodes=2", "evaluation.validation=none", "evaluation.validate_episodes=5"],
            "evaluation.episodes = 2 and evaluation.validate_episodes = 5 only repeat the same one; make them 1",
        ),
        (["evaluation.episodes=3", "drift.observation_noise.at=[1]", "drift.observation_noise.to=[0.1]"], None),
    ],
)
def test_one_start_needs_one_episode(overrides, said, tmp_path):
    start(xor("neat.generations=1", *overrides), tmp_path / "run", watcher := Watcher())
    told = [text for text in watcher.messages if "starts alike" in text]
    assert len(told) == (said is not None)
    assert all(f"every episode of XOR-v0 starts alike, so that {said}" in text for text in told)
