"""Champions whose worth depends on who else is there: they defend their place against challengers, side by side."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.evaluation import Fault
from ..backends.played import deviation_of, mean_of
from ..envs.conditions import Conditions
from ..genome.population import Population, Selectable
from .faults import Record, records
from .goal import Judge
from .state import Champion
from .validation import candidates


class Found(NamedTuple):
    """What a contest found of G genomes. returns: (G, E) float64, with each held-out seed; NaN where that failed

    steps: activations; faults: their genomes are those of the contest
    """

    returns: NDArray[np.float64]
    steps: int
    faults: Sequence[Fault]


class Contest(ABC):
    """What :class:`.validation.Validation` is for episodes that each genome has to itself.

    The champion and its challengers are judged together, with the held-out seeds, and the best of them is champion.

    steps: activations so far; faults: what went wrong
    """

    def __init__(self, world: Conditions, generation: int) -> None:
        self._world = world
        self._generation = generation
        self.steps = 0
        self.faults: list[Record] = []

    @abstractmethod
    def judge(self, genomes: Population) -> Found:
        """Find out what genomes are worth beside one another."""

    def opponents(self) -> Population | None:
        """Return whom genomes play against beside one another; None: nobody."""
        return None

    def due(self) -> bool:
        """Say whether the champion has to be judged also where nobody challenges it."""
        return False

    def again(self, champion: Champion) -> Champion | None:
        """Return a champion as it is: whenever it is to be judged anew, it is in a contest."""
        return champion

    def challenge(
        self,
        population: Selectable,
        fitness: NDArray[np.float64],
        top: int,
        champion: Champion | None,
        judged: NDArray[np.bool_] | None = None,
        also: NDArray[np.int64] | None = None,
    ) -> Champion | None:
        """Judge the best `top` genomes and `champion`; return the best of them, of equals the champion.

        Arguments are those of :meth:`.validation.Validation.challenge`.
        """
        best = candidates(fitness, top, None if self.due() else judged, also)
        if not len(best) and not (champion is not None and self.due()):
            return champion
        genomes, numbers = population.select(best), list[int | None](best.tolist())
        if champion is not None:
            genomes, numbers = champion.genome.with_more(genomes), [None, *numbers]
        found = self.judge(genomes)
        self.steps += found.steps
        self.faults += records(found.faults, self._generation, "validation", numbers)
        means = mean_of(found.returns)
        scores = np.where(np.isfinite(means), means, -np.inf)
        winner = int(np.argmax(scores))
        if not np.isfinite(scores[winner]):
            return champion
        judged_now = {
            "validated_fitness": float(scores[winner]),
            "validated_std": deviation_of(found.returns[winner]),
            "validated_in": self._generation,
            "returns": found.returns[winner],
            "opponents": self.opponents(),
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


class PlayOff(Contest):
    """Judges networks that are handed over all at once: what one gets may depend on who else is there."""

    def __init__(self, backend: Judge, seeds: Sequence[int], world: Conditions, generation: int) -> None:
        super().__init__(world, generation)
        self._backend = backend
        self._seeds = seeds

    def judge(self, genomes: Population) -> Found:
        found = self._backend.evaluate(genomes, self._seeds, self._world, keep_returns=True)
        returns = np.where(np.isfinite(found.fitness)[:, None], found.returns, np.nan)
        return Found(returns, found.env_steps, found.faults)
