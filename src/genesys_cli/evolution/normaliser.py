"""Running mean and variance of observations, which put every input of the networks on the same scale."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.evaluation import Moments

EPSILON = 1e-8
"""Added to each variance: an input's scale is at most 1e4."""

CONSTANT = 1e-12
"""Share of the squared mean up to which a variance is the rounding of float32: the input has never changed."""


class Normaliser(NamedTuple):
    """Statistics of I inputs over `samples` observations.

    mean: (I,) float64; m2: (I,) float64, sum of the squared distances from the mean
    """

    samples: int
    mean: NDArray[np.float64]
    m2: NDArray[np.float64]

    @classmethod
    def empty(cls, n_inputs: int) -> Normaliser:
        return cls(0, np.zeros(n_inputs), np.zeros(n_inputs))

    def merged(self, moments: Moments | None, offset: NDArray[np.float32]) -> Normaliser:
        """Return the statistics with those of further observations (Chan, Golub & LeVeque 1979).

        moments: sums about `offset`; what is not finite, since a genome drove its environment there, is left out
        """
        if moments is None or moments.count == 0 or not np.isfinite(moments.total + moments.squares).all():
            return self
        shift = moments.total / moments.count
        mean = offset + shift
        m2 = np.maximum(0.0, moments.squares - moments.total * shift)
        samples = self.samples + moments.count
        apart = mean - self.mean
        share = moments.count / samples
        return Normaliser(samples, self.mean + apart * share, self.m2 + m2 + apart**2 * (self.samples * share))

    def scaling(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return offset and scale, (I,) float32: mean, and 1 / sqrt(variance + EPSILON).

        Before the first observation they are 0 and 1. An input that has never changed has the scale 0: it carries no
        information, and a large scale would turn its first change into a number that drowns all others.
        """
        if self.samples == 0:
            return self.mean.astype(np.float32), np.ones(len(self.mean), np.float32)
        variance = self.m2 / self.samples
        scale = np.where(variance > CONSTANT * self.mean**2, 1.0 / np.sqrt(variance + EPSILON), 0.0)
        return self.mean.astype(np.float32), scale.astype(np.float32)
