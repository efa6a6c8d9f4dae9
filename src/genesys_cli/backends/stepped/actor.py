"""One genome that acts in one environment, decision by decision, as a backend computes it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiled.lanes import LANES
from ...envs.conditions import Conditions
from ...envs.spec import Environment
from ...genome.population import Population
from ..acting import action_type
from ..numerics import Numerics
from .stepper import Stepper


class Actor:
    """The first genome of a population; equal observations give the actions that an evaluation gives, to the bit.

    population: the genome as the backend holds it; on the chip its numbers are those of gene words
    row: (R,) int32, of numbers float32: the last decision
    """

    def __init__(
        self,
        numerics: Numerics,
        env: Environment,
        population: Population,
        conditions: Conditions,
        *,
        feed_forward: bool,
    ) -> None:
        self.population = numerics.adopt(population.select(np.array([0])))
        self._stepper = Stepper(
            env.action,
            env.n_inputs,
            len(self.population.node_id),
            len(self.population.conn_in),
            conditions,
            numerics.arithmetic,
            numerics.formats,
            feed_forward=feed_forward,
        )
        self._observations = np.zeros((LANES, env.n_inputs), np.float32)
        self._active = np.zeros(LANES, np.uint8)
        self._active[0] = 1
        self._actions: NDArray[Any] = np.zeros((LANES, env.action.n_rows), action_type(env.action))
        self.row: NDArray[Any] = self._actions[0]

    def begin(self, seed: int) -> None:
        """Begin an episode, whose noise is drawn of `seed`."""
        self._stepper.begin(self.population, 0, 0, seed)

    def decide(self, observation: NDArray[np.float32]) -> bool:
        """Write the action into :attr:`row`; say whether it and the observation, (I,), are finite."""
        self._observations[0] = observation
        return self._stepper.decide(self._active, self._observations, self._actions) == 0

    def values(self) -> NDArray[np.float32]:
        """Return what inputs and nodes held when the last decision was made, (I + N,) float32; see ``Stepper.values``.

        N: node genes. A recurrent network's nodes have read what :meth:`values` returned one decision before.
        """
        return self._stepper.values(0)
