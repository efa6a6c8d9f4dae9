"""Who meets whom. A fixture is a group of genomes; it becomes one match for each order of places and each seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.philox import MATCHES, fill_words


class Matches(NamedTuple):
    """together: (C, K) int32, who plays in which place; seeds: (C,), of each match; seed: (C,) int64, its number"""

    together: NDArray[np.int32]
    seeds: list[int]
    seed: NDArray[np.int64]


def fixtures_of(size: int, players: int, rounds: int, seed: int, generation: int) -> NDArray[np.int32]:
    """Return the fixtures of a generation among itself, (F, K) int32.

    With two players and at least ``size - 1`` rounds everybody meets everybody once. Else there are so many rounds, in
    each of which a draw puts everybody into a group of K; where groups do not come out even, the first of the draw
    play twice.
    """
    if players == 2 and rounds >= size - 1:
        pairs = np.triu_indices(size, 1)
        return np.stack(pairs, axis=1).astype(np.int32)
    groups = -(-size // players)
    drawn = np.empty((rounds, groups, players), np.int32)
    words = np.empty(size, np.uint64)
    for k in range(rounds):
        fill_words(seed, k, generation, MATCHES, words)
        order = np.argsort(words, kind="stable")
        drawn[k] = np.concatenate((order, order[: groups * players - size])).reshape(groups, players)
    return drawn.reshape(-1, players)


def against(ones: Sequence[int], opponents: Sequence[int], players: int) -> NDArray[np.int32]:
    """Return fixtures of each one with each opponent, (F, K) int32; with more places, with those that come after it."""
    rows = [
        (one, *(opponents[(k + j) % len(opponents)] for j in range(players - 1)))
        for one in ones
        for k in range(len(opponents))
    ]
    return np.array(rows, np.int32).reshape(-1, players)


def matches_of(fixtures: NDArray[np.int32], seeds: Sequence[int], *, swap: bool) -> Matches:
    """Return the matches of fixtures: each with each seed and, with `swap`, with everybody in each place once."""
    players = fixtures.shape[1]
    turns = np.stack([np.roll(fixtures, k, axis=1) for k in range(players if swap else 1)], axis=1)
    number = np.tile(np.repeat(np.arange(len(seeds)), turns.shape[1]), len(fixtures))
    together = np.repeat(turns[:, None], len(seeds), axis=1).reshape(-1, players)
    return Matches(np.ascontiguousarray(together), [seeds[k] for k in number.tolist()], number)
