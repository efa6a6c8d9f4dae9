"""Two programs, the same work, turn by turn in one run.

A machine that others use as well is faster in one minute than in the next, so two figures taken minutes apart say
little about each other. Here both sides take turns, a ratio is formed from each pair of neighbouring turns, and the
median of these ratios is the result; the smallest and the largest show how far it can be trusted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sample:
    """How long a piece of work took.

    amount: how much was done, in the row's unit: env steps, children, activations, generations, processes
    seconds: wall time of it, without its preparation
    cpu_seconds: processor time of this process meanwhile, all threads together. Work in another process leaves it 0
    """

    amount: float
    seconds: float
    cpu_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.amount / self.seconds

    @property
    def seconds_each(self) -> float:
        return self.seconds / self.amount

    def __add__(self, other: Sample) -> Sample:
        return Sample(self.amount + other.amount, self.seconds + other.seconds, self.cpu_seconds + other.cpu_seconds)


#: One turn: does the work once and says how long it took. Whatever comes before the work is not in the time.
Turn = Callable[[], Sample]


@dataclass
class Stopwatch:
    """What :func:`stopwatch` measured; complete once its block has ended."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def sample(self, amount: float) -> Sample:
        return Sample(amount, self.seconds, self.cpu_seconds)


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Measure the block: ``with stopwatch() as watch: work()``, then ``watch.sample(amount)``."""
    watch = Stopwatch()
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        yield watch
    finally:
        watch.seconds, watch.cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu


@dataclass(frozen=True)
class Spread:
    """The middle of several figures, and how far they lie apart."""

    median: float
    smallest: float
    largest: float

    @classmethod
    def of(cls, figures: list[float]) -> Spread:
        return cls(statistics.median(figures), min(figures), max(figures))


@dataclass
class Comparison:
    """What both sides needed for the same work, turn by turn. ``ours[k]`` and ``peer[k]`` were neighbours in time."""

    ours: list[Sample] = field(default_factory=list)
    peer: list[Sample] = field(default_factory=list)

    @property
    def ours_each(self) -> Spread:
        """Our seconds for one unit."""
        return Spread.of([sample.seconds_each for sample in self.ours])

    @property
    def peer_each(self) -> Spread:
        """The peer's seconds for one unit."""
        return Spread.of([sample.seconds_each for sample in self.peer])

    @property
    def ratio(self) -> Spread:
        """How many times faster we are: the peer's time for one unit over ours, pair by pair."""
        return Spread.of(
            [theirs.seconds_each / ours.seconds_each for ours, theirs in zip(self.ours, self.peer, strict=True)]
        )

    @property
    def cores(self) -> float:
        """Processors that our side kept busy; about 1 in a single-threaded row, 0 where other processes did the work.

        The largest of all turns: a row that claims one core must never use more.
        """
        return max(sample.cpu_seconds / sample.seconds for sample in self.ours)


def several(turn: Turn, at_least_s: float) -> Sample:
    """Take turns until they come to `at_least_s` seconds in all, and return them as one.

    A turn of a millisecond says more about the clock and the scheduler than about the work.
    """
    total = turn()
    while total.seconds < at_least_s:
        total += turn()
    return total


def side_by_side(
    ours: Turn, peer: Turn, *, pairs: int = 5, at_least_s: float = 0.2, warm_up_peer: bool = False
) -> Comparison:
    """Let both sides take `pairs` turns and return all of them.

    Who goes first changes with each pair, so that a machine growing slower or faster favours neither. Our side has
    one turn that does not count, in which kernels compile or load; a peer that compiles gets one as well.

    pairs: at least 1
    at_least_s: each turn is repeated until it comes to this many seconds, on both sides
    """
    ours()
    if warm_up_peer:
        peer()
    result = Comparison()
    for pair in range(pairs):
        if pair % 2 == 0:
            result.ours.append(several(ours, at_least_s))
            result.peer.append(several(peer, at_least_s))
        else:
            result.peer.append(several(peer, at_least_s))
            result.ours.append(several(ours, at_least_s))
    return result
