"""When an island takes genomes from others, and which: at once for all, as they come, or as it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ...config.islands import ASYNCHRONOUS
from ...config.schema import Settings
from ...errors import UserError
from ...evolution.islands import Offer, is_migration, of_island, offered, sources_of
from ...evolution.state import RunState
from ...files.migrations import Migration, read_migrations

Key = tuple[int, int]
"""An island, and one of its generations."""
Load = Callable[[int, int], RunState | None]
"""Returns the state of an island after a generation; None: it is not on the disk."""


class Exchange(Protocol):
    """Keeps what islands have offered.

    waits: whether what an island takes must not depend on who is fast; publish: what an island has come to is there
    ready, fetch: of an island that is to take something in after a generation
    expected: whether migrations are those of the record that is carried out again, if there is one
    """

    waits: bool

    def publish(self, island: int, state: RunState) -> None: ...
    def ready(self, island: int, generation: int) -> bool: ...
    def fetch(self, island: int, generation: int) -> tuple[Offer, ...]: ...
    def expected(self, found: Iterable[Migration]) -> bool: ...


class _Offers:
    """Offers by island and generation. numbered: whether genes have innovation numbers"""

    def __init__(self, settings: Settings, *, numbered: bool) -> None:
        self._settings = [of_island(settings, island) for island in range(settings.islands.count)]
        self._islands = settings.islands
        self._numbered = numbered
        self._known: dict[Key, Offer] = {}

    def publish(self, island: int, state: RunState) -> None:
        if is_migration(self._islands, state.generation):
            self._known[island, state.generation] = offered(self._settings[island], state, numbered=self._numbered)

    def expected(self, found: Iterable[Migration]) -> bool:
        return True


class Synchronous(_Offers):
    """All islands wait for one another: each takes what was offered after the same generation."""

    waits = True

    def publish(self, island: int, state: RunState) -> None:
        super().publish(island, state)
        for key in [key for key in self._known if key[1] < state.generation - self._islands.migrate_every]:
            del self._known[key]

    def ready(self, island: int, generation: int) -> bool:
        return all((other, generation) in self._known for other in range(self._islands.count))

    def fetch(self, island: int, generation: int) -> tuple[Offer, ...]:
        return tuple(self._known[other, generation] for other in sources_of(self._islands, island))


class Asynchronous(_Offers):
    """Nobody waits: an island takes what each other one has offered last, unless it has had that already."""

    waits = False

    def __init__(
        self,
        settings: Settings,
        states: Mapping[int, RunState],
        done: Iterable[Migration],
        load: Load,
        *,
        numbered: bool,
    ) -> None:
        """states: of islands that go on; done: migrations that there were"""
        super().__init__(settings, numbered=numbered)
        every = self._islands.migrate_every
        for island, state in states.items():
            generation = (state.generation + 1) // every * every - 1
            found = state if generation == state.generation else load(island, generation) if generation >= 0 else None
            if found is not None:
                self.publish(island, found)
        self._taken: dict[Key, int] = {}
        for one in done:
            self._taken[one.island, one.from_island] = one.from_generation

    def publish(self, island: int, state: RunState) -> None:
        if is_migration(self._islands, state.generation):
            self._known = {key: offer for key, offer in self._known.items() if key[0] != island}
            super().publish(island, state)

    def ready(self, island: int, generation: int) -> bool:
        return True

    def fetch(self, island: int, generation: int) -> tuple[Offer, ...]:
        taken = [self._known[key] for key in sorted(self._known) if key[0] in sources_of(self._islands, island)]
        taken = [offer for offer in taken if offer.generation > self._taken.get((island, offer.island), -1)]
        for offer in taken:
            self._taken[island, offer.island] = offer.generation
        return tuple(offer for offer in taken if len(offer.chosen))


class Repeated(_Offers):
    """Islands take what a record says, and wait for it."""

    waits = False

    def __init__(
        self,
        settings: Settings,
        record: Sequence[Migration],
        states: Mapping[int, RunState],
        load: Load,
        *,
        numbered: bool,
    ) -> None:
        """states: of islands that go on"""
        super().__init__(settings, numbered=numbered)
        self._record = frozenset(record)
        self._exchanges = exchanges = exchanges_of(record)
        self._wanted = {key for keys in exchanges.values() for key in keys}
        for (island, generation), sources in exchanges.items():
            if island in states and generation <= states[island].generation:
                continue
            for other, of in sources:
                if other not in states or of > states[other].generation or (other, of) in self._known:
                    continue
                state = states[other] if of == states[other].generation else load(other, of)
                if state is None:
                    raise UserError(
                        f"island {island} is to take genomes of generation {of} of island {other}, whose checkpoint is "
                        "not there any more (run.keep, run.checkpoint_every); begin the run anew with islands.repeat"
                    )
                self.publish(other, state)

    def publish(self, island: int, state: RunState) -> None:
        if (island, state.generation) in self._wanted:
            super().publish(island, state)

    def ready(self, island: int, generation: int) -> bool:
        return all(key in self._known for key in self._sources(island, generation))

    def fetch(self, island: int, generation: int) -> tuple[Offer, ...]:
        return tuple(self._known[key] for key in self._sources(island, generation))

    def expected(self, found: Iterable[Migration]) -> bool:
        return self._record.issuperset(found)

    def _sources(self, island: int, generation: int) -> list[Key]:
        return self._exchanges.get((island, generation + 1), [])


def exchange_of(
    settings: Settings,
    states: Mapping[int, RunState],
    done: Iterable[Migration],
    record: Sequence[Migration] | None,
    load: Load,
    *,
    numbered: bool,
) -> Exchange:
    """Return how the islands of a run exchange genomes.

    states: of islands that go on; done: migrations that there were; record: to be carried out again, if any
    numbered: whether genes have innovation numbers
    """
    if record is not None:
        return Repeated(settings, record, states, load, numbered=numbered)
    if settings.islands.mode == ASYNCHRONOUS:
        return Asynchronous(settings, states, done, load, numbered=numbered)
    made = Synchronous(settings, numbered=numbered)
    for island, state in states.items():
        made.publish(island, state)
    return made


def exchanges_of(record: Iterable[Migration]) -> dict[Key, list[Key]]:
    """Return of which generations of others each island took genomes into a generation."""
    found: dict[Key, list[Key]] = {}
    for one in record:
        sources = found.setdefault((one.island, one.generation), [])
        if (one.from_island, one.from_generation) not in sources:
            sources.append((one.from_island, one.from_generation))
    return found


def record_in(path: Path, settings: Settings) -> list[Migration]:
    """Return the migrations of a file; raises UserError where a run with these settings cannot carry them out again."""
    islands = settings.islands
    where = f"islands.repeat = {str(path)!r}"
    if not path.is_file():
        raise UserError(f"{where}: there is no such file; give the migrations.jsonl of an asynchronous run")
    record = list(read_migrations(path))
    if not record:
        raise UserError(f"{where}: it has no migrations; give the migrations.jsonl of an asynchronous run")
    for one in record:
        fits = max(one.island, one.from_island) < islands.count
        fits = fits and one.from_island in sources_of(islands, one.island)
        if not (fits and is_migration(islands, one.generation - 1) and is_migration(islands, one.from_generation)):
            raise UserError(
                f"{where}: it has a migration from generation {one.from_generation} of island {one.from_island} to "
                f"generation {one.generation} of island {one.island}, which these settings do not have (islands.count, "
                "islands.topology, islands.migrate_every); give those of the run that it is of"
            )
    if stuck := _stuck(exchanges_of(record), islands.count, settings.neat.generations):
        raise UserError(
            f"{where}: generation {stuck[1]} of island {stuck[0]} would wait for genomes that never come; give the "
            "whole record of a run, and as many --generations"
        )
    return record


def _stuck(exchanges: Mapping[Key, list[Key]], count: int, generations: int) -> Key | None:
    """Return an island and its generation at which it waits for ever; None: all come to their ends."""
    waiting = {
        island: sorted(of for number, of in exchanges if number == island and of < generations)
        for island in range(count)
    }
    moving = True
    while moving:
        moving = False
        for island, at in waiting.items():
            while at and all(
                of < (waiting[other][0] if waiting[other] else generations) for other, of in exchanges[island, at[0]]
            ):
                del at[0]
                moving = True
    return next(((island, at[0]) for island, at in waiting.items() if at), None)
