"""Arguments of environments: the same value in, the same value out, through TOML."""

from __future__ import annotations

import datetime
import enum
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from genesys_cli.config.load import load_settings, settings_from_toml, to_toml
from genesys_cli.config.schema import EnvironmentSettings, Settings
from genesys_cli.config.stored import LEVELS, BadValueError, loaded, stored
from genesys_cli.config.wrappers import loaded_kwargs, stored_kwargs
from genesys_cli.errors import UserError
from sameness import same

dtypes = st.sampled_from([np.bool_, np.int8, np.uint64, np.int64, np.float16, np.float32, np.float64, np.dtype("U3")])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**1000), 2**1000)
    | st.floats()
    | texts
    | dtypes.flatmap(
        lambda dtype: arrays.arrays(
            dtype,
            arrays.array_shapes(min_dims=0, min_side=0, max_side=3),
            elements={"alphabet": st.characters(exclude_categories=["Cs"])} if np.dtype(dtype).kind == "U" else None,
        )
    )
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(texts, inner), max_leaves=8
)


@settings(max_examples=60)
@given(st.dictionaries(texts, values, max_size=3))
def test_arguments_come_back_from_a_file_as_they_were(kwargs):
    run = Settings(environment=EnvironmentSettings(kwargs=stored_kwargs(kwargs)))
    text = to_toml(run)
    again = settings_from_toml(text)
    assert to_toml(again) == text
    assert same(loaded_kwargs(again.environment.kwargs), kwargs)


def test_what_is_usual_stands_in_files_as_ever():
    given = ["a=1", "b=true", "c=2.0", "d=x", 'e=[1, "x"]']
    assert 'kwargs = { a = 1, b = true, c = 2.0, d = "x", e = [1, "x"] }' in to_toml(
        load_settings(None, "M", env_kwargs=given)
    )
    assert "wrappers" not in to_toml(load_settings(None, "M"))


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.int64(3), 3), (np.float32(0.1), 0.10000000149011612), (np.bool_(True), True), (np.str_("3"), "3")],
)
def test_numpy_s_numbers_are_numbers(value, plain):
    assert same(stored(value), plain)


def test_mappings_are_tables():
    assert same(loaded(stored(OrderedDict(a=OrderedDict(b=1)))), {"a": {"b": 1}})


class Colour(enum.IntEnum):
    RED = 1


LOOP: list[object] = []
LOOP.append(LOOP)
REFUSED = {
    "object": (object(), "is a object; allowed are none, true and false"),
    "class": (int, "is a class or a function"),
    "function": (lambda x: x, "is a class or a function"),
    "date": (datetime.date(2024, 1, 1), "is a date or a time"),
    "enum": (Colour.RED, "is a member of an enumeration"),
    "path": (Path("x"), "PosixPath; allowed are"),
    "bytes": (b"x", "is a bytes"),
    "set": ({1}, "is a set"),
    "complex": (1j, "is a complex"),
    "surrogate": ("\udcff", "not Unicode"),
    "key": ({1: 2}, "has the key 1"),
    "surrogate key": ({"\udcff": 2}, "not Unicode"),
    "looks like a tag": ({"python": "None"}, "is a table with the key 'python'"),
    "huge": (1 << 1024, "more than 1024 bits"),
    "deep": (LOOP, f"nested more than {LEVELS}"),
    "objects": (np.array([object()]), "is an array of object"),
    "times": (np.array(["2024"], "M8[s]"), "is an array of datetime64"),
    "long": (np.zeros(1_000_001, np.float64), "more than 1000000 numbers"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_settings_cannot_hold(case):
    value, message = REFUSED[case]
    for deep, inside in ((value, ""), ({"a": [0, value]}, ".a[1]")):
        with pytest.raises(BadValueError) as caught:
            stored(deep)
        assert message in str(caught.value)
        assert caught.value.inside.startswith(inside)
    with pytest.raises(UserError) as told:
        load_settings(None, "Maze", env_kwargs=[("size", {"b": value})])
    assert str(told.value).startswith("environment.kwargs.size.b")


@pytest.mark.parametrize(
    "text",
    [
        '{python = "lambda"}',
        "{python = 3}",
        '{python = "tuple"}',
        '{python = "tuple", items = 3}',
        '{python = "None", items = []}',
        '{python = "array", dtype = "O", shape = [1], items = [1]}',
        '{python = "array", dtype = "f8", shape = [2], items = [1.0]}',
        '{python = "array", dtype = "U99999999", shape = [1], items = ["a"]}',
        '{python = "array", dtype = "f8", shape = [1], items = ["a"]}',
        '{python = "array", dtype = [3], shape = 1, items = [1]}',
        '{python = "array", dtype = "i1", shape = [1], items = [300]}',
        "2024-01-01",
    ],
)
def test_a_file_that_marks_what_is_not_there(text):
    with pytest.raises(UserError) as caught:
        settings_from_toml(f"[environment]\nkwargs = {{size = {{x = {text}}}}}", "in config.toml")
    assert "environment.kwargs.size.x" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_places_of_nested_values():
    with pytest.raises(UserError, match=r"^environment.kwargs.config.start \(--env-kwarg\): is a date"):
        load_settings(None, "Maze", env_kwargs=["config={start = 2024-01-01}"])
