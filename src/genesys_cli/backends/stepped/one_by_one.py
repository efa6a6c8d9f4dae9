"""All networks of a population in any arithmetic: what ``network.networks`` does for float32 in one call."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...compiled.threads import Threads
from ...genome.population import Population
from ...network.network import Network
from ...network.networks import Networks
from ..numerics import FLOAT32, MakeNetwork, Numerics


def networks_of(numerics: Numerics, population: Population, threads: Threads, *, feed_forward: bool) -> Networks:
    """Return the networks of a population as a backend computes them."""
    if numerics.network is FLOAT32.network:
        return Networks(population, feed_forward=feed_forward, threads=threads)
    return OneByOne(population, numerics.network, feed_forward=feed_forward)


class OneByOne(Networks):
    """Networks that are stepped one after the other, from Python."""

    def __init__(self, population: Population, make: MakeNetwork, *, feed_forward: bool) -> None:
        super().__init__(population, feed_forward=feed_forward, threads=Threads(1))
        self._make = make
        self._copies: list[list[Network]] = [[] for _ in range(population.size)]  # of each, for each of its episodes

    def sizes(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        found = [(one.n_nodes, one.n_connections) for one in self]
        nodes, conns = np.array(found, np.int32).reshape(-1, 2).T
        return nodes, conns

    def reset(self, which: ArrayLike | None = None) -> None:
        super().reset(which)  # complains of what it cannot be
        if which is None:
            self._copies = [[] for _ in self._copies]
            return
        mask = np.asarray(which)
        for genome, copies in enumerate(self._copies):
            for k, copy in enumerate(copies):
                if mask[genome] if mask.ndim == 1 else mask[genome, k]:
                    copy.reset()

    def _network(self, genome: int) -> Network:
        return self._make(self.population, genome, feed_forward=self.feed_forward)

    def _steps(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        _, n_steps, episodes, _ = inputs.shape
        self._begin(n_steps, episodes)
        outputs = np.empty((len(self), n_steps, episodes, self.n_outputs), np.float32)
        for genome, copies in enumerate(self._copies):
            while len(copies) < (1 if self.feed_forward else episodes):
                copies.append(self._network(genome))
            own = inputs[genome if len(inputs) > 1 else 0]
            if self.feed_forward:
                for t in range(n_steps):
                    outputs[genome, t] = copies[0].activate_many(own[t])
            else:
                for k in range(episodes):
                    outputs[genome, :, k] = copies[k].activate_many(own[:, k])
        return outputs
