"""How one generation follows from another, whoever finds out how good its genomes are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.base import Backend
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.spec import Environment
from ..genome.population import Population
from ..neat.assignment import Here
from ..neat.given import draws_of, fitness_of
from ..neat.initial import first_population
from ..neat.innovation import Counters
from ..neat.kernels.rates import Draws
from ..neat.pareto import pareto_plan
from ..neat.selection import MatingPlan, mating_plan
from ..neat.speciation import Species, divide
from .start import Start, first_generation
from .state import RunState

if TYPE_CHECKING:
    from ..backends.cluster.elsewhere import Elsewhere


class Born(NamedTuple):
    """A generation that has not been evaluated.

    genomes: P of them, here or on the actors of a cluster
    plan: whose offspring it is; None: nobody's
    counts: of its making
    """

    generation: int
    genomes: Population | Elsewhere
    counters: Counters
    plan: MatingPlan | None
    counts: dict[str, Any]

    @property
    def population(self) -> Population:
        """The genomes where they have to be here: who needs that has no actors breed."""
        assert isinstance(self.genomes, Population)
        return self.genomes


def places(born: Born, before: RunState, count: int, taken: NDArray[np.int64] | tuple[()] = ()) -> NDArray[np.int64]:
    """Return whose places are given to genomes from elsewhere, (count,) int64, ascending: of no elite.

    Children of the least fit parents go first, of equals the last. taken: places that are given away already
    """
    if born.plan is None:
        children, order = np.arange(born.population.size), np.arange(born.population.size)[::-1]
    else:
        children = np.flatnonzero(born.plan.elite == 0)
        order = np.lexsort((-children, before.fitness[born.plan.fitter[children]]))
    free = children[order]
    return np.sort(free[~np.isin(free, np.asarray(taken, np.int64))][:count])


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
        if state.objectives is None and not state.species.breeding.any():
            return self._new(state.generation + 1, state.counters)
        where = {"seed": self._settings.run.seed, "generation": state.generation}
        plan = self._plan(state, draws_of(**where))
        children, counters, counts = self._backend.breed(state.genomes, plan, state.counters, **where)
        return Born(state.generation + 1, children, counters, plan, counts)

    def _plan(self, state: RunState, draws: Draws) -> MatingPlan:
        """Return who has children with whom."""
        neat = self._settings.neat
        if state.objectives is not None:
            return pareto_plan(state.objectives, neat, draws)
        return mating_plan(np.diff(state.genomes.conn_offsets), state.fitness, state.species, neat, draws)

    def species(
        self, born: Born, fitness: NDArray[np.float64], previous: Species | None
    ) -> tuple[Species, dict[str, int]]:
        """Divide a generation into species; return them, and counts of what it took.

        fitness: (P,) float64, finite; previous: species of the generation before, None: there was none
        """
        draws = draws_of(self._settings.run.seed, born.generation)
        genomes = Here(born.genomes, self._threads) if isinstance(born.genomes, Population) else born.genomes
        return divide(genomes, fitness_of(fitness, genomes.size), previous, self._settings.neat, draws)

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
