"""Modules of the user's own, named on the command line or in a preset."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from ...config.trust import PACKAGES, check
from ...errors import UserError
from .elsewhere import distribution
from .foreign import current_folder, foreign, reason

EXTRAS = {
    "Box2D": "box2d",
    "ale_py": "atari",
    "envpool": "fast",
    "mujoco": "mujoco",
    "pettingzoo": "pettingzoo",
    "imageio": "mujoco",
    "pyarrow": "data",
    "pygame": "window",
    "sklearn": "data",
}
"""Which extra of this package brings a module."""

_DISTRIBUTIONS = {"cv2": "opencv-python"}


def import_user_module(name: str, what: str) -> ModuleType:
    """Import a module, which may lie in the current directory, as with ``python -m``; what: what names it.

    Raises UserError when there is none, when only a file names it, or with the reason when it cannot be imported.
    """
    check(name, what)
    here = current_folder()
    if name not in PACKAGES and here is not None and here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()  # the file may be newer than the last look into its folder
    with foreign(lambda error: _why_not(name, what, error)):
        return importlib.import_module(name)


def _why_not(name: str, what: str, error: BaseException) -> UserError:
    """Return the error to raise where importing a module raised `error`."""
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        if error.name == name or name.startswith(f"{error.name}."):
            return UserError(
                f"{what}: there is no module {name!r}, neither installed nor in the current directory "
                f"{current_folder() or '(which has been deleted)'}{_brings(error.name)}"
            )
        return UserError(f"{what}: module {name!r} needs {error.name!r}, which is not installed{missing(error.name)}")
    return UserError(f"{what}: module {name!r} cannot be imported: {reason(error)}")


def _brings(module: str) -> str:
    """Return the pip line of a module that the user named, where it is one of a package that is known."""
    return missing(module) if module in EXTRAS or distribution(module.partition(".")[0]) else ""


def missing(module: str) -> str:
    """Return the pip line that brings a module, as the end of a message."""
    package = module.partition(".")[0]
    wanted = (
        f"'genesys-cli[{EXTRAS[package]}]'"
        if package in EXTRAS
        else _DISTRIBUTIONS.get(package) or distribution(package) or package
    )
    return f"; install it with: pip install {wanted}"
