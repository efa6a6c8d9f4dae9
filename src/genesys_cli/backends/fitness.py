"""The user's own fitness: a Python function of each episode, in the place of its return."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..envs.gym.foreign import reason, short
from ..envs.gym.functions import find_function
from ..errors import UserError

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
    """Return the function called ``module:function``; both it and this raise nothing but UserError."""
    function, _ = find_function(name, KEY)
    _check_function(function, name)

    def judge(episode: Episode) -> float:
        # What the function does to its info remains with it: an environment may use the same one again.
        info = dict(episode.info) if isinstance(episode.info, Mapping) else {}
        try:
            value = function(episode._replace(info=info))
        except (Exception, SystemExit, GeneratorExit) as error:
            raise UserError(f"{KEY}: {name} raised {reason(error)} for {_which(episode)}") from error
        except KeyboardInterrupt as error:
            if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                raise  # it is Ctrl-C
            raise UserError(f"{KEY}: {name} raised {reason(error)} for {_which(episode)}") from error
        if type(value) is float:
            return value
        try:
            return number_of(value)
        except NotANumberError as error:
            raise UserError(f"{KEY}: {name} returned {error} for {_which(episode)}") from error

    return judge


def _check_function(function: Any, name: str) -> None:
    """Complain about what cannot be a fitness function, as far as that is known without calling it."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # not everything that is built in has one
        return
    try:
        signature.bind(None)
    except TypeError as error:
        raise UserError(
            f"{KEY} = {name!r}: it is called with one argument, the episode, and cannot be: {error}; "
            f"it takes {signature}"
        ) from None


class NotANumberError(Exception):
    """Says what was returned in the place of a number."""


def number_of(value: Any) -> float:
    """Return what a function returned as a float: any real number, of Python, NumPy or others, or an array of one.

    What is not finite is a number. Raises :class:`NotANumberError`.
    """
    number, known = value, True
    if isinstance(value, np.ndarray | np.generic):
        known = value.size == 1 and value.dtype.kind in "biufO"
        number = value.item() if known else value
    if not known or not any(hasattr(type(number), name) for name in ("__float__", "__index__")):
        if inspect.iscoroutine(value):
            value.close()  # or Python complains that nobody waited for it
        hint = " (does it lack a return?)" if value is None else ""
        raise NotANumberError(f"{short(value)} instead of a number{hint}")
    try:
        with np.errstate(all="ignore"):
            return float(number)
    except OverflowError:
        raise NotANumberError(f"{short(value)}, which is too large for a floating-point number,") from None
    except Exception as error:
        raise NotANumberError(f"{short(value)}, which is no number: {reason(error)};") from error


def _which(episode: Episode) -> str:
    end = "terminated" if episode.terminated else "truncated"
    try:
        info = " ".join(repr(dict(episode.info)).split())
    except Exception:
        info = f"of type {type(episode.info).__name__}"
    return (
        f"the episode with seed {episode.seed} (return {episode.total_reward:g}, {episode.steps} steps, {end}, "
        f"info {info:.200})"
    )
