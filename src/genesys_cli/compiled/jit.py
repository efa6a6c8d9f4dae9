"""The decorators that every kernel uses, and where compiled kernels are kept.

``kernel`` marks a function that Python calls: no GIL, cached on disk. ``inline`` marks a building block that always
goes into the kernels that call it, so that loops over lanes stay one SIMD loop. ``outline`` marks one that is large and
rarely reached, and may stay a call. Neither may allocate, so that numba leaves out reference counts, which are atomic
and would cost more than a small network's step; a building block that allocates is marked ``allocating``.

Why these two are not ``njit``: a kernel built in a factory closes over its building blocks, and numba keys its cache on
the pickled closure. A jitted function pickles with a random identity, a plain function by its name, so only the latter
is found again by the next process.

A block that is not inlined must not be such a closure. It stays a function of its own, whose symbol is its name, its
argument types and a number that each process counts from 1. Kernels that two processes have compiled can so hold two
blocks of one name, of which a third process, when it loads both kernels, would use the first in either. What one of
these blocks needs to know is therefore an argument.

numba's cache notices edits of the file that holds a kernel but not of the files that it calls into. The cache folder
is therefore named after a digest of every source file of the package: an edit anywhere compiles afresh.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.event import RecordingListener, register
from numba.extending import register_jitable

from ..errors import GenesysError

PACKAGE = Path(__file__).resolve().parents[1]
SOURCES = ("names.py", "facts.py", "compiled", "genome", "neat", "network", "envs", "accelerator", "backends")

F = TypeVar("F", bound=Callable[..., Any])


def cache_folder() -> Path:
    """Return the folder of this version's compiled kernels, under ``GENESYS_CACHE_DIR`` or the user's cache folder."""
    digest = hashlib.sha256(sys.version.encode())
    for name in SOURCES:
        place = PACKAGE / name
        for source in [place] if place.is_file() else sorted(place.rglob("*.py")):
            digest.update(source.read_bytes())
    if own := os.environ.get("GENESYS_CACHE_DIR"):
        base = Path(own)
    elif kept := os.environ.get(_KEPT):
        base = Path(kept)
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home())) / "genesys"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "genesys"
    return base / f"kernels-{digest.hexdigest()[:16]}"


def compiled_before(what: str) -> bool:
    """Say whether :func:`note_compiled` was told of `what` since the sources changed: its kernels are on disk."""
    return (Path(numba.config.CACHE_DIR) / f"compiled-{what}").exists()


def note_compiled(what: str) -> None:
    """Remember that the kernels of `what` have been compiled."""
    with contextlib.suppress(OSError):  # only a message depends on it
        (Path(numba.config.CACHE_DIR) / f"compiled-{what}").touch()


_compiled = RecordingListener()
register("numba:compile", _compiled)


def compilations() -> int:
    """Return a number that grows whenever this process compiles a kernel, and not when it finds one on disk."""
    return len(_compiled.buffer)


def _usable_folder() -> Path:
    """Return the cache folder; where nothing may be written there, one that goes with this process, and say so."""
    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home
        why = error
    try:
        passing = tempfile.mkdtemp(prefix="genesys-")
    except OSError as error:
        raise GenesysError(f"kernels cannot be compiled: no folder may be written to ({why}; {error})") from None
    atexit.register(shutil.rmtree, passing, ignore_errors=True)
    os.environ.pop("GENESYS_CACHE_DIR", None)
    os.environ[_KEPT] = passing  # for this process's children
    logging.getLogger("genesys_cli").warning(
        "warning: compiled kernels cannot be kept (%s) and are compiled again in each run; set GENESYS_CACHE_DIR to a "
        "folder that you may write to",
        why,
    )
    folder = cache_folder()
    folder.mkdir()
    return folder


_KEPT = "GENESYS_PASSING_CACHE_DIR"

if "NUMBA_CACHE_DIR" not in os.environ:  # set here rather than there, since child processes would inherit that
    numba.config.CACHE_DIR = str(_usable_folder())

_PROCESS = f"-{os.getpid()}-{uuid.uuid4().hex[:8]}.nbc"


def kernel(function: F) -> F:
    """Compile a function that Python calls, when it is called first, and keep it on disk."""
    compiled: Any = numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    if compiled is function:  # NUMBA_DISABLE_JIT
        return function
    # numba numbers the files of one function's variants. Two processes that compile different ones at the same time,
    # such as the rollouts of two environments, would give both the same number, and the next process the wrong code.
    file = compiled._cache._cache_file
    file._data_name_pattern = file._data_name_pattern.replace(".nbc", _PROCESS)
    return compiled


inline: Callable[[F], F] = register_jitable(error_model="numpy", forceinline=True, _nrt=False)
outline: Callable[[F], F] = register_jitable(error_model="numpy", _nrt=False)
allocating: Callable[[F], F] = register_jitable(error_model="numpy")
