"""What stands for no fitness in selection reaches nobody: no file, no terminal, no page, no program."""

from __future__ import annotations

import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from genesys_cli import UserError, load_champion
from genesys_cli.cli.main import main
from genesys_cli.evolution.nobody import NO_FITNESS
from genesys_cli.files import archive
from genesys_cli.files.checkpoint import KIND, VERSION, load
from genesys_cli.files.folder import read_metrics
from genesys_cli.files.species import read_species
from genesys_cli.files.target import find_target
from genesys_cli.inspection.ancestry import trace
from genesys_cli.inspection.inspect import find_subject, inspect, inspect_network
from genesys_cli.inspection.overview import overview
from genesys_cli.report.console import PlainView
from genesys_cli.report.html.write import write_report
from genesys_cli.report.inspection import print_ancestry, print_run
from genesys_cli.report.results import print_summary
from genesys_cli.runs import evolve as runs
from small_runs import Watcher, bits, last, newest, resume, start, tiny

NAN = "evaluation.fitness=backends.fitnesses:nan"
ODD = "evaluation.fitness=backends.fitnesses:odd_have_none"
STAND_IN = re.compile(r"\b1(\.0*)?e\+?30|10{15}|\b(inf|nan|Infinity|NaN)\b")
SAID = re.compile(r"backends\.fitnesses:nan|neither nan nor inf")  # which people are to see


def invoke(*args):
    return CliRunner().invoke(main, list(args))


def without_number(text):
    """Return what in a text stands for no fitness."""
    return [found.group() for found in STAND_IN.finditer(SAID.sub("", text))]


def strict(text):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def nobody(tmp_path_factory):
    """The folder of a run in which nobody ever had a fitness, and who watched it."""
    place, watcher = tmp_path_factory.mktemp("nobody"), Watcher()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        settings = tiny("CartPole", NAN, "neat.generations=3")
        runs.evolve(settings, Path("run"), ["genesys"], watcher, ["jsonl", "tensorboard"])
    return place / "run", watcher


def test_no_file_has_a_number_for_it(nobody):
    run, _ = nobody
    texts = [path for path in run.iterdir() if path.suffix in (".csv", ".jsonl", ".json")]
    assert len(texts) == 5
    for path in texts:
        assert not without_number(path.read_text(encoding="utf-8")), path
    assert b"fitness/" not in b"".join(path.read_bytes() for path in (run / "tensorboard").iterdir())
    for row in read_metrics(run / "metrics.csv"):
        assert [row[key] for key in ("best_fitness", "mean_fitness", "std_fitness", "best_nodes")] == [None] * 4
        assert row["invalid_fitness"] == 24
    assert {(row.best, row.mean) for row in read_species(run / "species.csv")} == {(None, None)}


def test_the_run_says_so_once_and_ends_well(nobody, capsys):
    _, watcher = nobody
    said = [text for text in watcher.messages if NO_FITNESS in text]
    assert said == [
        f"generation 0: {NO_FITNESS}; have evaluation.fitness, backends.fitnesses:nan, return a finite number for "
        "every episode (neither nan nor inf)"
    ]
    summary = watcher.summary
    assert (summary["champion"], summary["best_fitness"], summary["solved"]) == (None, None, False)
    assert summary["invalid_fitness"] == 3 * 24
    assert summary["note"].startswith(f"{NO_FITNESS} in any of 3 generations; have evaluation.fitness")
    print_summary(summary)
    assert f"none: {NO_FITNESS} in any of 3 generations; " in capsys.readouterr().out
    view = PlainView()
    view.generation(watcher.rows[1])
    line = capsys.readouterr().err
    assert line.startswith(f"generation 1  {NO_FITNESS}  species ")


@pytest.mark.parametrize("target", ["champion", "last", "gen:1"])
def test_nobody_can_be_replayed(nobody, target):
    run, _ = nobody
    for ask in (lambda: find_target(target, run), lambda: load_champion(target, run)):
        with pytest.raises(UserError, match=f"{NO_FITNESS}.*; have evaluation.fitness, backends.fitnesses:nan"):
            ask()
    for command in (["replay", target, "--json"], ["export", target, "-o", "x.json"], ["inspect", target]):
        found = invoke(*command, "--run", str(run))
        assert (found.exit_code, found.output.count("\n")) == (2, 1)
        assert NO_FITNESS in found.output


def test_it_can_be_looked_at(nobody):
    run, _ = nobody
    for command in (["inspect"], ["inspect", "--json"]):
        found = invoke(*command, str(run))
        assert found.exit_code == 0
        assert NO_FITNESS in found.output
        assert not without_number(found.output)
    assert strict(found.output)["species"][0]["best"] is None
    assert overview(run).note.startswith(f"{NO_FITNESS}; have evaluation.fitness")
    assert overview(run).solved_in is None
    other = start(tiny("CartPole", "neat.generations=2"), "other")
    for given in ([run], [run, other], [run, run]):
        path = Path(f"{len(list(Path().iterdir()))}.html")
        found = invoke("report", *map(str, given), "-o", str(path))
        assert found.exit_code == 0, found.output
        assert not without_number(path.read_text(encoding="utf-8"))
    assert invoke("inspect", str(run), "--plot", "plot.svg").exit_code == 0


def test_it_can_go_on(nobody):
    whole = start(tiny("CartPole", NAN, "neat.generations=5"), "whole")
    run = Path(shutil.copytree(nobody[0], "run"))
    watcher = Watcher()
    summary = resume(run, watcher, generations=5)
    assert summary["invalid_fitness"] == 5 * 24
    assert last_checkpoint(run) == last_checkpoint(whole)
    assert (run / "species.csv").read_bytes() == (whole / "species.csv").read_bytes()


