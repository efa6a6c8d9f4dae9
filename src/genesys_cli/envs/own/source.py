"""What the kernels of a user's environment are compiled from, as a digest.

numba keeps kernels by the names of the functions that they inline. So that an edit compiles anew, and another user's
module of the same name gets kernels of its own, kernels also bear the digest of the user's files and constants.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from ..spec import NativeEnv

_INSTALLED = tuple(
    {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_OURS = Path(__file__).resolve().parents[2]


def digest_of(env: NativeEnv, module: ModuleType) -> str:
    """Return the digest of all that decides what the kernels of an environment do; hexadecimal.

    These are the source of its module and of the user's other modules that it imports, and the values of the globals
    that its functions read, which numba compiles in. Installed packages count by name only, unless it is part of one.
    """
    digest = hashlib.sha256()
    top = module.__name__.partition(".")[0]
    for path in sorted(files_of(module, top)):
        digest.update(path.read_bytes())
    for line in sorted(set(_frozen(env))):
        digest.update(line.encode(errors="surrogatepass"))
    return digest.hexdigest()


def files_of(module: ModuleType, top: str) -> set[Path]:
    """Return the source files of a module and of all modules of the user's that it imports, directly or not.

    top: package whose modules count although they may be installed
    """
    found: set[Path] = set()
    left, seen = [module], set()
    while left:
        one = left.pop()
        path = _file(one)
        if path is None or one.__name__ in seen or not _is_own(path, one.__name__, top):
            continue
        seen.add(one.__name__)
        found.add(path)
        left += [sys.modules[name] for name in _imported(one, path) if name in sys.modules]
    return found


def _file(module: ModuleType) -> Path | None:
    name = getattr(module, "__file__", None)
    path = Path(name).resolve() if isinstance(name, str) else None
    return path if path is not None and path.suffix == ".py" and path.is_file() else None


def _is_own(path: Path, name: str, top: str) -> bool:
    if path.is_relative_to(_OURS):
        return False
    return name.partition(".")[0] == top or not any(path.is_relative_to(place) for place in _INSTALLED)


def _imported(module: ModuleType, path: Path) -> Iterator[str]:
    """Yield the full names of what may be modules in the imports of a module."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # it was edited since
        return
    package = (module.__package__ or "").split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def functions_of(env: NativeEnv) -> list[FunctionType]:
    """Return what kernels inline of a user's files: ``observe``, each ``step``, and the functions that they call."""
    found: list[FunctionType] = []
    trials = [trial.step for validation in env.validations.values() for trial in validation]
    left = [env.step, env.observe, *filter(None, trials)]
    while left:
        function = getattr(left[-1], "py_func", left[-1])  # of numba's
        left.pop()
        if isinstance(function, FunctionType) and function not in found and not _is_ours(function):
            found.append(function)
            left += [value for _, value in _read_by(function) if callable(value)]
    return found


def _frozen(env: NativeEnv) -> Iterator[str]:
    """Yield a line for each number, text, tuple or array that a kernel compiles in as a constant."""
    for function in functions_of(env):
        for name, value in _read_by(function):
            if isinstance(value, np.ndarray):
                yield f"{name} {value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
            elif _is_plain(value):
                yield f"{name} {value!r}"


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return isinstance(value, int | float | complex | str | np.generic)


def _is_ours(function: FunctionType) -> bool:
    return Path(function.__code__.co_filename).resolve().is_relative_to(_OURS)


def _read_by(function: FunctionType) -> Iterator[tuple[str, Any]]:
    names: set[str] = set()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names.update(code.co_names)
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    for name in sorted(names & function.__globals__.keys()):
        value = function.__globals__[name]
        if isinstance(value, ModuleType):  # `helpers.LIMIT`: which of its names are meant is not known here
            found = vars(value) if _file(value) is not None and not _is_ours_file(value) else {}
            yield from ((key, found[key]) for key in sorted(names & found.keys()))
        else:
            yield name, value
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # it is empty
            yield name, cell.cell_contents


def _is_ours_file(module: ModuleType) -> bool:
    path = _file(module)
    return path is not None and path.is_relative_to(_OURS)
