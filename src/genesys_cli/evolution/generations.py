"""How one generation follows from another, whoever finds out how good its genomes are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.base import Backend
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.spec import Environment
from ..genome.population import Population
from ..neat.initial import first_population
from ..neat.innovation import Counters
from ..neat.selection import MatingPlan, select
from ..neat.speciation import Species, speciate
from .start import Start, first_generation
from .state import RunState


class Born(NamedTuple):
    """A generation that has not been evaluated.

    plan: whose offspring it is; None: nobody's
    counts: of its making
    """

    generation: int
    population: Population
    counters: Counters
    plan: MatingPlan | None
    counts: dict[str, Any]


class Generations:
    """Makes genomes and species. It keeps nothing itself: all is in the :class:`RunState`."""

    def __init__(
        self, settings: Settings, env: Environment, backend: Backend, threads: Threads, start: Start | None = None
    ) -> None:
        """start: genomes to begin with; None: new ones"""
        self._settings, self._env, self._backend, self._threads = settings, env, backend, threads
        self._start = start

    def first(self) -> Born:
        """Return generation 0."""
        return self._new(0)

    def next(self, state: RunState) -> Born:
        """Return the generation after `state`: its offspring, or new genomes where no species has any."""
        if not state.species.breeding.any():
            return self._new(state.generation + 1, state.counters)
        where = {"seed": self._settings.run.seed, "generation": state.generation}
        plan = select(state.population, state.fitness, state.species, self._settings.neat, **where)
        children, counters, counts = self._backend.reproduce(state.population, plan, state.counters, **where)
        return Born(state.generation + 1, children, counters, plan, counts)

    def species(
        self, born: Born, fitness: NDArray[np.float64], previous: Species | None
    ) -> tuple[Species, dict[str, int]]:
        """Divide a generation into species; return them, and counts of what it took.

        fitness: (P,) float64, finite; previous: species of the generation before, None: there was none
        """
        where = {"seed": self._settings.run.seed, "generation": born.generation}
        return speciate(born.population, fitness, previous, self._settings.neat, threads=self._threads, **where)

    def _new(self, generation: int, known: Counters | None = None) -> Born:
        """Return genomes without parents. known: innovations that there were before, which keep their numbers"""
        neat, env = self._settings.neat, self._env
        if self._start is not None:
            made = first_generation(self._start, self._settings, self._backend, self._threads, generation, known)
            return Born(generation, *made, None, {})
        population, counters = first_population(
            neat, env.n_inputs, env.n_outputs, self._settings.run.seed, self._threads, generation=generation
        )
        return Born(generation, self._backend.adopt(population), known or counters, None, {})
