"""Addressed random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).

Nothing here has a state. A draw is a pure function of where it is needed: the key is the run's seed, the counter is
(block, individual, generation, purpose). Threads, chunks, workers, checkpoints and backends therefore cannot change
a single bit of a run. Each block gives four 32-bit words.
"""

from __future__ import annotations

import numpy as np

from .jit import inline, kernel
from .mathf import log_single

# Purposes: the last counter word. Two uses of randomness never share one. Numbers are part of the results: never reuse.
INITIAL_CONNECTIONS = 1
INITIAL_WEIGHTS = 2
INITIAL_NODES = 3
PARENTS = 4
CONNECTION_GENES = 5
NODE_GENES = 6
STRUCTURE = 7
REPRESENTATIVES = 8
TRAINING_EPISODES = 9
VALIDATION_EPISODES = 10
EVE = 11
OBSERVATION_NOISE = 12
OBSERVATION_DROPOUT = 13
REHEARSAL_EPISODES = 14
START_CONNECTIONS = 15
MATCHES = 16
HALL_OF_FAME = 17
ISLAND_SEEDS = 18
EMIGRANTS = 19
REFINEMENT = 20
REFINEMENT_EPISODES = 21
PARETO_PARENTS = 22

_MASK = np.uint64(0xFFFFFFFF)
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_32 = np.uint64(32)


@inline
def philox(seed, block, individual, generation, purpose):
    """Return four uint64, each holding 32 random bits.

    seed: uint64, the key. block, individual, generation, purpose: uint64 below 2**32, the counter.
    """
    k0 = seed & _MASK
    k1 = seed >> _32
    c0 = block & _MASK  # as below, where the compiler sees that 32 bits are all there are and multiplies twice as fast
    c1 = individual & _MASK
    c2 = generation
    c3 = purpose
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _32) ^ c1 ^ k0
        c1 = p1 & _MASK
        c2 = (p0 >> _32) ^ c3 ^ k1
        c3 = p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@inline
def below(word, n):
    """Map a 32-bit `word` (uint64) to an integer in ``[0, n)`` (uint64), by multiplication; n is uint64 below 2**32."""
    return (word * n) >> _32


@inline
def normal(word):
    """Map a 32-bit `word` (uint64) to a standard normal float32. Its range is +-6.34 standard deviations."""
    x, v = normal_arguments(word)
    return normal_of(x, v)


@inline
def normal_arguments(word):
    """Return the two float32 of which :func:`normal_of` makes the normal number of a 32-bit `word` (uint64).

    Apart, because a loop that has float64 in it has half as many lanes.
    """
    u = (np.float64(np.int64(word)) + 0.5) * (2.0 / 4294967296.0) - 1.0  # the centre of one of 2**32 cells of (-1, 1)
    return np.float32(u), np.float32((1.0 - u) * (1.0 + u))


@inline
def normal_of(x, v):
    """Return the normal number of :func:`normal_arguments`, by the inverse error function.

    M. Giles, "Approximating the erfinv function", GPU Computing Gems Jade (2011), single precision; both branches are
    computed and one is chosen, so that loops stay SIMD.
    """
    w = -log_single(v)
    a = w - np.float32(2.5)
    p = np.float32(2.81022636e-08)
    p = np.float32(3.43273939e-07) + p * a
    p = np.float32(-3.5233877e-06) + p * a
    p = np.float32(-4.39150654e-06) + p * a
    p = np.float32(0.00021858087) + p * a
    p = np.float32(-0.00125372503) + p * a
    p = np.float32(-0.00417768164) + p * a
    p = np.float32(0.246640727) + p * a
    p = np.float32(1.50140941) + p * a
    b = np.float32(np.sqrt(w)) - np.float32(3.0)
    q = np.float32(-0.000200214257)
    q = np.float32(0.000100950558) + q * b
    q = np.float32(0.00134934322) + q * b
    q = np.float32(-0.00367342844) + q * b
    q = np.float32(0.00573950773) + q * b
    q = np.float32(-0.0076224613) + q * b
    q = np.float32(0.00943887047) + q * b
    q = np.float32(1.00167406) + q * b
    q = np.float32(2.83297682) + q * b
    return np.float32(1.4142135) * ((p if w < np.float32(5.0) else q) * x)


@inline
def uniform(word):
    """Map a 32-bit `word` (uint64) to a float32 of a uniform distribution with mean 0 and standard deviation 1."""
    u = (np.float64(np.int64(word)) + 0.5) * (2.0 / 4294967296.0) - 1.0
    return np.float32(1.7320508075688772 * u)


@inline
def probability(p):
    """Return the 32-bit threshold (uint64) that a word is below with probability `p` (float in [0, 1])."""
    return np.uint64(p * 4294967296.0)


@kernel
def fill_words(seed, individual, generation, purpose, out):
    """Fill `out` (uint64, any length) with consecutive 32-bit words of one address; for use outside kernels."""
    for i in range(len(out)):
        c = philox(np.uint64(seed), np.uint64(i >> 2), np.uint64(individual), np.uint64(generation), np.uint64(purpose))
        out[i] = c[i & 3]
