"""What there is to be computed, and who does it in this process: an island's generations, up to the next migration."""

from __future__ import annotations

import time
from typing import NamedTuple, Protocol

from ...costs.work import Work
from ...evolution.faults import Record
from ...evolution.islands import Arrivals, Offer
from ...evolution.loop import Loop
from ...evolution.rows import Row
from ...evolution.state import RunState
from ..ahead import BREEDING, PLAYING
from ..kernels import Kernels


class Task(NamedTuple):
    """Some generations of an island.

    state: after which they come; None: the island has none yet; offers: of other islands, for the first of them
    last: the last one that may be computed
    """

    island: int
    state: RunState | None
    offers: tuple[Offer, ...]
    last: int

    @property
    def first(self) -> int:
        return 0 if self.state is None else self.state.generation + 1


class Leg(NamedTuple):
    """A generation that was computed, as of :class:`.Lap`. seconds: it took; work: None where it stayed elsewhere"""

    state: RunState
    row: Row
    faults: list[Record]
    work: Work | None
    arrivals: Arrivals | None
    seconds: float


class Source(Protocol):
    """Hands out what is to be computed.

    left: whether there is something now; take: it; None: nothing; heard: is told what came of it, once
    """

    @property
    def left(self) -> bool: ...
    def take(self) -> Task | None: ...
    def heard(self, task: Task, legs: list[Leg]) -> None: ...


class Hands(Protocol):
    """Computes until nothing is left. lost: sentences about what was lost since the last call; traffic: columns"""

    def run(self, source: Source) -> None: ...
    def lost(self) -> list[str]: ...
    def traffic(self) -> Row: ...
    def close(self) -> None: ...


def leg(loop: Loop, state: RunState | None, offers: tuple[Offer, ...]) -> Leg:
    """Return the generation after a state, None: the first."""
    begin = time.perf_counter()
    lap = loop.first() if state is None else loop.next(state, offers)
    return Leg(*lap, time.perf_counter() - begin)


class Here:
    """Computes one generation after the other, of the island that is behind, on all threads of this process."""

    def __init__(self, loops: list[Loop], kernels: Kernels) -> None:
        self._loops, self._kernels = loops, kernels

    def run(self, source: Source) -> None:
        while (task := source.take()) is not None:
            part = PLAYING if task.state is None else BREEDING
            loop = self._loops[task.island]
            self._kernels.need(part)
            if task.state is None and loop.start is not None:
                self._kernels.need(BREEDING)  # given genomes have mutated copies
            source.heard(task, [leg(loop, task.state, task.offers)])
            self._kernels.have(part)

    def lost(self) -> list[str]:
        return []

    def traffic(self) -> Row:
        return {}

    def close(self) -> None:
        pass
