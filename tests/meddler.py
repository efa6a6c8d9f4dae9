"""A backend that tells the loop something else than it found."""

from __future__ import annotations


class Meddler:
    """A backend that reports another fitness than it found, and faults; the rest is the software backend's."""

    def __init__(self, backend, meddle=lambda fitness, phase: fitness, faults=lambda phase: ()):
        self._backend, self._meddle, self._faults = backend, meddle, faults

    def __getattr__(self, name):
        return getattr(self._backend, name)

    def evaluate(self, population, seeds, conditions=None, *, keep_returns=False):
        found = self._backend.evaluate(population, seeds, conditions, keep_returns=keep_returns)
        phase = "held out" if keep_returns else "training"
        return found._replace(fitness=self._meddle(found.fitness, phase), faults=tuple(self._faults(phase)))
