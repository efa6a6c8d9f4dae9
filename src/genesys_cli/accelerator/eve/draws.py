"""What the element makes of its draws: noise, steps of attributes, and rare events."""

from __future__ import annotations

import numpy as np

from ...compiled.jit import inline
from .thresholds import NOISE_MEAN, SCALE_BITS, UNIFORM_BITS

B0, B1, B2, B3 = np.uint64(0), np.uint64(8), np.uint64(16), np.uint64(24)  # where a word's four draws lie

_BYTE = np.uint64(0xFF)
_LAST = np.uint64(2**UNIFORM_BITS - 1)  # the largest uniform number, and the mask that cuts it out of a word


@inline
def byte(word, shift):
    return np.int64((word >> shift) & _BYTE)


@inline
def noise(word, uniform):
    """Return twice a random number of mean 0 and standard deviation 147.8; twice, since a uniform one is half odd.

    uniform: whether it is the word's lowest nine bits less their mean, else the sum of its four draws less that mean,
    which is nearly normal
    """
    if uniform:
        return 2 * np.int64(word & _LAST) - np.int64(_LAST)
    return 2 * (byte(word, B0) + byte(word, B1) + byte(word, B2) + byte(word, B3) - NOISE_MEAN)


@inline
def other_noise(word, uniform):
    """Return a second such number of the same word, not correlated with the first: two draws less the other two.

    A uniform one is made of nine other bits.
    """
    if uniform:
        return 2 * np.int64((word >> B2) & _LAST) - np.int64(_LAST)
    return 2 * (byte(word, B0) - byte(word, B1) + byte(word, B2) - byte(word, B3))


@inline
def step(twice, scale):
    """Return half of twice the noise, times a scale with 16 fraction bits, rounded to nearest (ties up)."""
    return (twice * scale + (1 << SCALE_BITS)) >> (SCALE_BITS + 1)


@inline
def mutated(value, attribute, field, decision, twice):
    """Return an attribute (int64) perturbed, drawn anew or kept; whether it was touched; whether it left its field.

    twice: the noise, doubled
    """
    new = value
    new = attribute.mean + step(twice, attribute.spread) if decision < attribute.replace_below else new
    new = value + step(twice, attribute.power) if decision < attribute.perturb_below else new
    outside = np.int64(new < field.low or new > field.high)
    new = min(max(new, attribute.low), attribute.high)
    touched = np.int64(decision < attribute.replace_below)
    return (new if touched else value), touched, outside & touched


@inline
def happens(word, first, second, event):
    """Say whether two draws are below an event's gate and threshold."""
    return byte(word, first) < np.int64(event[0]) and byte(word, second) < np.int64(event[1])
