"""Tables against the software's functions, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from genesys_cli.accelerator.adam.tables import TABLES, all_entries, check_activations, check_aggregations, uses_table
from genesys_cli.config.chip import AdamSettings
from genesys_cli.errors import UserError
from genesys_cli.facts import WIRED
from genesys_cli.names import ACTIVATIONS
from genesys_cli.network.functions import rare_activation, relu_of, tanh_of


def software(name: str, z: np.ndarray) -> np.ndarray:
    kind = ACTIVATIONS.index(name)
    if name in ("tanh", "relu"):
        function = tanh_of if name == "tanh" else relu_of
        return np.array([function(np.float32(x)) for x in z])
    return np.array([rare_activation(kind, np.float32(x)) for x in z])


def test_every_activation_is_wired_or_looked_up():
    assert sorted([*TABLES, *WIRED]) == sorted(ACTIVATIONS)
    assert uses_table().sum() == len(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_entries_are_the_rounded_function(name):
    table = TABLES[name]
    entries = table.entries(8, 1024.0, 0, -32768, 32767)
    z = table.low + np.arange(256) * table.length / 256
    expected = np.clip(software(name, z).astype(np.float64), -32, 32767 / 1024)
    assert np.abs(entries / 1024 - expected).max() <= 0.5 / 1024 + 1e-5


@pytest.mark.parametrize("segment_bits", [1, 4, 8, 10])
@pytest.mark.parametrize("name", TABLES)
def test_a_piecewise_unit_goes_straight_from_end_to_end(name, segment_bits):
    unit, limits = TABLES[name], (1024.0, 0, -32768, 32767)
    fine, ends = unit.entries(10, *limits), unit.entries(segment_bits, *limits)
    found = unit.interpolated(10, segment_bits, *limits)
    assert found.dtype == fine.dtype
    assert found.shape == fine.shape
    assert np.array_equal(found[:: 2 ** (10 - segment_bits)], ends)
    inside = np.interp(np.arange(1024) / 2 ** (10 - segment_bits), np.arange(len(ends)), ends.astype(np.float64))
    before_last = slice(0, 1024 - 2 ** (10 - segment_bits))
    assert np.abs(found - inside)[before_last].max() <= 0.5
    if segment_bits == 10:
        assert np.array_equal(found, fine)


def test_a_piecewise_tanh_is_near_its_table():
    """A straight line misses a curve by at most h^2 / 8 of its second derivative, which tanh(2.5 z) has up to 4.82."""
    fine = TABLES["tanh"].entries(12, 2.0**26, 0, -(2**31), 2**31 - 1) / 2.0**26
    for segment_bits in range(4, 11):
        found = TABLES["tanh"].interpolated(12, segment_bits, 2.0**26, 0, -(2**31), 2**31 - 1) / 2.0**26
        error = np.abs(found - fine).max()
        bound = (8 / 2**segment_bits) ** 2 / 8 * 4.82
        assert bound / 3 < error < bound, segment_bits


def test_segments_below_a_step_of_the_argument_are_refused():
    adam = AdamSettings(function_unit="piecewise", table_bits=6, segment_bits=7)
    with pytest.raises(UserError, match=r"adam\.segment_bits = 7 .* at most adam\.table_bits = 6"):
        all_entries(adam, 1024.0, 0, -32768, 32767)
    all_entries(adam.model_copy(update={"function_unit": "table"}), 1024.0, 0, -32768, 32767)


@pytest.mark.parametrize("name", [name for name in TABLES if name not in ("lelu", "sin", "inv", "log")])
def test_beyond_the_interval_values_of_16_bits_do_not_change(name):
    """Below the interval the first entry stands; above it the last one, or the straight line."""
    table = TABLES[name]
    entries = table.entries(12, 1024.0, 0, -32768, 32767) / 1024
    below = np.linspace(table.low - 20, table.low, 200)
    above = np.linspace(table.low + table.length, table.low + table.length + 20, 200)
    low = np.clip(software(name, below), -32, 32767 / 1024)
    high = np.clip(software(name, above), -32, 32767 / 1024)
    assert np.abs(low - entries[0]).max() < 1 / 1024
    theirs = np.clip(table.tail * above, -32, 32767 / 1024) if table.tail else entries[-1]
    assert np.abs(high - theirs).max() < (4.1 if name == "softplus" else 1) / 1024  # softplus ends on a slope


def test_missing_tables_are_refused():
    check_activations(["tanh", "relu"], ACTIVATIONS)
    with pytest.raises(UserError, match=r"'tanhh', for which the chip has no table.*did you mean 'tanh'"):
        check_activations(["tanhh"], ["tanh", "relu"])
    check_activations(["tanh"], ["tanh", "relu"], "relu")
    with pytest.raises(UserError, match=r"neat.output_activation is 'sin', for which .* has: tanh, relu"):
        check_activations(["tanh"], ["tanh", "relu"], "sin")


def test_other_aggregations_are_refused():
    check_aggregations(["sum"])
    with pytest.raises(UserError, match="'max', 'mean'"):
        check_aggregations(["sum", "max", "mean"])
