"""Marsaglia's xorwow on plain integers."""

from __future__ import annotations

from collections.abc import Iterator

WORD = 2**32


def xorwow(x: int, y: int, z: int, w: int, v: int, d: int) -> Iterator[int]:
    """Yield its words for ever, from a state."""
    while True:
        t = x ^ x // 4
        x, y, z, w = y, z, w, v
        v = (v ^ v * 16 ^ t ^ t * 2) % WORD
        d = (d + 362437) % WORD
        yield (d + v) % WORD


def draws(words: Iterator[int]) -> Iterator[int]:
    """Yield the draws of eight bits that words make, lowest byte first."""
    for word in words:
        yield from word.to_bytes(4, "little")