def last_checkpoint(run):
    return newest(run).read_bytes()


def test_a_checkpoint_that_an_earlier_version_wrote(nobody):
    """It has the stand-in, and does not say whose."""
    run = Path(shutil.copytree(nobody[0], "run"))
    header, arrays = archive.read(newest(run), KIND, VERSION)
    assert arrays.pop("without").tolist() == list(range(24))
    archive.write(newest(run), header, arrays)
    assert load(newest(run))[0].best() is None
    with pytest.raises(UserError, match=NO_FITNESS):
        find_target("last", run)


@pytest.mark.parametrize("without", [np.array([24]), np.array([-1]), np.array([0.5]), np.array([[1]])])
def test_a_checkpoint_whose_list_cannot_be(nobody, without):
    run = Path(shutil.copytree(nobody[0], "run"))
    header, arrays = archive.read(newest(run), KIND, VERSION)
    archive.write(newest(run), header, {**arrays, "without": without})
    with pytest.raises(UserError, match="without does not name|without is of type float64|'without.npy' is no row"):
        load(newest(run))


def test_exit_codes_of_the_command(monkeypatch):
    settings = ["-s", NAN, "-p", "10", "-g", "2", "-n", "1", "--validate", "3"]
    found = invoke("evolve", "-e", "CartPole", *settings, "-o", "run", "--json", "--quiet")
    assert found.exit_code == 0
    assert strict(found.output)["best_fitness"] is None
    found = invoke("evolve", "-e", "CartPole", *settings, "-o", "other", "--quiet", "--require-solved")
    assert found.exit_code == 3
    assert NO_FITNESS in found.output


def test_some_have_none(capsys):
    """Means are those of the others, and nobody without a fitness is the best of anything."""
    run, watcher = Path("run"), Watcher()
    start(tiny("CartPole", ODD, "evaluation.episodes=1", "neat.compatibility_threshold=0.9"), run, watcher)
    assert all(0 < row["invalid_fitness"] < 24 for row in watcher.rows)
    species = read_species(run / "species.csv")
    for row in watcher.rows:
        state = load(run / "checkpoints" / f"gen-{row['generation']:05d}.npz")[0]
        has = np.ones(24, bool)
        has[state.without] = False
        assert len(state.without) == row["invalid_fitness"]
        assert row["best_fitness"] == state.fitness[has].max() == state.fitness[state.best()]
        assert row["mean_fitness"] == pytest.approx(state.fitness[has].mean())
        assert row["std_fitness"] == pytest.approx(state.fitness[has].std())
        assert has[state.best()]
        for number, lived in enumerate(one for one in species if one.generation == row["generation"]):
            members = state.fitness[has & (state.species.member_of == number)]
            assert lived.best == (members.max() if len(members) else None)
    assert any(row.best is None for row in species), "a species of which nobody has a fitness is part of this test"
    stored = find_target("last", run)
    assert load_champion("last", run).training_fitness == stored.champion.training_fitness
    line = [birth for g in range(1, 7) for birth in trace(find_target(f"gen:{g}", run)).births]
    parents = [parent for birth in line for parent in (birth.fitter, birth.other) if parent is not None]
    assert all(parent.fitness is None or math.isfinite(parent.fitness) for parent in parents)
    print_ancestry(inspect_network(stored, ancestry=True))
    facts, _ = inspect(run)
    print_run(facts | {"network": None, "trouble": find_subject(str(run), None).trouble})
    assert "nan" not in capsys.readouterr().out


def test_equally_fit_ones_without_a_fitness_before_the_best():
    """The only one that has a fitness is as fit as the others' stand-in, and is not the first."""
    run = start(tiny("CartPole", "neat.generations=1"), "run")
    state, _ = load(newest(run))
    even = state._replace(fitness=np.full(24, 7.0), without=np.arange(23))
    assert even.best() == 23
    assert np.isnan(even.own_fitness(False)[:23]).all()


def test_none_on_held_out_episodes_only(monkeypatch):
    from meddler import Meddler

    make = runs.make_backend
    nan = lambda fitness, phase: np.full_like(fitness, np.nan) if phase == "held out" else fitness  # noqa: E731
    monkeypatch.setattr(runs, "make_backend", lambda *args: Meddler(make(*args), nan))
    watcher = Watcher()
    start(tiny("CartPole", "neat.generations=2"), "run", watcher)
    assert watcher.summary["note"].startswith(f"{NO_FITNESS} on the held-out episodes (0 of 48 had none in training")
    assert math.isfinite(watcher.summary["best_fitness"])
    with pytest.raises(UserError, match=f"{NO_FITNESS} on the held-out episodes; .*; `last` is the best in training"):
        find_target("champion", Path("run"))


def test_numbers_that_overflow():
    """±1.7e308: every difference, sum and square of two of them is infinite."""
    giant = ("evaluation.fitness=backends.fitnesses:giant", "neat.compatibility_threshold=0.9")
    watcher = Watcher()
    run = start(tiny("CartPole", *giant, "neat.species_fitness=mean"), "run", watcher)
    assert strict((run / "summary.json").read_text())["champion"] is not None
    assert strict((run / "champion.json").read_text())["statistics"]["validated_std"] > 0
    for row in watcher.rows:
        assert row["invalid_fitness"] == 0
        assert all(math.isfinite(row[key]) for key in ("best_fitness", "mean_fitness", "std_fitness"))
    assert strict(invoke("replay", "champion", "--run", str(run), "--json").output)["returns"]
    write_report([overview(run)], Path("giant.html"), lambda text: None)
    before = bits(run)
    resume(run, generations=8)
    assert {name: data for name, data in bits(run).items() if name in before and name.startswith("gen")} == {
        name: data for name, data in before.items() if name.startswith("gen")
    }
    assert last(run)
