"""One environment of a worker, and the episode that goes on in it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

from ...envs.gym.bank import Bank
from ...envs.gym.world import GymWorld
from .board import STEPS

NOBODY = -1
"""In the place of an item or a lane: there is none."""

Result = tuple[float, Any, Any, dict[str, Any]]
"""Reward, terminated, truncated and info of a step."""


class Lane:
    """One environment of this worker, and the episode that goes on in it.

    item: number of the episode in the evaluation, -1: none; steps: environment steps that were begun in it
    total: return so far; best: the largest that it was, and best_at: after how many steps
    bank, place: where its episode is, of those of EnvPool; ahead: what a step gave that is still to be counted
    """

    __slots__ = (
        "ahead",
        "bank",
        "best",
        "best_at",
        "index",
        "item",
        "observation",
        "place",
        "row",
        "step",
        "steps",
        "steps_cell",
        "total",
        "world",
    )

    def __init__(self, index: int, observation: Any, row: Any) -> None:
        """observation, row: this lane's rows of the arrays that the stepper reads and writes."""
        self.index = index
        self.observation = observation
        self.row = row
        self.steps_cell = STEPS + index
        self.world: GymWorld | None = None
        self.step: Callable[[], Any]
        self.item = NOBODY
        self.steps = 0
        self.total = 0.0
        self.best = -math.inf
        self.best_at = 0
        self.bank: Bank | None = None
        self.place = 0
        self.ahead: Result | None = None

    def close(self) -> None:
        """Take the environment away, whatever state it is in."""
        if self.world is not None:
            with contextlib.suppress(BaseException):  # SystemExit, too
                self.world.close()
            self.world = None
