"""Everything that a run knows at the end of a generation: what a checkpoint holds, and all that a resume needs."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..genome.population import Population
from ..genome.rescaling import Scaling
from ..neat.innovation import Counters
from ..neat.refinement import Distribution
from ..neat.speciation import Species
from .drift import ShiftRecord
from .goal import turned
from .normaliser import Normaliser

if TYPE_CHECKING:
    from ..backends.cluster.elsewhere import Elsewhere  # most runs do without Ray


class Champion(NamedTuple):
    """The best genome so far, judged on held-out episodes; kept apart from the population.

    Its fitness and returns are those of evolution, of which more is better, until :meth:`told` makes them the user's.

    genome: a population of one
    generation, genome_index: where it was found
    training_fitness: mean return over that generation's training episodes
    validated_fitness, validated_std: mean and standard deviation of the return over the held-out episodes; NaN: nobody
        knows, since a program told its fitness and no more
    returns: (E,) float64, of each held-out episode; empty where it was not kept
    validated_in: the generation in whose world that is; the one where it was found unless the world has changed
    offset, scale: (I,) float32; its network sees ``(observation - offset) * scale``, also when others see otherwise
    opponents: whom it met when it was validated; None where networks play no matches
    """

    genome: Population
    generation: int
    genome_index: int
    training_fitness: float
    validated_fitness: float
    validated_std: float
    validated_in: int
    offset: NDArray[np.float32]
    scale: NDArray[np.float32]
    returns: NDArray[np.float64]
    opponents: Population | None = None

    def told(self, minimise: bool) -> Champion:
        """Return it in the user's own numbers."""
        return self._replace(
            training_fitness=turned(self.training_fitness, minimise),
            validated_fitness=turned(self.validated_fitness, minimise),
            returns=turned(self.returns, minimise),
        )

    @property
    def validated(self) -> bool:
        """Say whether held-out episodes judged it."""
        return isfinite(self.validated_fitness)

    @property
    def found(self) -> tuple[int, int]:
        """Which genome of the run it is: generation, and index in it."""
        return self.generation, self.genome_index

    def statistics(self) -> dict[str, float | None]:
        """Return the fields that are one number, as files have them; None: it is not known."""
        others = ("genome", "offset", "scale", "returns", "opponents")
        found = {key: value for key, value in self._asdict().items() if key not in others}
        return found if self.validated else found | {"validated_fitness": None, "validated_std": None}


class Hall(NamedTuple):
    """A hall of fame, of networks that play matches; see ``evolution.matches.hall``.

    genomes: H genomes; generations: (H,) int64, in which each was the best, ascending
    judges: (H,) bool, who judges champions; the others are trained against
    """

    genomes: Population
    generations: NDArray[np.int64]
    judges: NDArray[np.bool_]


class Refinement(NamedTuple):
    """A search of weights that goes on beside evolution; see ``evolution.refining``.

    distribution: that it has come to; champion: around whom it set out last, as ``Champion.found``
    generation: that it joined last; places: (2,) int64, in that, of the mean and of the best sample
    offset, scale: (I,) float32, of the observations in that
    episodes: that a sample is to play in the next step, before it is rounded
    """

    distribution: Distribution
    champion: tuple[int, int]
    generation: int
    places: NDArray[np.int64]
    offset: NDArray[np.float32]
    scale: NDArray[np.float32]
    episodes: float

    @property
    def scaling(self) -> Scaling:
        """How its networks see."""
        return Scaling(self.offset, self.scale)

    def has(self, champion: Champion) -> bool:
        """Say whether a champion is what it set out from, or has come to."""
        own = [(self.generation, int(place)) for place in self.places]
        return champion.found in (self.champion, *own)


class RunState(NamedTuple):
    """The end of a generation.

    generation: counted from 0
    population: P genomes; none where they are elsewhere, until :meth:`gathered` has them fetched
    species: of this population
    fitness: (P,) float64, as selection compares it: finite, more is better
    counters: for the innovations of the next generation
    champion: None until a genome had a finite fitness
    env_steps, validation_steps: environment steps since the start of the run, in training and in validation
    normaliser: statistics of all observations so far; None where observations are not normalised
    events: every change of the world so far
    frozen: the champion from before the last of them, judged in the present world; None where there was none
    without: (N,) int64, the genomes that have no fitness, ascending; what `fitness` says of them is a stand-in
    hall: earlier champions, as this generation met them; None where networks play no matches
    refinement: of the champion's weights; None: there has been none
    objectives: (P, 1 + M) float64, fitness and what else counts; finite, more is better. None: nothing else counts
    elsewhere: the genomes where the actors of a cluster hold them; no file has this
    """

    generation: int
    population: Population
    fitness: NDArray[np.float64]
    species: Species
    counters: Counters
    champion: Champion | None
    env_steps: int
    validation_steps: int
    normaliser: Normaliser | None = None
    events: tuple[ShiftRecord, ...] = ()
    frozen: Champion | None = None
    without: NDArray[np.int64] = np.empty(0, np.int64)
    hall: Hall | None = None
    refinement: Refinement | None = None
    objectives: NDArray[np.float64] | None = None
    elsewhere: Elsewhere | None = None

    @property
    def genomes(self) -> Population | Elsewhere:
        """The genomes, wherever they are."""
        return self.population if self.elsewhere is None else self.elsewhere

    def gathered(self) -> RunState:
        """Return a state that has its population here."""
        return self if self.elsewhere is None else self._replace(population=self.elsewhere.whole())

    def own_fitness(self, minimise: bool) -> NDArray[np.float64]:
        """Return what the user's environment or function gave each genome, (P,) float64; NaN: it has no fitness."""
        own = turned(self.fitness, minimise)
        if not len(self.without):
            return own
        own = own.copy()
        own[self.without] = np.nan
        return own

    def best(self) -> int | None:
        """Return the index of the fittest genome, the first of equals; None: nobody has a fitness."""
        if len(self.without) == len(self.fitness):
            return None
        ranked = self.fitness
        if len(self.without):
            ranked = ranked.copy()
            ranked[self.without] = -np.inf
        return int(np.argmax(ranked))
