"""Where runs are put, how they are found, and what lies in their folders."""

import csv
import errno
import json
import re
from pathlib import Path

import pytest

from genesys_cli.config.load import load_settings, settings_from_toml
from genesys_cli.errors import UserError
from genesys_cli.files import archive, storage
from genesys_cli.files.checkpoint import KIND, VERSION, load
from genesys_cli.files.folder import Metrics
from genesys_cli.files.identity import RESUMABLE, changed, decisive_toml, differences, value_of
from genesys_cli.files.outcomes import run_at
from genesys_cli.files.species import SpeciesRow
from genesys_cli.files.storage import held
from genesys_cli.runs import evolve as runs
from genesys_cli.runs.evolve import changes_of
from small_runs import Watcher, bits, newest, resume, start, tiny

SHORT = ("neat.generations=2",)


def unnamed(settings):
    """Evolve in the default place; return the folder."""
    watcher = Watcher()
    runs.evolve(settings, None, ["genesys"], watcher)
    return watcher.run_dir


def test_runs_are_numbered_by_environment():
    assert unnamed(tiny("CartPole", *SHORT)) == Path("runs/CartPole/001-software")
    assert unnamed(tiny("CartPole", *SHORT)) == Path("runs/CartPole/002-software")
    assert unnamed(tiny("Pendulum", *SHORT)) == Path("runs/Pendulum/001-software")
    assert unnamed(tiny("CartPole-v0", *SHORT)) == Path("runs/CartPole/003-software")
    Path("runs/CartPole/007-something else").mkdir()
    assert unnamed(tiny("CartPole", *SHORT)) == Path("runs/CartPole/008-software")


def test_the_newest_run_is_found_also_when_the_runs_move():
    unnamed(tiny("CartPole", *SHORT))
    assert Path("runs/latest").read_text() == "CartPole/001-software\n"
    Path("elsewhere").mkdir()
    Path("runs").rename("elsewhere/runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("elsewhere")
        assert run_at(None).config.is_file()


def test_a_run_elsewhere_is_found_by_its_full_path():
    run = start(tiny("CartPole", *SHORT), "here/and/there")
    assert Path("runs/latest").read_text() == f"{run.resolve()}\n"
    assert run_at(None).path == run.resolve()


def test_a_run_of_ones_own_name_among_the_others():
    start(tiny("CartPole", *SHORT), "runs/mine")
    assert Path("runs/latest").read_text() == "mine\n"


@pytest.mark.parametrize("text", [None, "", "nowhere\n", "\xff"])
def test_no_run_to_be_found(text):
    if text is not None:
        Path("runs").mkdir()
        Path("runs/latest").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match="there is no run here yet|is not a run"):
        run_at(None)


def test_an_existing_run_is_never_touched():
    run = start(tiny("CartPole", *SHORT), "run")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(UserError, match="--run-dir run exists already .* --resume run"):
        start(tiny("CartPole", *SHORT), "run")
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_an_empty_folder_may_be_used():
    Path("run").mkdir()
    assert newest(start(tiny("CartPole", *SHORT), "run")).name == "gen-00001.npz"


@pytest.mark.parametrize("name", ["file", "file/below", "x" * 300, "file/../file"])
def test_a_folder_that_cannot_be_made(name):
    Path("file").write_text("something")
    with pytest.raises(UserError, match="exists already|cannot write"):
        start(tiny("CartPole", *SHORT), name)
    assert Path("file").read_text() == "something"


@pytest.mark.parametrize("name", ["runs", "runs/CartPole"])
def test_a_file_where_the_runs_should_be(name):
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text("something")
    with pytest.raises(UserError, match="cannot write runs"):
        unnamed(tiny("CartPole", *SHORT))


@pytest.mark.parametrize("name", ["nowhere", "empty", "file", "file/below"])
def test_resume_of_what_is_no_run(name):
    Path("empty").mkdir()
    Path("file").write_text("something")
    with pytest.raises(UserError, match=f"{name} is not a run"):
        resume(name)


