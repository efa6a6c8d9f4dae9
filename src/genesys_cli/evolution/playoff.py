"""Champions where networks are evaluated all at once: what one gets may depend on who else is there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..backends.played import deviation_of, mean_of
from ..envs.conditions import Conditions
from ..genome.population import Population
from .faults import Record, records
from .goal import Judge
from .state import Champion
from .validation import candidates


class PlayOff:
    """What :class:`.validation.Validation` is for episodes that each genome has to itself.

    The champion and its challengers are evaluated together, with the held-out seeds, and the best of them is champion.

    steps: activations so far; faults: what went wrong
    """

    def __init__(self, backend: Judge, seeds: Sequence[int], world: Conditions, generation: int) -> None:
        self._backend = backend
        self._seeds = seeds
        self._world = world
        self._generation = generation
        self.steps = 0
        self.faults: list[Record] = []

    def again(self, champion: Champion) -> Champion | None:
        """Return a champion as it is: its world does not change."""
        return champion

    def challenge(
        self,
        population: Population,
        fitness: NDArray[np.float64],
        top: int,
        champion: Champion | None,
        judged: NDArray[np.bool_] | None = None,
    ) -> Champion | None:
        """Evaluate the best `top` genomes and `champion`; return the best of them, of equals the champion.

        Arguments are those of :meth:`.validation.Validation.challenge`.
        """
        best = candidates(fitness, top, judged)
        if not len(best):
            return champion
        genomes, numbers = population.select(best), list[int | None](best.tolist())
        if champion is not None:
            genomes, numbers = champion.genome.with_more(genomes), [None, *numbers]
        found = self._backend.evaluate(genomes, self._seeds, self._world, keep_returns=True)
        self.steps += found.env_steps
        self.faults += records(found.faults, self._generation, "validation", numbers)
        scores = np.where(np.isfinite(found.fitness), mean_of(found.returns), -np.inf)
        winner = int(np.argmax(scores))
        if not np.isfinite(scores[winner]):
            return champion
        judged_now = {
            "validated_fitness": float(scores[winner]),
            "validated_std": deviation_of(found.returns[winner]),
            "validated_in": self._generation,
            "returns": found.returns[winner],
        }
        index = numbers[winner]
        if champion is not None and index is None:
            return champion._replace(**judged_now)
        assert index is not None
        return Champion(
            genome=population.select(np.array([index])),
            generation=self._generation,
            genome_index=index,
            training_fitness=float(fitness[index]),
            offset=self._world.offset,
            scale=self._world.scale,
            **judged_now,
        )
