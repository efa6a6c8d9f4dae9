"""The line of a network's ancestors, from its fitter parent to the first generation.

Nobody writes down who had children with whom. It is a pure function of a checkpoint and the settings, so the mating
plan is made again. A line is as long as the checkpoints reach back without a gap.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import DamagedFileError, UserError
from ..evolution.goal import turned
from ..evolution.state import RunState
from ..files.champion import StoredChampion
from ..files.checkpoint import checkpoint_path, load
from ..files.folder import START
from ..files.islands import run_around
from ..files.migrations import Migration, came_from
from ..genome.population import Population
from ..neat.selection import MatingPlan, select
from .beginning import origin_of
from .changes import Changes, changes_between

KINDS = ("copy", "mutation", "crossover", "refinement")
"""How a genome comes about that has a parent in its run."""


class Parent(NamedTuple):
    """A genome of the generation before: its index, its fitness in training or None, the number of its species."""

    genome: int
    fitness: float | None
    species: int


class Birth(NamedTuple):
    """How one genome came about.

    generation, genome: which, its index; nodes, connections: its genes
    fitness: in training; None where no checkpoint says it; species: its number, or None
    kind: ``first`` (without parents), ``given`` (to begin with), ``copy`` (of an elite), ``mutation`` (of one parent),
        ``crossover``, ``refinement`` (of a champion's weights), ``migrant`` (of another island); or ``unknown``, where
        the line ends early
    fitter, other: parents in the generation before, None where there is none
    changes: from the fitter one, or from the champion that was refined; None of a first genome or a copy
    given: what gave the genome, or the one that it is a mutation of, where a migrant is from, or which champion was
        refined; None: the generation before had its parents
    """

    generation: int
    genome: int
    nodes: int
    connections: int
    fitness: float | None
    species: int | None
    kind: str
    fitter: Parent | None = None
    other: Parent | None = None
    changes: Changes | None = None
    given: str | None = None

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return self._asdict() | {
            "fitter": self.fitter and self.fitter._asdict(),
            "other": self.other and self.other._asdict(),
            "changes": self.changes and self.changes.document(),
        }


class Ancestry(NamedTuple):
    """births: of the network, its fitter parent, its fitter parent ..., the youngest first
    end: why there is no earlier one; None where the last has no parents in its run, or no more was asked for
    """

    births: list[Birth]
    end: str | None

    def document(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"births": [birth.document() for birth in self.births], "end": self.end, "summary": self.summary()}

    def summary(self) -> dict[str, int]:
        """Return how many births of each kind there are, and how many mutations of each kind on the whole line."""
        kinds = {kind: sum(birth.kind == kind for birth in self.births) for kind in KINDS}
        changes = [birth.changes for birth in self.births if birth.changes is not None]
        return {
            "generations": self.births[0].generation - self.births[-1].generation,
            **kinds,
            "splits": sum(change.split is not None for change in changes),
            "added_connections": sum(len(change.added_connections) for change in changes),
            "deleted_nodes": sum(len(change.deleted_nodes) for change in changes),
            "deleted_connections": sum(len(change.deleted_connections) for change in changes),
            "mutated_weights": sum(change.weights.mutated for change in changes),
            "mutated_biases": sum(change.biases.mutated for change in changes),
        }


def plan_after(state: RunState, stored: StoredChampion) -> MatingPlan:
    """Return who had children with whom after a generation of the run that `stored` comes from."""
    settings = stored.settings
    where = {"seed": settings.run.seed, "generation": state.generation}
    return select(state.population, state.fitness, state.species, settings.neat, **where)


def checkpoints_beside(stored: StoredChampion) -> Path:
    """Return the folder in which the checkpoints of a stored network's run would be."""
    return stored.origin.parent if stored.origin.suffix == ".npz" else stored.origin.parent / "checkpoints"


def trace(stored: StoredChampion, most: int | None = None) -> Ancestry:
    """Return the ancestors of a stored network, as far as the checkpoints beside it tell.

    most: births after which nothing more is looked up; None: all
    """
    folder = checkpoints_beside(stored)
    genome, index, generation = stored.champion.genome, stored.champion.genome_index, stored.champion.generation
    migrants = _migrants(stored, folder)
    minimise = stored.settings.evaluation.minimise
    births: list[Birth] = []
    fitness: float | None = stored.champion.training_fitness
    species = None
    state, gap = _generation(folder, generation)
    if state is not None:
        if index >= state.population.size or not _of(state, index).equals(genome):
            return Ancestry(
                [_birth(genome, generation, index, fitness, None, "unknown")],
                f"{checkpoint_path(folder, generation)} belongs to another run: genome {index} in it differs",
            )
        species = _species(state, index)
    while len(births) != most:
        if (moved := migrants.get((generation, index))) is not None:
            born = _birth(genome, generation, index, fitness, species, "migrant")
            there = f"island {moved.from_island}, genome {moved.from_genome} of generation {moved.from_generation}"
            return Ancestry([*births, born._replace(given=there)], _goes_on(folder, moved))
        if state is not None and (of := _refined(state, index)) is not None:
            born = _birth(genome, generation, index, fitness, species, "refinement")
            born = born._replace(given=f"genome {of[1]} of generation {of[0]}")
            state, gap = _generation(folder, of[0])
            if state is None:
                return Ancestry([*births, born], gap)
            parent, (generation, index) = _of(state, of[1]), of
            births.append(born._replace(changes=changes_between(genome, parent, parent)))
            genome, (_, fitness, species) = parent, _parent(state, index, minimise)
            continue
        before, gap = _generation(folder, generation - 1) if generation else (None, "")
        if generation == 0 or (before is not None and not before.species.breeding.any()):
            first = _birth(genome, generation, index, fitness, species, "first")
            first, end = _first(stored, folder, first, genome)
            return Ancestry([*births, first], end)
        if before is None:
            births.append(_birth(genome, generation, index, fitness, species, "unknown"))
            return Ancestry(births, gap)
        plan = plan_after(before, stored)
        a, b = int(plan.fitter[index]), int(plan.other[index])
        fitter = _of(before, a)
        kind = "copy" if plan.elite[index] else "mutation" if a == b else "crossover"
        try:
            changes = changes_between(genome, fitter, _of(before, b))
            if kind == "copy" and not changes.none:
                raise ValueError("it is not a copy of an elite")
        except ValueError as error:
            births.append(_birth(genome, generation, index, fitness, species, "unknown"))
            return Ancestry(
                births,
                f"genome {index} of generation {generation} cannot be derived from the previous generation ({error}): "
                "another version of genesys evolved it",
            )
        parents = _parent(before, a, minimise), _parent(before, b, minimise) if kind == "crossover" else None
        births.append(
            _birth(genome, generation, index, fitness, species, kind)._replace(
                fitter=parents[0], other=parents[1], changes=None if kind == "copy" else changes
            )
        )
        genome, index, generation = fitter, a, generation - 1
        fitness, species = parents[0].fitness, parents[0].species
        state = before
    return Ancestry(births, None)


def _refined(state: RunState, index: int) -> tuple[int, int] | None:
    """Return whose weights a genome has from refinement, generation and index; None: it has none from there."""
    found = state.refinement
    if found is None or found.generation != state.generation or index not in found.places:
        return None
    return found.champion


def _first(stored: StoredChampion, folder: Path, birth: Birth, genome: Population) -> tuple[Birth, str | None]:
    """Return how a genome without parents in its run came about, and why that is not known, or None."""
    if not stored.settings.start.sources:
        return birth, None
    try:
        origin = origin_of(stored.settings, folder.parent / START, birth.generation, birth.genome)
        if origin is None:
            return birth, None
        changes = changes_between(genome, origin.genome, origin.genome)
        if origin.copied and not changes.none:
            raise ValueError("it is not the genome that was given")
    except UserError as error:  # its environment is not installed here, or the file is damaged
        return birth._replace(kind="unknown"), str(error)
    except ValueError as error:
        return birth._replace(kind="unknown"), f"it cannot be derived from what was given ({error})"
    if origin.copied:
        return birth._replace(kind="given", given=origin.source), None
    return birth._replace(kind="mutation", given=origin.source, changes=changes), None


def _migrants(stored: StoredChampion, checkpoints: Path) -> dict[tuple[int, int], Migration]:
    """Return which genomes of a network's island came from others, by generation and index."""
    island = stored.settings.islands.number
    return {} if island is None else came_from(run_around(checkpoints.parent).migrations, island)


def _goes_on(checkpoints: Path, moved: Migration) -> str:
    """Return where the line of a migrant goes on."""
    there = run_around(checkpoints.parent).island(moved.from_island)
    return (
        f"genome {moved.genome} of generation {moved.generation} came from another island, where it was genome "
        f"{moved.from_genome} of {checkpoint_path(there.checkpoints, moved.from_generation)}, with other numbers of "
        "nodes and connections"
    )


def _generation(folder: Path, generation: int) -> tuple[RunState | None, str]:
    """Return a checkpoint's state, or None and the reason."""
    path = checkpoint_path(folder, generation)
    if not path.is_file():
        return None, (
            f"there is no {path}; a run keeps every generation unless it is given --keep or --checkpoint-every"
            if folder.is_dir()
            else f"there are no checkpoints beside it: {folder} does not exist"
        )
    try:
        return load(path)[0], ""
    except DamagedFileError as error:
        return None, str(error)


def _of(state: RunState, index: int) -> Population:
    return state.population.select(np.array([index]))


def _species(state: RunState, index: int) -> int:
    return int(state.species.ids[state.species.member_of[index]])


def _parent(state: RunState, index: int, minimise: bool) -> Parent:
    fitness = None if index in state.without else turned(float(state.fitness[index]), minimise)
    return Parent(index, fitness, _species(state, index))


def _birth(
    genome: Population, generation: int, index: int, fitness: float | None, species: int | None, kind: str
) -> Birth:
    return Birth(generation, index, len(genome.node_id), len(genome.conn_in), fitness, species, kind)
