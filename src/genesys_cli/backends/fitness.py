"""The user's own fitness: a Python function of each episode, in the place of its return."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..envs.gym.foreign import reason
from ..envs.gym.modules import import_user_module
from ..errors import UserError, nearest

KEY = "evaluation.fitness"


class Episode(NamedTuple):
    """What a fitness function is told, after each episode.

    seed: of Gymnasium's reset; total_reward: the return; steps: environment steps
    terminated: whether the environment came to its end; truncated: whether the episode was cut off
    info: Gymnasium's, of the last step; empty for environments with kernels of their own
    """

    seed: int
    total_reward: float
    steps: int
    terminated: bool
    truncated: bool
    info: Mapping[str, Any]


Fitness = Callable[[Episode], float]


def load_fitness(name: str) -> Fitness:
    """Return the function called ``module:function``; both it and this raise nothing but UserError.

    Modules in the current directory can be named as well as installed ones.
    """
    module_name, _, function_name = name.partition(":")
    module = import_user_module(module_name, f"{KEY} = {name!r}")
    function = getattr(module, function_name, None)
    if function is None:
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise UserError(
            f"{KEY} = {name!r}: module {module_name} ({module.__file__}) has no function {function_name!r}"
            f"{nearest(function_name, known)}"
        )
    if not callable(function):
        raise UserError(f"{KEY} = {name!r}: that is no function but {type(function).__name__}")

    def judge(episode: Episode) -> float:
        try:
            value = function(episode)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit, too
            raise UserError(f"{KEY}: {name} raised {reason(error)} for {_which(episode)}") from error
        if not isinstance(value, numbers.Real):
            raise UserError(f"{KEY}: {name} returned {value!r} instead of a number for {_which(episode)}")
        return float(value)

    return judge


def _which(episode: Episode) -> str:
    end = "terminated" if episode.terminated else "truncated"
    return (
        f"the episode with seed {episode.seed} (return {episode.total_reward:g}, {episode.steps} steps, {end}, "
        f"info {dict(episode.info)!r:.200})"
    )
