"""Less may be better, and a run may stop on what training says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli import UserError, evolve, load_champion
from genesys_cli.cli.main import main
from genesys_cli.config.load import load_settings
from genesys_cli.evolution.goal import Goal, turned
from genesys_cli.files import archive
from genesys_cli.files.champion import load_champion as load_file
from genesys_cli.files.checkpoint import KIND, VERSION, load
from genesys_cli.files.folder import read_metrics
from genesys_cli.files.species import lifetimes, read_species
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ablation import ablate
from genesys_cli.inspection.ancestry import trace
from genesys_cli.inspection.inspect import inspect
from genesys_cli.inspection.overview import overview
from genesys_cli.playback.replay import replay
from small_runs import Watcher, bits, copied, newest, resume, start, tiny

COST = "evaluation.fitness=backends.fitnesses:cost"
MINUS = "evaluation.fitness=backends.fitnesses:minus_cost"
LESS = "evaluation.minimise=true"
NOISY = ("drift.observation_noise.at=[2]", "drift.observation_noise.to=[0.7]", "evaluation.normalise_observations=true")
MEANS = ("neat.species_fitness=mean", "neat.survival_threshold=0.6", "evaluation.validate_episodes=20")


def pair(*overrides):
    """Return the folders of a run that minimises a cost, and of one that maximises minus the cost, with their rows."""
    found = []
    for name, fitness in (("less", (COST, LESS)), ("more", (MINUS,))):
        watcher = Watcher()
        found += [start(tiny("CartPole", *fitness, *overrides), name, watcher), watcher]
    return found


@pytest.mark.parametrize("overrides", [("run.seed=1",), ("run.seed=2", *NOISY), ("run.seed=3", *MEANS)])
def test_it_is_the_run_that_maximises_minus_the_fitness(overrides):
    less, said, more, other = pair(*overrides)
    for path in (less / "checkpoints").iterdir():
        header, arrays = archive.read(path, KIND, VERSION)
        header_of_more, arrays_of_more = archive.read(more / "checkpoints" / path.name, KIND, VERSION)
        assert {key: array.tobytes() for key, array in arrays.items()} == {
            key: array.tobytes() for key, array in arrays_of_more.items()
        }
        assert header | {"settings": ""} == header_of_more | {"settings": ""}
    for row, row_of_more in zip(said.rows, other.rows, strict=True):
        assert row.keys() == row_of_more.keys()
        for key in row.keys() - {key for key in row if key.endswith("_s") or key.startswith("host_")}:
            minus = key in ("best_fitness", "mean_fitness", "champion_fitness", "frozen_fitness")
            assert row[key] == (turned(row_of_more[key], True) if minus else row_of_more[key]), key
    for lived, lived_of_more in zip(*(read_species(run / "species.csv") for run in (less, more)), strict=True):
        assert lived == lived_of_more._replace(
            best=turned(lived_of_more.best, True), mean=turned(lived_of_more.mean, True)
        )


def test_everybody_is_told_the_users_own_numbers():
    less, said, more, other = pair("run.seed=4", "drift.force.at=3", "drift.force.to=-10")
    champion, of_more = (load_file(run / "champion.json").champion for run in (less, more))
    assert champion.genome.equals(of_more.genome)
    assert champion.validated_fitness == -of_more.validated_fitness == said.summary["validated_fitness"]
    assert champion.training_fitness == -of_more.training_fitness == said.summary["best_fitness"]
    assert champion.returns.tolist() == (0.0 - of_more.returns).tolist()
    assert said.summary["minimise"]
    event, event_of_more = said.summary["drift"][0], other.summary["drift"][0]
    for key in ("before", "frozen", "recovered_level", "after"):
        assert event[key] == turned(event_of_more[key], True)
    assert event["recovered_level"] >= event["before"]
    assert inspect(copied(less, "less-cut"))[0]["drift"] == said.summary["drift"]
    (less / "summary.json").unlink()
    assert inspect(less)[0]["drift"] == said.summary["drift"]  # now from a checkpoint
    replayed = replay("champion", less, None, None, "none")
    assert replayed["mean_return"] == champion.validated_fitness == replayed["stored_fitness"]
    state = load(newest(less))[0]
    stored = find_target("last", less)
    assert stored.champion.training_fitness == -state.fitness[state.best()] == said.rows[-1]["best_fitness"]
    assert load_champion("champion", less).fitness == champion.validated_fitness
    births = trace(stored).births
    assert births[0].fitness == stored.champion.training_fitness
    assert births[0].fitter.fitness == births[1].fitness
    lives = lifetimes(read_species(less / "species.csv"), minimise=True)
    best = [row.best for row in read_species(less / "species.csv") if row.species == 0 and row.best is not None]
    assert lives[0]["best"] == min(best)
    assert overview(less).goal == Goal(True, None, "champion")
    for run, sign in ((less, 1), (more, -1)):
        found = CliRunner().invoke(main, ["report", str(run), "-o", f"{run}.html"])
        assert found.exit_code == 0, found.output
        page = Path(f"{run}.html").read_text(encoding="utf-8")
        assert ("mean return, less is better" in page, "down to" in page) == (
            (True, True) if sign == 1 else (False, False)
        )
    assert CliRunner().invoke(main, ["report", str(less), str(more), "-o", "both.html"]).exit_code == 0


def test_what_an_input_is_worth_has_the_same_sign():
    less, _, more, _ = pair("run.seed=5", "neat.generations=4")
    found, of_more = (ablate(find_target("champion", run), 8) for run in (less, more))
    assert [(row.input, row.loss) for row in found.inputs] == [(row.input, row.loss) for row in of_more.inputs]
    assert found.intact == -of_more.intact
    assert any(row.loss for row in found.inputs)


def test_returns_are_costs_too():
    """CartPole for whom it is best to fall at once; its own threshold does not end the run."""
    watcher = Watcher()
    run = start(tiny("CartPole", LESS, "run.stop_when_solved=true"), "run", watcher)
    best = [row["best_fitness"] for row in watcher.rows]
    assert max(best) <= 12
    assert watcher.summary["solved_at"] is None
    assert len(watcher.rows) == 7
    assert watcher.messages[0].startswith("the threshold of CartPole-v1, 475, is for returns that are maximised")
    solved = Watcher()
    start(tiny("CartPole", LESS, "run.stop_when_solved=true", "evaluation.solved_at=15"), "solved", solved)
    assert solved.summary["solved"]
    assert solved.summary["validated_fitness"] <= 15
    assert not any("threshold" in text for text in solved.messages)
    assert overview(Path("solved")).solved_in == len(solved.rows) - 1
    resume(run, generations=8)
    assert bits(start(tiny("CartPole", LESS, "neat.generations=8"), "whole"))["gen-00007.npz"] == (
        newest(run).read_bytes()
    )


@pytest.mark.parametrize(("key", "value"), [("patience", 5), ("training_reward_min", -1)])
def test_what_takes_more_for_better(key, value):
    given = [LESS, f"evaluation.{key}={value}"]
    with pytest.raises(UserError, match=rf"evaluation.{key}.*evaluation.minimise; make it .*, or minimise an evalu"):
        load_settings(None, "CartPole", given)
    assert load_settings(None, "CartPole", [*given, COST]).evaluation.minimise  # there it is about the return
    with pytest.raises(UserError, match="fitness"):  # and nothing else is complained of
        load_settings(None, "CartPole", [*given, "evaluation.fitness=3"])


@pytest.mark.parametrize(
    ("stop_on", "column"), [("champion", "champion_fitness"), ("best", "best_fitness"), ("mean", "mean_fitness")]
)
@pytest.mark.parametrize("less", [False, True])
def test_a_run_stops_on(stop_on, column, less):
    """With the number that the third generation reaches as the threshold, it stops where that is first reached."""
    goal = (COST, LESS) if less else (MINUS,)
    whole = Watcher()
    start(tiny("CartPole", *goal, "neat.generations=6"), "whole", whole)
    numbers = [row[column] for row in whole.rows]
    threshold = min(numbers[:3]) if less else max(numbers[:3])
    settings = ("run.stop_when_solved=true", f"evaluation.solved_at={threshold!r}", f"evaluation.stop_on={stop_on}")
    watcher = Watcher()
    run = start(tiny("CartPole", *goal, *settings, "neat.generations=6"), "run", watcher)
    assert [row[column] for row in watcher.rows] == numbers[: numbers.index(threshold) + 1]
    assert watcher.summary["solved"]
    assert watcher.summary["stop_on"] == stop_on
    assert overview(run).solved_in == len(watcher.rows) - 1
    assert CliRunner().invoke(main, ["inspect", str(run)]).exit_code == 0


def test_a_run_that_does_not_reach_it_is_not_solved():
    """The champion is better than the population's mean."""
    whole, watcher = Watcher(), Watcher()
    start(tiny("CartPole", "neat.generations=2"), "whole", whole)
    threshold = (whole.summary["validated_fitness"] + max(row["mean_fitness"] for row in whole.rows)) / 2
    settings = ("run.stop_when_solved=true", f"evaluation.solved_at={threshold}", "neat.generations=2")
    start(tiny("CartPole", *settings, "evaluation.stop_on=mean"), "run", watcher)
    assert watcher.summary["validated_fitness"] > threshold
    assert not watcher.summary["solved"]
    assert len(watcher.rows) == 2


