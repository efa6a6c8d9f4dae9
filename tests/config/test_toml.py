import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.config import toml
from genesys_cli.config.backends import SHIPPED
from genesys_cli.config.load import load_settings, settings_from_toml, to_toml

scalars = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
values = st.one_of(scalars, st.lists(scalars), st.dictionaries(st.text("ab .\"'\n", max_size=3), scalars))


@given(st.dictionaries(st.text("ab_-. é", max_size=3), st.dictionaries(st.text("xy- #=", max_size=3), values)))
def test_what_is_written_reads_back_the_same(document):
    assert toml.parse(toml.write(document)) == document


def test_numbers_keep_their_type():
    read = toml.parse(toml.write({"t": {"whole": 1, "real": 1.0, "tiny": 5e-324, "yes": True}}))["t"]
    assert [type(value) for value in read.values()] == [int, float, float, bool]
    assert math.isclose(read["tiny"], 5e-324)


def test_none_is_left_out():
    assert toml.parse(toml.write({"t": {"a": None, "b": {"c": None}}})) == {"t": {"b": {}}}


def test_what_toml_cannot_hold_is_refused():
    with pytest.raises(TypeError, match="complex"):
        toml.write({"t": {"a": 1j}})


@pytest.mark.parametrize("backend", [kind.name for kind in SHIPPED])
def test_settings_read_back_write_the_same_text(backend):
    """A default of another type than its field would change once it has been through a file."""
    text = to_toml(load_settings(env="CartPole", overrides=[f"run.backend={backend}"]))
    assert to_toml(settings_from_toml(text)) == text


def test_each_value_has_one_line_and_keys_keep_their_order():
    """However deep it is, and whatever its texts have in them."""
    odd = "[\n 1,\n]"
    nested = {"z": {"at": (20, 95), "none": None}, "a b": [True, {"c": float("inf")}], "y": {}}
    assert (
        toml.write(
            {"t": {"list": [1, [2.5, odd]], "nested": nested, "empty": [[], {}], "last": 1e16}, "é": {"x": -0.0}}
        )
        == r"""[t]
list = [1, [2.5, "[\n 1,\n]"]]
nested = { z = { at = [20, 95] }, "a b" = [true, { c = inf }], y = {} }
empty = [[], {}]
last = 1e+16

["é"]
x = -0.0
"""
    )


@given(values)
def test_a_value_is_one_line_that_reads_back(value):
    text = toml.value_text(value)
    assert "\n" not in text
    assert toml.parse(f"value = {text}")["value"] == value


@given(
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("a [,\n]", max_size=2), inner, max_size=3),
        max_leaves=12,
    )
)
def test_nested_values_read_back(value):
    assert toml.parse(f"value = {toml.value_text(value)}")["value"] == value
    assert toml.parse(toml.write({"t": {"value": value}})) == {"t": {"value": value}}
