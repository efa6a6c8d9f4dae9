"""What a :class:`NativeEnv` of a user's must say of itself, before any of its functions is called."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

import numpy as np

from ..drift import OF_ANY
from ..gym.foreign import short
from ..spec import Box, Discrete, NativeEnv, Trial

ARGUMENTS = {
    "observe": ("state", "lane", "out", "physics"),
    "step": ("state", "lane", "action", "physics"),
    "reset": ("rng",),
    "scene": ("state", "physics"),
    "set_gymnasium": ("world", "physics"),
}
"""What each function of an environment is called with."""


def problems_of(env: NativeEnv) -> list[str]:
    """Return everything that is wrong with the description of an environment, a sentence each."""
    found = [*_names(env), *_numbers(env), *_tuples(env), *_functions(env)]
    return found or list(_validations(env))


def _names(env: NativeEnv) -> Iterator[str]:
    if not isinstance(env.name, str) or not re.fullmatch(r"[A-Za-z0-9][\w.-]*", env.name):
        yield f"name = {env.name!r}: must be letters, digits, '.', '_' or '-', since it names folders"
    if not isinstance(env.id, str) or not env.id:
        yield f"id = {env.id!r}: must be a text, such as 'Puck-v0'"
    action = env.action
    if isinstance(action, Discrete):
        sound = isinstance(action.n, int) and not isinstance(action.n, bool) and action.n >= 1
        if not sound:
            yield f"action = {action!r}: n must be a whole number from 1"
        outputs = action.n if sound else None
    elif isinstance(action, Box):
        outputs = len(action.low)
        pairs = list(zip(action.low, action.high, strict=False))
        if not outputs or len(action.high) != outputs:
            yield f"action = {action!r}: low and high must have the same number of bounds, at least one"
        elif not all(_finite(low) and _finite(high) and low < high for low, high in pairs):
            yield f"action = {action!r}: each bound of low must be below that of high, and both finite"
    else:
        outputs = None
        yield f"action = {action!r}: must be Discrete(n) or Box(low=(...), high=(...))"
    for key, count in (("observation_names", None), ("action_names", outputs)):
        names = getattr(env, key)
        if not isinstance(names, tuple | list) or not all(isinstance(name, str) and name for name in names):
            yield f"{key} = {names!r}: must be a tuple of texts; a tuple of one ends with a comma"
        elif not names or len(set(names)) != len(names):
            yield f"{key} = {names!r}: must be names that differ, at least one"
        elif count is not None and len(names) != count:
            yield f"{key} has {len(names)} names, but the action needs {count}, one for each output of a network"


def _numbers(env: NativeEnv) -> Iterator[str]:
    steps = env.max_steps
    if not isinstance(steps, int) or isinstance(steps, bool) or not 1 <= steps <= 1_000_000_000:
        yield f"max_steps = {steps!r}: must be a whole number from 1 to 1000000000"
    if env.solved_at is not None and not _finite(env.solved_at):
        yield f"solved_at = {env.solved_at!r}: must be a number, or None where nobody has said"
    if not _finite(env.render_fps) or env.render_fps <= 0:
        yield f"render_fps = {env.render_fps!r}: must be a number above 0"


def _tuples(env: NativeEnv) -> Iterator[str]:
    if not _is_named_tuple(env.state):
        yield f"state = {env.state!r}: must be a NamedTuple type with a field for each row of the state"
    physics = env.physics
    if isinstance(physics, type) or not _is_named_tuple(type(physics)):
        what = "the type itself; call it: Physics()" if isinstance(physics, type) else f"{type(physics).__name__}"
        yield f"physics must be a NamedTuple whose fields are the constants, such as Physics(); it is {what}"
        return
    for name, value in physics._asdict().items():
        if not _finite(value):
            yield f"physics.{name} = {value!r}: must be a finite number"
        if name in OF_ANY:
            yield f"physics.{name}: drift has another meaning for this name; call it otherwise"
    for key in ("positive", "fixed_in_gymnasium"):
        names = getattr(env, key)
        if isinstance(names, str) or not all(name in physics._fields for name in names):
            yield f"{key} = {names!r}: must be a tuple of names of physics, of {', '.join(physics._fields) or 'none'}"
        elif key == "positive":
            for name in names:
                if _finite(value := getattr(physics, name)) and value <= 0:
                    yield f"physics.{name} = {value!r}: must be above 0, since `positive` names it"


def _functions(env: NativeEnv) -> Iterator[str]:
    for key, arguments in ARGUMENTS.items():
        function = getattr(env, key)
        if function is None and key in ("scene", "set_gymnasium"):
            continue
        called = f"{key}({', '.join(arguments)})"
        if hasattr(function, "py_func"):
            yield f"{key} is compiled by numba on its own; mark it with @inline of genesys_cli.envs.native instead"
        elif not callable(function) or (key in ("observe", "step") and not isinstance(function, FunctionType)):
            yield f"{key} = {function!r}: must be a function, {called}"
        elif not _takes(function, len(arguments)):
            yield f"{key}{inspect.signature(function)} {_place(function)}: is called as {called}"


def _validations(env: NativeEnv) -> Iterator[str]:
    if not isinstance(env.validations, Mapping) or not all(isinstance(name, str) and name for name in env.validations):
        yield f"validations = {short(env.validations)}: must be a dict of tuples of Trial(...) by name"
        return
    for name, trials in env.validations.items():
        if not isinstance(trials, tuple | list) or not trials or not all(isinstance(one, Trial) for one in trials):
            yield f"validations[{name!r}] = {short(trials)}: must be a tuple of Trial(...), at least one"
            continue
        for k, trial in enumerate(trials):
            yield from (f"validations[{name!r}][{k}].{problem}" for problem in _trial(env, trial))


def _trial(env: NativeEnv, trial: Trial) -> Iterator[str]:
    """Yield what is wrong with a trial, each beginning with the name of its field."""
    starts, size = trial.starts, env.state_size
    if not isinstance(starts, np.ndarray) or starts.dtype != np.float64 or starts.shape[1:] != (size,):
        shape = f"{starts.dtype} {starts.shape}" if isinstance(starts, np.ndarray) else short(starts)
        yield f"starts: must be an array of float64 of the shape (starts, {size}), not {shape}"
        return
    if not len(starts) or not np.isfinite(starts).all():
        yield "starts: must be at least one, of finite numbers"
    for key, most in (("max_steps", 1_000_000_000), ("needed", len(starts))):
        value = getattr(trial, key)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            yield f"{key} = {value!r}: must be a whole number from 1 to {most}"
    if not _finite(trial.pass_at):
        yield f"pass_at = {trial.pass_at!r}: must be a number, the return from which a start is passed"
    if trial.step is not None and not (
        isinstance(trial.step, FunctionType) and _takes(trial.step, len(ARGUMENTS["step"]))
    ):
        yield f"step = {trial.step!r}: must be a function, step({', '.join(ARGUMENTS['step'])}), or None"


def _takes(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # not everything that is built in has one
        return True
    return True


def _place(function: Any) -> str:
    code = getattr(function, "__code__", None)
    return f"({code.co_filename}, line {code.co_firstlineno})" if code is not None else ""


def _is_named_tuple(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def _finite(value: Any) -> bool:
    return isinstance(value, int | float | np.floating | np.integer) and bool(math.isfinite(value))
