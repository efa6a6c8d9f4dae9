"""One of Gymnasium's environments, stepped with plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ..spec import Discrete, GymEnv
from .atari import AtariStarts
from .foreign import close
from .making import make_described
from .spaces import flat_action, flat_observation

if TYPE_CHECKING:
    from .walker import WalkerStep


class GymWorld:
    """An instance of an environment. An episode depends on its seed and its actions, never on what was played before.

    There is no limit of steps here. Whatever the environment raises comes through; what it returns is checked as far
    as numbers can be made of it, and raises TypeError or ValueError where they cannot.

    env: Gymnasium's environment, which :meth:`reset` may replace by a new one
    """

    env: gymnasium.Env[Any, Any]

    def __init__(self, described: GymEnv, render_mode: str | None = None) -> None:
        self._described = described
        self._render_mode = render_mode
        self._played = False
        self._make()

    def _make(self) -> None:
        described = self._described
        self.env = make_described(described, self._render_mode)
        self._open = True
        try:
            self._look()
        except BaseException:
            self.close()
            raise

    def _look(self) -> None:
        """Find out how the environment, which has just been made, is best stepped."""
        described = self._described
        observed = flat_observation(self.env.observation_space, described.id)
        done = flat_action(self.env.action_space, described.id)
        if len(observed.names) != described.n_inputs or done.action != described.action:
            raise ValueError(
                f"{described.id} has other spaces each time it is made: {len(observed.names)} observations and "
                f"{done.action} now, {described.n_inputs} and {described.action} before"
            )
        self._flatten = observed.flatten
        self._action: Callable[[NDArray[Any]], Any] = done.unflatten
        self._step = self.env.step
        self._actions: list[Any] | None = None
        if isinstance(done.action, Discrete):
            self._actions = [self._action(np.array([k], np.int32)) for k in range(done.action.n)]
        # The shape of arrays that need no more than to be copied; None where there are none.
        space = self.env.observation_space
        plain = isinstance(space, spaces.Box | spaces.MultiBinary) and len(space.shape) == 1
        self._plain_shape = space.shape if plain else None
        self._starts: AtariStarts | None = None
        self._walker: WalkerStep | None = None
        if self._render_mode:
            return
        kind = f"{type(self.env).__module__}.{type(self.env).__name__}"
        if kind == "ale_py.env.AtariEnv" and not described.kwargs.get("sound_obs"):
            self._starts = AtariStarts(self.env, described.make_id, described.kwargs)
        elif kind == "gymnasium.envs.box2d.bipedal_walker.BipedalWalker" and not described.kwargs.get("hardcore"):
            from .walker import WalkerStep

            self._walker = WalkerStep(self.env)

    def reset(self, seed: int, out: NDArray[np.float32]) -> None:
        """Begin an episode and write its first observation into `out`, (I,) float32."""
        if self._played and self._described.rebuild:
            self.close()
            self._make()
        self._played = True
        if self._starts is not None:
            known = self._starts.restore(seed)
            if known is not None:
                self._flatten(known, out)
                return
        result = self.env.reset(seed=seed)
        if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[1], dict):
            raise TypeError(f"{self._described.id}: reset must return (observation, info), not {_shape_of(result)}")
        self._flatten(result[0], out)
        if self._starts is not None:
            self._starts.keep(seed, result[0])
        elif self._walker is not None:
            self._step = self._walker.step if self._walker.begin() else self.env.step

    def step(self, row: NDArray[Any], out: NDArray[np.float32]) -> tuple[float, bool, bool, dict[str, Any]]:
        """Do an action and write the new observation into `out`; return reward, terminated, truncated and info.

        row: (R,) int32, or float32 of a Box action; see :class:`~genesys_cli.envs.spec.Action`
        """
        reward, terminated, truncated, info = self.bound(row, out)()
        return reward, bool(terminated), bool(truncated), info

    def bound(
        self, row: NDArray[Any], out: NDArray[np.float32]
    ) -> Callable[[], tuple[float, Any, Any, dict[str, Any]]]:
        """Return :meth:`step` for this `row` and `out`, valid until the next reset.

        It is what workers call in each step, and does without what costs time there: it is one function instead of
        four, and terminated and truncated are as the environment gave them, true or false but maybe not bool.
        """
        step, action, flatten, item = self._step, self._action, self._flatten, row.item
        actions = self._actions
        ndarray, shape = np.ndarray, self._plain_shape

        def bound_step() -> tuple[float, Any, Any, dict[str, Any]]:
            result = step(action(row) if actions is None else actions[item(0)])
            try:
                observation, reward, terminated, truncated, info = result
                reward = float(reward)
            except (TypeError, ValueError):
                raise TypeError(
                    f"{self._described.id}: step must return (observation, reward, terminated, truncated, info) with a "
                    f"number as reward, not {_shape_of(result)}"
                ) from None
            if type(observation) is ndarray and observation.shape == shape:
                out[...] = observation
            else:
                flatten(observation, out)
            return reward, terminated, truncated, info

        return bound_step

    def close(self) -> None:
        """Close the environment, which is done once, however often this is called."""
        if self._open:
            self._open = False
            close(self.env, self._described.id)

    def __enter__(self) -> GymWorld:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _shape_of(result: Any) -> str:
    if not isinstance(result, tuple):
        return type(result).__name__
    return f"({', '.join(type(part).__name__ for part in result)})"
