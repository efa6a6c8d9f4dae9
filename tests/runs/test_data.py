"""Runs that learn a table: resumed, repeated, replayed, exported, from Python and from the command line."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess

import numpy as np
import pytest

from genesys_cli import evolve, load_champion
from genesys_cli.config.load import load_settings
from genesys_cli.errors import UserError
from genesys_cli.files.target import find_target
from genesys_cli.runs import evolve as runs
from small_runs import Watcher, bits, resume, start

SMALL = ("neat.population=40", "neat.generations=6", "run.threads=1", "run.stop_when_solved=false")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "t.csv"
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 90))
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x", "y", "sum", "side"])
        writer.writerows(zip(x, y, x + 3 * y, np.where(x > y, "right", "left"), strict=True))
    return path


def settings(table, target="sum", *overrides):
    flags = {"data.file": str(table), "data.target": target}
    return load_settings(None, None, [*SMALL, 'data.inputs=["x","y"]', *overrides], flags)


@pytest.fixture(scope="module")
def numbers(table, tmp_path_factory):
    place = tmp_path_factory.mktemp("numbers")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(settings(table), place / "run")


@pytest.fixture(scope="module")
def classes(table, tmp_path_factory):
    place = tmp_path_factory.mktemp("classes")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return start(settings(table, "side"), place / "run")


def test_a_dry_run_shows_what_follows_from_the_table(table):
    shown, _ = runs.dry_run(settings(table, "side"))
    assert shown.environment.id == "t.csv"
    assert shown.data.task == "classification"
    assert shown.evaluation.episodes == shown.data.training_rows


@pytest.mark.parametrize(
    ("overrides", "flattered"),
    [((), False), (("run.seed=8",), False), (("data.split_seed=1",), True), (("data.held_out=0",), False)],
)
def test_a_start_that_may_know_the_held_out_rows(table, numbers, tmp_path, overrides, flattered):
    watcher = Watcher()
    source = f"start.sources={json.dumps([str(numbers)])}"
    start(settings(table, "sum", "neat.generations=1", source, *overrides), tmp_path / "run", watcher)
    assert any("may be among those that it was trained on" in text for text in watcher.messages) is flattered


def test_a_resumed_run_has_the_same_bits(table, numbers, tmp_path):
    start(settings(table, "sum", "neat.generations=3"), tmp_path / "part")
    resume(tmp_path / "part", generations=6)
    assert bits(tmp_path / "part") == bits(numbers)


def test_batches_are_drawn_for_each_generation(table, tmp_path):
    whole = start(settings(table, "sum", "data.batch=20"), tmp_path / "whole")
    rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
    assert {int(row["env_steps"]) for row in rows} == {40 * 20}
    start(settings(table, "sum", "data.batch=20", "neat.generations=2"), tmp_path / "part")
    resume(tmp_path / "part", generations=6)
    assert bits(tmp_path / "part") == bits(whole)


def test_the_settings_of_a_run_repeat_it(numbers, tmp_path):
    again = start(load_settings(numbers / "config.toml"), tmp_path / "again")
    assert bits(again) == bits(numbers)


def test_another_table_with_the_settings_of_a_run(numbers, tmp_path):
    (tmp_path / "o.csv").write_text("p,q\n" + "\n".join(f"{k},{k * k % 7}.5" for k in range(30)))
    flags = {"data.file": str(tmp_path / "o.csv"), "data.target": "q"}
    other = load_settings(numbers / "config.toml", None, [], flags)
    assert (other.data.sha256, other.data.inputs, other.evaluation.observation_scale) == ("", [], [])
    assert other.neat == load_settings(numbers / "config.toml").neat


def test_a_table_that_has_changed_is_not_learnt_on(table, tmp_path):
    copy = tmp_path / "t.csv"
    shutil.copy(table, copy)
    run = start(settings(copy), tmp_path / "run")
    copy.write_text(copy.read_text().replace("right", "wrong"))
    resume(run, generations=7)  # nobody reads this column
    copy.write_text(copy.read_text().replace("1", "2", 1))
    with pytest.raises(UserError, match="is not the table that the run was begun with"):
        resume(run, generations=8)


def test_summary_and_scores(numbers, classes, table):
    pytest.importorskip("sklearn")
    from sklearn import metrics

    for run, target in ((numbers, "sum"), (classes, "side")):
        told = json.loads((run / "summary.json").read_text())["data"]
        assert (told["target"], told["training_rows"], told["held_out_rows"]) == ([target], 68, 22)
        champion = load_champion(run)
        held_out = champion._env.rows().held_out
        rows = list(csv.DictReader(table.read_text().splitlines()))
        inputs = [[float(rows[k]["x"]), float(rows[k]["y"])] for k in held_out]
        truth = [rows[k][target] for k in held_out]
        predicted = champion.predict(inputs)
        if target == "side":
            assert told["scores"]["accuracy"] == pytest.approx(metrics.accuracy_score(truth, predicted))
            assert told["scores"]["balanced_accuracy"] == pytest.approx(
                metrics.balanced_accuracy_score(truth, predicted)
            )
            assert told["scores"]["f1_macro"] == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
            assert told["confusion"]["matrix"] == metrics.confusion_matrix(truth, predicted).tolist()
        else:
            numbers_of = [float(x) for x in truth]
            assert told["scores"]["r2"] == pytest.approx(metrics.r2_score(numbers_of, predicted))
            assert champion.fitness == pytest.approx(metrics.mean_squared_error(numbers_of, predicted))


def test_actions_are_predictions(classes):
    champion = load_champion(classes)
    for row in ([1.0, 2.0], [2.0, 1.0], [0.3, -0.2]):
        assert champion.predict([row])[0] == ["left", "right"][champion.act(row)]
    with pytest.raises(UserError, match="give \\(N, 2\\), the columns x, y"):
        champion.predict([1.0, 2.0])
    for rows, said in (
        ([[1.0, 2.0], [3.0, np.nan]], r"inputs\[1\] has nan for 'y'"),
        ([[np.inf, 2.0]], r"inputs\[0\] has inf for 'x'"),
        ([["a", 2.0]], r"are not \(N, 2\) numbers"),
    ):
        with pytest.raises(UserError, match=said):
            champion.predict(rows)
    with pytest.raises(UserError, match="is a table of data and no environment"):
        champion.make_env()


def test_python_learns_a_table(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = evolve(data=table, target="sum", settings={"data.inputs": ["x", "y"]}, population=40, generations=2, seed=4)
    assert found.summary["minimise"]
    assert found.champion.fitness == found.summary["validated_fitness"]


def test_exports_say_which_number_is_which_class(classes, numbers):
    from genesys_cli.export.files import export

    target = find_target(str(classes), None)
    header = export(target, "c").data.decode()
    assert "a class: 0 = left, 1 = right" in header
    assert "mean of 22 rows" in header
    assert "episode" not in header.partition("*/")[0]
    assert json.loads(export(target, "json").data)["metadata"]["classes"] == ["left", "right"]
    assert "classes" not in json.loads(export(find_target(str(numbers), None), "json").data)["metadata"]


def test_an_export_predicts(numbers, tmp_path):
    from genesys_cli.export.files import export

    champion = load_champion(numbers)
    header = tmp_path / "learnt.h"
    header.write_bytes(export(find_target(str(numbers), None), "c").data)
    program = tmp_path / "main.c"
    program.write_text(
        '#include "learnt.h"\n#include <stdio.h>\nint main(void) { float in[2], out[1]; t_state s; t_reset(&s);\n'
        'while (scanf("%f %f", &in[0], &in[1]) == 2) { t_act(&s, in, out); printf("%.9g\\n", out[0]); } return 0; }\n'
    )
    subprocess.run(["cc", "-std=c99", "-o", str(tmp_path / "main"), str(program), "-lm"], check=True)
    rows = np.float32(np.random.default_rng(1).normal(size=(20, 2)) * 5)
    text = "\n".join(f"{a:.9g} {b:.9g}" for a, b in rows)
    told = subprocess.run([str(tmp_path / "main")], input=text, capture_output=True, text=True, check=True)
    np.testing.assert_array_equal(np.float32(told.stdout.split()), champion.predict(rows)[:, 0])
