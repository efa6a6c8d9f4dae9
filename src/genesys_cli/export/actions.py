"""What a controller is connected to: an environment's observations, and its actions as Gymnasium takes them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ..config.schema import Settings
from ..envs.gym.known import known_as
from ..envs.gym.making import looked_at
from ..envs.gym.spaces import flat_action
from ..envs.registry import environment_or_loop
from ..envs.spec import Action, Discrete, Environment, GymEnv, MultiBinary, MultiDiscrete, Real
from ..errors import UserError

KINDS = {
    spaces.Discrete: "discrete",
    spaces.MultiDiscrete: "multi_discrete",
    spaces.MultiBinary: "multi_binary",
    spaces.Box: "box",
}


class WholeBounds(NamedTuple):
    """The bounds of a box of whole numbers for those who compute in float32 and int64; R is its number of rows.

    above, below: (R,) float32; a number that is not below the first is limited to `high`, one that is not above the
        second to `low`, and what lies between is within the bounds
    high, low: (R,) int64; of uint64, modulo 2 ** 64
    """

    above: NDArray[np.float32]
    below: NDArray[np.float32]
    high: NDArray[np.int64]
    low: NDArray[np.int64]


@dataclass(frozen=True)
class Actions:
    """An action space of Gymnasium, one of the keys of :data:`KINDS`; a box without bounds is that of a ``Real``."""

    space: Any

    @property
    def kind(self) -> str:
        """``discrete``, ``multi_discrete``, ``multi_binary``, ``box`` or ``real``, see ``envs.spec``."""
        if isinstance(self.space, spaces.Box) and not (self.space.bounded_below | self.space.bounded_above).any():
            return "real"
        return next(name for kind, name in KINDS.items() if isinstance(self.space, kind))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the action as an array; () for a single number."""
        return tuple(self.space.shape)

    @property
    def rows(self) -> int:
        """How many numbers an action has; R below."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> str:
        """Of its numbers, such as ``int64``."""
        return str(self.space.dtype)

    @property
    def whole(self) -> bool:
        """Whether its numbers are whole."""
        return np.dtype(self.dtype).kind != "f"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of discrete and multi_discrete, (R,): how many choices there are."""
        found = {"discrete": "n", "multi_discrete": "nvec"}.get(self.kind)
        return () if found is None else tuple(map(int, np.ravel(getattr(self.space, found))))

    @property
    def start(self) -> tuple[int, ...]:
        """Of discrete and multi_discrete, (R,): the number of the first choice."""
        return tuple(map(int, np.ravel(self.space.start))) if self.sizes else ()

    @property
    def low(self) -> tuple[Any, ...]:
        """Of a box, (R,), exact: int where its numbers are whole, else float."""
        return self._bounds("low")

    @property
    def high(self) -> tuple[Any, ...]:
        """As :attr:`low`."""
        return self._bounds("high")

    def _bounds(self, name: str) -> tuple[Any, ...]:
        if self.kind != "box":
            return ()
        bounds = getattr(self.space, name).ravel().tolist()
        return tuple(int(bound) if self.whole else bound + 0.0 for bound in bounds)  # no -0, as in envs.gym.spaces

    def whole_bounds(self) -> WholeBounds:
        """Return the bounds of a box of whole numbers."""

        def beside(bound: int, side: float) -> np.float32:
            near = np.float32(bound)
            inside = int(near) < bound if side > 0 else int(near) > bound
            return np.nextafter(near, np.float32(side)) if inside else near

        return WholeBounds(
            np.array([beside(bound, np.inf) for bound in self.high], np.float32),
            np.array([beside(bound, -np.inf) for bound in self.low], np.float32),
            wrapped(self.high),
            wrapped(self.low),
        )

    def of_row(self, row: NDArray[Any]) -> NDArray[Any]:
        """Return the numbers, (R,), that the environment is given for a row of the kernels, in the space's dtype."""
        if self.kind == "real":
            return np.array(row, self.dtype)
        return np.ravel(np.asarray(flat_action(self.space, "").unflatten(row), self.dtype))


def wrapped(numbers: Sequence[int]) -> NDArray[np.int64]:
    """Return whole numbers modulo 2 ** 64, as int64: cast to uint64, they are themselves again."""
    return np.array([(number + (1 << 63)) % (1 << 64) - (1 << 63) for number in numbers], np.int64)


class Interface(NamedTuple):
    """An environment, and its actions in full."""

    environment: Environment
    actions: Actions


def interface_of(settings: Settings, n_inputs: int, n_outputs: int) -> Interface:
    """Return what a network is connected to; raises UserError where that is not known.

    Gymnasium's environments are made, once, to look at their spaces. Where that is not possible, because one is not
    installed, what is known of it here has to do.

    n_inputs, n_outputs: of the network; an environment with others is not the one that it was evolved in
    """
    try:
        env: Environment = environment_or_loop(settings)
    except UserError as error:
        known = known_as(settings.environment.id.removeprefix("ale_py:"))
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
        return Actions(_space(env.action))
    with looked_at(env.make_id, env.kwargs, env.wrappers, env.max_steps) as made:
        actions = Actions(made.action_space)
    if not actions.whole and np.dtype(actions.dtype).itemsize > 8:
        raise UserError(
            f"{env.id} takes actions of {actions.dtype}, which no format that is exported can hold; give its action "
            "space the dtype float64 or float32"
        )
    return actions


def _space(action: Action) -> spaces.Space[Any]:
    """Return the action space of an environment that is native, or not installed."""
    if isinstance(action, Discrete):
        return spaces.Discrete(action.n)
    if isinstance(action, MultiDiscrete):
        return spaces.MultiDiscrete(list(action.sizes))
    if isinstance(action, MultiBinary):
        return spaces.MultiBinary(action.n)
    if isinstance(action, Real):
        return spaces.Box(-np.inf, np.inf, (action.n_rows,), np.float32)
    return spaces.Box(np.array(action.low, np.float32), np.array(action.high, np.float32))
