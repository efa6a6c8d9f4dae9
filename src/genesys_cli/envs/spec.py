"""What an environment is to the rest of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config.wrappers import Wrapper
from .scene import Scene


@dataclass(frozen=True)
class Discrete:
    """One of `n` actions: the index of the network's largest output, the first of equals."""

    n: int

    @property
    def n_outputs(self) -> int:
        return self.n

    @property
    def n_rows(self) -> int:
        return 1


@dataclass(frozen=True)
class MultiDiscrete:
    """Several choices at once, one of ``sizes[k]`` each: outputs lie group after group, the largest of a group wins."""

    sizes: tuple[int, ...]

    @property
    def n_outputs(self) -> int:
        return sum(self.sizes)

    @property
    def n_rows(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True)
class MultiBinary:
    """`n` switches: one is on where its output is above zero."""

    n: int

    @property
    def n_outputs(self) -> int:
        return self.n

    @property
    def n_rows(self) -> int:
        return self.n


@dataclass(frozen=True)
class Box:
    """Real numbers: output k of the network, clipped to [-1, 1], is stretched to ``[low[k], high[k]]``."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def n_outputs(self) -> int:
        return len(self.low)

    @property
    def n_rows(self) -> int:
        return len(self.low)


@dataclass(frozen=True)
class Real:
    """Real numbers without bounds: output k of the network becomes ``middle[k] + half[k] * output``, not clipped.

    With a middle of 0 and a half of 1 they are the outputs themselves.
    """

    middle: tuple[float, ...]
    half: tuple[float, ...]

    @property
    def n_outputs(self) -> int:
        return len(self.middle)

    @property
    def n_rows(self) -> int:
        return len(self.middle)


Numbers = Box | Real
"""The kinds whose rows are real numbers."""

Action = Discrete | MultiDiscrete | MultiBinary | Numbers
"""How network outputs become an action; ``n_rows``: the numbers of one action, int32, of :data:`Numbers` float32."""


@dataclass(frozen=True)
class Environment:
    """What every environment says of itself.

    id, name: Gymnasium id, and the short name
    observation_names, action_names: one for each network input; one for each discrete action or action dimension
    action: how network outputs become an action
    max_steps: steps after which an episode is cut off
    solved_at: mean return over held-out episodes from which the task counts as solved; None: nobody has said
    """

    id: str
    name: str
    observation_names: tuple[str, ...]
    action_names: tuple[str, ...]
    action: Action
    max_steps: int
    solved_at: float | None

    @property
    def in_workers(self) -> bool:
        """Whether worker processes play it, in which things may go wrong."""
        return False

    @property
    def n_inputs(self) -> int:
        return len(self.observation_names)

    @property
    def n_outputs(self) -> int:
        return self.action.n_outputs


class NoPhysics(NamedTuple):
    """The constants of an environment that has none which could change."""


NO_PHYSICS = NoPhysics()


@dataclass(frozen=True, eq=False)
class Trial:
    """Episodes from starts of their own, each of which is passed or is not.

    starts: (E, S) float64; max_steps: of each episode
    pass_at: return from which a start is passed; needed: how many have to be, for the trial to be passed
    step: as in :class:`NativeEnv`, where rewards or ends differ from the environment's; None: its own
    """

    starts: NDArray[np.float64]
    max_steps: int
    pass_at: float
    needed: int
    step: Callable[..., Any] | None = None


@dataclass(frozen=True)
class NativeEnv(Environment):
    """An environment whose physics is inlined in the evaluation kernel. ``docs/environments.md`` shows how to add one.

    state: NamedTuple type with a field for each float64 row of an episode's state
    physics: NamedTuple of the constants that may change, float64, which the functions below read by name
    positive: those of them that mean something above zero only
    reset: ``rng -> (S,) float64``, the start that Gymnasium's ``reset`` with this generator gives
    observe: ``(state, lane, out, physics)``, inline; writes float32 observations, row after row, into `out`
    step: ``(state, lane, action, physics) -> (reward, terminated)``, inline; advances one lane in place. `action` holds
        one int32 row for :class:`Discrete`, float32 rows within the bounds for :class:`Box`, the only kinds there are
    scene: ``(state, physics) -> Scene``, what a terminal shows of a moment; None: the numbers of the observation
    render_fps: steps a second when it is shown
    set_gymnasium: ``(world, physics)`` gives Gymnasium's environment, unwrapped, these constants; None: Gymnasium has
        no such environment
    fixed_in_gymnasium: constants that are written into Gymnasium's code, so that nobody can set them there
    aliases: further ids with (limit, threshold) of their own
    validations: other ways to judge a champion than held-out episodes, by the name for ``evaluation.validation``:
        trials in order, each of which is played if the one before is passed. The score is the number of starts that are
        passed in the last one.
    starts: (E, S) float64, what seed k starts from; None: what `reset` draws
    make_id: id in Gymnasium where `id` names a module of the user's; else empty
    source: digest of the user's files that the kernels are compiled from; empty for what is part of this package
    """

    state: type[Any]
    reset: Callable[[np.random.Generator], NDArray[np.float64]]
    observe: Callable[..., Any]
    step: Callable[..., Any]
    physics: Any = NO_PHYSICS
    positive: tuple[str, ...] = ()
    scene: Callable[[Any, Any], Scene] | None = None
    render_fps: float = 30.0
    set_gymnasium: Callable[[Any, Any], None] | None = None
    fixed_in_gymnasium: tuple[str, ...] = ()
    aliases: dict[str, tuple[int, float]] = field(default_factory=dict)
    validations: Mapping[str, tuple[Trial, ...]] = field(default_factory=dict)
    starts: NDArray[np.float64] | None = field(default=None, compare=False)
    make_id: str = ""
    source: str = ""

    @property
    def state_size(self) -> int:
        """How many rows an episode's state has."""
        return len(self.state._fields)

    @property
    def gymnasium_id(self) -> str | None:
        """What ``gymnasium.make`` is given for the same environment there; None: there is none."""
        return None if self.set_gymnasium is None else self.make_id or self.id


@dataclass(frozen=True)
class GymEnv(Environment):
    """An environment of Gymnasium, stepped in worker processes.

    make_id: what ``gymnasium.make`` is given, such as ``LunarLander-v3`` or ``my_module:MyEnv-v0``
    kwargs: further arguments of ``gymnasium.make``, as Python has them
    wrappers: what is put around it beside that with which it is registered, the innermost first
    rebuild: whether each episode needs a newly made environment, because what was played before would show
    """

    make_id: str
    kwargs: dict[str, Any]
    rebuild: bool
    wrappers: tuple[Wrapper, ...] = ()

    @property
    def in_workers(self) -> bool:
        return True
