"""Fast starts for the Atari games. Their reset with a seed loads the cartridge anew, as long as 200 steps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

KEPT = 256  # starts of an environment, of some 20 kB each
_STARTS: dict[str, OrderedDict[int, tuple[Any, NDArray[Any]]]] = {}


def forget_starts() -> None:
    """Have every episode begin with a loaded cartridge again."""
    _STARTS.clear()


class AtariStarts:
    """The states in which episodes of an ALE environment began, to begin them again; all instances in a process share.

    What is restored is, bit for bit, what ``reset(seed=seed)`` gives: the emulator's state and its random numbers.
    Not part of that is the action that sticky actions repeat, so ``reset_game`` clears it first.
    """

    def __init__(self, env: Any, make_id: str, kwargs: Mapping[str, Any]) -> None:
        """env: an ``ale_py.env.AtariEnv``, made from `make_id` and `kwargs`."""
        self._env = env
        self._starts = _STARTS.setdefault(repr((make_id, sorted(kwargs.items()))), OrderedDict())

    def restore(self, seed: int) -> NDArray[Any] | None:
        """Begin the episode of a seed that was played before; return its first observation, or None: it was not."""
        start = self._starts.get(seed)
        if start is None:
            return None
        self._starts.move_to_end(seed)
        state, observation = start
        self._env.seed_game(seed)  # of the frames that a random frame skip skips
        self._env.ale.reset_game()
        self._env.ale.restoreState(state)
        return observation

    def keep(self, seed: int, observation: NDArray[Any]) -> None:
        """Note the state of an episode that has just begun."""
        self._starts[seed] = self._env.ale.cloneState(include_rng=True), observation.copy()
        if len(self._starts) > KEPT:
            self._starts.popitem(last=False)
