"""A study has the runs that ``genesys evolve`` makes one by one, and finishes whatever is missing of it."""

import json
import shutil
from pathlib import Path

import pytest

from genesys_cli.config.load import load_settings
from genesys_cli.errors import GenesysError, UserError
from genesys_cli.files.folder import newest
from genesys_cli.files.outcomes import best_run, run_at
from genesys_cli.files.study import StudyFolder
from genesys_cli.studies import hiring
from genesys_cli.studies import study as studies
from genesys_cli.studies.summary import survey
from small_runs import bits, copied, rows, start
from small_studies import StudyWatcher, evolve, in_this_process, resume, small


def every_bit(folder):
    return {path.name: (bits(path), rows(path)) for path in sorted(Path(folder).glob("seed-*"))}


def copy(study, name="copy"):
    return Path(shutil.copytree(study, name))


def test_each_run_has_the_bits_of_a_run_alone(five):
    for seed in (0, 3):
        alone = start(small(f"run.seed={seed}"), f"alone-{seed}")
        assert bits(five / f"seed-{seed:04d}") == bits(alone)
        assert rows(five / f"seed-{seed:04d}") == rows(alone)


def test_what_lies_in_the_folder(here):
    summary = evolve((0, 1, 4), "study", logs=("jsonl",))
    assert json.loads(Path("study/study.json").read_text()) == summary
    assert sorted(path.name for path in Path("study").iterdir()) == [
        "seed-0000",
        "seed-0001",
        "seed-0004",
        "study.json",
        "study.toml",
    ]
    assert Path("study/seed-0004/metrics.jsonl").is_file()
    study = StudyFolder.open(Path("study")).read()
    assert (study.seeds, study.logs) == ((0, 1, 4), ("jsonl",))
    assert newest().resolve() == Path("study").resolve()
    again = load_settings("study/study.toml", flags={"run.seed": 4, "run.threads": 1})  # it is a preset, too
    assert again == load_settings("study/seed-0004/config.toml")


def test_without_a_name_it_gets_the_next_number(here):
    studies.evolve(small(), (0, 1), None, [], StudyWatcher())
    assert Path("runs/latest").read_text() == "CartPole/001-study\n"
    assert StudyFolder.open(Path("runs/CartPole/001-study"))


def test_an_existing_folder_is_never_touched(here):
    Path("study").mkdir()
    Path("study/mine").write_text("mine")
    with pytest.raises(UserError, match="study exists already and is kept as it is"):
        evolve((0, 1), "study")
    assert [path.name for path in Path("study").iterdir()] == ["mine"]


def test_a_run_that_fails_loses_no_other_and_is_tried_again(five, monkeypatch):
    def before(job):
        if job.seed == 1:
            raise GenesysError("the disk is full")

    in_this_process(monkeypatch, before)
    watcher = StudyWatcher()
    summary = evolve(range(5), "study", watcher=watcher)
    assert watcher.failures == {1: "the disk is full"}
    assert summary["failed"] == [1]
    assert summary["finished"] == 4
    assert [run["state"] for run in summary["runs"]] == ["ended", "failed", "ended", "ended", "ended"]
    assert summary["runs"][1]["failure"] == "the disk is full"
    in_this_process(monkeypatch)
    watcher = StudyWatcher()
    summary = resume("study", watcher)
    assert watcher.todo == [1]
    assert (summary["failed"], summary["finished"]) == ([], 5)
    assert every_bit("study") == every_bit(five)


def test_what_was_interrupted_goes_on_from_its_checkpoints(five, here):
    study = copy(five)
    (study / "study.json").unlink()
    shutil.rmtree(study / "seed-0004")
    slow = next(path for path in sorted(study.glob("seed-*")) if len(rows(path)) == 3)
    cut = copied(slow, "cut", until=1)
    (cut / "summary.json").unlink()
    shutil.rmtree(slow)
    cut.rename(slow)
    watcher = StudyWatcher()
    resume(study, watcher)
    assert watcher.todo == [int(slow.name[-4:]), 4]
    assert f"seed {watcher.todo[0]}: continuing {slow} after generation 1" in watcher.told
    assert every_bit(study) == every_bit(five)


