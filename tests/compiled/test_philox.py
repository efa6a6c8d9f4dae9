"""Random words against published answers and a plain reference, and the numbers made of them against their laws."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from genesys_cli.compiled import philox as module
from genesys_cli.compiled.jit import kernel
from genesys_cli.compiled.philox import below, fill_words, normal, philox, uniform
from genesys_cli.neat.kernels.rates import threshold
from reference.philox import block, choose, deviate, happens, philox4x32

# From the file kat_vectors of Random123, the authors' library: counter, key, answer.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
PURPOSES = (
    "INITIAL_CONNECTIONS",
    "INITIAL_WEIGHTS",
    "INITIAL_NODES",
    "PARENTS",
    "CONNECTION_GENES",
    "NODE_GENES",
    "STRUCTURE",
    "REPRESENTATIVES",
    "TRAINING_EPISODES",
    "VALIDATION_EPISODES",
)


@kernel
def blocks(seeds, counters, out):
    for k in range(len(seeds)):
        out[k, 0], out[k, 1], out[k, 2], out[k, 3] = philox(
            seeds[k], counters[k, 0], counters[k, 1], counters[k, 2], counters[k, 3]
        )


@kernel
def belows(words, n, out):
    for k in range(len(words)):
        out[k] = below(words[k], n)


@kernel
def normals(words, out):
    for k in range(len(words)):
        out[k] = normal(words[k])


@kernel
def uniforms(words, out):
    for k in range(len(words)):
        out[k] = uniform(words[k])


def stream(count: int, *, seed: int = 1, individual: int = 2, generation: int = 3, purpose: int = 4) -> np.ndarray:
    words = np.empty(count, np.uint64)
    fill_words(seed, individual, generation, purpose, words)
    return words


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_known_answers(counter, key, answer):
    assert philox4x32(counter, key) == answer, "the reference itself"
    out = np.zeros((1, 4), np.uint64)
    blocks(np.array([key[0] | key[1] << 32], np.uint64), np.array([counter], np.uint64), out)
    assert tuple(out[0].tolist()) == answer


def test_equals_the_reference():
    rng = np.random.default_rng(8)
    seeds = rng.integers(0, 2**64, 300, np.uint64, endpoint=False)
    counters = rng.integers(0, 2**32, (300, 4), np.uint64)
    out = np.zeros((300, 4), np.uint64)
    blocks(seeds, counters, out)
    for seed, (number, individual, generation, purpose), words in zip(
        seeds.tolist(), counters.tolist(), out.tolist(), strict=True
    ):
        assert tuple(words) == block(seed, purpose, generation, individual, number), seed


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 17])
def test_fill_words_takes_consecutive_blocks(count):
    seed = 2**63 - 12345
    wanted = [word for k in range(5) for word in block(seed, 9, 8, 7, k)][:count]
    assert stream(count, seed=seed, individual=7, generation=8, purpose=9).tolist() == wanted


def test_purposes_have_numbers_of_their_own():
    """The numbers are part of every result: this list only ever grows at its end."""
    assert [getattr(module, name) for name in PURPOSES] == list(range(1, 11))


def test_below():
    words = np.array([0, 1, 2**31, 2**32 - 1, 0x55555555, 0x55555556], np.uint64)
    for n in (1, 2, 3, 7, 1000, 2**31, 2**32 - 1):
        out = np.empty(len(words), np.uint64)
        belows(words, np.uint64(n), out)
        assert out.tolist() == [choose(word, n) for word in words.tolist()]
        assert out.max() < n
    out = np.empty(6, np.uint64)
    belows(words, np.uint64(3), out)
    assert out.tolist() == [0, 0, 1, 2, 0, 1]


def test_a_threshold_is_a_probability():
    assert threshold(0) == 0, "never"
    assert threshold(1) == 2**32, "every word is below it"
    for probability in (1e-12, 1e-9, 0.1, 0.5, 1 / 3, 0.999999):
        assert int(threshold(probability)) == pytest.approx(probability * 2**32, abs=0.5)
        assert happens(int(threshold(probability)) - 1, probability) or threshold(probability) == 0
        assert not happens(int(threshold(probability)), probability)


def test_normal_is_the_inverse_of_the_distribution():
    """Against the exact quantile of each cell's centre: 1e-6 of it, and 4e-4 beyond 5.4 deviations, one word in 1e7."""
    rng = np.random.default_rng(2)
    words = np.concatenate(
        [
            rng.integers(0, 2**32, 4000),
            np.arange(300),
            2**32 - 1 - np.arange(300),
            2**31 + np.arange(-300, 300),
            (2.0 ** rng.uniform(0, 31, 500)).astype(np.int64),
        ]
    ).astype(np.uint64)
    ours = np.empty(len(words), np.float32)
    normals(words, ours)
    exact = np.array([NormalDist().inv_cdf((word + 0.5) / 2**32) for word in words.tolist()])
    error = np.abs(ours - exact) / np.abs(exact)
    assert error[np.abs(exact) < 5.4].max() < 1e-6
    assert error.max() < 4e-4
    assert ours.max() == -ours.min() == pytest.approx(6.336, abs=0.001)


