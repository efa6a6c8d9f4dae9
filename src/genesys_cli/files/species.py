"""The history of species: ``species.csv``, a row for each species of each generation."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..evolution.goal import turned
from ..evolution.state import RunState
from ..neat.speciation import species_fitness
from .reading import LARGEST, lines_of
from .storage import disk_errors, write_atomically


class SpeciesRow(NamedTuple):
    """A species in one generation.

    generation, species: which; species are numbered in the order of their founding
    size: members; best, mean: of their training fitness, as it is, not shared; None: none of them has one
    stagnation: generations since the species improved; founded: the generation in which it came up
    """

    generation: int
    species: int
    size: int
    best: float | None
    mean: float | None
    stagnation: int
    founded: int


HEADER = ",".join(SpeciesRow._fields) + "\n"


class SpeciesLog:
    """Writes ``species.csv`` as a run goes on, so that it can be watched."""

    def __init__(self, path: Path, resume_after: int | None = None) -> None:
        """resume_after: keep the rows up to this generation and drop what follows; None: a new file."""
        self._path = path
        kept = [] if resume_after is None else [line for line, _ in _sound_lines(path, resume_after)]
        write_atomically(path, "".join([HEADER, *kept]).encode())

    def append(self, state: RunState, *, minimise: bool = False) -> None:
        """Add the species of a generation, the oldest first. minimise: whether less is better"""
        lines = (",".join("" if cell is None else str(cell) for cell in row) for row in species_of(state, minimise))
        with disk_errors(self._path), open(self._path, "a", encoding="utf-8", newline="") as file:
            file.write("".join(f"{line}\n" for line in lines))


def species_of(state: RunState, minimise: bool = False) -> list[SpeciesRow]:
    """Return the species of a generation, the oldest first, with the user's own numbers."""
    species = state.species
    columns = (
        [state.generation] * species.n_species,
        species.ids.tolist(),
        species.sizes().tolist(),
        *(_known(state, function, minimise) for function in ("max", "mean")),
        (state.generation - species.improved).tolist(),
        species.created.tolist(),
    )
    return [SpeciesRow(*cells) for cells in zip(*columns, strict=True)]


def _known(state: RunState, function: str, minimise: bool) -> list[float | None]:
    """Return the best (``max``) or mean of each species' members that have a fitness; None where none of them has."""
    members, fitness, number = state.species.member_of, state.fitness, state.species.n_species
    if len(state.without):
        members, fitness = np.delete(members, state.without), np.delete(fitness, state.without)
    with np.errstate(invalid="ignore"):  # none of no members
        found = turned(species_fitness(members, fitness, number, function), minimise)
    return [score if math.isfinite(score) else None for score in found.tolist()]


def read_species(path: Path) -> list[SpeciesRow]:
    """Return the sound rows of a ``species.csv``; none where there is no such file: older versions wrote none."""
    return [row for _, row in _sound_lines(path, sys.maxsize)]


def lifetimes(rows: Sequence[SpeciesRow], *, minimise: bool = False) -> list[dict[str, Any]]:
    """Return each species that there was, in the order of founding, as plain JSON.

    ``founded``, ``last``: generations; ``generations``: in how many it was seen; ``members``: the sum of its sizes;
    ``largest``, ``largest_in``: its largest size, and the first generation with it; ``best``: fitness, None: no member
    ever had one. minimise: whether less is better
    """
    lives: dict[int, list[SpeciesRow]] = {}
    for row in rows:
        lives.setdefault(row.species, []).append(row)
    found = []
    for number, life in sorted(lives.items()):
        top = max(life, key=lambda row: row.size)
        known = [row.best for row in life if row.best is not None]
        found.append(
            {
                "species": number,
                "founded": life[0].founded,
                "last": life[-1].generation,
                "generations": len(life),
                "members": sum(row.size for row in life),
                "largest": top.size,
                "largest_in": top.generation,
                "best": (min if minimise else max)(known, default=None),
            }
        )
    return found


def _sound_lines(path: Path, generation: int) -> list[tuple[str, SpeciesRow]]:
    """Return each line up to a generation, and what it says; one that was cut off when the run died ends them."""
    found: list[tuple[str, SpeciesRow]] = []
    lines = lines_of(path, "species.csv")
    for line in lines[1:] if lines[:1] == [HEADER] else []:
        try:
            when, which, size, best, mean, stagnation, founded = line.split(",")
            scores = (float(best) if best else None, float(mean) if mean else None)
            numbers = (int(when), int(which), int(size), *scores, int(stagnation), int(founded))
        except ValueError:
            break
        row = SpeciesRow(*numbers)
        if not line.endswith("\n") or row.generation > generation or not _sound(row):
            break
        found.append((line, row))
    return found


def _sound(row: SpeciesRow) -> bool:
    """Say whether a row can be of a run."""
    counts = (row.generation, row.species, row.stagnation, row.founded)
    whole = row.size > 0 and min(counts) >= 0 and max(*counts, row.size) < 2**53
    return whole and all(score is None or abs(score) <= LARGEST for score in (row.best, row.mean))
