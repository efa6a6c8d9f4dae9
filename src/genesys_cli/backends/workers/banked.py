"""The episodes of a worker that EnvPool plays, begun and stepped many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...envs.gym.bank import Bank
from ...envs.spec import GymEnv
from .lane import Lane, Result

_TOGETHER = 64
"""Episodes that are made at a time: making one costs as much as twenty steps, making 64 little more."""


class Banked:
    """Steps the lanes of a worker whose episodes are EnvPool's."""

    def __init__(self, env: GymEnv, actions: NDArray[Any], *, infos: bool) -> None:
        """actions: (16, R), of each lane; infos: whether anybody reads what the environment says beside rewards."""
        self._env = env
        self._actions = actions
        self._infos = infos
        self._waiting: dict[int, list[tuple[Bank, int]]] = {}  # by seed, episodes to begin: bank and place in it

    def forget(self) -> None:
        """Another evaluation begins, whose episodes have other seeds."""
        self._waiting.clear()

    def begin(self, lane: Lane, seeds: Sequence[int], which: int) -> None:
        """Begin an episode in a lane.

        seeds: (E,), of which every genome plays each, so that more episodes are made than this one; which: of them
        """
        if not self._waiting.get(seeds[which]):
            self._make(seeds, which)
        bank, place = self._waiting[seeds[which]].pop()
        lane.bank, lane.place, lane.ahead = bank, place, None
        lane.observation[...] = bank.first[place]

        def step() -> Result:
            if lane.ahead is None:  # an action is repeated
                self.step([lane])
            result, lane.ahead = lane.ahead, None
            assert result is not None
            return result

        lane.step = step

    def _make(self, seeds: Sequence[int], which: int) -> None:
        """Make episodes of all seeds, several of each where they are few; of many, of those from `which` on."""
        those = [*seeds] * (_TOGETHER // len(seeds)) or seeds[which : which + _TOGETHER]
        bank = Bank(self._env, those)
        for place, seed in enumerate(those):
            self._waiting.setdefault(seed, []).append((bank, place))

    def step(self, lanes: Sequence[Lane]) -> None:
        """Step the episodes of lanes, those of a bank in one call; a lane's ``step`` then returns its result."""
        for bank in {id(lane.bank): lane.bank for lane in lanes}.values():
            assert bank is not None
            those = [lane for lane in lanes if lane.bank is bank]
            places = np.array([lane.place for lane in those], np.int32)
            stepped = bank.step(places, self._actions[[lane.index for lane in those]])
            for k, (lane, reward) in enumerate(zip(those, stepped.rewards.tolist(), strict=True)):
                lane.observation[...] = stepped.observations[k]
                info = stepped.info_of(k) if self._infos else {}
                lane.ahead = reward, stepped.terminated[k], stepped.truncated[k], info
