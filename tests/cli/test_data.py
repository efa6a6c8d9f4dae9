"""Tables on the command line: what is said of what cannot be."""

from __future__ import annotations

import pytest

TABLE = "x,y\n" + "\n".join(f"{k},{k * k % 11}.5" for k in range(40)) + "\n"


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TABLE)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--data t.csv", "data.target = []: must name the column to be predicted: --target COLUMN"),
        ("--target y", "has no meaning without a table; name one: --data FILE"),
        ("--data t.csv --target z", "has no column 'z'"),
        ("--data u.csv --target y", "did you mean 't.csv'?"),
        ("--data t.csv --target y --target y", "names the column 'y' twice"),
        ("--data t.csv --target y --env CartPole", "networks live in one world; give one of them"),
        ("--data t.csv --target y -n 7", "data.batch is how many rows a generation trains on"),
        ("--data t.csv --target y --validate 7", "data.held_out is the share of rows"),
        ("--data t.csv --target y --env-kwarg a=1", "a row is not played"),
        ("--data t.csv --target y -s neat.feed_forward=false", "whose rows have no order"),
        ("--data t.csv --target y -s data.task=classification -s data.loss=squared_error", "is for regression"),
        ("--data t.csv --target y -s data.inputs=y", "a network that is told the answer learns nothing"),
        ("--data t.csv --target y -s data.held_out=1", "must be a number from 0 to below 1"),
        ("--data t.csv --target y -s evaluation.observation_scale=[2]", "data.standardise finds its own"),
        ("--data t.csv --target y -s drift.x.at=1 -s drift.x.to=1", "which does not change"),
        ("--data t.csv --target y --pace measured", "is no environment that could be stepped"),
        ("--data t.csv --target y --target x -s data.loss=hinge", "several can be predicted as numbers only"),
        ("--data t.csv --target y -s data.sha256=abc", "is found by a run"),
        ("--resume runs/x --data t.csv", "cannot be combined with --data"),
    ],
)
def test_what_cannot_be_is_one_message_before_there_is_a_run(invoke, place, words, said):
    result = invoke("evolve", words)
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert not (place / "runs").exists()


def test_a_run_and_its_replays(invoke, place):
    small = "-p 20 -g 2 -j 1 --quiet"
    assert invoke("evolve --data t.csv --target y -o run", small).exit_code == 0
    shown = invoke("replay run").stdout
    assert "squared_error" in shown
    assert "r2" in shown
    (place / "new.csv").write_text("z,x\n1,2\n3,4\n")
    result = invoke("replay run --data new.csv --predictions out.csv")
    assert "the table has no target" in result.stdout
    lines = (place / "out.csv").read_text().splitlines()
    assert lines[0] == "row,predicted y"
    assert len(lines) == 3
    for words, said in (
        ("--data new.csv --predictions out.csv", "exists already"),
        ("--data new.csv --predictions out.txt", "must end in .csv"),
        ("--data none.csv", "there is no such file"),
        ("--episodes 3", "rows are predicted and not played"),
        ("--render terminal", "rows are predicted and not played"),
    ):
        result = invoke("replay run", words)
        assert result.exit_code == 2, result.output
        assert said in " ".join(result.stderr.split())
    (place / "new.csv").write_text("z,y\n1,2\n3,4\n")
    assert "has no column 'x'" in invoke("replay run --data new.csv").stderr
    result = invoke("inspect run --ablation")
    assert result.exit_code == 0, result.output
    assert "10 rows; the intact network has a mean loss of" in result.stdout
    assert "worse by" in result.stdout
    assert invoke("report run --output page.html").exit_code == 0
    assert "Predictions of y over its true values" in (place / "page.html").read_text()


def test_rows_that_lack_a_value(invoke, place):
    assert invoke("evolve --data t.csv --target y -o run -p 20 -g 1 -j 1 --quiet").exit_code == 0
    (place / "new.csv").write_text("x,y\n1,2\n,3\n4,5\n")
    result = invoke("replay run --data new.csv")
    assert result.exit_code == 2
    assert "1 of 3 rows lack a value (x in 1)" in " ".join(result.stderr.split())
    assert "--set" not in result.stderr  # replay has no such option
    (place / "new.csv").write_text("x,y\n1,\n2,\n")
    assert "the table has no target" in invoke("replay run --data new.csv").stdout
    (place / "t.csv").write_text("x,y\n,1.5\n" + TABLE.partition("\n")[2])
    some = "--data t.csv --target y -o some -p 20 -g 1 -j 1 --quiet -s data.missing=drop"
    assert invoke("evolve", some).exit_code == 0
    assert invoke("replay some --data t.csv --predictions out.csv").exit_code == 0
    numbers = [line.partition(",")[0] for line in (place / "out.csv").read_text().splitlines()]
    assert numbers == ["row", *map(str, range(2, 42))]


def test_a_threshold_that_needs_no_learning_is_warned_of(invoke):
    """Such as that of neat-python's XOR example, 3.9, which is no loss."""
    run = "evolve --data t.csv --target y -p 20 -g 1 -j 1 -s evaluation.solved_at="
    assert "is reached without learning" in " ".join(invoke(run + "99 -o easy").stderr.split())
    assert "is reached without learning" not in invoke(run + "0.5 -o hard").stderr


def test_many_classes_are_no_table_on_a_terminal(invoke, place):
    (place / "many.csv").write_text("x,y\n" + "".join(f"{k},c{k % 40}\n" for k in range(160)))
    assert invoke("evolve --data many.csv --target y -o run -p 20 -g 1 -j 1 --quiet").exit_code == 0
    shown = invoke("replay run").stdout
    assert "40 classes are too many for a table" in " ".join(shown.split())
    assert "as c1" not in shown
    assert invoke("report run --output page.html").exit_code == 0
    assert "There are 40 classes" in (place / "page.html").read_text()


def test_an_environment_has_no_rows(invoke):
    result = invoke("replay LunarLander --data t.csv")
    assert result.exit_code == 2
    assert "which is no table: leave out --data and --predictions" in " ".join(result.stderr.split())
