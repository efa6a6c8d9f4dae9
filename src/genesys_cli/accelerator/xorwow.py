"""The chip's random numbers: Marsaglia's xorwow ("Xorshift RNGs", Journal of Statistical Software 8(14), 2003).

A child has a generator of its own. Its state is loaded at the child's start from addressed random words, so children do
not depend on the number of processing elements or on the order in which they are made. A draw has eight bits: a word
gives four, lowest byte first. Probabilities are therefore multiples of 1/256.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled.jit import inline, kernel
from ..compiled.philox import EVE, philox

DRAWS = 256  # values of a draw

_MASK = np.uint64(0xFFFFFFFF)
_STRIDE = np.uint64(362437)
_1, _2, _4, _8 = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(8)


class Xorwow(NamedTuple):
    """The state: six 32-bit words, each in a uint64. Those before `d` are never all 0."""

    x: np.uint64
    y: np.uint64
    z: np.uint64
    w: np.uint64
    v: np.uint64
    d: np.uint64


PUBLISHED = Xorwow(*map(np.uint64, (123456789, 362436069, 521288629, 88675123, 5783321, 6615241)))
"""The state that the generator was published with."""


@inline
def xorwow(state):
    """Return the next 32-bit word (uint64) and the state after it."""
    t = state.x ^ (state.x >> _2)
    v = ((state.v ^ (state.v << _4)) ^ (t ^ (t << _1))) & _MASK
    d = (state.d + _STRIDE) & _MASK
    return (v + d) & _MASK, Xorwow(state.y, state.z, state.w, state.v, v, d)


@inline
def loaded(x, y, z, w, v, d):
    """Return the state with these words; where all shifted ones are 0, from which they never get away, v becomes 1."""
    if x | y | z | w | v == np.uint64(0):
        v = _1
    return Xorwow(x, y, z, w, v, d)


@inline
def child_state(seed, generation, child):
    """Return the state at the start of a child.

    seed: uint64, the run's. generation, child: uint64 below 2**32; child is the position among the generation's genomes
    """
    x, y, z, w = philox(seed, np.uint64(0), child, generation, np.uint64(EVE))
    v, d, _, _ = philox(seed, np.uint64(1), child, generation, np.uint64(EVE))
    return loaded(x, y, z, w, v, d)


def seeds_of(seed: int, generation: int, children: int) -> NDArray[np.uint32]:
    """Return the state at the start of each child as the CPU writes it, (children, 6) uint32: x, y, z, w, v, d."""
    states = np.empty((children, len(Xorwow._fields)), np.uint32)
    _fill_seeds(np.uint64(seed), np.uint64(generation), states)
    return states


@kernel
def _fill_seeds(seed, generation, states):
    for c in range(len(states)):
        state = child_state(seed, generation, np.uint64(c))
        for k in range(len(state)):
            states[c, k] = state[k]


@inline
def draw(word, index):
    """Return one of a word's four draws (uint64 below 256); index: uint64, 0 for the lowest byte."""
    return (word >> (index * _8)) & np.uint64(0xFF)


class Quantised(NamedTuple):
    """A probability as the chip has it.

    wanted: as it was set. threshold: a draw below it says yes; 0: never, 256: always
    """

    wanted: float
    threshold: int

    @property
    def value(self) -> float:
        return self.threshold / DRAWS

    @property
    def warning(self) -> str:
        """What is wrong with it; empty where nothing is."""
        if self.threshold == 0 and self.wanted > 0:
            return f"{self.wanted:g} rounds to 0/256: it never happens on the chip"
        if self.threshold == DRAWS and self.wanted < 1:
            return f"{self.wanted:g} rounds to 256/256: it always happens on the chip"
        return ""


def quantise_probability(probability: float) -> Quantised:
    """Return the nearest multiple of 1/256, ties to even."""
    return Quantised(probability, round(probability * DRAWS))
