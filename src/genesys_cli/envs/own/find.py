"""From ``my_module:NAME`` to the :class:`NativeEnv` of that name in a module of the user's."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from ...errors import UserError, nearest
from ..gym.elsewhere import not_a_file
from ..gym.modules import import_user_module
from ..spec import NativeEnv
from .source import digest_of
from .trial import try_out

_tried: dict[tuple[str, int], NativeEnv] = {}  # by name and identity of the object, which stays alive as a value's part


def find_own(name: str) -> NativeEnv | None:
    """Return the native environment that ``module:NAME`` means; None: the module has no such object.

    The module is imported, from the current directory too, unless nothing but a file names it. The environment is
    tried out in plain Python, once in a process. Raises UserError where either is impossible.
    """
    module_name, _, attribute = name.rpartition(":")
    if not module_name:
        return None
    if instead := not_a_file(name):
        raise UserError(f"environment {name!r}: {instead}")
    if module_name == "__main__":
        raise UserError(
            f"environment {name!r}: kernels cannot be kept for the program that runs; put the environment into a "
            "module of its own, my_module.py, and give my_module:ENV"
        )
    module = import_user_module(module_name, f"environment {name!r}")
    found = vars(module).get(attribute)
    if not isinstance(found, NativeEnv):
        return None
    key = (name, id(found.step))
    if key not in _tried:
        try_out(found, name)
        _tried[key] = replace(
            found,
            id=name,
            make_id=found.id,
            observation_names=tuple(found.observation_names),
            action_names=tuple(found.action_names),
            aliases={},
            source=digest_of(found, module),
        )
    return _tried[key]


def natives_in(module_name: str) -> list[str]:
    """Return the names of the native environments that an imported module defines."""
    return [key for key, value in vars(sys.modules[module_name]).items() if isinstance(value, NativeEnv)]


def not_native(name: str, value: Any) -> str:
    """Return what to say of an object that is no environment of either kind."""
    module_name, _, attribute = name.rpartition(":")
    known = natives_in(module_name)
    text = f"environment {name!r}: {attribute} in {module_name!r} is no NativeEnv but {type(value).__name__}"
    return f"{text}{nearest(attribute, known)}" + (f"; there is: {', '.join(known)}" if known else "")