def test_the_files_of_a_run():
    watcher = Watcher()
    settings = tiny("Pendulum", *SHORT)
    run = start(settings, "run", watcher)
    assert sorted(path.name for path in run.iterdir()) == [
        "champion.json",
        "checkpoints",
        "config.toml",
        "environment.json",
        "metrics.csv",
        "species.csv",
        "summary.json",
    ]
    assert settings_from_toml((run / "config.toml").read_text()) == settings
    assert json.loads((run / "summary.json").read_text()) == watcher.summary
    around = json.loads((run / "environment.json").read_text())
    assert around["command"] == ["genesys", "evolve"]
    assert {"genesys", "python", "packages", "platform", "host", "cores", "started"} <= around.keys()
    champion = json.loads((run / "champion.json").read_text())
    assert champion["environment"] == "Pendulum-v1"
    assert champion["statistics"]["validated_fitness"] == watcher.summary["validated_fitness"]
    assert settings_from_toml(champion["settings"]).evaluation == settings.evaluation


def test_metrics_have_every_column_the_observer_heard_of():
    watcher = Watcher()
    run = start(tiny("CartPole", *SHORT), "run", watcher)
    with open(run / "metrics.csv", newline="") as file:
        first, second = csv.DictReader(file)
    assert list(second) == list(watcher.rows[1])
    assert {key: value for key, value in first.items() if value} == {
        key: str(value) for key, value in watcher.rows[0].items()
    }
    assert second == {key: str(value) for key, value in watcher.rows[1].items()}
    assert "crossovers" in second or len(second) > len(watcher.rows[0])
    (total,) = (int(second[key]) for key in ["total_env_steps"])
    assert total == int(first["env_steps"]) + int(second["env_steps"])
    assert total == watcher.summary["env_steps"]


