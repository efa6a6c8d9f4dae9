"""Who is to compute what next, and what becomes of what was computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...config.schema import Settings
from ...evolution.islands import Offer, is_migration
from ...evolution.nobody import NO_FITNESS, advice
from ...evolution.rows import Row
from ...files.migrations import Migration, migrations_of
from ..interrupts import interrupts_wait
from .exchange import Exchange
from .island import Island
from .journal import Journal
from .legs import Hands, Leg, Task

_AHEAD = 32  # generations that an island may be ahead of what is written down


class Progress:
    """Hands out the generations of islands, and writes down what came of them.

    Where islands wait for one another, a generation is written down when all have it, so that all end with the same
    one: the first in which one has solved the task. Else each is written down as it comes.
    """

    def __init__(
        self,
        settings: Settings,
        islands: Sequence[Island],
        exchange: Exchange,
        journal: Journal,
        hands: Hands,
        say: Callable[[str], object],
        show: Callable[[Row], object],
    ) -> None:
        """say: hears sentences; show: is told each generation that all islands have"""
        self._settings, self._islands, self._exchange = settings, islands, exchange
        self._journal, self._hands, self._say, self._show = journal, hands, say, show
        self._busy: set[int] = set()
        self._warned = self._differs = False
        self.ended = self._stops([island.solved(island.state) for island in islands])

    # --- what is to be done -------------------------------------------------------------------------------------

    @property
    def left(self) -> bool:
        return self._next() is not None

    def take(self) -> Task | None:
        if (island := self._next()) is None:
            return None
        self._busy.add(island.number)
        state, every = island.front, self._settings.islands.migrate_every
        first = island.next_generation
        migration = -(-(first + 1) // every) * every - 1  # the next one that is followed by a migration
        last = min(migration, self._most() - 1, self._behind() + _AHEAD)
        offers: tuple[Offer, ...] = ()
        if state is not None and is_migration(self._settings.islands, state.generation):
            offers = self._exchange.fetch(island.number, state.generation)
        return Task(island.number, state, offers, last)

    def _next(self) -> Island | None:
        """Return the island whose turn it is: of those that can go on, the one that is behind."""
        able = [island for island in self._islands if self._able(island)]
        return min(able, key=lambda island: (island.next_generation, island.number), default=None)

    def _able(self, island: Island) -> bool:
        first, state = island.next_generation, island.front
        if self.ended or island.number in self._busy or first >= self._most() or first > self._behind() + _AHEAD:
            return False
        if state is None or not is_migration(self._settings.islands, state.generation):
            return True
        return self._exchange.ready(island.number, state.generation)

    def _behind(self) -> int:
        """Return the generation up to which everything is written down, or that of which nobody need be ahead."""
        if not self._exchange.waits:
            return self._most()
        return min(island.next_generation - len(island.ahead) for island in self._islands)

    def _most(self) -> int:
        return self._settings.neat.generations

    # --- what came of it ----------------------------------------------------------------------------------------

    def heard(self, task: Task, legs: list[Leg]) -> None:
        for sentence in self._journal.lost(self._hands.lost()):
            self._say(sentence)
        island = self._islands[task.island]
        self._busy.discard(task.island)
        if self.ended:
            return
        island.ahead.extend(legs)
        if self._exchange.waits:
            self._exchange.publish(task.island, legs[-1].state)
            while not self.ended and all(one.ahead for one in self._islands):
                self._write(self._islands)
        else:
            while not self.ended and island.ahead:
                state = island.ahead[0].state
                self._write([island])
                self._exchange.publish(task.island, state)  # only what is on disk: a resume may begin with it
        if self.ended:
            for one in self._islands:
                one.ahead.clear()

    def _write(self, islands: Sequence[Island]) -> None:
        """Write down the next generation of some islands: of all, or of one."""
        legs = [island.ahead[0] for island in islands]
        ended = self._stops([island.solved(leg.state) for island, leg in zip(islands, legs, strict=True)])
        with interrupts_wait():  # or islands would be left in different generations
            for island, leg in zip(islands, legs, strict=True):
                if leg.arrivals is not None:
                    found = migrations_of(island.number, leg.state.generation, leg.arrivals)
                    self._journal.migrations.append(found)
                    self._compare(found)
                    self._journal.moved += len(found)
                last = ended or leg.state.generation + 1 >= self._most()
                for sentence in island.record(leg, last=last):
                    self._say(sentence)
                island.ahead.popleft()
            for island in islands:
                island.settle()
        for island in islands:
            island.tidy()
        self._journal.champion(self._islands)
        self.ended = ended
        while all(island.rows for island in self._islands):
            row = self._journal.row(self._islands, self._hands.traffic())
            self._warn(row)
            self._show(row)

    def _compare(self, found: Sequence[Migration]) -> None:
        if not self._exchange.expected(found) and not self._differs:
            self._differs = True
            self._say(
                f"warning: {self._settings.islands.repeat} says of generation {found[0].generation} that other genomes "
                "came to an island: it is the record of a run with another seed or other settings"
            )

    def _warn(self, row: Row) -> None:
        if row["best_fitness"] is None and not self._warned:
            self._warned = True
            what = advice(self._settings, any(island.recorder.faults.summary() for island in self._islands))
            self._say(f"generation {row['generation']}: {NO_FITNESS}; {what}")

    def _stops(self, solved: Sequence[bool]) -> bool:
        return self._settings.ends_when_solved and any(solved)
