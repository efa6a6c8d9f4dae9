"""``migrations.jsonl``: which genomes came from other islands, an object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .models import MigrationDocument
from .reading import lines_of, parsed
from .storage import disk_errors, write_atomically


class Migration(NamedTuple):
    """A genome that came from another island.

    island, generation, genome: where it is, and its index there
    from_island, from_generation, from_genome: what it is a copy of
    """

    island: int
    generation: int
    genome: int
    from_island: int
    from_generation: int
    from_genome: int


class MigrationLog:
    """Collects the migrations of a run in its file."""

    def __init__(self, path: Path, done: Mapping[int, int]) -> None:
        """done: by island, its last generation; what follows is dropped, also of islands that are not there"""
        self._path = path
        self.kept = [one for one in read_migrations(path) if one.generation <= done.get(one.island, -1)]
        write_atomically(path, "".join(map(_line, self.kept)).encode())

    def append(self, found: Sequence[Migration]) -> None:
        """Write migrations, which the system has before this returns."""
        if found:
            with disk_errors(self._path), open(self._path, "a", encoding="utf-8") as file:
                file.writelines(map(_line, found))


def read_migrations(path: Path) -> Iterator[Migration]:
    """Yield the migrations in a file; a line that is not sound ends them."""
    for line in lines_of(path, path.name):
        try:
            found = MigrationDocument.model_validate(parsed(line))
        except ValueError:  # of JSON, or what the model says
            return
        if not line.endswith("\n"):
            return
        yield Migration(**found.model_dump())


def came_from(path: Path, island: int) -> dict[tuple[int, int], Migration]:
    """Return the migrations to an island, by generation and index of the genome; none where there is no file."""
    return {(one.generation, one.genome): one for one in read_migrations(path) if one.island == island}


def _line(one: Migration) -> str:
    return json.dumps(one._asdict()) + "\n"


def migrations_of(island: int, generation: int, arrivals: Iterable[Iterable[int]]) -> list[Migration]:
    """Return what is to be written down. arrivals: index here, and island, generation and index there, of each"""
    return [Migration(island, generation, *map(int, one)) for one in zip(*arrivals, strict=True)]
