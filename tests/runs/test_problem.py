"""Runs in which a function of the user's own evaluates: bits, resumes, replays, and what they say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from backends import functions
from genesys_cli import UserError, evolve, load_champion
from genesys_cli.config import trust
from genesys_cli.config.load import load_settings
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ablation import ablate
from genesys_cli.library.given import function_name
from genesys_cli.playback.replay import replay
from genesys_cli.runs import evolve as runs
from small_runs import Watcher, bits, resume, start

SMALL = (
    *("neat.population=12", "neat.generations=3", "neat.node_add_prob=0.5", "run.threads=1"),
    *("run.stop_when_solved=false", "evaluation.episodes=2", "evaluation.validate_episodes=3"),
)
SEEDLESS = SMALL[:5]


def small(name, *overrides):
    usual = SEEDLESS if name in ("rows", "seldom", "chances") else SMALL
    return load_settings(overrides=[f"problem.function=backends.functions:{name}", *usual, *overrides])


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Runs that were never stopped, with what they said; made once."""
    place, made = tmp_path_factory.mktemp("whole"), {}

    def run(name):
        if name not in made:
            watcher = Watcher()
            made[name] = start(small(name), place / name, watcher), watcher
        return made[name]

    return run


@pytest.mark.parametrize("name", ["track", "race"])
def test_bits_depend_neither_on_workers_nor_on_a_stop(whole, name):
    stopped = start(small(name, "run.threads=2"), "stopped", Watcher({0}))
    resume(stopped)
    assert bits(stopped) == bits(whole(name)[0])


def test_a_function_with_a_seed(whole):
    run, watcher = whole("track")
    summary = watcher.summary
    assert summary["env"] == "backends.functions:track"
    assert summary["problem"] == {"function": "backends.functions:track", "call": "one", "seeded": True}
    assert summary["repeatable"] is True
    champion = load_champion(run)
    found = replay("champion", run, None, None, "none")
    assert (found["repeats"], found["same_episodes_as_stored"], found["episodes"]) == (True, True, 3)
    assert found["mean_return"] == summary["validated_fitness"] == champion.fitness
    seeds = [entry["seed"] for entry in found["episode_list"]]
    assert found["returns"] == [functions.track(Acting(champion), seed) for seed in seeds]
    with pytest.raises(UserError, match="nothing to render, since backends.functions:track is a function"):
        replay("champion", run, None, None, "terminal", lambda frame: None)
    with pytest.raises(UserError, match="is a function, which gives networks their inputs itself, so none can be"):
        ablate(find_target("champion", run))


class Acting:
    """A champion's network as its function saw it: `act` gives the outputs as they are."""

    def __init__(self, champion):
        self.champion = champion
        champion.reset()

    def activate(self, inputs):
        return self.champion.act(np.asarray(inputs, np.float32))


def test_a_function_without_a_seed_is_called_once():
    watcher = Watcher()
    run = start(small("rows", "run.backend=genesys"), "run", watcher)
    summary = watcher.summary
    assert summary["env_steps"] == 3 * 12 * 30
    assert summary["validation_steps"] == 0
    assert summary["validated_fitness"] == summary["best_fitness"]
    assert summary["validation_episodes"] == 1
    assert max(row["best_fitness"] for row in watcher.rows) == summary["validated_fitness"]
    assert replay("champion", run, None, None, "none")["repeats"] is True


def test_all_at_once_the_champion_defends_its_place(whole):
    """In a race, what a network is worth depends on the others: at most four challengers and the champion."""
    run, watcher = whole("race")
    assert all(0 <= row["champion_fitness"] <= 4 for row in watcher.rows)
    assert watcher.rows[0]["best_fitness"] > 4
    found = replay("champion", run, None, None, "none")
    assert found["returns"] == [0.0] * 3  # alone, it is the first and the last
    assert found["repeats"] is False
    assert found["note"].endswith("It was evaluated together with its challengers then, and alone now.")


def test_faults_do_not_end_a_run():
    watcher = Watcher()
    run = start(small("seldom", "neat.generations=2"), "run", watcher)
    (said,) = [text for text in watcher.messages if text.startswith("fault")]
    assert said.startswith("fault in backends.functions:seldom (exception): ValueError: too large (")
    assert re.search("generation 0, training, genome \\d+; this and further ones are listed in run/faults.jsonl$", said)
    assert watcher.rows[0]["invalid_fitness"] > 0
    assert watcher.rows[0]["faults_exception"] == 2 * watcher.rows[0]["invalid_fitness"]
    assert watcher.summary["faults"]["exception"]["count"] == sum(row["faults_exception"] for row in watcher.rows)
    lines = [json.loads(line) for line in (run / "faults.jsonl").read_text().splitlines()]
    assert {line["message"] for line in lines} == {watcher.summary["faults"]["exception"]["first"]}


