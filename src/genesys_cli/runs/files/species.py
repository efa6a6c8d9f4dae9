"""The history of species: ``species.csv``, a row for each species of each generation."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...neat.speciation import species_fitness
from ..state import RunState
from .reading import LARGEST, lines_of
from .storage import disk_errors, write_atomically


class SpeciesRow(NamedTuple):
    """A species in one generation.

    generation, species: which; species are numbered in the order of their founding
    size: members; best, mean: of their training fitness, as it is, not shared
    stagnation: generations since the species improved; founded: the generation in which it came up
    """

    generation: int
    species: int
    size: int
    best: float
    mean: float
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

    def append(self, state: RunState) -> None:
        """Add the species of a generation, the oldest first."""
        with disk_errors(self._path), open(self._path, "a", encoding="utf-8", newline="") as file:
            file.write("".join(",".join(map(str, row)) + "\n" for row in species_of(state)))


def species_of(state: RunState) -> list[SpeciesRow]:
    """Return the species of a generation, the oldest first."""
    species = state.species
    best, mean = (
        species_fitness(species.member_of, state.fitness, species.number, function) for function in ("max", "mean")
    )
    columns = (
        np.full(species.number, state.generation),
        species.ids,
        species.sizes(),
        best,
        mean,
        state.generation - species.improved,
        species.created,
    )
    return [SpeciesRow(*cells) for cells in zip(*(column.tolist() for column in columns), strict=True)]


def read_species(path: Path) -> list[SpeciesRow]:
    """Return the sound rows of a ``species.csv``; none where there is no such file: older versions wrote none."""
    return [row for _, row in _sound_lines(path, sys.maxsize)]


def lifetimes(rows: Sequence[SpeciesRow]) -> list[dict[str, Any]]:
    """Return each species that there was, in the order of founding, as plain JSON.

    ``founded``, ``last``: generations; ``generations``: in how many it was seen; ``members``: the sum of its sizes;
    ``largest``, ``largest_in``: its largest size, and the first generation with it; ``best``: fitness
    """
    lives: dict[int, list[SpeciesRow]] = {}
    for row in rows:
        lives.setdefault(row.species, []).append(row)
    found = []
    for number, life in sorted(lives.items()):
        top = max(life, key=lambda row: row.size)
        found.append(
            {
                "species": number,
                "founded": life[0].founded,
                "last": life[-1].generation,
                "generations": len(life),
                "members": sum(row.size for row in life),
                "largest": top.size,
                "largest_in": top.generation,
                "best": max(row.best for row in life),
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
            numbers = (int(when), int(which), int(size), float(best), float(mean), int(stagnation), int(founded))
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
    return whole and abs(row.best) <= LARGEST and abs(row.mean) <= LARGEST
