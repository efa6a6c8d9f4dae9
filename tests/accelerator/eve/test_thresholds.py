"""Probabilities and steps as the configuration words hold them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.accelerator.eve.draws import noise, step
from genesys_cli.accelerator.eve.thresholds import (
    CONN_ADD,
    CONN_DELETE,
    ENDS,
    NODE_ADD,
    NODE_DELETE,
    NOISE_SD,
    child_events,
    gates,
    thresholds,
)
from genesys_cli.accelerator.layout import layout_of
from genesys_cli.config.chip import ChipSettings
from genesys_cli.config.layout import shipped_layout
from genesys_cli.config.schema import NeatSettings

PRODUCTS = sorted({g * t for g in range(257) for t in range(257)})


@given(st.floats(0, 1))
def test_gates_are_the_nearest_product(probability: float) -> None:
    gate, threshold = gates(np.array([probability]))[0].tolist()
    assert 0 <= threshold <= gate <= 256
    best = min(abs(product - probability * 65536) for product in PRODUCTS)
    if 0 < probability < 0.5 / 65536:
        assert gate * threshold == 1  # never rounded to nothing
    else:
        assert abs(gate * threshold - probability * 65536) == pytest.approx(best, abs=1e-9)


def test_never_and_always() -> None:
    assert (gates(np.array([0.0]))[0] == 0).any()
    assert gates(np.array([1.0]))[0].tolist() == [256, 256]


def test_a_child_expects_as_many_events_as_the_settings_say() -> None:
    chip = ChipSettings()
    form = thresholds(NeatSettings(), chip, layout_of(chip))
    events = child_events(form, np.array([6, 16, 3]), np.array([8, 200, 0]), 6).astype(np.int64)
    chance = events[..., 0] * events[..., 1] / 65536
    assert chance[1, NODE_DELETE] * 10 == pytest.approx(0.05, rel=0.01)
    assert chance[0, CONN_DELETE] * 8 == pytest.approx(0.1, rel=0.01)
    assert chance[1, CONN_DELETE] * 200 == pytest.approx(0.1, rel=0.02)
    assert chance[0, NODE_ADD] * 8 == pytest.approx(0.1, rel=0.01)
    assert chance[1, ENDS] * 216 == pytest.approx(8, rel=0.01)
    assert chance[2, ENDS] == 0.5
    assert chance[:, CONN_ADD] == pytest.approx(0.2, rel=0.001)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("power", [0.05, 0.5, 2.0])
def test_steps_have_the_deviation_of_the_setting(power: float, distribution: str) -> None:
    chip = ChipSettings()
    layout = layout_of(chip)
    neat = NeatSettings(weight_mutate_power=power, mutate_distribution=distribution)
    form = thresholds(neat, chip, layout).common
    words = np.random.default_rng(1).integers(0, 2**32, 20_000, dtype=np.uint64)
    steps = np.array([step(word, form.uniform, form.weight.power) for word in words]) / layout.bits.weight.scale
    assert steps.std() == pytest.approx(power, rel=0.02)
    assert abs(steps.mean()) < 0.03 * power
    shape = ((steps - steps.mean()) ** 4).mean() / steps.var() ** 2
    assert shape == pytest.approx(2.7 if distribution == "normal" else 1.8, rel=0.05)


@pytest.mark.parametrize(("uniform", "largest"), [(False, 1020), (True, 511)])
def test_noise_ends_where_its_draws_do(uniform: bool, largest: int) -> None:
    assert noise(np.uint64(0), uniform) == -largest
    assert noise(np.uint64(2**32 - 1), uniform) == largest


def test_uniform_noise_takes_each_value_once_and_has_no_bias() -> None:
    words = [np.uint64(0xABCDE000 + k) for k in range(512)]
    noises = np.array([noise(word, True) for word in words])
    assert noises.tolist() == list(range(-511, 512, 2))
    assert noises.std() / 2 == pytest.approx(NOISE_SD, rel=1e-5)
    for scale in (1, 77, 14_193, 227_091, 2**20 - 1):
        assert sum(step(word, True, np.int64(scale)) for word in words) == 0


@pytest.mark.parametrize("chance", [0.0, 0.001, 0.3, 0.75, 1.0])
def test_the_chance_that_attributes_mutate_is_held_closely(chance: float) -> None:
    chip = ChipSettings()
    gate, threshold = thresholds(NeatSettings(attribute_mutate_prob=chance), chip, layout_of(chip)).common.attributes
    assert int(gate) * int(threshold) / 65536 == pytest.approx(chance, rel=0.01)


def test_what_probabilities_became_is_told() -> None:
    chip = ChipSettings()
    shown = thresholds(NeatSettings(weight_mutate_rate=0.5, bias_replace_rate=0.001), chip, layout_of(chip)).shown
    by_name = {s.name: s.quantised for s in shown}
    assert by_name["neat.weight_mutate_rate"].threshold == 128
    assert by_name["neat.weight_mutate_rate"].warning == ""
    assert "never" in by_name["neat.bias_replace_rate"].warning
    assert by_name["eve.crossover_bias"].value == 0.5
    assert {"neat.disable_prob", "neat.enabled_mutate_rate", "neat.activation_mutate_rate"} <= by_name.keys()


def test_the_largest_step_of_the_widest_field_stays_in_64_bits() -> None:
    """What is beyond a field anyway is limited there, not turned into its opposite."""
    layout = shipped_layout("wide16").model_dump()
    weight = next(field for field in layout["connection"] if field["name"] == "weight")
    weight.update(offset=1, width=32, fraction=31)
    chip = ChipSettings.model_validate({"genes": {"layout": layout}})
    form = thresholds(NeatSettings(weight_mutate_power=1e6, weight_init_stdev=1e6), chip, layout_of(chip))
    for noise_ in (-1020, -1, 1, 1020):
        for scale in (int(form.common.weight.power), int(form.common.weight.spread)):
            assert abs(noise_ * scale) + 2**16 < 2**63
            assert abs(noise_ * scale) >> 17 > 2**32
