"""What the buffer cannot hold while networks play and are compared, and so is read from DRAM.

While they play, the buffer holds the genomes and the dense blocks that the CPU makes of them; once they have played,
the genomes alone. What exceeds it lies in DRAM: genes first, which are read once, and dense blocks, which are read in
every step, only where they would not fit by themselves. Which genes those are does not matter, as all are read equally
often.
While children are bred, both generations are in the buffer, and what exceeds it goes out and comes back.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..counts import DRAM_CYCLES, DRAM_WORDS, named


class Spilled(NamedTuple):
    """Words that lie in DRAM: of genomes, and of dense blocks."""

    genes: int
    dense: int


def while_playing(genes: int, dense: int, capacity: int) -> Spilled:
    """genes, dense, capacity: words of the population's genomes, of its dense blocks, and of the buffer"""
    beyond = max(0, dense - capacity)
    return Spilled(min(genes, max(0, genes + dense - capacity - beyond)), beyond)


def share_of(reads: float, spilled: int, words: int) -> int:
    """Return how many of some reads go to DRAM, where so many of the words that they go to lie there."""
    return round(reads * spilled / words) if spilled else 0


def dram_cycles(words: float, words_per_cycle: float) -> int:
    """Return the cycles in which DRAM delivers or takes some words."""
    return math.ceil(words / words_per_cycle)


def while_breeding(parents: int, children: int, capacity: int, words_per_cycle: float) -> dict[str, int]:
    """Return what does not fit the buffer while both generations are in it, and what moving it costs.

    parents, children, capacity: words. The excess leaves for DRAM and comes back, each word once.
    """
    words = 2 * max(0, parents + children - capacity)
    return named({DRAM_WORDS: words, DRAM_CYCLES: dram_cycles(words, words_per_cycle)})
