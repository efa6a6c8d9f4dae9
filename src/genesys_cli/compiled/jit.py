"""The decorators that every kernel uses, and where compiled kernels are kept.

``kernel`` marks a function that Python calls: no GIL, cached on disk. ``inline`` marks a building block that always
goes into the kernels that call it, so that loops over lanes stay one SIMD loop. ``outline`` marks one that is large and
rarely reached, and may stay a call. Neither may allocate, so that numba leaves out reference counts, which are atomic
and would cost more than a small network's step; a building block that allocates is marked ``allocating``. A kernel
whose caller allocates for it is a ``lean_kernel``.

Why these two are not ``njit``: a kernel built in a factory closes over its building blocks, and what it closes over
belongs to its key in the cache on disk. A jitted function has a random identity, a plain function a name, a code and a
closure of its own, so only the latter is found again by the next process. numba would take the closure's pickle, whose
bytes depend on which of its equal strings are one object: in a process that compiles a module other ones than in the
next, which finds its bytecode. A kernel may close over functions, types, numbers, texts and tuples of these.

A block that is not inlined must not be such a closure. It stays a function of its own, whose symbol is its name, its
argument types and a number that each process counts from 1. Kernels that two processes have compiled can so hold two
blocks of one name, of which a third process, when it loads both kernels, would use the first in either. What one of
these blocks needs to know is therefore an argument.

No wrapper for C is made of any of them: it would be a second copy of all that is inlined.

numba's cache notices edits of the file that holds a kernel but not of the files that it calls into. The cache folder
is therefore named after a digest of every source file of the package: an edit anywhere compiles afresh.

Three things here are numba's own affair and may go by another name in another version: options of the compiler, the
pattern of a cache's file names, events. None is needed for right results. Where one is missing, kernels are slower, or
not kept, or compiled a little more slowly, and a warning says so once.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import hashlib
import logging
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, TypeVar

import numba
from numba.extending import register_jitable

from ..errors import GenesysError

PACKAGE = Path(__file__).resolve().parents[1]
SOURCES = ("names.py", "facts.py", "compiled", "genome", "neat", "network", "envs", "accelerator", "backends", "rtl")

F = TypeVar("F", bound=Callable[..., Any])


def source_digest() -> str:
    """Return a digest of the package's files that decide what is computed."""
    digest = hashlib.sha256()
    for name in SOURCES:
        place = PACKAGE / name
        for source in [place] if place.is_file() else sorted(place.rglob("*.py")):
            digest.update(source.read_bytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Return the folder of this version's compiled kernels, under ``GENESYS_CACHE_DIR`` or the user's cache folder."""
    digest = hashlib.sha256(f"{sys.version} {numba.__version__} {source_digest()}".encode())
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
    if not kept():
        return
    with contextlib.suppress(OSError):  # only a message depends on it
        (Path(numba.config.CACHE_DIR) / f"compiled-{what}").touch()


def kept() -> bool:
    """Say whether kernels that were compiled are there for the next process."""
    return _NAMES not in _missing


def compilations() -> int:
    """Return a number that grows whenever this process compiles a kernel, and not when it finds one on disk."""
    return sum(sum(compiled.stats.cache_misses.values()) for compiled in _kernels)


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

_NAMES = "names of cached files"
_missing: set[str] = set()  # of what numba lacks, what has been said
_kernels: list[Any] = []


def _miss(what: str, so: str) -> None:
    """Warn, once in this process and not in its children, that numba lacks something."""
    if what in _missing:
        return
    _missing.add(what)
    said = os.environ.get(_SAID, "").split(";")
    if what not in said:
        os.environ[_SAID] = ";".join([*filter(None, said), what])
        logging.getLogger("genesys_cli").warning(
            "warning: numba %s has no %s that this version of genesys knows, so %s; results are the same",
            numba.__version__,
            what,
            so,
        )


_SAID = "GENESYS_NUMBA_LACKS"


def _options(**wanted: bool) -> dict[str, Any]:
    """Return those options that this numba has."""
    try:
        from numba.core.cpu import CPUTargetOptions
    except ImportError:
        CPUTargetOptions = None
    for name in wanted:
        if not hasattr(CPUTargetOptions, name):
            _miss(f"option {name}", "kernels are slower")
    return {"error_model": "numpy"} | {name: on for name, on in wanted.items() if hasattr(CPUTargetOptions, name)}


def _name_apart(compiled: Any) -> bool:
    """Give the cached files of a kernel names that no other process gives; False: that cannot be done.

    numba numbers the files of one function's variants. Two processes that compile different ones at the same time,
    such as the rollouts of two environments, would give both the same number, and the next process the wrong code.
    """
    try:
        file = compiled._cache._cache_file
        file._data_name_pattern = file._data_name_pattern.replace(".nbc", _PROCESS)
        return _PROCESS in file._data_name(1)
    except (AttributeError, TypeError):
        return False


def _key_apart(compiled: Any) -> None:
    """Let the cache know a kernel by what it closes over, and not by that as numba pickles it."""
    cache: Any = getattr(compiled, "_cache", None)
    if hasattr(cache, "_index_key"):  # else it has the pickle's key, and may be compiled twice
        cache._index_key = lambda sig, codegen: (sig, codegen.magic_tuple(), _digest(compiled.py_func))


def _digest(function: FunctionType) -> str:
    return hashlib.sha256(repr(_described(function)).encode()).hexdigest()


def _described(value: Any) -> Any:
    """Return strings, and lists of such, that are the same in every process for what a kernel may close over."""
    if isinstance(value, FunctionType):
        closure = [cell.cell_contents for cell in value.__closure__ or ()]
        return [value.__module__, value.__qualname__, *map(_described, (value.__code__, value.__defaults__, *closure))]
    if isinstance(value, CodeType):
        return [value.co_code.hex(), *value.co_names, *map(_described, value.co_consts)]
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, tuple | list):
        return [type(value).__name__, *map(_described, value)]
    if isinstance(value, frozenset):
        return sorted(map(repr, value))
    return f"{type(value).__name__} {value!r}"


def kernel(function: F, **options: bool) -> F:
    """Compile a function that Python calls, when it is called first, and keep it on disk."""
    compile_as = functools.partial(numba.njit, nogil=True, **_options(no_cfunc_wrapper=True, **options))
    compiled: Any = compile_as(cache=kept())(function)
    if compiled is function:  # NUMBA_DISABLE_JIT
        return function
    if kept() and not _name_apart(compiled):
        _miss(_NAMES, "kernels are not kept and are compiled again in each run")
        compiled = compile_as(cache=False)(function)
    _key_apart(compiled)
    _kernels.append(compiled)
    return compiled


def lean_kernel(function: F) -> F:
    """As :func:`kernel`, for one that does not allocate: whoever calls it gives it room. It counts no references."""
    return kernel(function, _nrt=False)


inline: Callable[[F], F] = register_jitable(**_options(no_cfunc_wrapper=True, forceinline=True, _nrt=False))
outline: Callable[[F], F] = register_jitable(**_options(no_cfunc_wrapper=True, _nrt=False))
allocating: Callable[[F], F] = register_jitable(**_options(no_cfunc_wrapper=True))


def _compile_without_collections() -> None:
    """Let numba compile without collections of garbage, which find nothing and cost it a tenth of its time."""
    try:
        from numba.core.event import Listener, register
    except ImportError:
        return

    class Compiling(Listener):  # type: ignore[misc]
        """Nested: blocks are compiled while kernels are. numba compiles under one lock, so this counts right."""

        depth = 0
        collecting = False

        def on_start(self, event: Any) -> None:
            if self.depth == 0:
                self.collecting = gc.isenabled()
                gc.disable()
            self.depth += 1

        def on_end(self, event: Any) -> None:
            self.depth -= 1
            if self.depth == 0 and self.collecting:
                gc.enable()

    register("numba:compile", Compiling())


_compile_without_collections()
