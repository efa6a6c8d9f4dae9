import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.accelerator.layout import (
    Layout,
    get,
    get_raw,
    is_connection,
    key,
    layout_of,
    put,
    quantised,
)
from genesys_cli.compiled.jit import kernel
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.layout import LayoutSettings, layout_names, shipped_layout
from reference import words as plain
from reference.examples import deterministic

# Fields as far apart and as odd as they may be: nothing may depend on the places in the shipped layouts.
ODD = {
    "max_nodes": 30,
    "max_genomes": 7,
    "operand": {"width": 11, "fraction": 3},
    "node": [
        {"name": "id", "offset": 0, "width": 5},
        {"name": "genome", "offset": 5, "width": 3},
        {"name": "type", "offset": 8, "width": 1},
        {"name": "bias", "offset": 32, "width": 32, "format": "fixed", "fraction": 20},
        {"name": "response", "offset": 29, "width": 3, "format": "fixed", "fraction": 0},
        {"name": "kind", "offset": 20, "width": 2},
        {"name": "activation", "offset": 9, "width": 5},
        {"name": "aggregation", "offset": 14, "width": 6},
    ],
    "connection": [
        {"name": "destination", "offset": 59, "width": 5},
        {"name": "enable", "offset": 58, "width": 1, "format": "bool"},
        {"name": "weight", "offset": 40, "width": 18, "format": "fixed", "fraction": 17},
        {"name": "source", "offset": 0, "width": 5},
        {"name": "genome", "offset": 5, "width": 3},
        {"name": "type", "offset": 8, "width": 1},
    ],
}
LAYOUTS = {name: Layout(shipped_layout(name)) for name in layout_names()}
LAYOUTS["odd"] = Layout(LayoutSettings.model_validate(ODD))
KINDS = ("node", "connection")
every = pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
numbers = st.floats(width=32, allow_nan=False)


@kernel
def seen(word, layout):
    """Return what kernels see in a word."""
    return (
        is_connection(word, layout),
        key(word, layout),
        get(word, layout.id),
        get(word, layout.destination),
        get(word, layout.kind),
        get(word, layout.genome),
        get(word, layout.activation),
        get(word, layout.aggregation),
        get(word, layout.enable),
        get_raw(word, layout.bias),
        get_raw(word, layout.response),
        get_raw(word, layout.weight),
    )


@kernel
def changed(word, field, value):
    return put(word, field, value)


def raw_fields(layout, kind, data):
    """Draw a whole number for every field of a word."""
    drawn = {}
    for name, field in plain.fields_of(layout.settings, kind).items():
        if name == "type":
            drawn[name] = int(kind == "connection")
        elif field.format == "fixed":
            drawn[name] = data.draw(st.integers(-(2 ** (field.width - 1)), 2 ** (field.width - 1) - 1), name)
        else:
            drawn[name] = data.draw(st.integers(0, 2**field.width - 1), name)
    return drawn


def test_the_shipped_layouts_are_these():
    assert layout_names() == ["rtl8", "wide16"]
    assert layout_of(ChipSettings()).settings == shipped_layout("wide16")


def test_a_word_written_out_by_hand():
    """Genome 3: output node 5 with bias 1.5, response 1, function 2; connection 1 to 5 of weight -0.5, enabled."""
    node = {"kind": 2, "id": 5, "bias": 1.5, "response": 1.0, "activation": 2, "aggregation": 0}
    conn = {"source": 1, "destination": 5, "weight": -0.5, "enable": 1}
    expected = {"rtl8": (0x0340050018100200, 0x03800105F8010000), "wide16": (0x4002880006000400, 0x8000800AFE000001)}
    for name, (node_word, conn_word) in expected.items():
        layout = LAYOUTS[name]
        of = {"genome": 3} if layout.bits.genome.mask else {}
        for kind, values, word in (("node", {**of, **node}, node_word), ("connection", {**of, **conn}, conn_word)):
            words, saturated = layout.pack(kind, {field: np.array([value]) for field, value in values.items()})
            assert hex(words[0]) == hex(word), (name, kind)
            assert saturated == 0
            back = layout.unpack(kind, words)
            assert {field: back[field].item() for field in values} == values


