"""From a name to an environment of PettingZoo: one of its own, or one that a module of the user's makes."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable, Mapping
from typing import Any

from ...config.problem import ZOO
from ...errors import UserError, nearest
from ..gym.modules import import_user_module, missing

_OWN = re.compile(r"([\w-]+)/([\w-]+?)[-_](v\d+)")  # family, name and version
_MAKERS = ("parallel_env", "env")  # what a module offers, the first that it has


def maker_of(env_id: str) -> Callable[..., Any]:
    """Return what makes the environment called ``pettingzoo:family/name-vN`` or ``pettingzoo:my_module``.

    Agents act at once where it can be had so, and else in turn. Raises :class:`UserError` where there is no such thing.
    """
    name = env_id.removeprefix(ZOO)
    if importlib.util.find_spec("pettingzoo") is None:
        raise UserError(f"environment {env_id!r} needs 'pettingzoo', which is not installed{missing('pettingzoo')}")
    if name and "/" not in name:
        return _of_module(import_user_module(name, f"environment {env_id!r}"), env_id)
    found = _OWN.fullmatch(name)
    if found is None:
        raise UserError(
            f"environment {env_id!r}: must be the family, name and version of an environment of PettingZoo, such as "
            f"{ZOO}classic/tictactoe-v3, or a module of your own that has env() or parallel_env()"
        )
    family, base, version = found.groups()
    zoo: Any = import_user_module("pettingzoo", f"environment {env_id!r}")
    if hasattr(zoo, "make"):  # since 1.26 it has names for all of them
        registered = f"{family}/{base.replace('-', '_')}-{version}"
        for kind, registry in (("parallel", zoo.parallel_registry), ("aec", zoo.aec_registry)):
            if registered in registry:
                return lambda **kwargs: zoo.make(kind, registered, **kwargs)
        known = sorted({*zoo.aec_registry, *zoo.parallel_registry})
        raise UserError(f"environment {env_id!r}: PettingZoo has no {registered!r}{nearest(registered, known)}")
    module = f"pettingzoo.{family}.{base.replace('-', '_')}_{version}"
    try:
        known_module = importlib.util.find_spec(module)
    except ImportError:
        known_module = None
    if known_module is None:
        raise UserError(f"environment {env_id!r}: PettingZoo has no module {module}")
    return _of_module(import_user_module(module, f"environment {env_id!r}"), env_id)


def made(env_id: str, kwargs: Mapping[str, Any]) -> Any:
    """Make an environment; raises :class:`UserError` where there is none, and what its constructor raises."""
    return maker_of(env_id)(**kwargs)


def _of_module(module: Any, env_id: str) -> Callable[..., Any]:
    for name in _MAKERS:
        if callable(maker := getattr(module, name, None)):
            found: Callable[..., Any] = maker
            return found
    raise UserError(f"environment {env_id!r}: module {module.__name__} has neither env() nor parallel_env()")
