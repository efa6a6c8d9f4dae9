"""A native environment that Gymnasium has not, stepped in plain Python as ``envs.gym.world`` steps Gymnasium's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiled.lanes import LANES
from ..envs.registry import episode_starts
from ..envs.spec import Box, NativeEnv

_FIRST = np.uint64(0)  # the lane that is used


class NativeWorld:
    """One instance. ``env.unwrapped.state``: (S,) float64, as of Gymnasium's classic environments."""

    def __init__(self, native: NativeEnv, physics: Any) -> None:
        """physics: NamedTuple of the constants that hold."""
        self._native = native
        self._physics = type(physics)(*map(np.float64, physics))
        self._state = np.zeros((native.state_size, LANES))
        self._out = np.zeros((native.n_inputs, LANES), np.float32)
        kind = np.float32 if isinstance(native.action, Box) else np.int32
        self._action = np.zeros((native.action.n_rows, LANES), kind)
        self.env = SimpleNamespace(unwrapped=SimpleNamespace(state=None), metadata={})

    def reset(self, seed: int, observation: NDArray[np.float32]) -> None:
        """Begin the episode of a seed, and write its first observation, (I,)."""
        self._state[:] = 0.0
        self._state[:, 0] = episode_starts(self._native, [seed])[0]
        self._observe(observation)

    def step(self, row: NDArray[Any], observation: NDArray[np.float32]) -> tuple[float, bool, bool, dict[str, Any]]:
        """Do an action, (R,), and write the observation; return reward, terminated, truncated and info."""
        self._action[:, 0] = row
        with np.errstate(all="ignore"):  # as in kernels, which say nothing of a division by zero
            reward, terminated = self._native.step(self._state.ravel(), _FIRST, self._action.ravel(), self._physics)
        self._observe(observation)
        return float(reward), bool(terminated), False, {}

    def close(self) -> None:
        """Nothing is left to be closed."""

    def _observe(self, observation: NDArray[np.float32]) -> None:
        with np.errstate(all="ignore"):
            self._native.observe(self._state.ravel(), _FIRST, self._out.ravel(), self._physics)
        observation[:] = self._out[:, 0]
        self.env.unwrapped.state = self._state[:, 0].copy()