def test_normal_has_the_same_bits_uncompiled():
    words = stream(500)
    ours = np.empty(500, np.float32)
    normals(words, ours)
    assert ours.tolist() == [float(normal(word)) for word in words]


def test_normal_is_odd_and_rises():
    words = np.concatenate([np.arange(0, 2**32, 2**20), [2**32 - 1]]).astype(np.uint64)
    ours, mirrored = np.empty(len(words), np.float32), np.empty(len(words), np.float32)
    normals(words, ours)
    normals(np.uint64(2**32 - 1) - words, mirrored)
    assert (np.diff(ours) > 0).all()
    assert (mirrored == -ours).all()


def test_normal_moments_and_shape():
    """40 000 draws: moments within 5 standard errors, and no point of the distribution off by more than chance.

    A Kolmogorov-Smirnov distance above 1.95 / sqrt(n) has a probability of a thousandth.
    """
    n = 40_000
    x = np.empty(n, np.float32)
    normals(stream(n), x)
    x = np.sort(x.astype(float))
    assert abs(x.mean()) < 5 / n**0.5
    assert abs(x.var() - 1) < 5 * (2 / n) ** 0.5
    assert abs((x**3).mean()) < 5 * (15 / n) ** 0.5
    assert abs((x**4).mean() - 3) < 5 * (96 / n) ** 0.5
    exact = np.array([NormalDist().cdf(value) for value in x[::40]])
    assert np.abs(exact - np.arange(0, n, 40) / n).max() < 1.95 / n**0.5 + 40 / n


def test_uniform_has_the_bits_of_the_reference():
    words = np.concatenate([stream(500), [0, 1, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1]]).astype(np.uint64)
    ours = np.empty(len(words), np.float32)
    uniforms(words, ours)
    assert ours.tolist() == [float(deviate(word, "uniform")) for word in words.tolist()]
    assert ours.tolist() == [float(uniform(word)) for word in words], "uncompiled"


def test_uniform_moments_and_shape():
    """40 000 draws: mean 0, variance 1, and a distribution as even as chance allows, see the normal one."""
    n = 40_000
    x = np.empty(n, np.float32)
    uniforms(stream(n), x)
    x = np.sort(x.astype(float))
    assert abs(x.mean()) < 5 / n**0.5
    assert abs(x.var() - 1) < 5 * (0.8 / n) ** 0.5
    assert -(3**0.5) - 1e-6 < x.min() < x.max() < 3**0.5 + 1e-6
    exact = (x / 3**0.5 + 1) / 2
    assert np.abs(exact - np.arange(n) / n).max() < 1.95 / n**0.5


@pytest.mark.parametrize("shift", [0, 8, 16, 24])
def test_words_are_uniform(shift):
    """Each byte of 64 000 words: chi-square of 255 degrees of freedom within 5 standard deviations."""
    counts = np.bincount((stream(64_000) >> np.uint64(shift)).astype(np.int64) & 255, minlength=256)
    chi2 = ((counts - 250) ** 2 / 250).sum()
    assert abs(chi2 - 255) < 5 * (2 * 255) ** 0.5


def test_neighbours_are_independent():
    """Streams whose addresses differ by one in one place, and words of one block: no correlation beyond 5 sigma."""
    n = 20_000
    base = {"seed": 1, "individual": 2, "generation": 3, "purpose": 4}
    x = stream(n)
    others = [stream(n, **{**base, name: value + 1}) for name, value in base.items()]
    others += [stream(n, **{**base, "seed": 1 + 2**32}), np.roll(x, 1), np.roll(x, 4)]
    for other in others:
        assert abs(np.corrcoef(x.astype(float), other.astype(float))[0, 1]) < 5 / n**0.5
        flips = np.unpackbits((x ^ other).astype(np.uint32).view(np.uint8))
        assert abs(flips.mean() - 0.5) < 5 * 0.5 / len(flips) ** 0.5, "half of the bits differ"
