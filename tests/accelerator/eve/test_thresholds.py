"""Probabilities and steps as the configuration words hold them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.accelerator.eve.draws import noise, other_noise, step
from genesys_cli.accelerator.eve.stages import draws_of
from genesys_cli.accelerator.eve.thresholds import (
    CONN_ADD,
    CONN_DELETE,
    ENDS,
    NODE_ADD,
    NODE_DELETE,
    NOISE_SD,
    SCALE_WIDTH,
    child_events,
    gates,
    thresholds,
)
from genesys_cli.accelerator.layout import layout_of
from genesys_cli.accelerator.xorwow import PUBLISHED
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
    for of_word in (noise, other_noise):
        noises = [of_word(word, form.uniform) for word in words]
        steps = np.array([step(twice, form.weight.power) for twice in noises]) / layout.bits.weight.scale
        assert steps.std() == pytest.approx(power, rel=0.02)
        assert abs(steps.mean()) < 0.03 * power
        shape = ((steps - steps.mean()) ** 4).mean() / steps.var() ** 2
        assert shape == pytest.approx(2.7 if distribution == "normal" else 1.8, rel=0.05)


@pytest.mark.parametrize(("uniform", "largest"), [(False, 1020), (True, 511)])
def test_noise_ends_where_its_draws_do(uniform: bool, largest: int) -> None:
    assert noise(np.uint64(0), uniform) == -largest
    assert noise(np.uint64(2**32 - 1), uniform) == largest
    lowest, highest = (0, 0x1FF0000) if uniform else (0xFF00FF00, 0x00FF00FF)
    assert other_noise(np.uint64(lowest), uniform) == -largest
    assert other_noise(np.uint64(highest), uniform) == largest


@pytest.mark.parametrize(("of_word", "shift"), [(noise, 0), (other_noise, 16)])
def test_uniform_noise_takes_each_value_once_and_has_no_bias(of_word, shift: int) -> None:
    words = [np.uint64((k << shift) | (0xFE00FE00 & ~(511 << shift))) for k in range(512)]
    noises = np.array([of_word(word, True) for word in words])
    assert noises.tolist() == list(range(-511, 512, 2))
    assert noises.std() / 2 == pytest.approx(NOISE_SD, rel=1e-5)
    for scale in (1, 77, 14_193, 227_091, 2**20 - 1):
        assert sum(step(twice, np.int64(scale)) for twice in noises) == 0


def test_uniform_noises_of_a_word_share_no_bit() -> None:
    word = np.uint64(0xC3A55A3C)
    for bit in range(32):
        flipped = word ^ np.uint64(1 << bit)
        assert (noise(word, True) == noise(flipped, True)) or (other_noise(word, True) == other_noise(flipped, True))


def joint_noise() -> np.ndarray:
    """Return how many words have each pair of normal noises, (2041, 2041): rows and columns by twice the noise."""
    draws = np.arange(256)
    pairs = np.zeros(511, np.int64)
    np.add.at(pairs, draws[:, None] + draws, 1)  # of the first and third draw, and of the second and fourth
    many = np.zeros((2041, 2041), np.int64)
    first, second = np.arange(511)[:, None], np.arange(511)
    np.add.at(many, (2 * (first + second - 510) + 1020, 2 * (first - second) + 1020), pairs[:, None] * pairs)
    return many


def test_normal_noises_of_a_word_are_not_correlated() -> None:
    """The docs have these figures."""
    many = joint_noise()
    values = np.arange(-1020, 1021)
    assert many.sum() == 2**32
    assert np.array_equal(many.sum(axis=0), many.sum(axis=1))  # one distribution
    assert (many * values[:, None] * values).sum() == 0
    signs = np.sign(values)
    quadrants = [many[np.ix_(signs == a, signs == b)].sum() for a in (-1, 1) for b in (-1, 1)]
    assert len(set(quadrants)) == 1
    p = many / 2**32
    squares = values.astype(float) ** 2
    alone = p.sum(axis=1)
    covariance = squares @ p @ squares - (alone @ squares) ** 2
    assert covariance / (alone @ squares**2 - (alone @ squares) ** 2) == pytest.approx(-0.176, abs=5e-4)
    # What one says about the other's size, in bits, in steps of 20: their lowest bits are the same anyway.
    coarse = p[:2040, :2040].reshape(51, 40, 51, 40).sum(axis=(1, 3))
    alone = coarse.sum(axis=1)
    found = coarse > 0
    information = coarse[found] * np.log2(coarse[found] / np.outer(alone, alone)[found])
    assert information.sum() == pytest.approx(0.056, abs=5e-4)


@pytest.mark.parametrize("uniform", [False, True])
def test_noises_of_the_generator_s_words_are_spread_as_if_independent(uniform: bool) -> None:
    """Of words as elements take them, every fourth; fails at once if both noises took the same draws."""
    state, found = PUBLISHED, []
    for _ in range(20_000):
        words, state = draws_of(state)
        found.append((noise(words.noise, uniform), other_noise(words.noise, uniform)))
    bias, response = np.array(found, float).T
    bound = 4 / np.sqrt(len(bias))
    for a, b in ((bias, response), (bias[1:], bias[:-1]), (bias[1:], response[:-1]), (response[1:], bias[:-1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < bound
    off = (bias != 0) & (response != 0)
    quadrants = np.bincount(2 * (bias[off] > 0) + (response[off] > 0))
    expected = off.sum() / 4
    assert ((quadrants - expected) ** 2 / expected).sum() < 16.3  # chi-square of three degrees, p = 0.001


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


@pytest.mark.parametrize(("width", "fraction"), [(16, 10), (24, 10), (32, 31)])
def test_the_largest_step_is_that_of_the_field(width: int, fraction: int) -> None:
    """A larger one is limited, which is told; noise times step stays in as many bits as hardware has."""
    layout = shipped_layout("wide16").model_dump()
    weight = next(field for field in layout["connection"] if field["name"] == "weight")
    weight.update(offset=1, width=width, fraction=fraction)
    chip = ChipSettings.model_validate({"genes": {"layout": layout}})
    form = layout_of(chip)
    half = 2.0 ** (width - 1 - fraction)
    found = thresholds(NeatSettings(weight_mutate_power=1e6, weight_init_stdev=half), chip, form)
    assert found.limited == [f"neat.weight_mutate_power: 1e+06 is limited to {1.1547 * half:.4g} on the chip"]
    common = found.common
    power, spread = int(common.weight.power), int(common.weight.spread)
    assert spread / 2**16 * NOISE_SD == pytest.approx(half * 2.0**fraction, rel=1e-5)
    assert power == 2 ** (SCALE_WIDTH - 16 + width) - 1
    assert power / 2**16 * NOISE_SD / 2.0**fraction == pytest.approx(1.155 * half, rel=1e-3)
    assert abs(1020 * power) + 2**16 < 2 ** (SCALE_WIDTH + 13 - 16 + width - 1) < 2**63
