"""Who is in which item of an evaluation: a genome alone in an episode, or several in one call of a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Lineup(NamedTuple):
    """The items of an evaluation.

    seeds: of the E episodes that every genome plays alone, where item k is episode ``k % E`` of genome ``k // E``; with
        `together`, (C,): of each item
    together: (C, K) int32, genomes of each item, in their places; None: each is alone
    everyone: whether all genomes are in each item
    """

    seeds: Sequence[int]
    together: NDArray[np.int32] | None = None
    everyone: bool = False

    @property
    def width(self) -> int:
        """How many genomes are in an item, K."""
        return 1 if self.together is None else self.together.shape[1]

    def items(self, genomes: int) -> int:
        """Return how many items there are for a population of so many genomes."""
        return genomes * len(self.seeds) if self.together is None else len(self.together)

    def genomes(self, item: int) -> list[int]:
        """Return who is in an item, (K,)."""
        if self.together is None:
            return [item // len(self.seeds)]
        found: list[int] = self.together[item].tolist()
        return found

    def seed(self, item: int) -> int:
        """Return the seed of an item."""
        return self.seeds[item % len(self.seeds)]


def all_at_once(genomes: int, seeds: Sequence[int]) -> Lineup:
    """Return the line-up in which all genomes of a population are in each item, of which there is one for each seed."""
    return Lineup(seeds, np.tile(np.arange(genomes, dtype=np.int32), (len(seeds), 1)), everyone=True)
