"""The one parser of values, against the table in the handbook, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.config.stored import BadValueError
from genesys_cli.config.values import parse, setting, spelled
from sameness import same

HANDBOOK = (Path(__file__).parents[2] / "docs" / "environments.md").read_text(encoding="utf-8")
SECTION = HANDBOOK.partition("### Values")[2].partition("### Wrappers")[0]
ROWS = [
    tuple(cell.strip().strip("`") for cell in row) for row in re.findall(r"^\| (`.*`) \| (`.*`) \|$", SECTION, re.M)
]
REFUSED = re.findall(r"`([^`]+)`", SECTION.partition("to write either: ")[2].partition(". So are dates")[0])


@pytest.mark.parametrize(("text", "value"), ROWS)
def test_the_handbook_s_table(text, value):
    assert same(parse(text), eval(value))
    assert same(parse(f"  {text} "), eval(value))


def test_the_table_is_read():
    assert len(ROWS) > 15
    assert len(REFUSED) > 8


@pytest.mark.parametrize("text", [*REFUSED, "TRUE", "fALSE", "NONE", "Null", "undefined", "-INF", "Nan", "+infinity"])
def test_what_could_mean_two_things_is_refused(text):
    with pytest.raises(BadValueError, match="if it is a text"):
        parse(text)
    assert parse(f'"{text}"') == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[none", "neither TOML"),
        ("{1, 2}", "neither TOML"),
        ("'x", "neither TOML"),
        ("[a:B]", "neither TOML"),
        ("1e400", "larger than any number"),
        ("9" * 5000, "more digits"),
        ("np.array([1])", "looks like a call"),
        ('{python = "x"}', "marks what TOML does not have"),
        ("[" * 40 + "]" * 40, "nested more than 32"),
        ("[" * 9999 + "]" * 9999, "neither TOML"),
    ],
)
def test_what_cannot_be_read_is_refused(text, message):
    with pytest.raises(BadValueError, match=message):
        parse(text)


@pytest.mark.parametrize(
    "text", ["", "ram", "it's", "1.2.3", "a,b", "C:\\x", "lambda x: x", "x=1", "1 2", "-", "é", "no."]
)
def test_bare_words_are_texts(text):
    assert same(parse(text), text)


nested = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text("ab 1_-.\"'é", max_size=3), inner)
    ),
    max_leaves=8,
)


@given(nested)
def test_what_is_spelled_is_read(value):
    assert same(parse(spelled(value)), value)


def test_arrays_are_spelled_too():
    for array in (np.arange(6, dtype=np.uint8).reshape(2, 3), np.zeros((0, 2)), np.array(["a", "bc"])):
        assert same(parse(spelled({"lookat": array})), {"lookat": array})
    assert spelled(print) == str(print)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("3"), "3"),
        (np.array([[1, 2]]), [[1, 2]]),
        ((1, (2.0, "x")), [1, [2.0, "x"]]),
        ({"a": np.float64(1)}, {"a": 1.0}),
        (None, None),
    ],
)
def test_settings_from_python(value, plain):
    assert same(setting(value), plain)
