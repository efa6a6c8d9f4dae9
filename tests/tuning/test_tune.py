"""A tuning tries, prunes, goes on where it was interrupted, and claims nothing that held-out seeds do not show."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.errors import DamagedFileError, GenesysError, UserError
from genesys_cli.tuning import tune as tunings
from genesys_cli.tuning import verdict
from genesys_cli.tuning.folder import TuningFolder
from genesys_cli.tuning.trials import Trials
from small_studies import in_this_process
from small_tunings import SPACE, Heard, asked, tried

pytest.importorskip("optuna")


def tune(folder, heard=None, **options):
    return tunings.tune(asked(**options), Path(folder), ["genesys", "tune"], heard or Heard())


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    in_this_process(monkeypatch)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A tuning that nothing disturbed: its folder, its summary, and what it said."""
    place = tmp_path_factory.mktemp("tuned")
    heard = Heard()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        in_this_process(patch)
        return place / "tuning", tune(place / "tuning", heard), heard


def test_what_is_tried_and_told(tuned):
    folder, summary, heard = tuned
    assert summary["trials"]["complete"] + summary["trials"]["pruned"] == 5
    assert summary["trials"]["pruned"] > 0
    assert [text.split("  ")[0] for text in heard.told if text.startswith("trial")] == [f"trial {k}" for k in range(5)]
    assert "the preset itself" in next(text for text in heard.told if text.startswith("trial 0"))
    assert summary["original"]["values"] == {
        "neat.weight_mutate_power": 0.5,
        "neat.elitism": 2,
        "neat.ties": "smaller",
    }
    assert summary["best"]["value"] >= summary["original"]["value"]
    assert summary == json.loads((folder / "tuning.json").read_text())


def test_what_lies_in_the_folder(tuned):
    folder, summary, _ = tuned
    assert {"trials.db", "tuning.json", "tuning.toml"} <= {path.name for path in folder.iterdir()}
    assert not list((folder / "trials").iterdir())
    tuning = TuningFolder.open(folder).read()
    assert (tuning.seeds, tuning.held_out, tuning.trials) == ((0, 1), (100, 101, 102), 5)
    assert tuning.space == asked().space
    assert (summary["preset"] is not None) == (folder / "preset.toml").is_file()


def test_it_goes_on_where_it_was_interrupted_as_it_would_have_gone_on(tuned):
    folder, summary, heard = tuned
    last = heard.steps[-3]  # within a trial, and before the held-out seeds
    assert last.startswith("trial")
    stops = [heard.steps[4], last, "held-out seeds, original"]
    with pytest.raises(KeyboardInterrupt):
        tune("tuning", Heard(stops[0]))
    for stop in stops[1:]:
        with pytest.raises(KeyboardInterrupt):
            tunings.resume(Path("tuning"), None, {}, [], Heard(stop))
    again = tunings.resume(Path("tuning"), None, {}, [], Heard())
    assert tried("tuning") == tried(folder)
    assert {**again, "tuning": "", "preset": ""} == {**summary, "tuning": "", "preset": ""}


def test_a_finished_tuning_is_only_summed_up_and_may_get_more_trials(tuned):
    copy = Path(shutil.copytree(tuned[0], "copy"))
    heard = Heard()
    assert tunings.resume(copy, None, {}, [], heard)["best"] == tuned[1]["best"]
    assert not [text for text in heard.steps if text.startswith("trial")]
    assert sum(tunings.resume(copy, 6, {}, [], Heard())["trials"].values()) == 6
    assert TuningFolder(copy).read().trials == 6


def test_the_verdict_is_of_seeds_that_it_was_not_tuned_on(tuned):
    _, summary, _ = tuned
    held_out = summary["held_out"]
    assert summary["best"]["trial"] != 0
    assert held_out["runs"] == 3
    assert len(held_out["original"]["values"]) == len(held_out["tuned"]["values"]) == 3
    assert [test["name"] for test in held_out["tests"]] == ["Mann–Whitney U, exact", "Wilcoxon signed-rank, exact"]


@pytest.mark.parametrize(
    ("low", "value", "p", "found", "written"),
    [
        (0.6, 0.9, 0.01, "better", True),
        (1.0, 1.0, 0.1, "equal", True),
        (0.3, 0.5, 1.0, "equal", True),
        (0.2, 0.4, 0.5, "stands", False),
    ],
)
def test_a_preset_is_written_only_where_it_beats_or_equals_the_original(
    tuned, monkeypatch, low, value, p, found, written
):
    folder, summary, _ = tuned
    copy = TuningFolder(Path(shutil.copytree(folder, "copy")))
    copy.preset.write_text("# of an earlier verdict")
    copy.summary.unlink()
    known = {**summary["held_out"], "probability_low": low, "probability": value, "probability_high": 1.0}
    known["tests"] = [{**test, "p": p} for test in known["tests"]]
    monkeypatch.setattr(verdict, "_held_out", lambda *_: known)
    again = tunings.resume(copy.path, None, {}, [], Heard())
    assert again["verdict"] == found
    assert copy.preset.is_file() is written
    assert again["preset"] == (str(copy.preset) if written else None)
    if written:
        settings = load_settings(copy.preset)
        for key, wanted in summary["best"]["values"].items():
            table, name = key.split(".")
            assert getattr(getattr(settings, table), name) == wanted
        base = TuningFolder(folder).read().settings
        run = settings.run
        assert settings == base.model_copy(
            update={"neat": settings.neat, "run": run, "evaluation": settings.evaluation}
        )
        assert settings.neat.population == 16
        assert copy.preset.read_text().count("weight_mutate_power") == 1


def test_where_the_original_is_the_best_it_stands():
    summary = tune("tuning", space=("neat.elitism=1..2",), trials=1)
    assert (summary["verdict"], summary["preset"], summary["held_out"]) == ("stands", None, None)
    assert not Path("tuning/held-out").exists()


