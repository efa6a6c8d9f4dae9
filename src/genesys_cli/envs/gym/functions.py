"""Functions of the user's own, which settings name: ``module:function``."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from ...errors import UserError, nearest
from .modules import import_user_module


def find_function(name: str, key: str) -> tuple[Any, ModuleType]:
    """Return the function called ``module:function``, and its module.

    Modules in the current directory can be named as well as installed ones. key: the setting that names it. Raises
    :class:`UserError` where there is none, or where it is one that gives no value when it is called.
    """
    module_name, _, function_name = name.partition(":")
    what = f"{key} = {name!r}"
    module = import_user_module(module_name, what)
    function = getattr(module, function_name, None)
    if function is None:
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise UserError(
            f"{what}: module {module_name} ({getattr(module, '__file__', None)}) has no function {function_name!r}"
            f"{nearest(function_name, known)}"
        )
    if not callable(function):
        raise UserError(f"{what}: that is no function but {type(function).__name__}")
    kinds = {
        "an async function": inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function),
        "a generator, which has a yield,": inspect.isgeneratorfunction(function),
    }
    for kind, found in kinds.items():
        if found:
            raise UserError(
                f"{what}: that is {kind} and gives no number when it is called; take a plain def with return"
            )
    return function, module
