"""Each hint in a run whose cause is known; the run in which it is followed is better."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from genesys_cli.config.load import load_settings
from small_runs import Watcher, copied, resume, start

SMALL = ("neat.population=60", "run.threads=1")
NARROW = ("neat.weight_max=0.25", "neat.weight_min=-0.25")


def ended(env, *overrides, preset=None, flags=None, folder="run"):
    """Return what a run came to."""
    watcher = Watcher()
    start(load_settings(preset, env, overrides, flags), folder, watcher)
    return watcher.summary


def causes(summary):
    return [hint["cause"] for hint in summary["hints"]]


def test_training_that_is_cut_off():
    found = ended("CartPole", *SMALL, "evaluation.training_max_steps=20", "neat.generations=5")
    assert (found["solved"], causes(found)) == (False, ["training-limit"])
    (hint,) = found["hints"]
    assert hint["key"] == "evaluation.training_max_steps"
    assert hint["numbers"] == {"genomes": 8, "steps": 20, "steps_held_out": 500, "fitness": 20.0}
    assert "the best 8 genomes play all 20 steps" in hint["text"]
    assert "may last 500" in hint["text"]
    assert ended("CartPole", *SMALL, "neat.generations=5", folder="followed")["solved"]


def test_episodes_that_are_over_too_early():
    beyond = (*SMALL, "evaluation.solved_at=501", "neat.generations=6")
    found = ended("CartPole", *beyond)
    assert causes(found) == ["step-limit"]
    assert found["hints"][0]["key"] == "environment.max_steps"
    assert ended("CartPole", *beyond, "environment.max_steps=1000", folder="followed")["solved"]


def test_a_fitness_that_tells_nothing_apart():
    few = (*SMALL, "neat.generations=6", "evaluation.solved_at=475")
    found = ended("CartPole", *few, "evaluation.fitness=backends.fitnesses:always_one")
    assert causes(found) == ["equal-fitness"]
    (hint,) = found["hints"]
    assert hint["key"] == "evaluation.fitness"
    assert hint["numbers"] == {"generations": 6, "fitness": 1.0}
    assert "backends.fitnesses:always_one" in hint["text"]
    assert ended("CartPole", *few, folder="followed")["solved"]


@pytest.mark.parametrize("seed", range(3))
def test_weights_that_cannot_grow(seed):
    few = (*SMALL, "neat.generations=3", f"run.seed={seed}")
    found = ended("CartPole", *few, *NARROW)
    assert not found["solved"]
    hint = found["hints"][0]
    assert hint["cause"] == "weight-limit"
    assert hint["key"] in ("neat.weight_max", "neat.weight_min")
    assert 0.3 <= hint["numbers"]["share"] <= 1
    assert "to -30 and 30" in hint["text"]
    assert ended("CartPole", *few, folder="followed")["solved"]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_lucky_training_episode_that_ends_the_run(seed):
    one = (*SMALL, "evaluation.episodes=1", f"run.seed={seed}")
    found = ended("CartPole", *one, "evaluation.stop_on=best")
    assert found["solved"]
    assert found["validated_fitness"] < 475
    assert causes(found) == ["solved-in-training"]
    followed = ended("CartPole", *one, folder="followed")
    assert followed["validated_fitness"] >= 475
    assert followed["hints"] == []


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_hidden_nodes_that_never_hold_their_own(seed, tmp_path):
    plain = tmp_path / "plain.toml"
    judged = "episodes = 1\nvalidation = 'answers'\nvalidate_top = 1\n"
    plain.write_text(f"[environment]\nid = 'XOR-v0'\n[evaluation]\n{judged}", encoding="utf-8")
    xor = ("neat.generations=25", "run.threads=1", f"run.seed={seed}")
    found = ended(None, *xor, preset=plain)
    assert (found["solved"], causes(found)) == (False, ["few-species"])
    (hint,) = found["hints"]
    assert hint["key"] == "neat.num_hidden"
    assert hint["numbers"]["hidden_mean"] < 4
    followed = ended(None, *xor, "neat.num_hidden=4", preset=plain, folder="followed")
    assert followed["solved"]
    assert followed["generations"] < 10


def test_a_run_that_ends_too_early():
    few = ("neat.population=30", "run.threads=1", "neat.generations=2", "run.seed=0")
    found = ended("CartPole", *few)
    assert causes(found) == ["more-generations"]
    (hint,) = found["hints"]
    assert "genesys evolve --resume run --generations 22" in hint["text"]
    assert hint["numbers"]["last"] == found["validated_fitness"]
    followed = resume("run", generations=22)
    assert followed["solved"]
    assert followed["hints"] == []


def test_a_run_of_a_study_is_continued_with_the_others(tmp_path):
    """A run that is longer than the others of its study would be compared with them."""
    place = tmp_path / "my study"
    place.mkdir()
    few = ("neat.population=30", "run.threads=1", "neat.generations=2", "run.seed=0")
    for name, resumed in (("study.toml", place), ("notes", place / "run")):
        (place / name).touch()
        (hint,) = ended("CartPole", *few, folder=place / "run")["hints"]
        assert f"genesys evolve --resume '{resumed}' --generations 22" in hint["text"]
        (place / name).unlink()
        shutil.rmtree(place / "run")


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_so_few_genomes_that_going_on_is_of_little_use(seed):
    few = ("neat.population=5", "run.threads=1", f"run.seed={seed}")
    found = ended("Pendulum", *few, "neat.generations=30")
    assert causes(found) == ["few-genomes"]
    assert "still getting better" in found["hints"][0]["text"]
    longer = resume("run", generations=60)
    followed = ended("Pendulum", *few, "neat.generations=30", "neat.population=150", folder="followed")
    assert longer["validated_fitness"] < found["validated_fitness"] / 2 < followed["validated_fitness"]


def test_few_genomes_that_get_nowhere():
    few = ("neat.population=5", "run.threads=1", "neat.generations=30", "run.seed=2")
    found = ended("MountainCarContinuous", *few)
    assert causes(found) == ["few-genomes"]
    assert found["hints"][0]["numbers"] == {"generations": 30, "population": 5}
    assert "set neat.population to 150, as is usual" in found["hints"][0]["text"]
    assert ended("MountainCarContinuous", *few, "neat.population=150", folder="followed")["solved"]


def test_rows_that_are_learnt_by_heart(tmp_path):
    """Two of 25 inputs mean something, and with noise: see who learns more than those from 45 rows.

    Of twelve such tables eleven get the hint; small weights do better on 2000 fresh rows of nine of these.
    """
    rng = np.random.default_rng(10)
    inputs = rng.normal(size=(60, 25))
    target = inputs[:, 0] - 0.5 * inputs[:, 1] + rng.normal(scale=0.7, size=60) > 0
    np.savez(tmp_path / "noise.npz", x=inputs, y=target)
    flags = {"data.file": str(tmp_path / "noise.npz"), "data.target": "y"}
    few = ("neat.population=100", "neat.generations=40", "run.threads=1", "data.task=classification")
    found = ended(None, *few, preset="Data", flags=flags)
    assert causes(found) == ["by-heart"]
    (hint,) = found["hints"]
    assert hint["key"] == "neat.weight_init_stdev"
    numbers = hint["numbers"]
    assert numbers["held_out"] == found["validated_fitness"]
    assert numbers["training_now"] < 0.5 * numbers["training_then"]
    small = ("neat.weight_init_stdev=0.1", "neat.bias_init_stdev=0.1")
    better = ended(None, *few, *small, preset="Data", flags=flags, folder="small")
    assert better["validated_fitness"] < 0.5 * found["validated_fitness"]


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 3, 4])
def test_too_few_training_episodes(seed):
    few = ("neat.generations=10", f"run.seed={seed}")
    found = ended("MountainCar", *few, "evaluation.episodes=1")
    assert "few-episodes" in causes(found)
    assert "so set evaluation.episodes to 5" in found["hints"][0]["text"]
    assert ended("MountainCar", *few, "evaluation.episodes=5", folder="followed")["solved"]


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 4, 5])
def test_inputs_of_different_scales(seed):
    few = ("neat.generations=20", f"run.seed={seed}")
    found = ended("MountainCar", *few, preset="classic")
    assert causes(found)[0] == "input-scales"
    hint = found["hints"][0]
    assert hint["numbers"]["ratio"] == pytest.approx(15, rel=0.3)
    assert (hint["numbers"]["largest"], hint["numbers"]["smallest"]) == ("position", "velocity")
    scaled = "evaluation.normalise_observations=true"
    assert ended("MountainCar", *few, scaled, preset="classic", folder="followed")["solved"]


def test_what_a_resumed_run_says_is_what_the_whole_one_said():
    """The work of the last generation is computed again, since only it says how long each genome played."""
    cut_off = (*SMALL, "evaluation.training_max_steps=20", "neat.generations=5")
    whole = ended("CartPole", *cut_off)
    again = resume("run")
    assert again["generations"] == whole["generations"] == 5
    assert again["hints"] == whole["hints"] != []
    half = copied("run", "half", until=2)
    assert resume(half)["hints"] == whole["hints"]
