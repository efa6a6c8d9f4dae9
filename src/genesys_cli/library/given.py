"""What programs give to the functions of this package, looked at before anything is begun."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..config.load import load_settings, note_on_preset
from ..config.schema import Settings
from ..errors import UserError
from ..files.storage import write_atomically


def chosen_settings(
    env: str | None,
    preset: str | Path | None,
    chip: str | Path | None,
    env_kwargs: Mapping[str, Any] | None,
    settings: Mapping[str, Any] | None,
    flags: Mapping[str, object],
) -> tuple[Settings, str]:
    """Return the settings that a program asks for, and what is to be said of the preset. flags: values by key"""
    for name, path in (("env", env), ("preset", preset), ("chip", chip)):
        if not (path is None or isinstance(path, str) or (isinstance(path, Path) and name != "env")):
            raise UserError(f"{name} = {path!r}: must be a text{' or a path' if name != 'env' else ''}")
    given = pairs("settings", settings)
    chosen = load_settings(preset, env, given, flags, chip, pairs("env_kwargs", env_kwargs))
    _refuse_main(chosen)
    return chosen, note_on_preset(preset, env, given, chosen)


def folder_of(run_dir: str | Path | None) -> Path | None:
    """Return the folder that a program asks for; None: it leaves that to us."""
    if not (run_dir is None or isinstance(run_dir, str | Path)):
        raise UserError(f"run_dir = {run_dir!r}: must be a text or a path")
    return None if run_dir is None else Path(run_dir)


def function_name(problem: str | Callable[..., Any] | None) -> str | None:
    """Return ``module:function`` of a function; raises UserError where others could not find it by that."""
    if problem is None or isinstance(problem, str):
        return problem
    if not callable(problem):
        raise UserError(f"problem = {problem!r}: must be a function, or a text such as 'my_module:evaluate'")
    module, name = getattr(problem, "__module__", None) or "", getattr(problem, "__qualname__", "")
    if module != "__main__" and getattr(sys.modules.get(module), name, None) is problem:
        return f"{module}:{name}"
    what = name or type(problem).__name__
    raise UserError(
        f"problem: worker processes import the function, and cannot find {what!r} of {module or 'no module'}; put it "
        "as a plain def into a module of its own, such as my_module.py, and give that function or 'my_module:evaluate'"
    )


def path_of(path: str | Path) -> Path:
    """Return where a file is; raises UserError where that is no path."""
    if not isinstance(path, str | Path):
        raise UserError(f"path = {path!r}: must be a text or a path")
    return Path(path)


def write(path: str | Path, data: bytes) -> None:
    """Write a file, whole or not at all; raises UserError where that cannot be."""
    where = path_of(path)
    if where.is_dir():
        raise UserError(f"{where} is a folder; give the name of a file")
    write_atomically(where, data, "choose a file in a folder that there is", "free some disk space and try again")


def pairs(name: str, given: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Return what is given by key; raises UserError where the keys are no texts."""
    if not isinstance(given or {}, Mapping) or not all(isinstance(key, str) for key in given or {}):
        raise UserError(f"{name} = {given!r}: must be a dict whose keys are texts")
    return list((given or {}).items())


def _refuse_main(settings: Settings) -> None:
    """Raise a UserError where the program that runs defines the environment itself: worker processes do not run it."""
    registry = getattr(sys.modules.get("gymnasium"), "registry", {})
    spec = registry.get(settings.environment.id)
    made_by = getattr(spec, "entry_point", None)
    module = made_by.partition(":")[0] if isinstance(made_by, str) else getattr(made_by, "__module__", "")
    if spec is not None and module == "__main__":
        raise UserError(
            f"{spec.id} is defined in the program that runs, which worker processes do not load; put it and its "
            f"gymnasium.register into a module of its own, and evolve 'module:{spec.id}'"
        )
