"""What a network is told: blocks that make its inputs of observations, shared by the kernels that play episodes.

Observations lie in `raw`, inputs in rows ``1 .. I`` of `values`, both lane arrays (see ``compiled.lanes``). For each
input: offset and scale, then noise, then dropout, then the clip. Noise and dropout are drawn for the episode's seed,
the number of the decision and the number of the input, so that all genomes meet the same disturbances.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled.jit import inline
from ..compiled.lanes import ROW
from ..compiled.philox import OBSERVATION_DROPOUT, OBSERVATION_NOISE, normal, philox, probability
from ..envs.conditions import Conditions

_ZERO = np.uint64(0)
_NOISE = np.uint64(OBSERVATION_NOISE)
_DROPOUT = np.uint64(OBSERVATION_DROPOUT)


class Senses(NamedTuple):
    """What conditions say of observations, as kernels take it.

    offset, scale: (I,) float32
    noise: float32, standard deviation, in units of the scaled input
    dropout: uint64, an input reads 0 where its 32-bit word is below
    clip: float32, may be inf
    moments: whether observations are to be summed up
    """

    offset: NDArray[np.float32]
    scale: NDArray[np.float32]
    noise: np.float32
    dropout: np.uint64
    clip: np.float32
    moments: bool


def senses_of(conditions: Conditions) -> Senses:
    """Return the part of the conditions that lies between observation and network."""
    return Senses(
        np.ascontiguousarray(conditions.offset, np.float32),
        np.ascontiguousarray(conditions.scale, np.float32),
        np.float32(conditions.noise),
        np.uint64(probability(conditions.dropout)),
        np.float32(conditions.clip),
        bool(conditions.moments),
    )


@inline
def sense_plainly(raw, values, n_inputs, senses, to_value, formats, lanes):
    """Write the inputs of all lanes: offset and scale, nothing else."""
    for i in range(n_inputs):
        row = np.uint64(i) * ROW
        shift = senses.offset[i]
        factor = senses.scale[i]
        for lane in range(lanes):
            u = np.uint64(lane)
            values[row + ROW + u] = to_value((raw[row + u] - shift) * factor, formats)


@inline
def sense_clipped(raw, values, n_inputs, senses, to_value, formats, lanes):
    """Write the inputs of all lanes: offset, scale and clip."""
    for i in range(n_inputs):
        row = np.uint64(i) * ROW
        for lane in range(lanes):
            u = np.uint64(lane)
            x = (raw[row + u] - senses.offset[i]) * senses.scale[i]
            x = -senses.clip if x < -senses.clip else x
            x = senses.clip if x > senses.clip else x
            values[row + ROW + u] = to_value(x, formats)


@inline
def sense_lane(raw, values, n_inputs, senses, to_value, formats, seed, decision, lane):
    """Write the inputs of one `lane` (uint64) with all that conditions may hold.

    seed: uint64, of the episode; decision: uint64, how many were made before in this episode
    """
    word0 = word1 = word2 = word3 = _ZERO
    drop0 = drop1 = drop2 = drop3 = _ZERO
    for i in range(n_inputs):
        x = (raw[np.uint64(i) * ROW + lane] - senses.offset[i]) * senses.scale[i]
        part = i & 3
        if senses.noise > np.float32(0.0):
            if part == 0:
                word0, word1, word2, word3 = philox(seed, np.uint64(i >> 2), decision, _ZERO, _NOISE)
            x += senses.noise * normal(_pick(part, word0, word1, word2, word3))
        if senses.dropout > _ZERO:
            if part == 0:
                drop0, drop1, drop2, drop3 = philox(seed, np.uint64(i >> 2), decision, _ZERO, _DROPOUT)
            x = np.float32(0.0) if _pick(part, drop0, drop1, drop2, drop3) < senses.dropout else x
        x = -senses.clip if x < -senses.clip else x
        x = senses.clip if x > senses.clip else x
        values[np.uint64(1 + i) * ROW + lane] = to_value(x, formats)


@inline
def _pick(part, a, b, c, d):
    """Return word `part` of the four that a draw gives."""
    low = a if part == 0 else b
    high = c if part == 2 else d
    return low if part < 2 else high


@inline
def add_moments(raw, n_inputs, senses, moments, lane):
    """Add one lane's observations to ``moments[lane]``, (2, I) float64: of x - offset the sum, and of its square."""
    for i in range(n_inputs):
        x = np.float64(raw[np.uint64(i) * ROW + lane]) - np.float64(senses.offset[i])
        moments[lane, 0, i] += x
        moments[lane, 1, i] += x * x
