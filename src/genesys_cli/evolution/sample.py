"""A generation of a short run on a chip, for those who take it apart: parents, and who has which children."""

from __future__ import annotations

from contextlib import closing
from typing import NamedTuple

import numpy as np

from ..accelerator.eve.registers import Pairs
from ..accelerator.words import to_words
from ..backends.chip.backend import ChipBackend
from ..backends.chip.model import ChipModel, interface_of, layers_of
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.registry import environment_of
from ..errors import UserError
from ..genome.population import Population
from ..neat.given import draws_of
from ..neat.selection import MatingPlan, mating_plan
from ..rtl.vectors_adam import adam_vectors
from ..rtl.vectors_eve import Vectors, eve_vectors
from .loop import Loop
from .state import RunState

LEAST = 5  # generations that a run has behind it
MOST = 60  # generations that are searched
MADE = ("split_conns", "deleted_nodes", "deleted_conns", "crossovers")  # as generations count them
WANTED = (*MADE, "joined")


class Sample(NamedTuple):
    """A generation, and how the next one is made of it.

    generation: that of the parents
    counts: of making the children, by name, as the emulated chip counts
    """

    parents: Population
    plan: MatingPlan
    generation: int
    counts: dict[str, int]


def sample(settings: Settings) -> Sample:
    """Return the first generation of a run whose children have all that EvE does: joins, splits, deletions, crossover.

    Where none of the first 60 has, it is that with most of these. The run's backend is that of the chip. Raises
    UserError where the chip cannot hold the run.
    """
    env = environment_of(settings)
    best: tuple[int, RunState, dict[str, int]] | None = None
    with Threads(settings.run.threads) as threads, closing(ChipBackend(settings, env, threads)) as backend:
        backend.start()
        loop = Loop(settings, env, backend, threads)
        lap = loop.first()
        while lap.state.generation < MOST and (best is None or best[0] < len(WANTED)):
            parents = lap.state
            lap = loop.next(parents)
            counts = {name: int(lap.row.get(name, 0)) for name in (*MADE, "added_conns")}
            counts["joined"] = counts.pop("added_conns") - 2 * counts["split_conns"]
            found = sum(counts[name] > 0 for name in WANTED)
            late = parents.generation >= LEAST and parents.species.breeding.any()
            if late and (best is None or found > best[0]):
                best = found, parents, counts
    if best is None:
        raise UserError(f"in {MOST} generations of {env.name} none has children; choose a larger neat.population")
    _, parents, counts = best
    assert isinstance(parents.genomes, Population)  # no cluster holds them
    where = {"seed": settings.run.seed, "generation": parents.generation}
    conns = np.diff(parents.genomes.conn_offsets)
    plan = mating_plan(conns, parents.fitness, parents.species, settings.neat, draws_of(**where))
    return Sample(parents.genomes, plan, parents.generation, counts)


def vectors_of(settings: Settings, taken: Sample) -> dict[str, Vectors]:
    """Return what the testbench of the chip's RTL compares with a generation: of ``eve`` and of ``adam``."""
    chip, neat = settings.target_chip, settings.neat
    model = ChipModel(neat, chip, interface_of(settings, environment_of(settings)))
    words, _ = to_words(taken.parents, model.layout)
    eve = eve_vectors(
        words,
        Pairs(*taken.plan),
        model.layout,
        model.thresholds,
        fixed_nodes=taken.parents.n_inputs + taken.parents.n_outputs,
        seed=settings.run.seed,
        generation=taken.generation,
        chip=chip,
    )
    layers = layers_of(taken.parents, neat.feed_forward, chip.adam.cols)
    return {"eve": eve, "adam": adam_vectors(taken.parents, layers, chip, feed_forward=neat.feed_forward)}