def test_a_finished_study_says_so(five, here):
    study = copy(five)
    watcher = StudyWatcher()
    summary = resume(study, watcher)
    assert watcher.todo == []
    assert watcher.told[0].startswith("copy is complete: all 5 runs are at their end")
    assert summary["solved"] == json.loads((five / "study.json").read_text())["solved"]


def test_more_generations_continue_the_runs_that_were_not_solved(five, here):
    study = copy(five)
    unsolved = [run.seed for run in survey(study).outcomes if not run.solved]
    watcher = StudyWatcher()
    summary = resume(study, watcher, generations=5)
    assert watcher.todo == unsolved
    assert summary["max_generations"] == 5
    assert all(run["solved"] or run["generations"] == 5 for run in summary["runs"])
    assert StudyFolder(study).read().settings.neat.generations == 5
    for seed in unsolved:
        assert bits(study / f"seed-{seed:04d}") == bits(
            start(small("neat.generations=5", f"run.seed={seed}"), f"{seed}")
        )


def test_what_decides_results_cannot_change(five, here):
    study = copy(five)
    with pytest.raises(UserError, match=r"neat.population is 24 in .* and cannot become 30"):
        resume(study, population=30)
    with pytest.raises(UserError, match="copy is a study of the seeds 0-4, so no other seed can be given"):
        resume(study, seed=0)


def test_the_same_message_of_many_runs_is_told_once():
    watcher = StudyWatcher()
    told = studies.Told(StudyFolder(Path("study")), None, watcher)
    for seed in (3, 4):
        told.said(seed, "warning: the same")
        told.said(seed, f"of {seed}")
    assert watcher.told == ["seed 3: warning: the same", "seed 3: of 3", "seed 4: of 4"]


def edited(study, name, before, after):
    path = study / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("study.toml", "population = 24", "population = 25", "neat.population = 25.*seed-0000.* neat.population = 24"),
        ("study.toml", 'seeds = "0-4"', 'seeds = "4-0"', "study.seeds = 4-0: 4-0 descends"),
        ("study.toml", 'seeds = "0-4"', "seeds = 5", "study.toml: seeds = 5"),
        ("study.toml", 'seeds = "0-4"', "", "study.toml lacks a part of a study"),
        ("study.toml", "[study]", "[stduy]", "study.toml"),
        ("study.toml", "[study]", "[study", "study.toml is not valid TOML"),
        ("study.toml", 'seeds = "0-4"', 'seeds = "0-4"\nlogs = ["nothing"]', "there is no such log"),
        ("seed-0002/config.toml", "elitism = 2", "elitism = 3", "says neat.elitism = 2.*seed-0002"),
        ("seed-0002/config.toml", "seed = 2", "seed = 7", "seed-0002 is the run of seed 7, not of 2"),
    ],
)
def test_what_was_edited_by_hand_is_named(five, here, name, before, after, said):
    study = copy(five)
    edited(study, name, before, after)
    with pytest.raises(UserError, match=said):
        resume(study)
    if "logs" not in after:
        with pytest.raises(UserError, match=said):
            survey(study)


def test_a_run_whose_files_are_damaged_is_told_of_and_the_others_go_on(five, here):
    study = copy(five)
    (study / "seed-0001" / "config.toml").write_text("[")
    (study / "seed-0001" / "summary.json").unlink()
    shutil.rmtree(study / "seed-0003")
    watcher = StudyWatcher()
    resume(study, watcher)
    assert list(watcher.failures) == [1]
    assert "config.toml" in watcher.failures[1]
    assert bits(study / "seed-0003") == bits(five / "seed-0003")


