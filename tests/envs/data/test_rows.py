"""From columns to rows: what is to be predicted, what is held out, what cannot be learnt from."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.config.data import DataSettings
from genesys_cli.envs.data.env import data_env
from genesys_cli.envs.data.rows import settle
from genesys_cli.envs.data.scores import loss_of_constant
from genesys_cli.envs.data.split import split
from genesys_cli.envs.spec import Discrete, MultiBinary, Real
from genesys_cli.errors import UserError


@pytest.fixture
def table(tmp_path):
    """Return what writes a table of these columns and gives the settings that learn it."""

    def make(target="y", **settings):
        columns = {key: settings.pop(key) for key in list(settings) if key not in DataSettings.model_fields}
        lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        path = tmp_path / "t.csv"
        path.write_text("\n".join(lines) + "\n")
        return DataSettings(file=str(path), target=target, **settings)

    return make


SPLIT = [0, 2, 9]  # of ten rows, with a share of 0.3 and the seed 0
NUMBERS = [0.5 * k for k in range(40)]


@pytest.mark.parametrize(
    ("y", "task", "classes", "action", "loss"),
    [
        (NUMBERS, "regression", [], Real, "squared_error"),
        ([k % 2 for k in range(40)], "classification", ["0", "1"], MultiBinary, "log_loss"),
        ([k % 3 for k in range(40)], "classification", ["0", "1", "2"], Discrete, "log_loss"),
        (["no", "yes"] * 20, "classification", ["no", "yes"], MultiBinary, "log_loss"),
        (["true", "False"] * 20, "classification", ["0", "1"], MultiBinary, "log_loss"),
        (list(range(40)), "regression", [], Real, "squared_error"),
    ],
    ids=["fractions", "two", "three", "texts", "flags", "many whole numbers"],
)
def test_what_a_target_looks_like(table, y, task, classes, action, loss):
    data = settle(table(x=NUMBERS, y=y))[0]
    assert (data.task, data.classes, data.loss, data.inputs) == (task, classes, loss, ["x"])
    assert data.settled
    assert (data.training_rows, data.held_out_rows) == (30, 10)
    assert isinstance(data_env(data).action, action)


def test_a_user_may_say_otherwise(table):
    assert settle(table(x=NUMBERS, y=[k % 3 for k in range(40)], task="regression"))[0].task == "regression"
    assert settle(table(x=NUMBERS, y=[k % 3 for k in range(40)], loss="absolute_error"))[0].task == "regression"
    data = settle(table(x=NUMBERS, y=[k % 3 for k in range(40)], z=NUMBERS, inputs=["z"], loss="hinge"))[0]
    assert (data.inputs, data.loss, data.task) == (["z"], "hinge", "classification")


def test_inputs_and_targets_are_in_units_of_the_rows_that_are_trained_on(table):
    data, rows, scaling = settle(table(x=NUMBERS, c=[7] * 40, y=[3 * x + 1 for x in NUMBERS]))
    train = rows.inputs[rows.training].astype(np.float64)
    np.testing.assert_allclose(scaling.mean, train.mean(axis=0))
    np.testing.assert_allclose(scaling.std, [train[:, 0].std(), 1.0])
    np.testing.assert_allclose(data.target_mean, rows.targets[rows.training].mean(axis=0))
    np.testing.assert_allclose(data.target_std, rows.targets[rows.training].std(axis=0))
    np.testing.assert_array_equal(rows.inputs[:, 0], np.float32(NUMBERS))


def test_several_targets(table):
    data, rows, _ = settle(table(target=["y", "z"], x=NUMBERS, y=NUMBERS, z=NUMBERS[::-1]))
    assert data.task == "regression"
    np.testing.assert_array_equal(rows.targets, np.column_stack((NUMBERS, NUMBERS[::-1])))


def test_rows_without_a_value_are_an_error_or_left_out(table):
    y = [*NUMBERS[:-1], ""]
    x = ["nan", *NUMBERS[1:]]
    with pytest.raises(UserError, match=r"2 of 40 rows lack a value \(x in 1, y in 1\); .*data.missing=drop"):
        settle(table(x=x, y=y))
    data, rows, _ = settle(table(x=x, y=y, missing="drop"))
    assert rows.dropped == 2
    assert data.training_rows + data.held_out_rows == 38


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.99])
def test_the_split(share):
    rng = np.random.default_rng(5)
    classes = rng.choice(4, 203, p=[0.6, 0.3, 0.09, 0.01])
    for labels in (None, classes):
        training, held_out = split(203, share, 7, labels)
        assert sorted([*training, *held_out]) == list(range(203))
        assert (np.diff(training) > 0).all()
        again = split(203, share, 7, labels)
        assert np.array_equal(again[0], training)
        assert np.array_equal(again[1], held_out)
        if share > 0:
            assert not np.array_equal(split(203, share, 8, labels)[1], held_out)
    for one in range(4) if share else ():
        count, held = (classes == one).sum(), (classes[held_out] == one).sum()
        assert abs(held - share * count) <= 1
        assert held < count


def test_the_split_is_what_it_was():
    """The bits decide results: they are the same everywhere, for good."""
    assert split(10, 0.3, 0)[1].tolist() == SPLIT


def test_at_least_one_row_is_held_out():
    assert len(split(5, 0.01, 0)[1]) == 1
    assert len(split(4, 0.01, 0, np.array([0, 0, 1, 1]))[1]) == 1


REFUSED = {
    "no such column": (dict(target="z", x=NUMBERS, y=NUMBERS), "has no column 'z'.*its columns are x, y"),
    "no such input": (dict(inputs=["w"], x=NUMBERS, y=NUMBERS), "has no column 'w'"),
    "no inputs": (dict(y=NUMBERS), "no column beside the target"),
    "texts as inputs": (dict(x=["a"] * 40, y=NUMBERS), "'x' holds texts, such as 'a'"),
    "texts as numbers": (dict(x=NUMBERS, y=["a"] * 40, task="regression"), "'y' holds texts"),
    "one class": (dict(x=NUMBERS, y=["a"] * 40), "one class only, a"),
    "one value": (dict(x=NUMBERS, y=[0.5] * 40), "the same value in all 30 rows"),
    "two rows": (dict(x=[1, 2], y=[0.5, 1.5]), "has 2 rows, of which 1 are left to train on"),
    "no rows": (dict(x=[], y=[]), "has no rows"),
    "a decimal comma": (dict(x=['"0,5"'] * 40, y=NUMBERS), "such as '0,5'.*write them like 1234.5"),
    "an underscore": (dict(x=["18_25"] * 40, y=NUMBERS), "'x' holds texts, such as '18_25'"),
    "groups of digits": (
        dict(x=NUMBERS, y=[f'"{k},500"' for k in range(40)]),
        "40 different values.*write it like 1234.5",
    ),
    "a text among numbers": (dict(x=NUMBERS * 3, y=["n.d.", *NUMBERS[1:]] * 3), "among them the text 'n.d.'"),
    "seconds since 1970": (dict(x=[1.7e9 + k for k in range(40)], y=NUMBERS), "'x'.* float32"),
    "seconds as targets": (dict(x=NUMBERS, y=[1.7e9 + k + 0.5 for k in range(40)]), "'y'.* float32"),
    "tiny": (dict(x=[k * 1e-41 for k in range(40)], y=NUMBERS), "'x'.* float32.* another unit"),
    "an empty column": (dict(x=[""] * 40, z=NUMBERS, y=NUMBERS, missing="drop"), "'x' has no value in any row"),
    "only numbers": (dict(target="z", **{"1": NUMBERS, "2": NUMBERS}), "has no column 'z'.*no line of names"),
    "infinite": (dict(x=["inf", *NUMBERS[1:]], y=NUMBERS), "'x' has a value beyond"),
    "huge": (dict(x=["1e39", *NUMBERS[1:]], y=NUMBERS), "'x' has a value beyond"),
    "batch": (dict(x=NUMBERS, y=NUMBERS, batch=31), "batch = 31: must be at most 30"),
    "loss of classes": (dict(x=NUMBERS, y=NUMBERS, task="auto", loss="log_loss", batch=None), None),
    "class that nobody named": (
        dict(x=NUMBERS, y=["a", "b"] * 20, classes=["a", "c"]),
        "has the class 'b', which is none of a, c",
    ),
}


@pytest.mark.parametrize(("given", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_learnt_from(table, given, said):
    if said is None:  # numbers are classes where the user says so
        assert len(settle(table(**given))[0].classes) == 40
        return
    with pytest.raises(UserError, match=said) as raised:
        settle(table(**given))
    assert "\n" not in str(raised.value)


def test_another_table_than_that_of_the_run_is_refused(table, tmp_path):
    data = settle(table(x=NUMBERS, y=NUMBERS))[0]
    assert settle(data)[0] == data
    (tmp_path / "t.csv").write_text("x,y\n1,2\n3,4\n5,6\n7,8\n")
    with pytest.raises(UserError, match="is not the table that the run was begun with"):
        settle(data)
    (tmp_path / "t.csv").unlink()
    assert data_env(data).n_inputs == 1  # what a drawing or an export needs is known without it


def test_small_classes_are_held_out_too():
    """Of twenty classes of two rows each, half a row of each is ten rows, not none."""
    classes = np.repeat(np.arange(20), 2)
    _, held_out = split(40, 0.25, 0, classes)
    assert len(held_out) == 10
    assert len(np.unique(classes[held_out])) == 10


def test_columns_without_a_name_are_no_inputs(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",x,y,Unnamed: 0,\n" + "".join(f"{k},{2 * k},{k}.5,{k},\n" for k in range(40)))
    settings = DataSettings(file=str(path), target="y")
    data, rows, _ = settle(settings)
    assert data.inputs == ["x"]
    assert rows.unnamed == ("unnamed 1", "Unnamed: 0", "unnamed 5")
    assert settle(settings.model_copy(update={"inputs": ["unnamed 1"]}))[0].inputs == ["unnamed 1"]


def test_rows_keep_their_places_in_the_table(table):
    rows = settle(table(x=NUMBERS, y=["", *NUMBERS[1:5], "", *NUMBERS[6:]], missing="drop"))[1]
    assert rows.numbers.tolist() == [2, 3, 4, 5, *range(7, 41)]
    assert rows.targets[:, 0].tolist() == [NUMBERS[number - 1] for number in rows.numbers]


def test_constants_may_differ_by_rounding(table):
    data, _, scaling = settle(table(x=NUMBERS, c=[0.3, 0.1 + 0.2] * 20, y=NUMBERS))
    assert data.inputs == ["x", "c"]
    assert scaling.std[1] == 1


@pytest.mark.parametrize(
    "labels", [["a", "b"] * 20, [f"c{k // 2}" for k in range(40)], ["1", "2", "3+", "4"] * 10], ids=str
)
def test_texts_are_classes(table, labels):
    assert settle(table(x=NUMBERS, y=labels))[0].classes == sorted(set(labels))


def test_a_constant_has_the_loss_that_is_said(table):
    numbers = settle(table(x=NUMBERS, y=[x * x for x in NUMBERS]))[1]
    true = numbers.targets[numbers.training, 0]
    candidates = np.linspace(true.min(), true.max(), 10_001)[:, None]
    best = ((true - candidates) ** 2).mean(axis=1).min()
    assert loss_of_constant("squared_error", numbers) == pytest.approx(best, rel=1e-4)
    assert loss_of_constant("absolute_error", numbers) == pytest.approx(
        min(np.abs(true - c).mean() for c in true), rel=1e-9
    )
    classes = settle(table(x=NUMBERS, y=["a", "b", "b", "b"] * 10))[1]
    share = classes.targets[classes.training].mean()
    logits = np.linspace(-4, 4, 8001)
    log_loss = share * np.log1p(np.exp(-logits)) + (1 - share) * np.log1p(np.exp(logits))
    hinge = share * np.maximum(0, 1 - logits) + (1 - share) * np.maximum(0, 1 + logits)
    assert loss_of_constant("log_loss", classes) == pytest.approx(log_loss.min(), abs=1e-6)
    assert loss_of_constant("hinge", classes) == pytest.approx(hinge.min(), abs=1e-9)
    assert loss_of_constant("zero_one", classes) == pytest.approx(1 - share)