def test_a_function_that_is_not_reproducible():
    with pytest.raises(UserError, match=r"functions:chances is not reproducible: of the first.*parameter seed"):
        runs.evolve(small("chances"), Path("run"), [], Watcher(), require_repeatable=True)
    assert not Path("run").exists()


OWN = """
print("imported")
INPUTS, OUTPUTS = 2, 1

def evaluate(network, seed):
    print("called")
    return 1 - abs(float(network.activate([seed % 7, 1.0])[0]))
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module that prints wherever it can."""
    (tmp_path / "own_task.py").write_text(OWN)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path / "own_task.py"
    sys.modules.pop("own_task", None)


def test_nothing_that_it_prints_is_in_the_output(own):
    words = "evolve --problem own_task:evaluate -p 6 -g 1 -j 1 --validate 2 -o run --json"
    command = [sys.executable, "-m", "genesys_cli", *words.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["problem"]["function"] == "own_task:evaluate"
    assert "imported" in done.stderr


def test_a_function_that_was_changed(own):
    settings = load_settings(overrides=["problem.function=own_task:evaluate", *SMALL])
    run = start(settings, "run", Watcher({0}))
    own.write_text(OWN.replace("return 1 -", "return 2 -"))
    assert f"{own} has changed since" in replay("champion", run, None, None, "none")["note"]
    moved = Path(shutil.copy(run / "champion.json", "alone.json"))  # where no run says what the function was
    note = replay(str(moved), None, None, None, "none")["note"]
    assert note.endswith(
        "returns something else than in the run that stored it: its own text, a file that it reads, "
        "the machine, or chance."
    )
    watcher = Watcher()
    resume(run, watcher, generations=2)
    warning = f"warning: {own}, or what it imports, has changed since run was started: from here on, generations are"
    assert any(text.startswith(warning) for text in watcher.messages)


def test_only_who_names_a_function_has_it_imported(own, stranger):
    settings = load_settings(overrides=["problem.function=own_task:evaluate", *SMALL, "neat.generations=1"])
    run = start(settings, "run")
    assert trust.modules_of(settings) == ("own_task",)
    sys.modules.pop("own_task")
    Path("moved").mkdir()
    own.rename("moved/own_task.py")  # another one of that name
    sys.path.insert(0, str(Path("moved").resolve()))
    trust._named.clear()
    trust._in_files.clear()
    for refused in (lambda: replay("champion", run, None, None, "none"), lambda: resume(run, generations=2)):
        with pytest.raises(UserError, match="the module 'own_task' is not imported, since run/.* names it"):
            refused()
    champion = load_champion(run)  # needs no more than names
    assert champion.act([1.0, 2.0]).shape == (1,)
    assert "own_task" not in sys.modules


def test_from_python(own):
    import own_task

    small = {"neat.population": 6, "run.threads": 1, "evaluation.validate_episodes": 2}
    result = evolve(problem=own_task.evaluate, generations=1, settings=small, inputs=["x", "y"])
    assert result.summary["env"] == "own_task:evaluate"
    assert result.champion.settings["problem"]["inputs"] == ["x", "y"]
    with pytest.raises(UserError, match="is a function and no environment: act"):
        result.champion.make_env()


def test_functions_that_workers_cannot_find(monkeypatch):
    def local(network):
        return 1.0

    monkeypatch.setattr(functions.rows, "__module__", "__main__")
    for given, name in (
        (local, "local' of tests.runs.test_problem"),
        (lambda network: 1.0, "<lambda>' of"),
        (functions.rows, "'rows' of __main__"),
        (partial(functions.track, seed=1), "'partial' of"),
    ):
        with pytest.raises(UserError, match="problem: worker processes import the function, and cannot find") as caught:
            function_name(given)
        assert name in str(caught.value)
    with pytest.raises(UserError, match="problem = 3: must be a function, or a text such as 'my_module:evaluate'"):
        function_name(3)
    assert function_name(functions.track) == "backends.functions:track"
