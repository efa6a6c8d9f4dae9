"""A native environment that Gymnasium has not, stepped as ``envs.gym.world`` steps Gymnasium's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..envs.gym.native import make_native
from ..envs.spec import NativeEnv, Numbers


class NativeWorld:
    """One instance. env: see ``envs.gym.native``"""

    def __init__(self, native: NativeEnv, physics: Any, render_mode: str | None = None) -> None:
        """physics: NamedTuple of the constants that hold; render_mode: as for ``gymnasium.make``"""
        self.env = make_native(native, physics, render_mode)
        self._numbers = isinstance(native.action, Numbers)

    def reset(self, seed: int, observation: NDArray[np.float32]) -> None:
        """Begin the episode of a seed, and write its first observation, (I,)."""
        observation[:], _ = self.env.reset(seed=seed)

    def step(self, row: NDArray[Any], observation: NDArray[np.float32]) -> tuple[float, bool, bool, dict[str, Any]]:
        """Do an action, (R,), and write the observation; return reward, terminated, truncated and info."""
        observation[:], reward, terminated, truncated, info = self.env.step(row if self._numbers else int(row[0]))
        return float(reward), terminated, truncated, info

    def close(self) -> None:
        self.env.close()
