"""A backend that tells the loop something else than it found."""

from __future__ import annotations


class Meddler:
    """A backend that reports another fitness than it found, and faults; the rest is the software backend's."""

    def __init__(self, backend, meddle=lambda fitness, phase: fitness, faults=lambda phase: ()):
        self._backend, self._meddle, self._faults = backend, meddle, faults
        self.name = backend.name
        self.adopt, self.reproduce = backend.adopt, backend.reproduce
        self.plan, self.account, self.close = backend.plan, backend.account, backend.close
        self.processes = backend.processes

    def evaluate(self, population, seeds, conditions=None, *, keep_returns=False):
        found = self._backend.evaluate(population, seeds, conditions, keep_returns=keep_returns)
        phase = "held out" if keep_returns else "training"
        return found._replace(fitness=self._meddle(found.fitness, phase), faults=tuple(self._faults(phase)))
