"""Modules of the user's own, named on the command line or in a preset."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import traceback
from types import ModuleType
from typing import TextIO

from ...config.trust import PACKAGES, check
from ...errors import UserError

EXTRAS = {"Box2D": "box2d", "ale_py": "atari", "mujoco": "mujoco", "imageio": "mujoco", "pygame": "window"}
"""Which extra of this package brings a module."""

_DISTRIBUTIONS = {"cv2": "opencv-python"}


def to_stderr() -> contextlib.redirect_stdout[TextIO]:
    """Keep code that is not ours from writing between a command's results."""
    return contextlib.redirect_stdout(sys.stderr)


def import_user_module(name: str, what: str) -> ModuleType:
    """Import a module, which may lie in the current directory, as with ``python -m``; what: what names it.

    Raises UserError when there is none, when only a file names it, or with the reason when it cannot be imported.
    """
    check(name, what)
    if name not in PACKAGES and os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    importlib.invalidate_caches()  # the file may be newer than the last look into its folder
    try:
        with to_stderr():
            return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name is not None:
            if error.name == name or name.startswith(f"{error.name}."):
                raise UserError(
                    f"{what}: there is no module {name!r}, neither installed nor in the current directory {os.getcwd()}"
                    f"{missing(error.name) if error.name in EXTRAS else ''}"
                ) from None
            raise UserError(
                f"{what}: module {name!r} needs {error.name!r}, which is not installed{missing(error.name)}"
            ) from None
        raise UserError(f"{what}: module {name!r} cannot be imported: {reason(error)}") from error


def missing(module: str) -> str:
    """Return the pip line that brings a module, as the end of a message."""
    package = module.partition(".")[0]
    wanted = f"'genesys-cli[{EXTRAS[package]}]'" if package in EXTRAS else _DISTRIBUTIONS.get(package, package)
    return f"; install it with: pip install {wanted}"


def reason(error: BaseException) -> str:
    """Return an exception in one line: type, text, and where it was raised."""
    text = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    if isinstance(error, SyntaxError):
        where = ""  # its text says it
    return f"{type(error).__name__}{f': {text}' if text else ''}{where}"
