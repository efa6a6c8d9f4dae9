"""What is found out of a generation, part by part, and what is known of it at its end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.evaluation import Evaluation
from ..costs.work import Work
from ..counts import DISTANCE_GENES, DISTANCES
from ..envs.conditions import Conditions
from ..genome.population import Population, no_genomes
from ..measure.meters.meter import Reading
from ..neat.speciation import Species
from .drift import ShiftRecord
from .faults import Record
from .generations import Born
from .islands import Arrivals
from .normaliser import Normaliser
from .refining import Refined
from .rows import Row, score_of
from .state import Champion, Hall, RunState


class Lap(NamedTuple):
    """A generation that was evaluated.

    state: after it; row: of metrics; faults: what went wrong in environments; work: what it asked of a machine
    arrivals: genomes from other islands; None: nobody has come
    """

    state: RunState
    row: Row
    faults: list[Record]
    work: Work
    arrivals: Arrivals | None = None


class World(NamedTuple):
    """What a generation plays in.

    training, held_out: conditions of the two kinds of episodes
    normaliser: of the observations before this generation; None: they are taken as they are
    changed: whether the generation before played in another one
    hall: earlier champions that it meets; None where networks play no matches
    """

    training: Conditions
    held_out: Conditions
    normaliser: Normaliser | None
    changed: bool
    hall: Hall | None = None


class Trained(NamedTuple):
    """What training episodes found.

    fitness: (P,) float64, that of the evaluation with what is not finite replaced; invalid: how many were
    normaliser: with this generation's observations; episodes: of each genome; reading: time and energy
    objectives: (P, 1 + M) float64, see `RunState`; None: fitness is all that counts
    """

    evaluation: Evaluation
    fitness: NDArray[np.float64]
    invalid: int
    normaliser: Normaliser | None
    episodes: int
    reading: Reading
    objectives: NDArray[np.float64] | None = None


class Validated(NamedTuple):
    """What held-out episodes found.

    standing: the champion of the generation before, as it is in this world; champion: after this generation
    frozen: the champion of before the last change; events: all, without what this generation adds to the last one
    steps: environment steps; faults: what went wrong in them
    """

    standing: Champion | None
    champion: Champion | None
    frozen: Champion | None
    events: tuple[ShiftRecord, ...]
    steps: int
    faults: list[Record]


class Speciated(NamedTuple):
    """species: of the generation; counts: what it took; reading: time and energy"""

    species: Species
    counts: dict[str, int]
    reading: Reading


def state_of(
    born: Born,
    before: RunState | None,
    world: World,
    trained: Trained,
    validated: Validated,
    speciated: Speciated,
    refined: Refined,
    costs: Row,
) -> RunState:
    """Return all that the next generation needs."""
    evaluation, events = trained.evaluation, validated.events
    genomes = born.genomes
    here = genomes if isinstance(genomes, Population) else no_genomes(genomes.n_inputs, genomes.n_outputs)
    elsewhere = None if isinstance(genomes, Population) else genomes
    steps = before.env_steps if before else 0
    env_steps = steps + evaluation.env_steps + refined.env_steps
    if events:
        standing, champion = score_of(validated.standing), score_of(validated.champion)
        last = events[-1].judged(born.generation, standing, champion, (steps, env_steps), costs.get("energy_j"))
        events = (*events[:-1], last)
    return RunState(
        born.generation,
        here,
        trained.fitness,
        speciated.species,
        born.counters,
        validated.champion,
        env_steps,
        validated.steps + (before.validation_steps if before else 0),
        trained.normaliser,
        events,
        validated.frozen,
        np.flatnonzero(~np.isfinite(evaluation.fitness)),
        world.hall,
        refined.refinement,
        trained.objectives,
        elsewhere,
    )


def work_of(born: Born, before: RunState | None, trained: Trained, speciated: Speciated) -> Work:
    """Return what the generation asked of a machine."""
    return Work(
        born.generation,
        born.genomes,
        trained.evaluation.decisions,
        trained.episodes,
        speciated.counts[DISTANCES.name],
        speciated.counts[DISTANCE_GENES.name],
        before.genomes if before and born.plan is not None else None,
        born.plan,
    )
