"""What is left to play of an evaluation, and in which portions it is handed out."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from .messages import Grant

_PORTIONS = 4  # a worker is given this part of its share of what is left: enough for a while, and enough remains

#: How often an episode is begun: what fails twice, the second time in a newly made environment, has failed for good.
ATTEMPTS = 2


class Work:
    """The episodes of an evaluation. Portions are large at first and single episodes in the end.

    The last episodes decide how long some workers wait for the others. A worker therefore plays fewer at a time when
    few are left, down to one: the time until it is through is then that of one episode and not of several in turn.
    """

    def __init__(self, items: int, workers: int, lanes: int) -> None:
        """items: episodes; lanes: how many a worker plays at a time where there are enough."""
        self._upcoming = 0
        self._items = items
        self._again: deque[tuple[int, bool]] = deque()
        self._workers = workers
        self._lanes = lanes
        self._failures: Counter[int] = Counter()

    @property
    def left(self) -> int:
        """Episodes that nobody has been given."""
        return self._items - self._upcoming + len(self._again)

    def take(self, active: int) -> Grant | None:
        """Return a portion for a worker that has `active` episodes going on; None: nothing, for now."""
        left = self.left
        plenty = left > self._workers * self._lanes
        lanes = max(1, min(self._lanes, left // self._workers))
        if not left or (active >= lanes and not plenty):
            return None
        if self._again:
            item, fresh = self._again.popleft()
            return Grant((item,), fresh, lanes)
        first = self._upcoming
        self._upcoming += max(1, left // (self._workers * _PORTIONS)) if plenty else 1
        return Grant(range(first, self._upcoming), False, lanes)

    def fault(self, item: int) -> bool:
        """Note that an episode had to be given up; return whether that is final. Otherwise it will be played again."""
        self._failures[item] += 1
        if self._failures[item] >= ATTEMPTS:
            return True
        self._again.append((item, True))
        return False

    def give_back(self, items: Iterable[int]) -> None:
        """Hand out again what a worker that was lost had not finished."""
        self._again.extend((item, self._failures[item] > 0) for item in items)

    def failures(self) -> Sequence[int]:
        """Return the episodes that had to be given up at least once, ascending."""
        return sorted(self._failures)