@every
@pytest.mark.parametrize("kind", KINDS)
@deterministic
@given(st.data())
def test_every_word_round_trips_bit_for_bit(layout, kind, data):
    raw = raw_fields(layout, kind, data)
    word = plain.written(layout.settings, kind, raw)
    assert plain.read(layout.settings, kind, word) == raw
    found = layout.unpack(kind, np.array([word], np.uint64))
    for name, field in plain.fields_of(layout.settings, kind).items():
        assert found[name].dtype == (np.float32 if field.format == "fixed" else np.uint64)
        if field.format != "fixed" or field.width <= 24:  # float32 holds 24 bits
            assert float(found[name][0]) == raw[name] / 2**field.fraction
    if all(field.width <= 24 for field in plain.fields_of(layout.settings, kind).values()):
        again, saturated = layout.pack(kind, found)
        assert int(again[0]) == word
        assert saturated == 0


@every
@pytest.mark.parametrize("kind", KINDS)
@deterministic
@given(st.data())
def test_kernels_see_what_the_layout_says(layout, kind, data):
    raw = raw_fields(layout, kind, data)
    word = np.uint64(plain.written(layout.settings, kind, raw))
    conn, found_key, name, destination, sort, genome, activation, aggregation, enable, bias, response, weight = seen(
        word, layout.bits
    )
    assert conn == (kind == "connection")
    assert genome == raw.get("genome", 0)
    if kind == "node":
        assert (name, sort, activation, aggregation) == tuple(
            raw[field] for field in ("id", "kind", "activation", "aggregation")
        )
        assert (bias, response) == (raw["bias"], raw["response"])
        assert found_key == raw["id"] << 14
    else:
        assert (name, destination, enable, weight) == tuple(
            raw[field] for field in ("source", "destination", "enable", "weight")
        )
        assert found_key == 1 << 28 | raw["source"] << 14 | raw["destination"]


@every
@pytest.mark.parametrize("kind", KINDS)
@deterministic
@given(st.data())
def test_writing_a_field_leaves_the_others(layout, kind, data):
    raw = raw_fields(layout, kind, data)
    word = np.uint64(plain.written(layout.settings, kind, raw))
    for name, value in raw_fields(layout, kind, data).items():
        raw[name] = value
        field = getattr(layout.bits, "id" if name == "source" else name)
        word = np.uint64(changed(word, field, np.int64(value)))
        assert plain.read(layout.settings, kind, int(word)) == raw


@every
def test_an_absent_field_reads_as_nothing_and_keeps_nothing(layout):
    if not layout.bits.genome.mask:
        word = np.uint64(2**64 - 1)
        assert get(word, layout.bits.genome) == 0
        assert put(word, layout.bits.genome, np.uint64(5)) == word


@every
@deterministic
@given(value=st.one_of(numbers, st.floats(-40, 40, width=32), st.integers(-(2**14), 2**14).map(lambda n: n / 2**11)))
def test_values_become_the_nearest_and_saturate(layout, value):
    for kind, name in (("node", "bias"), ("node", "response"), ("connection", "weight")):
        field = plain.fields_of(layout.settings, kind)[name]
        form = getattr(layout.bits, name)
        if np.isinf(value):
            wanted = (int(form.low if value < 0 else form.high), True)
        else:
            wanted = plain.nearest_raw(value, field)
        raws, saturated = quantised(np.array([value], np.float32), form)
        assert (raws[0], saturated) == wanted
        words, saturated = layout.pack(kind, {name: np.array([value], np.float32)})
        assert (plain.read(layout.settings, kind, int(words[0]))[name], saturated) == wanted


@every
def test_what_is_limited_is_counted_once_each(layout):
    form = layout.bits.weight
    top = float(form.high) / float(form.scale)
    values = np.array([top, top + 1, -top - 1, 0.0, -1e30, float(form.low) / float(form.scale)])
    words, saturated = layout.pack("connection", {"weight": values})
    assert saturated == 3
    assert layout.unpack("connection", words)["weight"].max() == np.float32(top)


@every
@pytest.mark.parametrize("value", [-1, 2**20])
def test_a_whole_number_that_does_not_fit_is_a_bug(layout, value):
    with pytest.raises(ValueError, match="id does not fit in"):
        layout.pack("node", {"id": np.array([0, value])})


@every
def test_no_words_are_no_trouble(layout):
    words, saturated = layout.pack("node", {"id": np.zeros(0, np.int32), "bias": np.zeros(0, np.float32)})
    assert (len(words), words.dtype, saturated) == (0, np.uint64, 0)
    assert len(layout.unpack("connection", words)["weight"]) == 0


def test_operands_are_numbers_at_the_bottom_of_a_word():
    form = LAYOUTS["odd"].operand
    assert tuple(map(float, form)) == (0, 2047, 1024, -1024, 1023, 8, 0.125)
