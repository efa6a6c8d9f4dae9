"""What is put around an environment, in Gymnasium's order: limit, the wrappers it is registered with, the settings'."""

from __future__ import annotations

import contextlib
import copy
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.wrappers import HumanRendering, TimeLimit

from ...config.wrappers import Wrapper
from ...errors import UserError, nearest
from .foreign import reason
from .modules import import_user_module, missing

Env = gymnasium.Env[Any, Any]

_FORGETS_NOTHING = ("NormalizeObservation", "NormalizeReward")
"""Wrappers of Gymnasium whose statistics go on from episode to episode."""

_DRAW = ("AddRenderObservation", "HumanRendering", "RecordVideo", "RenderCollection")
"""Wrappers of Gymnasium that need an environment that draws."""


def wrapped(env: Env, spec: EnvSpec, wrappers: Iterable[Wrapper], limit: int, *, limited: bool) -> Env:
    """Return a new environment with all that belongs around it; raises UserError where something does not fit.

    It is told its limit in ``spec``, for which Gymnasium itself leaves only the wrappers around it. Steps are counted
    by a TimeLimit where there are wrappers, which may look for one, or where it is `limited`: otherwise whoever plays
    counts them.

    spec: what is registered; wrappers: those of the settings
    """
    _tell(env, limit)
    # Gymnasium shows pictures by the outermost wrapper of all.
    shows = isinstance(env, HumanRendering)
    inner: Env = env.env if isinstance(env, HumanRendering) else env
    there = len(inner.spec.additional_wrappers) if inner.spec is not None else 0
    registered = spec.additional_wrappers[there:]
    wrappers = tuple(wrappers)
    if limited or registered or wrappers:
        inner = TimeLimit(inner, limit)
    for one in registered:
        if one.kwargs is None:
            raise UserError(f"{spec.id} is registered with the wrapper {one.name} without its kwargs; give it a dict")
        inner = _put(inner, spec.id, Wrapper(one.entry_point, one.kwargs), ", with which it is registered,")
    for wrapper in wrappers:
        inner = _put(inner, spec.id, wrapper, "")
    return HumanRendering(inner) if shows else inner


def _tell(env: Env, limit: int) -> None:
    """Write the limit into the environment's own spec, which is not the registry's."""
    bare = env.unwrapped
    if bare.spec is None:
        return
    bare.spec = copy.copy(bare.spec)
    bare.spec.max_episode_steps = limit
    while isinstance(env, gymnasium.Wrapper):
        env._cached_spec = None  # made of the spec before
        env = env.env


def _put(env: Env, env_id: str, wrapper: Wrapper, which: str) -> Env:
    """Return an environment with one more wrapper around it."""
    make: Any = load_wrapper(wrapper.entry)
    kwargs = wrapper.kwargs
    given = ", ".join(f"{name} = {value!r}" for name, value in wrapper.kwargs.items())
    refused = f"{env_id}: the wrapper {wrapper.entry}{which} cannot be put around it{f' with {given}' if given else ''}"
    if "func" in wrapper.kwargs and not callable(wrapper.kwargs["func"]):
        raise UserError(
            f"{refused}: its func is a function, which settings do not hold; write a function that takes the "
            "environment and returns the wrapper, and name that one: module:function"
        )
    is_class = inspect.isclass(make)
    if is_class and make.__module__.startswith("gymnasium.wrappers."):
        if env.render_mode is None and make.__name__ in _DRAW:
            raise UserError(
                f"{refused}: in a run nothing is drawn. `genesys replay --record` films a champion; an environment "
                'that is to see pictures has to be registered with kwargs={"render_mode": "rgb_array"}'
            )
        if isinstance(name := kwargs.get("dtype"), str):  # older Gymnasiums want the type itself
            with contextlib.suppress(TypeError):
                kwargs = {**kwargs, "dtype": np.dtype(name).type}
    try:
        found = make(env=env, **kwargs) if is_class else make(env, **kwargs)
    except Exception as error:
        raise UserError(f"{refused}: {reason(error)}{_hint(make, error)}") from error
    if not isinstance(found, gymnasium.Env):
        raise UserError(f"{refused}: it gives {type(found).__name__}, which is no environment of Gymnasium")
    return found


def _hint(make: Callable[..., Any], error: Exception) -> str:
    """Return what to do about a wrapper that refuses, as the end of a message."""
    if isinstance(error, gymnasium.error.DependencyNotInstalled | ModuleNotFoundError):
        name = getattr(error.__cause__ or error, "name", None) or getattr(error.__context__, "name", None)
        return missing(name) if name else ""
    if isinstance(error, TypeError) and "argument" in str(error):
        try:
            names = list(inspect.signature(make).parameters)[1:]
        except (TypeError, ValueError):
            return ""
        return f"; give its arguments as kwargs = {{NAME = VALUE}}; it takes {', '.join(names) or 'none'}"
    return ""


def load_wrapper(entry: str) -> Callable[..., Any]:
    """Return the class or function that an entry ``module:Class`` names; raises UserError where it is no wrapper."""
    what = f"environment.wrappers: {entry}"
    module_name, _, path = entry.partition(":")
    if module_name == "__main__":
        raise UserError(f"{what}: worker processes do not run the program itself; put the class into a module")
    found: Any = import_user_module(module_name, what)
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise UserError(f"{what}: module {module_name!r} has no {path!r}{nearest(name, dir(found))}") from None
        except Exception as error:  # Gymnasium imports some only when they are asked for
            needs = getattr(error.__cause__ or error, "name", None)
            raise UserError(f"{what} cannot be imported: {reason(error)}{missing(needs) if needs else ''}") from error
    if inspect.isclass(found):
        if issubclass(found, gymnasium.vector.VectorWrapper):
            raise UserError(f"{what} is for vectors of environments, which are not played here")
        if not issubclass(found, gymnasium.Wrapper):
            raise UserError(f"{what} is no wrapper, that is, not derived from gymnasium.Wrapper")
    elif inspect.ismodule(found) or not callable(found):
        raise UserError(f"{what} is no wrapper, but a {type(found).__name__}; give a class, or a function of it")
    made: Callable[..., Any] = found
    return made


def remembers(env: Env) -> bool:
    """Say whether a wrapper around an environment carries something from one episode into the next."""
    while isinstance(env, gymnasium.Wrapper):
        kind = type(env)
        if kind.__module__.startswith("gymnasium.wrappers.") and kind.__name__ in _FORGETS_NOTHING:
            return True
        env = env.env
    return False
