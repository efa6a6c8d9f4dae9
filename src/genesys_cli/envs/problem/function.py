"""A function that evaluates networks, in the user's own module, and what can be known of it without calling it."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from ...config.problem import ALL, AUTO, FUNCTION, MATCH, MOST_PLAYERS, ONE, PAIR, ProblemSettings
from ...errors import UserError
from ..gym.elsewhere import not_a_file
from ..gym.foreign import short
from ..gym.functions import find_function
from ..own.source import files_of

_CALLS = {"networks": ALL, "players": MATCH}  # what is called for, by what the first parameter is called
_SEED = "seed"


def load(problem: ProblemSettings) -> Callable[[Any, int], Any]:
    """Return the function of settled settings, to be called with a network, or with several, and a seed.

    It is told the seed only if it takes one. Its module is imported, unless nothing but a file names it; raises
    :class:`UserError` where there is none, or where it cannot be called so.
    """
    function, signature = _found(problem)
    check_call(problem, signature)
    if not problem.seeded:
        return lambda networks, seed: function(networks)
    parameter = signature.parameters.get(_SEED) if signature is not None else None
    if parameter is None or parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        return lambda networks, seed: function(networks, seed)
    return lambda networks, seed: function(networks, seed=seed)


def settle(given: ProblemSettings) -> ProblemSettings:
    """Return the settings with all that follows from the module, which is imported; raises as :func:`load`."""
    _, signature = _found(given)
    module = _module(given)
    parameters = list(signature.parameters.values()) if signature is not None else []
    update: dict[str, Any] = {}
    if given.call == AUTO:
        named = _CALLS.get(parameters[0].name, ONE) if parameters else ONE
        update["call"] = named if given.players is None else MATCH
    if update.get("call", given.call) == MATCH and given.players is None:
        update["players"] = _players(module)
    if given.seeded == AUTO:
        update["seeded"] = any(parameter.name == _SEED for parameter in parameters[1:])
    for key in ("inputs", "outputs"):
        if getattr(given, key) is None:
            update[key] = _said(module, key)
    settled = given.model_copy(update=update)
    check_call(settled, signature)
    return settled


def check_call(problem: ProblemSettings, signature: inspect.Signature | None) -> None:
    """Raise UserError where a function cannot be called as the settings say. signature: None: that is not known"""
    if signature is None:
        return
    try:
        seed = {_SEED: 0} if problem.seeded and _SEED in signature.parameters else {}
        positional = [None, 0] if problem.seeded and not seed else [None]
        if seed and signature.parameters[_SEED].kind is inspect.Parameter.POSITIONAL_ONLY:
            seed, positional = {}, [None, 0]
        signature.bind(*positional, **seed)
    except TypeError as error:
        several = f"a list of {problem.players} networks" if problem.call == MATCH else "a list of networks"
        with_what = "one network" if problem.call == ONE else several
        told = f"{with_what} and a seed" if problem.seeded else with_what
        raise UserError(
            f"{FUNCTION} = {problem.function!r}: it is called with {told}, and cannot be: {error}; it takes "
            f"{signature}. Give every other parameter a default"
        ) from None


def source_of(problem: ProblemSettings) -> tuple[str, str]:
    """Return the file of the function's module, and a digest of it and of the user's modules that it imports."""
    return source_in(_module(problem))


def source_in(module: ModuleType) -> tuple[str, str]:
    """Return the file of a module, and a digest of it and of the user's modules that it imports."""
    digest = hashlib.sha256()
    for path in sorted(files_of(module, module.__name__.partition(".")[0])):
        digest.update(path.read_bytes())
    return str(getattr(module, "__file__", None) or module.__name__), digest.hexdigest()


def _found(problem: ProblemSettings) -> tuple[Callable[..., Any], inspect.Signature | None]:
    """Return the function, and what it takes, where that is known."""
    name = str(problem.function)
    if name.startswith("__main__:"):
        raise UserError(
            f"{FUNCTION} = {name!r}: worker processes do not run the program itself; put the function into a module of "
            f"its own, such as my_module.py, and name my_module:{name.partition(':')[2]}"
        )
    if instead := not_a_file(name):
        raise UserError(f"{FUNCTION} = {name!r}: {instead}")
    function, _ = find_function(name, FUNCTION)
    try:
        return function, inspect.signature(function)
    except (TypeError, ValueError):  # not everything that is built in has one
        return function, None


def _module(problem: ProblemSettings) -> ModuleType:
    return find_function(str(problem.function), FUNCTION)[1]


def _players(module: Any) -> int:
    """Return how many networks play a match, as its module says, or two."""
    given = getattr(module, "PLAYERS", PAIR)
    count = given.item() if hasattr(given, "item") else given
    if isinstance(count, bool) or not isinstance(count, int) or not PAIR <= count <= MOST_PLAYERS:
        raise UserError(
            f"PLAYERS = {short(given)} in {getattr(module, '__file__', module.__name__)}: must be a whole number from "
            f"{PAIR} to {MOST_PLAYERS}, how many networks play a match"
        )
    return count


def _said(module: Any, key: str) -> Any:
    """Return what a module says of inputs or outputs, as settings hold it."""
    given = getattr(module, key.upper(), None)
    if given is None:
        raise UserError(
            f"problem.{key}: how many {key} have the networks? Say so with --{key} N, or --{key} NAME,NAME,..., or "
            f"by {key.upper()} = ... in {getattr(module, '__file__', module.__name__)}"
        )
    if isinstance(given, str):
        return [given]
    if isinstance(given, Sequence) or (hasattr(given, "tolist") and getattr(given, "ndim", 0) == 1):
        return [str(name) if isinstance(name, str) else name for name in given]
    return given.item() if hasattr(given, "item") else given
