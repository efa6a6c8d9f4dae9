"""A native environment as one of Gymnasium's, stepped in plain Python with the bits of its kernels."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ...compiled.lanes import LANES
from ...errors import UserError
from ..picture import picture_of
from ..registry import episode_starts
from ..spec import Box, Discrete, NativeEnv
from .foreign import foreign

_FIRST = np.uint64(0)  # the lane that is used
SHOWN = {"human": "shown in a window", "rgb_array": "filmed"}


class NativeGym(gymnasium.Env[NDArray[np.float32], Any]):
    """One instance; an episode of a seed starts as that of the kernels. There is no limit of steps here.

    state: (S,) float64, as of Gymnasium's classic environments
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"]}  # noqa: RUF012  # as Gymnasium declares it

    def __init__(self, native: NativeEnv, physics: Any = None, render_mode: str | None = None) -> None:
        """physics: NamedTuple of the constants that hold; None: the environment's own.

        Raises UserError where the environment cannot be drawn in this mode.
        """
        check_mode(native, render_mode)
        physics = native.physics if physics is None else physics
        self.native = native
        self.metadata = {**self.metadata, "render_fps": native.render_fps}
        self.render_mode = render_mode
        self.observation_space = spaces.Box(-np.inf, np.inf, (native.n_inputs,), np.float32)
        action = native.action
        if isinstance(action, Discrete):
            self.action_space: Any = spaces.Discrete(action.n)
        else:
            assert isinstance(action, Box)
            self.action_space = spaces.Box(np.array(action.low, np.float32), np.array(action.high, np.float32))
        self.state: NDArray[np.float64] | None = None
        self._physics = type(physics)(*map(np.float64, physics))
        self._rows = np.zeros((native.state_size, LANES))
        self._out = np.zeros((native.n_inputs, LANES), np.float32)
        self._action = np.zeros((action.n_rows, LANES), np.float32 if isinstance(action, Box) else np.int32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(2**31))
        self._rows[:] = 0.0
        self._rows[:, 0] = episode_starts(self.native, [seed])[0]
        return self._observed(), {}

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        if self.state is None:
            raise gymnasium.error.ResetNeeded("step was called before reset")
        if not self.action_space.contains(action):
            raise gymnasium.error.InvalidAction(f"{action!r} is no action of {self.native.id}: {self.action_space}")
        self._action[:, 0] = action
        with np.errstate(all="ignore"):  # as in kernels, which say nothing of a division by zero
            reward, terminated = self.native.step(self._rows.ravel(), _FIRST, self._action.ravel(), self._physics)
        return self._observed(), float(reward), bool(terminated), False, {}

    def render(self) -> Any:
        """Return what the environment's scene looks like, (H, W, 3) uint8; None without a mode to draw in."""
        if self.render_mode is None or self.state is None:
            return None
        assert self.native.scene is not None
        with foreign(f"{self.native.id}: scene"):
            return picture_of(self.native.scene(self.native.state(*self.state.tolist()), self._physics))

    def _observed(self) -> NDArray[np.float32]:
        with np.errstate(all="ignore"):
            self.native.observe(self._rows.ravel(), _FIRST, self._out.ravel(), self._physics)
        self.state = self._rows[:, 0].copy()
        return self._out[:, 0].copy()


def check_mode(native: NativeEnv, render_mode: str | None) -> None:
    """Raise UserError where a native environment cannot be drawn so."""
    if render_mode is None:
        return
    if render_mode not in SHOWN:
        raise UserError(f"render_mode = {render_mode!r}: {native.id} has the modes {', '.join(map(repr, SHOWN))}")
    if native.scene is None:
        raise UserError(
            f"{native.id} cannot be {SHOWN[render_mode]}: it has no `scene`, which says what it looks like; add one, "
            "or use --render terminal"
        )


def make_native(native: NativeEnv, physics: Any = None, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
    """Return a native environment as :class:`NativeGym`, in a window of its own where the mode is ``human``."""
    check_mode(native, render_mode)
    if render_mode != "human":
        return NativeGym(native, physics, render_mode)
    return gymnasium.wrappers.HumanRendering(NativeGym(native, physics, "rgb_array"))
