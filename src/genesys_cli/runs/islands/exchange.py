"""When an island takes genomes from others, and which: at once for all, as they come, or as it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from ...config.islands import ASYNCHRONOUS
from ...config.schema import Settings
from ...errors import UserError
from ...evolution.islands import Offer, is_migration, of_island, offered, sources_of
from ...evolution.state import RunState
from ...files.migrations import Migration

Key = tuple[int, int]
"""An island, and one of its generations."""
Load = Callable[[int, int], RunState | None]
"""Returns the state of an island after a generation; None: it is not on the disk."""


class Exchange(Protocol):
    """Keeps what islands have offered.

    waits: whether what an island takes must not depend on who is fast; publish: what an island has come to is there
    ready, fetch: of an island that is to take something in after a generation
    """

    waits: bool

    def publish(self, island: int, state: RunState) -> None: ...
    def ready(self, island: int, generation: int) -> bool: ...
    def fetch(self, island: int, generation: int) -> tuple[Offer, ...]: ...


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
        newest = dict(self._known)
        taken = [newest[key] for key in sorted(newest) if key[0] in sources_of(self._islands, island)]
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
        exchanges: Mapping[Key, list[Key]],
        states: Mapping[int, RunState],
        load: Load,
        *,
        numbered: bool,
    ) -> None:
        """exchanges: of which generations of others an island takes genomes into a generation

        states: of islands that go on
        """
        super().__init__(settings, numbered=numbered)
        self._exchanges = exchanges
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

    def _sources(self, island: int, generation: int) -> list[Key]:
        return self._exchanges.get((island, generation + 1), [])


def exchange_of(
    settings: Settings,
    states: Mapping[int, RunState],
    done: Iterable[Migration],
    exchanges: Mapping[Key, list[Key]] | None,
    load: Load,
    *,
    numbered: bool,
) -> Exchange:
    """Return how the islands of a run exchange genomes.

    states: of islands that go on; done: migrations that there were; exchanges: to be carried out again, if any
    numbered: whether genes have innovation numbers
    """
    if exchanges is not None:
        return Repeated(settings, exchanges, states, load, numbered=numbered)
    if settings.islands.mode == ASYNCHRONOUS:
        return Asynchronous(settings, states, done, load, numbered=numbered)
    made = Synchronous(settings, numbered=numbered)
    for island, state in states.items():
        made.publish(island, state)
    return made
