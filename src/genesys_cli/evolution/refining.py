"""Refinement beside evolution: a search of the champion's weights, whose results join a generation as two genomes.

The search goes on from one refinement to the next. Where evolution has found another champion meanwhile, it goes on
around that, with what it has learnt of the parameters that both have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.base import Backend
from ..config.backends import kind_of
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.problem.env import ProblemEnv
from ..envs.spec import Environment
from ..errors import UserError
from ..genome.population import Population
from ..genome.rescaling import Scaling, rescaled
from ..neat.given import draws_of
from ..neat.refinement import (
    Distribution,
    agreement,
    begun,
    carried,
    default_samples,
    enough_episodes,
    genomes_of,
    learnt,
    moved,
    samples_of,
)
from ..neat.selection import finite_fitness
from .episodes import are_alike, n_training_episodes, training_episodes
from .faults import Record, records
from .generations import Born, places
from .goal import Goal, Judge, turned
from .state import Champion, Refinement, RunState

MEAN = 0  # of the two genomes that join: the mean of the distribution; the other is the best sample of the last step
JOINING = 2


class Refined(NamedTuple):
    """A generation that a refinement has joined.

    refinement: that it is now; None: there was none yet; env_steps: that it took; faults: what went wrong in them
    """

    born: Born
    refinement: Refinement | None
    env_steps: int = 0
    faults: Sequence[Record] = ()

    @property
    def joined(self) -> NDArray[np.int64]:
        """The genomes that are to be validated whatever their training says."""
        if self.refinement is None or self.refinement.generation != self.born.generation:
            return np.empty(0, np.int64)
        return self.refinement.places[MEAN : MEAN + 1]


class Search(NamedTuple):
    """What came of the steps of one refinement.

    found: the distribution now; best: the best sample of the last step, a population of one
    episodes: that a sample should play in the next step; env_steps: taken; faults: what went wrong in them
    """

    found: Distribution
    best: Population
    episodes: float
    env_steps: int
    faults: list[Record]


class Refining:
    """Carries out refinements. It keeps nothing itself: all is in the :class:`RunState`."""

    def __init__(self, settings: Settings, env: Environment, backend: Backend, judge: Judge) -> None:
        self._settings, self._env, self._backend, self._judge = settings, env, backend, judge

    def join(self, born: Born, before: RunState | None, world: Conditions, taken: NDArray[np.int64]) -> Refined:
        """Return a generation with what a refinement has found in the place of two children, where one is due.

        before: the generation before; world: in which this one trains; taken: places that others have been given
        """
        known = before.refinement if before is not None else None
        champion = before.champion if before is not None else None
        if before is None or champion is None or not self._due(champion, born.generation):
            return Refined(born, known)
        found = self._begin(known, champion, world)
        where = places(born, before, JOINING, taken)
        if not len(found.mean) or len(where) < JOINING:  # nothing to search, or elites and guests have all places
            return Refined(born, known)
        search = self._search(found, known.episodes if known else 0.0, born.generation, world)
        found = search.found
        genomes = found.genome.with_more(search.best)
        source = np.arange(born.population.size)
        source[where] = born.population.size + np.arange(JOINING)
        joined = born._replace(genomes=born.population.with_more(self._backend.adopt(genomes)).select(source))
        here = Refinement(found, champion.found, born.generation, where, world.offset, world.scale, search.episodes)
        return Refined(joined, here, search.env_steps, search.faults)

    def _due(self, champion: Champion, generation: int) -> bool:
        """Say whether a champion is to be refined in a generation."""
        refine, minimise = self._settings.refine, self._settings.evaluation.minimise
        if generation % refine.every:
            return False
        good_enough = Goal(minimise, refine.from_fitness)
        return refine.from_fitness is None or good_enough.reached(turned(champion.validated_fitness, minimise))

    def _begin(self, known: Refinement | None, champion: Champion, world: Conditions) -> Distribution:
        """Return the distribution from which a search sets out."""
        neat, step, now = self._settings.neat, self._settings.refine.step, Scaling(world.offset, world.scale)
        learnt_here = None if known is None else carried(known.distribution, known.scaling, now, neat)
        if known is not None and learnt_here is not None and known.has(champion):
            return learnt_here
        genome = rescaled(champion.genome, Scaling(champion.offset, champion.scale), now).genomes
        return begun(genome, neat, step) if learnt_here is None else moved(learnt_here, genome, neat, step)

    def _search(self, known: Distribution, episodes: float, generation: int, world: Conditions) -> Search:
        """Let a distribution learn some steps. episodes: that a sample should have played in the last of them so far"""
        refine, neat = self._settings.refine, self._settings.neat
        least, most = self._episodes()
        episodes = enough_episodes(episodes, None, least, most)
        count = refine.samples or default_samples(len(known.mean))
        draws = draws_of(self._settings.run.seed, generation)
        env_steps, faults, best = 0, list[Record](), known.genome
        for step in range(refine.steps):
            samples = samples_of(known, count, neat, draws, step * count)
            genomes = genomes_of(known, samples, neat)
            seeds = training_episodes(self._settings, self._env, generation, round(episodes), step + 1)
            evaluation = self._judge.evaluate(genomes, seeds, world, keep_returns=least < most)
            env_steps += evaluation.env_steps
            faults += records(evaluation.faults, generation, "refinement", [None] * count)
            fitness, _ = finite_fitness(evaluation.fitness)
            best = genomes.select(np.array([np.argmax(fitness)]))
            if fitness.max() > fitness.min():
                known = learnt(known, samples, fitness, neat)
            if least < most:
                episodes = enough_episodes(episodes, agreement(evaluation.returns), least, most)
        return Search(known, best, episodes, env_steps, faults)

    def _episodes(self) -> tuple[int, int]:
        """Return the least and the most episodes of a sample."""
        refine, usual = self._settings.refine, self._settings.evaluation.episodes
        if refine.episodes:
            return refine.episodes, refine.episodes
        if are_alike(self._env):
            return usual, usual
        most = min(max(refine.most_episodes, usual), n_training_episodes(self._env))
        return min(max(usual, 2), most), most


def check_refine(settings: Settings, env: Environment) -> None:
    """Raise a UserError where champions cannot be refined."""
    if not settings.refine.acts:
        return
    backend, neat = settings.run.backend, settings.neat
    if not kind_of(backend).numbers_connections:
        raise UserError(
            f"refine.every = {settings.refine.every}: the chip that run.backend {backend!r} emulates has no unit that "
            "refines weights; leave refine.every out, or take --backend software"
        )
    if isinstance(env, ProblemEnv) and env.players is not None:
        raise UserError(f"{env.id} plays matches, whose results depend on who else plays; leave refine.every out")
    if neat.weight_mutate_power == 0 and neat.bias_mutate_power == 0:
        raise UserError(
            "refine.every needs neat.weight_mutate_power or bias_mutate_power above 0, the unit of its steps; leave it "
            "out, or give one"
        )
    if neat.population < 2 * JOINING:
        raise UserError(
            f"refine.every: {JOINING} genomes of each generation come from refinement, but neat.population is "
            f"{neat.population}; take at least {2 * JOINING}"
        )
