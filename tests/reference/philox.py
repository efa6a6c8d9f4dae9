"""Philox4x32-10 as its authors describe it, on plain integers, and the numbers that the package makes of its words."""

from __future__ import annotations

import math

import numpy as np

from genesys_cli.compiled.philox import normal

WORD = 2**32
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)


def philox4x32(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the four words of a counter under a key (Salmon et al. 2011, section 3.3)."""
    a, b, c, d = counter
    k, l = key  # noqa: E741 - the second half of the key
    for _ in range(10):
        high_a, low_a = divmod(MULTIPLIERS[0] * a, WORD)
        high_c, low_c = divmod(MULTIPLIERS[1] * c, WORD)
        a, b, c, d = high_c ^ b ^ k, low_c, high_a ^ d ^ l, low_a
        k, l = (k + WEYL[0]) % WORD, (l + WEYL[1]) % WORD  # noqa: E741
    return a, b, c, d


def block(seed: int, purpose: int, generation: int, individual: int, number: int) -> tuple[int, int, int, int]:
    """Return one block of an address: the key is the seed, low half first."""
    return philox4x32((number, individual, generation, purpose), (seed % WORD, seed // WORD))


def choose(word: int, count: int) -> int:
    """Return the index below `count` that a word chooses."""
    return word * count // WORD


def deviate(word: int, distribution: str) -> np.float32:
    """Return the number of mean 0 and standard deviation 1 that a word draws."""
    if distribution == "normal":
        return normal(np.uint64(word))
    return np.float32(math.sqrt(3) * ((word + 0.5) / 2**31 - 1))


def happens(word: int, probability: float) -> bool:
    """Say whether a word decides that something of this probability happens."""
    return word < round(probability * WORD)
