"""A run finds out whether its environment repeats, mends what it can, and says what it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genesys_cli.config.load import settings_from_toml
from genesys_cli.errors import UserError
from genesys_cli.files.champion import load_champion, save_champion
from genesys_cli.files.checkpoint import load
from genesys_cli.playback.replay import replay
from genesys_cli.runs import evolve as runs
from genesys_cli.runs import repeatable
from small_runs import Watcher, bits, copied, newest, resume, start, tiny

SHORT = ("neat.generations=2", "neat.population=12", "evaluation.validate_episodes=4")


def short(name, *overrides):
    return tiny(f"unsteady_envs:{name}-v0", *SHORT, *overrides)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Runs of an environment whose instances remember, and of one that repeats, by name; and who watched them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("made"))
        watchers = {name: Watcher() for name in ("Counter", "Steady")}
        return {name: (start(short(name), name, watcher).resolve(), watcher) for name, watcher in watchers.items()}


def noted(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_an_instance_that_remembers_is_made_anew_whatever_the_number_of_workers(made):
    one, watcher = made["Counter"]
    two = start(short("Counter", "run.threads=2"), "two")
    assert bits(one) == bits(two)
    (said,) = [text for text in watcher.messages if "is not reproducible" in text]
    assert "observation obs[1]" in said
    assert "(environment.rebuild = true)" in said
    assert "warning" not in said
    for toml in ((one / "config.toml").read_text(), load(newest(one))[1]):
        assert settings_from_toml(toml).environment.rebuild is True
    assert load_champion(one / "champion.json").settings.environment.rebuild is True
    assert (watcher.summary["repeatable"], watcher.summary["repeatable_note"]) == (True, said)
    assert noted(one, "environment.json")["repeatable"] is True
    found = replay(str(one), None, None, None, "none")
    assert (found["repeats"], found["note"], found["differing_episodes"]) == (True, None, [])


def test_a_resume_does_the_same_without_asking(made, monkeypatch):
    whole = made["Counter"][0]
    part = copied(whole, Path("part").resolve(), until=0)
    monkeypatch.setattr(repeatable, "settled", None)  # whoever asked would fail
    watcher = Watcher()
    resume(part, watcher)
    assert bits(whole) == bits(part)
    assert watcher.summary["repeatable"] is True
    assert "is not reproducible" in watcher.summary["repeatable_note"]


def test_nothing_changes_for_an_environment_that_repeats(made, monkeypatch):
    asked, watcher = made["Steady"]
    assert watcher.summary["repeatable"] is True
    assert watcher.summary["repeatable_note"] is None
    assert not any("repeat" in text for text in watcher.messages)
    monkeypatch.setattr(runs, "settled", lambda *_: repeatable.NATIVE)
    assert bits(start(short("Steady"), "not-asked")) == bits(asked)


@pytest.mark.parametrize(
    ("name", "overrides", "words"),
    [
        ("ClassCounter", (), ("next, later in the same process", "keep nothing")),
        ("SeedsGlobal", (), ("stepped in turn", "run.instances = 1")),
        ("Hashed", (), ("in a worker process", "hash()")),
        ("Counter", ("environment.rebuild=false",), ("played before", "environment.rebuild = true")),
    ],
)
def test_what_cannot_be_mended_is_said_and_refused_where_that_is_asked_for(name, overrides, words, tmp_path):
    settings = short(name, "neat.generations=1", *overrides)
    if name == "ClassCounter":
        with pytest.raises(UserError, match="--require-repeatable"):
            runs.evolve(settings, tmp_path / "run", ["genesys"], Watcher(), require_repeatable=True)
        assert not (tmp_path / "run").exists()
    watcher = Watcher()
    run = start(settings, "run", watcher)
    (said,) = [text for text in watcher.messages if text.startswith("warning: unsteady_envs")]
    assert all(word in said for word in (*words, "number of workers", "What to do")), said
    assert watcher.summary["repeatable"] is False
    assert watcher.summary["repeatable_note"] in said
    with pytest.raises(UserError, match="--require-repeatable"):
        runs.resume(run, {}, ["genesys"], Watcher(), require_repeatable=True)


def test_rebuild_and_one_instance_at_a_time_are_taken_as_given():
    for name, override in (("Counter", "environment.rebuild=true"), ("SeedsGlobal", "run.instances=1")):
        watcher = Watcher()
        start(short(name, "neat.generations=1", override), name, watcher)
        assert watcher.summary["repeatable"] is True, watcher.messages
        assert not any("is not reproducible" in text for text in watcher.messages)


@pytest.mark.parametrize("name", ["SecondRaises", "SecondCrashes", pytest.param("SecondHangs", marks=pytest.mark.soak)])
def test_trouble_is_no_verdict_and_the_run_goes_on(name):
    watcher = Watcher()
    few = ("neat.population=2", "neat.elitism=1", "neat.generations=1", "evaluation.episodes=1")
    start(short(name, *few, "evaluation.validate_episodes=1", "run.step_timeout=1"), "run", watcher)
    (said,) = [text for text in watcher.messages if "could not be determined" in text]
    reason = {"SecondRaises": "no second time", "SecondCrashes": "code 5", "SecondHangs": "no sign of life"}[name]
    assert reason in said
    assert "warning" not in said
    assert (watcher.summary["repeatable"], watcher.summary["generations"]) == (None, 1)


def test_native_environments_repeat_by_construction():
    watcher = Watcher()
    run = start(tiny("CartPole", "neat.generations=1"), "run", watcher)
    assert (watcher.summary["repeatable"], watcher.summary["repeatable_note"]) == (True, None)
    assert "environment" not in noted(run, "environment.json")


def test_a_replay_names_the_step_in_which_an_episode_is_another_one():
    run = start(short("Counter", "environment.rebuild=false"), "run")
    found = replay(str(run), None, None, None, "none")
    assert found["same_episodes_as_stored"]
    assert found["repeats"] is False
    first = found["differing_episodes"][0]
    assert first["stored"] == load_champion(run / "champion.json").champion.returns[first["episode"] - 1]
    assert first["return"] == found["returns"][first["episode"] - 1] != first["stored"]
    where = found["first_difference"]
    assert (where["where"], where["step"], where["what"]) == ("used", 0, "observation obs[1]")
    assert (where["episode"], where["seed"]) == (first["episode"], first["seed"])
    assert "played before" in found["note"]
    assert f"seed {first['seed']}" in found["note"]


@pytest.mark.parametrize("render", ["none", "terminal"])
def test_a_replay_says_what_is_another_one_than_for_the_run(made, render):
    run = copied(made["Steady"][0], Path("run").resolve())
    champion, settings, _ = load_champion(run / "champion.json")
    returns = champion.returns.copy()
    returns[0] -= 1.0
    save_champion(run / "champion.json", champion._replace(returns=returns), settings)
    known = noted(run, "environment.json")
    known["packages"]["gymnasium"], known["environment"]["sha256"] = "0.0.1", "0"
    (run / "environment.json").write_text(json.dumps(known), encoding="utf-8")
    found = (
        replay(str(run), None, 2, None, render, show=lambda frame: None)
        if render != "none"
        else replay(str(run), None, 2, None, render)
    )
    assert [one["episode"] for one in found["differing_episodes"]] == [1]
    assert (found["repeats"], found["first_difference"]) == (False, None)
    assert "gymnasium 0.0.1 there" in found["note"]
    assert "unsteady_envs.py has changed since" in found["note"]
    other = replay(str(run), None, 2, 7, "none")
    assert (other["repeats"], other["note"]) == (None, None)  # other episodes, nothing to compare
