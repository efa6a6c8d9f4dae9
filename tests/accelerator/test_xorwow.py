from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesys_cli.accelerator.xorwow import (
    PUBLISHED,
    Xorwow,
    child_state,
    draw,
    loaded,
    quantise_probability,
    xorwow,
)
from genesys_cli.compiled import philox
from genesys_cli.compiled.jit import kernel
from reference import philox as plain_philox
from reference.examples import deterministic
from reference.xorwow import draws as plain_draws
from reference.xorwow import xorwow as plain_xorwow

words32 = st.integers(0, 2**32 - 1)

# The first words from the published state.
FIRST = [246875399, 3690007200, 1264581005, 3906711041, 1866187943, 2481925219]


@kernel
def take(state, out):
    for i in range(len(out)):
        out[i], state = xorwow(state)


@kernel
def take_draws(state, out):
    word = np.uint64(0)
    for i in range(len(out)):
        if i & 3 == 0:
            word, state = xorwow(state)
        out[i] = draw(word, np.uint64(i & 3))


@kernel
def start(seed, generation, child):
    return child_state(np.uint64(seed), np.uint64(generation), np.uint64(child))


def state_of(numbers):
    return Xorwow(*map(np.uint64, numbers))


def taken(state, count):
    out = np.empty(count, np.uint64)
    take(state, out)
    return out.tolist()


def test_the_published_state_gives_the_known_words():
    assert taken(PUBLISHED, len(FIRST)) == FIRST
    assert taken(PUBLISHED, 10_000) == list(islice(plain_xorwow(*map(int, PUBLISHED)), 10_000))


@deterministic
@given(st.tuples(*[words32] * 6))
def test_any_state_gives_the_reference_words(numbers):
    assert taken(state_of(numbers), 40) == list(islice(plain_xorwow(*numbers), 40))


def test_a_word_gives_four_draws_lowest_byte_first():
    out = np.empty(4003, np.uint64)
    take_draws(PUBLISHED, out)
    assert out.tolist() == list(islice(plain_draws(plain_xorwow(*map(int, PUBLISHED))), 4003))
    assert [draw(np.uint64(0x04030201), np.uint64(i)) for i in range(4)] == [1, 2, 3, 4]


@pytest.mark.parametrize(("seed", "generation", "child"), [(0, 0, 0), (2**63 - 1, 7, 149), (12345, 2**31, 99_999_999)])
def test_a_child_starts_from_its_address(seed, generation, child):
    x, y, z, w = plain_philox.block(seed, philox.EVE, generation, child, 0)
    v, d, _, _ = plain_philox.block(seed, philox.EVE, generation, child, 1)
    assert tuple(map(int, start(seed, generation, child))) == (x, y, z, w, v, d)


def test_children_have_generators_of_their_own():
    states = {tuple(map(int, start(1, generation, child))) for generation in range(20) for child in range(50)}
    assert len(states) == 1000


@pytest.mark.parametrize("d", [0, 9])
def test_a_state_that_would_never_change_is_avoided(d):
    assert loaded(*map(np.uint64, (0, 0, 0, 0, 0, d))) == (0, 0, 0, 0, 1, d)
    assert loaded(*map(np.uint64, (0, 0, 5, 0, 0, d))) == (0, 0, 5, 0, 0, d)


def test_every_draw_is_equally_likely():
    """2**18 draws in 256 kinds: chi-square within 5 standard deviations of its 255 degrees of freedom."""
    out = np.empty(2**18, np.uint64)
    take_draws(state_of(start(3, 1, 4)), out)
    counts = np.bincount(out.astype(np.int64), minlength=256)
    chi2 = ((counts - 1024) ** 2 / 1024).sum()
    assert abs(chi2 - 255) < 5 * np.sqrt(2 * 255)


@pytest.mark.parametrize(
    ("probability", "threshold", "warning"),
    [
        (0.0, 0, ""),
        (0.001, 0, "0.001 rounds to 0/256: it never happens on the chip"),
        (1 / 512, 0, "rounds to 0/256"),
        (0.002, 1, ""),
        (0.2, 51, ""),
        (0.5, 128, ""),
        (255 / 256, 255, ""),
        (0.999, 256, "0.999 rounds to 256/256: it always happens on the chip"),
        (1.0, 256, ""),
    ],
)
def test_probabilities_are_multiples_of_a_256th(probability, threshold, warning):
    found = quantise_probability(probability)
    assert found.threshold == threshold
    assert found.value == threshold / 256
    assert found.wanted == probability
    assert warning in found.warning
    assert bool(warning) == bool(found.warning)