def test_what_is_left_of_a_folder_in_the_making_is_taken_away_and_nothing_else(five, here):
    study = copy(five)
    for seed in (1, 2):
        (study / f"seed-{seed:04d}" / "config.toml").unlink()
    with pytest.raises(UserError, match=r"seed-0001 has champion.json, checkpoints.* but no config.toml"):
        resume(study)
    for seed in (1, 2):
        shutil.rmtree(study / f"seed-{seed:04d}")
    (study / "seed-0001/checkpoints").mkdir(parents=True)
    (study / "seed-0001/environment.json").write_text("{}")
    resume(study)
    assert every_bit(study) == every_bit(five)


def test_a_damaged_summary_of_a_run_is_written_again(five, here):
    study = copy(five)
    (study / "seed-0000" / "summary.json").write_text('{"generations": -1}')
    watcher = StudyWatcher()
    resume(study, watcher)
    assert watcher.todo == [0]
    assert survey(study).summary["finished"] == 5


def test_the_best_champion_stands_for_a_study(five):
    found = survey(five)
    best = max(run.validated_fitness for run in found.outcomes)
    first = next(run for run in found.outcomes if run.validated_fitness == best)
    path, sentence = best_run(five)
    assert path == first.run_dir == run_at(five).path
    assert f"its run of seed {first.seed}" in sentence
    assert found.summary["best"]["seed"] == first.seed


def test_a_study_without_champions_says_so(five):
    study = copy(five)
    for path in study.glob("seed-*/champion.json"):
        path.unlink()
    with pytest.raises(UserError, match="none of which has a champion yet"):
        best_run(study)


def test_how_cores_are_shared(monkeypatch):
    monkeypatch.setattr(hiring, "usable_cores", lambda: 8)
    monkeypatch.setattr(hiring, "available", lambda: None)
    settings = load_settings(None, "CartPole")
    plans = [tuple(studies.dry_run(settings, range(n)).values()) for n in (2, 3, 8, 100)]
    assert plans == [(2, 2, 4), (3, 3, 2), (8, 8, 1), (100, 8, 1)]
    few = load_settings(None, "CartPole", ["run.threads=3"])
    assert tuple(studies.dry_run(few, range(100)).values()) == (100, 3, 1)
    monkeypatch.setattr(hiring, "available", lambda: 250_000_000)
    assert tuple(studies.dry_run(settings, range(100)).values()) == (100, 2, 1)


@pytest.fixture
def given():
    """A run whose champion others begin with; it is the newest."""
    return start(small("run.seed=9"), "given")


@pytest.mark.parametrize("source", ["champion", "given", "given/champion.json", "gen:0"])
def test_runs_begin_with_copies_of_what_is_given(given, here, source):
    begun = ("start.sources=" + json.dumps([source]), "start.connect_new=true")
    alone = start(small(*begun, "run.seed=1"), "alone")
    start(small("run.seed=9"), "given-again")  # the newest again, as it was
    evolve((0, 1), "study", *begun)
    assert bits("study/seed-0001") == bits(alone)
    shutil.rmtree(given)
    shutil.rmtree("study/seed-0001")
    Path("study").rename("moved")
    resume("moved")
    assert bits("moved/seed-0001") == bits(alone)
    assert survey(Path("moved")).summary["finished"] == 2
    again = load_settings("moved/study.toml", flags={"run.seed": 1})
    assert bits(start(again, "again")) == bits(alone)


def test_a_run_that_died_before_its_settings_were_written_begins_again(given, here):
    evolve((0, 1), "study", 'start.sources=["given"]')
    whole = bits("study/seed-0001")
    for path in Path("study/seed-0001").iterdir():  # what is written before config.toml
        if path.name not in ("start.npz", "environment.json"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    resume("study")
    assert bits("study/seed-0001") == whole


def test_what_is_no_start_is_told_before_there_is_a_study(here):
    with pytest.raises(UserError, match="nowhere"):
        evolve((0, 1), "study", 'start.sources=["nowhere.json"]')
    assert not Path("study").exists()
