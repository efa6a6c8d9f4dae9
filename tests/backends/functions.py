"""Functions of a user's own that evaluate networks, sound ones and others; worker processes import them from here."""

from __future__ import annotations

import math
import os
import sys
import time
from typing import Any

import numpy as np

INPUTS = ["place", "speed"]
OUTPUTS = 1

WORST = 0.5  # what `key` of a network is above, with which something goes wrong


def key(network: Any) -> float:
    """Return what tells networks apart, after one activation."""
    return float(network.activate([1.0, -0.5])[0])


def track(network: Any, seed: int) -> float:
    """Keep a mass at its place; it takes as many activations as it stays near."""
    place, speed = np.random.default_rng(seed).normal(size=2)
    for step in range(20):
        speed += 0.5 * float(network.activate(np.array([place, speed]))[0])
        place += 0.3 * speed
        if abs(place) > 3:
            return float(step)
    return 20.0 - abs(float(place))


def rows(network: Any) -> float:
    """Learn a product, of rows that are handed over at once."""
    inputs = np.random.default_rng(0).normal(size=(30, 2))
    return -float(((network.activate_batch(inputs)[:, 0] - inputs.prod(axis=1)) ** 2).mean())


def track_all(networks: Any, seed: int) -> Any:
    """Return what `track` returns of each."""
    return [track(network, seed) for network in networks]


def race(networks: Any, seed: int) -> Any:
    """Step a world of all networks at once; each is worth its rank, so that it depends on the others."""
    state = np.tile(np.random.default_rng(seed).normal(size=2), (len(networks), 1))
    for _ in range(5):
        state[:, 1] += networks.step(state)[:, 0]
        state[:, 0] += state[:, 1]
    return np.argsort(np.argsort(-np.abs(state[:, 0]), kind="stable"), kind="stable")


TROUBLES = {
    6: lambda network: (_ for _ in ()).throw(ValueError("the rover\nis stuck")),
    7: lambda network: sys.exit("enough"),
    8: lambda network: None,
    9: lambda network: math.nan,
    10: lambda network: "fine",
    11: lambda network: network.activate([1.0, 2.0, 3.0]),
}
"""What goes wrong with a seed."""


def troubled(network: Any, seed: int) -> Any:
    """Do something wrong with some networks, by the seed; print with all."""
    print("hello")
    os.write(1, b"hello from C\n")
    found = key(network)
    return TROUBLES[seed](network) if seed in TROUBLES and found > WORST else found + seed


def hangs(network: Any, seed: int) -> float:
    if key(network) > WORST and seed == 6:
        time.sleep(3600)
    return key(network) + seed


def exits(network: Any, seed: int) -> float:
    if key(network) > WORST and seed == 6:
        os.write(2, b"licence expired\n")
        os._exit(7)
    return key(network) + seed


def some_wrong(networks: Any, seed: int) -> Any:
    """Return something else than a number for two of them."""
    found: list[Any] = [key(network) for network in networks]
    if seed == 6:
        found[2], found[5] = math.inf, None
    return found


def too_few(networks: Any, seed: int) -> Any:
    return [1.0] * (len(networks) - (seed == 6))


def seldom(network: Any) -> float:
    """Raise for some networks."""
    if key(network) > WORST:
        raise ValueError("too large")
    return key(network)


def chances(networks: Any) -> list[float]:
    return [time.perf_counter() for _ in networks]


def duel(players: Any, seed: int) -> list[float]:
    """Play a game of three rounds: the larger output wins a round, and a point; the seed says what is seen."""
    inputs = np.random.default_rng(seed).normal(size=(3, 2))
    won = [0.0, 0.0]
    for seen in inputs:
        first, second = (float(network.activate(seen)[0]) for network in players)
        won[0] += first > second
        won[1] += second > first
    return won


def zero_sum(players: Any) -> float:
    """Return what the first wins of the second; nobody wins against itself."""
    return key(players[0]) - key(players[1])


def trio(players: Any, seed: int) -> list[float]:
    return [key(network) + place / 8 for place, network in enumerate(players)]


def quarrel(players: Any, seed: int) -> Any:
    """Fail in matches of the worst, by the seed."""
    keys = [key(network) for network in players]
    if max(keys) > WORST:
        if seed == 6:
            raise ValueError("they quarrel")
        if seed == 7:
            return [math.nan if one > WORST else one for one in keys]
        if seed == 8:
            return keys[:1]
    return keys