def test_the_first_trial_is_the_preset_itself_also_where_its_values_lie_outside():
    tuning = asked("neat.elitism=1", "neat.weight_mutate_power=0.123456", space=(SPACE[0], "neat.elitism=3..4"))
    own = {"neat.weight_mutate_power": 0.123456, "neat.elitism": 1}
    with closing(Trials(Path("trials.db"), tuning)) as trials:
        for number in range(11):
            trial = trials.next()
            assert (trial.values == own) is (number == 0)
            assert trial.values["neat.elitism"] in ((1,) if number == 0 else (3, 4))
            trial.complete(trial.values["neat.weight_mutate_power"] - number)
        assert (trials.best().number, trials.best().values) == (0, own)
        assert set(trials.importances()) == set(own)
    assert ("neat.elitism", 0) not in [(name, number) for number, name, _ in tried(".")[1]]


def test_values_that_contradict_one_another_fail_a_trial_and_no_other():
    space = ("neat.weight_mutate_rate=0.1,0.9", "neat.weight_replace_rate=0.02,0.2")  # together at most 1
    settings = asked("neat.generations=2", space=space, trials=6, pruner="none")
    summary = tunings.tune(settings, Path("tuning"), [], Heard())
    assert summary["trials"]["failed"] > 0
    assert summary["trials"]["failed"] + summary["trials"]["complete"] == 6
    assert summary["best"]["values"] != {"neat.weight_mutate_rate": 0.9, "neat.weight_replace_rate": 0.2}


def test_a_run_that_fails_fails_its_trial(monkeypatch):
    def before(job):
        if job.seed == 1 and "trial-0000" not in job.run_dir:
            raise GenesysError("the disk is full")

    in_this_process(monkeypatch, before)
    heard = Heard()
    summary = tunings.tune(asked("neat.generations=2", trials=3), Path("tuning"), [], heard)
    assert summary["trials"] == {"complete": 1, "pruned": 0, "failed": 2}
    assert "trial 1  failed: the run of seed 1 failed: the disk is full" in heard.told
    in_this_process(monkeypatch, lambda job: (_ for _ in ()).throw(GenesysError("the disk is full")))
    with pytest.raises(GenesysError, match=r"no trial ran to its end.*the disk is full"):
        tune("other", trials=2)


@pytest.mark.parametrize(("minimise", "best"), [(True, 2), (False, 1)])
def test_less_is_better_where_fitness_is_minimised(minimise, best):
    overrides = ("evaluation.minimise=true", "evaluation.fitness=my_scores:cost") if minimise else ()
    with closing(Trials(Path("trials.db"), asked(*overrides))) as trials:
        for value in (3.0, 4.0, 1.0, 4.0):
            trials.next().complete(value)
        assert trials.best().number == best
        assert [trial.value for trial in trials.done()] == [3.0, 4.0, 1.0, 4.0]


def test_importances_are_shares_once_there_are_enough_trials():
    with closing(Trials(Path("trials.db"), asked())) as trials:
        for number in range(12):
            assert (trials.importances() == {}) is (number < 10)
            trial = trials.next()
            trial.complete(trial.values["neat.weight_mutate_power"] + number * 1e-6)
        found = trials.importances()
    assert set(found) == {"neat.weight_mutate_power", "neat.elitism", "neat.ties"}
    assert sum(found.values()) == pytest.approx(1)
    assert next(iter(found)) == "neat.weight_mutate_power"


@pytest.mark.parametrize("pruner", ["median", "halving", "none"])
def test_hopeless_trials_are_ended_early(pruner):
    with closing(Trials(Path("trials.db"), asked(pruner=pruner))) as trials:
        for _ in range(8):
            trial = trials.next()
            assert not trial.report(8, 100.0 + trial.number)
            trial.complete(100.0)
        trial = trials.next()
        assert trial.report(8, -5.0) is (pruner != "none")


def test_seeds_that_judge_are_not_tuned_on():
    tuning = asked()._replace(held_out=(1, 5))
    with pytest.raises(UserError, match="1 is among the seeds that are tuned on, 0-1, and so could not judge"):
        tunings.tune(tuning, Path("tuning"), [], Heard())
    assert not Path("tuning").exists()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('seeds = "0-1"', 'seeds = "1-0"', "tuning.seeds = 1-0: 1-0 descends"),
        ('held_out = "100-102"', 'held_out = "1-3"', "1 is among the seeds"),
        ("trials = 5", "trials = 0", "tuning.toml: trials = 0"),
        ('pruner = "halving"', 'pruner = "mean"', "tuning.toml: pruner = 'mean'"),
        ('"1..4"', '"4..1"', "4 must be below 1"),
        ("[space]", "[speca]", "tuning.toml"),
        ("[tuning]", "[tuning", "is not valid TOML"),
    ],
)
def test_what_was_edited_by_hand_is_named(tuned, before, after, said):
    copy = TuningFolder(Path(shutil.copytree(tuned[0], "copy")))
    text = copy.config.read_text()
    assert before in text
    copy.config.write_text(text.replace(before, after))
    with pytest.raises(DamagedFileError) as error:
        copy.read()
    assert said in str(error.value)


def test_a_file_of_trials_that_is_none():
    tune("tuning", trials=1, space=("neat.elitism=1..2",))
    Path("tuning/trials.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DamagedFileError, match=r"trials.db cannot be read as Optuna's file of trials"):
        tunings.resume(Path("tuning"), 2, {}, [], Heard())


def test_no_tuning():
    with pytest.raises(UserError, match="nowhere is no tuning: it has no tuning.toml"):
        tunings.resume(Path("nowhere"), None, {}, [], Heard())
