"""Noise and dropout of observations: how they are distributed, and what they depend on."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from genesys_cli.backends.arithmetic import FLOAT
from genesys_cli.backends.senses import Senses, sense_lane
from genesys_cli.compiled.lanes import LANES
from genesys_cli.compiled.philox import normal, probability

INPUTS = 10  # two draws and a half
to_value = FLOAT.to_value


@numba.njit
def _sensed(raw, values, senses, seed, decisions, inputs):
    for decision in range(decisions):
        sense_lane(raw, values, INPUTS, senses, to_value, 0, seed, np.uint64(decision), np.uint64(3))
        for i in range(INPUTS):
            inputs[decision, i] = values[(1 + i) * LANES + 3]


def sensed(seed, decisions, *, noise=0.0, dropout=0.0, clip=np.inf, observation=0.5):
    """Return the inputs, (decisions, I), that the same observation gives in each decision of an episode."""
    senses = Senses(
        np.zeros(INPUTS, np.float32),
        np.ones(INPUTS, np.float32),
        np.float32(noise),
        np.uint64(probability(dropout)),
        np.float32(clip),
        False,
    )
    raw = np.full(INPUTS * LANES, observation, np.float32)
    values = np.zeros((1 + INPUTS) * LANES, np.float32)
    inputs = np.empty((decisions, INPUTS), np.float32)
    _sensed(raw, values, senses, np.uint64(seed), decisions, inputs)
    return inputs


@pytest.fixture
def seed():
    seed = int(np.random.default_rng().integers(1 << 31))
    print(f"seed {seed}")
    return seed


def test_noise_is_normal(seed):
    """Mean, deviation, tails and independence of 100 000 draws, each within six of its own deviations."""
    noise = sensed(seed, 10_000, noise=2.0).astype(np.float64) - 0.5
    n = noise.size
    assert abs(noise.mean()) < 6 * 2 / n**0.5
    assert abs(noise.std() - 2) < 6 * 2 / (2 * n) ** 0.5
    for sigmas, share in ((1, 0.31731), (2, 0.0455), (3, 0.0027)):
        found = np.mean(np.abs(noise) > 2 * sigmas)
        assert abs(found - share) < 6 * (share / n) ** 0.5
    together = np.corrcoef(np.concatenate([noise[:-1].T, noise[1:].T]))  # inputs of one decision and of the next
    assert np.abs(together - np.eye(2 * INPUTS)).max() < 6 / len(noise) ** 0.5


@pytest.mark.parametrize("share", [0.001, 0.25, 0.9])
def test_dropout_has_its_probability_for_every_sensor(seed, share):
    out = sensed(seed, 20_000, dropout=share) == 0
    assert (np.abs(out.mean(axis=0) - share) < 6 * (share * (1 - share) / 20_000) ** 0.5).all()
    if share == 0.25:
        together = np.corrcoef(np.concatenate([out[:-1].T, out[1:].T]))
        assert np.abs(together - np.eye(2 * INPUTS)).max() < 6 / len(out) ** 0.5


def test_all_and_none(seed):
    assert (sensed(seed, 100, dropout=1.0) == 0).all()
    assert (sensed(seed, 100) == np.float32(0.5)).all()


def test_what_drops_out_is_not_noisy_and_what_is_noisy_is_clipped(seed):
    both = sensed(seed, 2000, noise=3.0, dropout=0.5, clip=1.0)
    out = sensed(seed, 2000, dropout=0.5) == 0
    assert (both[out] == 0).all()
    assert (np.abs(both) <= 1).all()
    assert 0.5 < np.mean(np.abs(both[~out]) == 1) < 1


def test_no_number_stays_none(seed):
    assert np.isnan(sensed(seed, 10, noise=1.0, clip=2.0, observation=np.nan)).all()


def test_draws_are_those_of_episode_decision_and_input(seed):
    """Equal episodes meet the same noise, others other noise; the number of decisions before is all that counts."""
    first = sensed(seed, 50, noise=1.0)
    assert np.array_equal(first, sensed(seed, 50, noise=1.0))
    assert np.array_equal(first[:20], sensed(seed, 20, noise=1.0))
    assert first.size - len(np.unique(first)) < 3  # in 24 bits, two of 500 are the same in one seed of some hundreds
    assert np.isin(sensed(seed + 1, 50, noise=1.0), first).sum() < 3
    assert np.array_equal(first - 0.5 > 0, sensed(seed, 50, noise=0.5) - 0.5 > 0)


def test_noise_and_dropout_are_drawn_apart(seed):
    """Were their draws the same, the inputs that drop out would be those with the lowest noise."""
    noise = sensed(seed, 5000, noise=1.0) - 0.5
    out = sensed(seed, 5000, dropout=0.5) == 0
    assert abs(noise[out].mean()) < 6 / out.sum() ** 0.5


def test_the_extreme_words_give_finite_noise():
    assert abs(normal(np.uint64(0))) < 6.5
    assert abs(normal(np.uint64(2**32 - 1))) < 6.5