def test_the_environments_threshold_is_the_means_too():
    settings = load_settings(None, "CartPole", ["evaluation.stop_on=mean"])
    assert settings.evaluation.stop_on == "mean"
    watcher = Watcher()
    start(tiny("CartPole", "evaluation.stop_on=mean", "neat.generations=1"), "run", watcher)
    assert watcher.summary["solved_at"] == 475.0


@pytest.mark.parametrize(
    ("overrides", "why"), [((COST,), "with evaluation.fitness the"), ((LESS,), "with evaluation.minimise the")]
)
def test_nothing_to_reach(overrides, why):
    with pytest.raises(UserError, match=f"evaluation.stop_on = 'mean' has nothing to reach, since {why}"):
        start(tiny("CartPole", *overrides, "evaluation.stop_on=mean"), "run")
    assert not Path("run").exists()


def test_a_run_from_before_there_were_these_settings_is_continued():
    whole = start(tiny("CartPole"), "whole")
    run = start(tiny("CartPole", "neat.generations=4"), "run")
    for path in (run / "checkpoints").iterdir():
        header, arrays = archive.read(path, KIND, VERSION)
        header["settings"] = without_new(header["settings"])
        archive.write(path, header, arrays)
    config = run / "config.toml"
    config.write_text(without_new(config.read_text()))
    resume(run, generations=7)
    assert newest(run).read_bytes() == newest(whole).read_bytes()


