"""Hands ranges of genomes to threads. Kernels release the GIL, so plain threads use every core."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ..errors import UserError

CHUNKS_PER_THREAD = 8  # genomes differ in cost, so threads that finish early find more to do


class Threads:
    """A fixed number of threads. Results never depend on it: a range writes only its own part of the output.

    Attributes:
        count: The number of threads.
    """

    def __init__(self, count: int = 0) -> None:
        """Start the threads.

        Args:
            count: Number of threads; 0: one for each core that this process may use.
        """
        self.count = count or usable_cores()
        self._process = os.getpid()
        self._pool = ThreadPoolExecutor(self.count) if self.count > 1 else None

    def ranges(self, n: int, least: int = 64) -> list[tuple[int, int]]:
        """Split ``0 .. n`` into ranges, several for each thread.

        Args:
            n: Number of items.
            least: Items of a range, at least.

        Returns:
            Begin and end of each range.
        """
        if self.count == 1:
            return [(0, n)]
        step = max(least, -(-n // (self.count * CHUNKS_PER_THREAD)))
        return [(lo, min(lo + step, n)) for lo in range(0, n, step)]

    def map(self, work: Callable[[int, int, int], object], n: int, least: int = 64) -> None:
        """Call ``work(k, lo, hi)`` for each range k of :meth:`ranges`; the first exception is raised here.

        Args:
            work: Called once for each range, in any thread.
            n: Number of items.
            least: Items of a range, at least.
        """
        ranges = self.ranges(n, least)
        if self._pool is None or len(ranges) == 1:
            for k, (lo, hi) in enumerate(ranges):
                work(k, lo, hi)
            return
        if self._process != os.getpid():  # threads are not there any more in a process that was forked
            self._process, self._pool = os.getpid(), ThreadPoolExecutor(self.count)
        for future in [self._pool.submit(work, k, lo, hi) for k, (lo, hi) in enumerate(ranges)]:
            future.result()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@functools.cache
def all_cores() -> Threads:
    """Return one thread for each core, kept for all who do not say which threads are to share their work."""
    return Threads()


def sharing(threads: Threads | None) -> Threads:
    """Return the threads that share some work; None: one for each core. Raises UserError where they are none."""
    if threads is None:
        return all_cores()
    if not isinstance(threads, Threads):
        raise UserError(f"threads is {threads!r}: give Threads(n), or None for one thread on each core")
    return threads


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
