"""What a controller is connected to: an environment's observations, and its actions as Gymnasium takes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ..config.schema import EnvironmentSettings
from ..envs.gym.known import known_as
from ..envs.gym.making import looked_at
from ..envs.registry import environment_of
from ..envs.spec import Box, Discrete, Environment, GymEnv, MultiBinary, MultiDiscrete
from ..errors import UserError

KINDS = {Discrete: "discrete", MultiDiscrete: "multi_discrete", MultiBinary: "multi_binary", Box: "box"}


class Actions(NamedTuple):
    """An action space, R being its number of rows.

    kind: ``discrete``, ``multi_discrete``, ``multi_binary`` or ``box``, see ``envs.spec``
    sizes, start: of discrete and multi_discrete, (R,): how many choices there are, and the number of the first
    low, high: of box, (R,), finite; float32 that do not lie outside where the numbers are such
    shape: of the action as an array; () for a single number
    dtype: of its numbers, such as ``int64``
    """

    kind: str
    rows: int
    sizes: tuple[int, ...]
    start: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    shape: tuple[int, ...]
    dtype: str

    @property
    def whole(self) -> bool:
        """Whether its numbers are whole."""
        return np.dtype(self.dtype).kind != "f"

    def of_row(self, row: NDArray[Any]) -> NDArray[Any]:
        """Return the numbers, (R,), that a row of the kernels means: float32 of a float box, else int64."""
        if self.kind != "box":
            return row.astype(np.int64) + np.array(self.start or (0,), np.int64)
        if self.whole:
            row = np.clip(np.rint(row.astype(np.float64)), self.low, self.high)
            return row.astype(np.int64)
        limited: NDArray[Any] = np.clip(row, np.array(self.low, np.float32), np.array(self.high, np.float32))
        return limited


class Interface(NamedTuple):
    """An environment, and its actions in full."""

    environment: Environment
    actions: Actions


def interface_of(settings: EnvironmentSettings, n_inputs: int, n_outputs: int) -> Interface:
    """Return what a network is connected to; raises UserError where that is not known.

    Gymnasium's environments are made, once, to look at their spaces. Where that is not possible, because one is not
    installed, what is known of it here has to do.

    n_inputs, n_outputs: of the network; an environment with others is not the one that it was evolved in
    """
    try:
        env: Environment = environment_of(settings)
    except UserError as error:
        known = known_as(settings.id.removeprefix("ale_py:"))
        if known is None or (len(known.observation_names), known.action.n_outputs) != (n_inputs, n_outputs):
            raise UserError(
                f"{error}. To be exported, a network needs its environment, which says how outputs become actions"
            ) from None
        env = Environment(
            known.id,
            known.name,
            known.observation_names,
            known.action_names,
            known.action,
            known.max_steps,
            known.solved_at,
        )
    if (env.n_inputs, env.n_outputs) != (n_inputs, n_outputs):
        raise UserError(
            f"{env.id} has {env.n_inputs} observations and takes {env.n_outputs} outputs, but the network has "
            f"{n_inputs} and {n_outputs}: it was evolved in another version of this environment"
        )
    return Interface(env, _actions(env))


def _actions(env: Environment) -> Actions:
    if not isinstance(env, GymEnv):
        shape = (env.action.n_rows,) if isinstance(env.action, Box) else ()
        return _described(env, shape, "float32" if shape else "int64", (0,) * (not shape))
    with looked_at(env.make_id, env.kwargs, env.wrappers, env.max_steps) as made:
        space: Any = made.action_space
    start = np.ravel(space.start) if isinstance(space, spaces.Discrete | spaces.MultiDiscrete) else ()
    return _described(env, tuple(space.shape), str(space.dtype), tuple(int(first) for first in start))


def _described(env: Environment, shape: tuple[int, ...], dtype: str, start: tuple[int, ...]) -> Actions:
    action = env.action
    sizes: tuple[int, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    if isinstance(action, Discrete):
        sizes = (action.n,)
    elif isinstance(action, MultiDiscrete):
        sizes = action.sizes
    elif isinstance(action, Box):
        whole = np.dtype(dtype).kind != "f"
        low = action.low if whole else tuple(_within(bound, np.inf) for bound in action.low)
        high = action.high if whole else tuple(_within(bound, -np.inf) for bound in action.high)
    return Actions(KINDS[type(action)], action.n_rows, sizes, start, low, high, shape, dtype)


def _within(bound: float, inward: float) -> float:
    """Return the float32 nearest to a bound that does not lie outside."""
    near = np.float32(bound)
    outside = float(near) < bound if inward > 0 else float(near) > bound
    return float(np.nextafter(near, np.float32(inward)) if outside else near)