def test_metrics_of_an_older_version_are_carried_on(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("generation,forgotten,wall_time_s\n0,a,1.5\n1,b,2.5\n2,c,3.5\n")
    metrics = Metrics(path, 1)
    assert metrics.wall_time_s == 2.5
    metrics.append({"generation": 2, "new": None, "wall_time_s": 3.0})
    metrics.append({"generation": 3, "new": 7, "wall_time_s": 4.0})
    metrics.close()
    assert path.read_text() == "generation,new,wall_time_s,forgotten\n0,,1.5,a\n1,,2.5,b\n2,,3.0,\n3,7,4.0,\n"


def test_totals_go_on_after_a_resume():
    run = start(tiny("CartPole", *SHORT), "run")
    before = json.loads((run / "summary.json").read_text())
    watcher = Watcher()
    after = resume(run, watcher, generations=3)
    with open(run / "metrics.csv", newline="") as file:
        last = list(csv.DictReader(file))[-2]
    assert watcher.rows[0]["wall_time_s"] > float(last["wall_time_s"])
    assert after["env_steps"] == before["env_steps"] + watcher.rows[0]["env_steps"]


def test_resume_keeps_what_it_changed():
    """A resumed run that is interrupted must be able to go on to its new end without being told again."""
    run = start(tiny("CartPole", *SHORT), "run")
    resume(run, Watcher([3]), generations=6, keep=5)
    settings = settings_from_toml((run / "config.toml").read_text())
    assert (settings.neat.generations, settings.run.keep) == (6, 5)
    assert resume(run)["generations"] == 6


def test_the_words_of_each_resume_are_kept():
    run = start(tiny("CartPole", *SHORT), "run")
    started = json.loads((run / "environment.json").read_text())
    for generations in ("5", "6"):
        flags = {"neat.generations": int(generations)}
        runs.resume(run, flags, ["genesys", "evolve", "--generations", generations], Watcher())
    found = json.loads((run / "environment.json").read_text())
    resumed = found.pop("resumed")
    assert found == started
    assert [entry["command"][-1] for entry in resumed] == ["5", "6"]
    assert resumed[0].keys() == started.keys() - {"repeatable", "repeatable_note", "environment"}
    (run / "environment.json").write_text("cut o")
    runs.resume(run, {"neat.generations": 7}, [], Watcher())
    assert (run / "environment.json").read_text() == "cut o", "what cannot be read is left alone"


@pytest.mark.parametrize("flags", [{"population": 25}, {"seed": 1}])
def test_resume_refuses_what_would_change_results(flags):
    run = start(tiny("CartPole", *SHORT), "run")
    before = (run / "config.toml").read_bytes()
    with pytest.raises(UserError, match="cannot become .* start a new run, or change only neat.generations"):
        resume(run, **flags)
    assert (run / "config.toml").read_bytes() == before


def test_resume_takes_what_changes_nothing():
    run = start(tiny("CartPole", *SHORT), "run")
    assert resume(run, population=24, seed=0)["generations"] == 2


@pytest.mark.parametrize("flags", [{"generations": 0}, {"threads": -1}, {"keep": 0}, {"checkpoint_every": 0}])
def test_resume_checks_what_it_changes(flags):
    run = start(tiny("CartPole", *SHORT), "run")
    with pytest.raises(UserError, match="must be a whole number from"):
        resume(run, **flags)


def test_a_run_is_computed_by_one_process_at_a_time():
    start(tiny("CartPole"), "a")
    with held(Path("a")), pytest.raises(UserError, match="another process is evolving a.*--resume a"):
        resume("a", generations=5)
    resume("a", generations=5)


def test_a_new_run_is_held_as_long_as_it_goes_on():
    class Meddler(Watcher):
        def generation(self, row):
            with pytest.raises(UserError, match="another process"), held(Path("a")):
                pass
            super().generation(row)

    watcher = Meddler()
    start(tiny("CartPole"), "a", watcher)
    assert watcher.rows
    with held(Path("a")):
        pass


def test_a_disk_that_knows_no_locks_is_no_obstacle(monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(storage.fcntl, "flock", refuse)
    start(tiny("CartPole"), "a")
    monkeypatch.setattr(storage, "fcntl", None)
    resume("a", generations=5)


def test_a_run_that_is_past_its_new_end_stays_as_it_is():
    run = start(tiny(), "run")
    assert resume(run, generations=3)["generations"] == 7


def test_a_run_without_any_checkpoint_starts_over():
    run = start(tiny("CartPole", *SHORT), "run")
    for path in (run / "checkpoints").iterdir():
        path.unlink()
    watcher = Watcher()
    resume(run, watcher)
    assert "has no checkpoint yet" in watcher.messages[0]
    assert load(newest(run))[0].generation == 1


def test_arguments_for_an_environment_that_takes_none():
    with pytest.raises(UserError, match="CartPole-v1 takes no such argument"):
        start(tiny("CartPole", "environment.kwargs.gravity=3"), "run")
    assert not Path("run").exists()


def test_what_decides_a_run():
    settings = tiny()
    text = decisive_toml(settings)
    assert not any(key.partition(".")[2] in text for key in RESUMABLE)
    assert list(differences(settings_from_toml(text), settings)) == []
    other = changed(settings, {"run.seed": 5, "neat.elitism": 1, "run.threads": 3})
    assert list(differences(settings, other)) == ["neat.elitism", "run.seed"]
    assert value_of(other, "run.threads") == 3


def test_the_handbook_names_every_file_column_and_field():
    text = (Path(__file__).parents[2] / "docs" / "run-folder.md").read_text(encoding="utf-8")
    watcher = Watcher()
    run = start(tiny("CartPole", *SHORT), "run", watcher)
    header, arrays = archive.read(newest(run), KIND, VERSION)
    champion = json.loads((run / "champion.json").read_text())
    names = [path.name for path in run.iterdir()]
    names += SpeciesRow._fields
    names += [*watcher.rows[1], *watcher.summary, *RESUMABLE, *json.loads((run / "environment.json").read_text())]
    names += [*header, *header["counters"], *header["species"], *header["champion"]]
    names += [name.split(".")[-1] for name in arrays]
    names += [*champion, *champion["genome"], *champion["genome"]["nodes"][0], *champion["genome"]["connections"][0]]
    assert [name for name in names if not re.search(rf"[`. /]{name}[` /]", text)] == []


def test_a_run_is_repeated_from_its_config():
    run = start(tiny("Pendulum", *SHORT), "run")
    again = start(load_settings("run/config.toml"), "again")
    assert bits(again) == bits(run)


def test_a_backend_with_the_same_results_may_go_on():
    chip = tiny("CartPole", "run.backend=genesys")
    rtl = tiny("CartPole", "run.backend=rtl")
    assert changes_of(chip, {"run.backend": "rtl", "rtl.parts": ("eve",)}, Path("run")) != {}
    assert changed(rtl, changes_of(rtl, {"run.backend": "genesys"}, Path("run"))).tables() == chip.tables()
    with pytest.raises(UserError, match="run.backend is 'genesys' in run and cannot become 'software'"):
        changes_of(chip, {"run.backend": "software"}, Path("run"))
    for flags in ({}, {"run.backend": "genesys"}):
        with pytest.raises(UserError, match="only the backend 'rtl' simulates RTL, but run.backend is 'genesys'"):
            changes_of(chip, {**flags, "rtl.parts": ("eve",)}, Path("run"))
