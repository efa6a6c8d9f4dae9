"""The first generation of a run that begins with given genomes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..backends.base import Backend
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..errors import UserError
from ..genome.population import Population
from ..genome.rescaling import Scaling
from ..genome.rewiring import joined
from ..neat.initial import first_population
from ..neat.innovation import Counters
from ..neat.selection import MatingPlan
from ..neat.start import LAST_GENERATION, counters_of, newcomers_of, renumbered, start_plan
from .normaliser import CONSTANT, EPSILON, Normaliser

SAMPLES = 1_000_000
"""Observations that the scaling of given genomes counts as, where a run goes on to find its own."""


class Start(NamedTuple):
    """What a run begins with.

    genomes: the given ones, numbered, with the inputs and outputs of the run's environment
    scaling: of the inputs that they are made for
    """

    genomes: Population
    scaling: Scaling

    def normaliser(self) -> Normaliser:
        """Return the statistics of observations that a run which normalises them begins with."""
        return normaliser_of(self.scaling)


class Beginning(NamedTuple):
    """A first generation in the making.

    parents: given genomes and new ones, as the backend holds them; plan: whose copy each genome is
    counters: of the innovations before the copies mutate
    """

    parents: Population
    plan: MatingPlan
    counters: Counters


def normaliser_of(scaling: Scaling) -> Normaliser:
    """Return statistics whose own scaling is the given one, as nearly as such can be: its scales are not negative."""
    offset, scale = (part.astype(np.float64) for part in scaling)
    with np.errstate(divide="ignore", over="ignore"):
        variance = np.maximum(1.0 / scale**2 - EPSILON, 2 * CONSTANT * offset**2)
    usual = np.isfinite(variance)  # else it is always 0, and so is what comes of no variance
    return Normaliser(SAMPLES, offset, np.where(usual, variance, 0.0) * SAMPLES)


def room_for(settings: Settings, given: int) -> None:
    """Raise a UserError where more genomes are given than the first generation has room for."""
    population, newcomers = settings.neat.population, newcomers_of(settings.start.newcomers, settings.neat.population)
    if given > population - newcomers:
        less = f", of which {newcomers} are new ones (start.newcomers)" if newcomers else ""
        raise UserError(
            f"{given} genomes are given to begin with, but a generation has {population}{less}; give fewer "
            "(start.take), or a larger --population"
        )


def begin(start: Start, settings: Settings, backend: Backend, threads: Threads, generation: int) -> Beginning:
    """Return whose copies the first generation is made of; after an extinction of another number than 0."""
    neat, given = settings.neat, start.genomes
    counters = counters_of(given, neat)
    newcomers = newcomers_of(settings.start.newcomers, neat.population)
    parents = given
    if newcomers:
        assert counters.links is not None
        new, _ = first_population(
            neat.model_copy(update={"population": newcomers}),
            given.n_inputs,
            given.n_outputs,
            settings.run.seed,
            threads,
            generation=generation,
        )
        parents = joined([given, renumbered(new, counters.links)])
    return Beginning(backend.adopt(parents), start_plan(given.size, newcomers, neat.population), counters)


def first_generation(
    start: Start, settings: Settings, backend: Backend, threads: Threads, generation: int, known: Counters | None
) -> tuple[Population, Counters]:
    """Return the first generation of a run, and the innovations after it.

    generation: another one than 0 after an extinction: the same genomes, but the copies mutate otherwise
    known: innovations that there were before, which keep their numbers
    """
    made = begin(start, settings, backend, threads, generation)
    children, counters, _ = backend.reproduce(
        made.parents,
        made.plan,
        known or made.counters,
        seed=settings.run.seed,
        generation=LAST_GENERATION - generation,
    )
    return children, counters