def without_new(text):
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(("minimise", "stop_on"))]
    assert len(lines) - len(kept) == 2
    return "".join(kept)


def test_from_python(tmp_path):
    result = evolve(
        "CartPole",
        population=20,
        generations=3,
        episodes=1,
        settings={"evaluation.minimise": True, "evaluation.solved_at": 12, "evaluation.validate_episodes": 5},
        run_dir=tmp_path / "run",
        threads=1,
    )
    assert result.champion.fitness == result.summary["validated_fitness"] <= 15
    assert result.solved == (result.champion.fitness <= 12)
    assert all(row["best_fitness"] <= row["mean_fitness"] for row in result.rows)


def test_turning():
    assert turned(3.0, True) == -3.0
    assert turned(3.0, False) == 3.0
    assert turned(None, True) is None
    assert math.copysign(1, turned(0.0, True)) == 1.0
    assert json.dumps(turned(turned(0.0, True), True)) == "0.0"
    np.testing.assert_array_equal(turned(np.array([1.0, np.nan, np.inf]), True), [-1.0, np.nan, -np.inf])


def test_reaching():
    assert Goal(True, 1.0).reached(1.0)
    assert not Goal(True, 1.0).reached(1.1)
    assert Goal(False, 1.0).reached(1.0)
    assert not Goal(False, 1.0).reached(0.9)
    for goal in (Goal(True, 1.0), Goal(False, 1.0)):
        assert not goal.reached(None)
        assert not goal.reached(math.nan)
    assert not Goal(False, None).reached(5.0)


def test_rows_of_a_run_hold_the_smallest():
    run = start(tiny("CartPole", COST, LESS), "run")
    for row in read_metrics(run / "metrics.csv"):
        state = load(run / "checkpoints" / f"gen-{row['generation']:05d}.npz")[0]
        assert row["best_fitness"] == np.nanmin(state.own_fitness(True))
        assert row["mean_fitness"] == pytest.approx(np.nanmean(state.own_fitness(True)))
