"""Which modules may be imported: those that the user named, not those that only a file names.

Settings name modules: ``environment.id = "my_module:MyEnv-v0"``, ``problem.function``, ``evaluation.fitness``. What a
user types, or writes into a preset, is the user's word. A champion, a checkpoint or a run folder may be anybody's:
their modules are imported only where the user has named them as well, now or when a run was started. That is
remembered: a file for each module and the place where it lies, in ``genesys/trusted`` under ``XDG_CONFIG_HOME`` or
``~/.config``. A module of that name elsewhere is another one. Where nothing can be remembered, ``--trust-module`` does.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import UserError
from .problem import ZOO
from .schema import Settings
from .wrappers import wrapper_modules

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_REFERENCE = re.compile(r"([^\W\d][\w.]*):[^\s:]+")
PACKAGES = ("ale_py",)  # which Gymnasium's own games need: any file may name it, but it must be an installed one
_OURS = {"genesys_cli", "gymnasium", "numpy", "numba", "llvmlite", "pydantic", "pydantic_core", "click", "rich"}
_FOR_OLD_GYM = re.compile(r"GymV\d+Environment-v\d+")  # makes what its argument env_id names, and imports that

_named: set[str] = set()  # in this process; each stands for itself and what is inside it
_in_files: dict[str, Path] = {}  # modules that a file has named, and the first file


def modules_of(settings: Settings) -> tuple[str, ...]:
    """Return the modules that settings name, each once."""
    environment = settings.environment
    functions = (settings.problem.function, settings.evaluation.fitness)
    named = [_module_of(environment.id), *((name or "").partition(":")[0] for name in functions)]
    named += wrapper_modules(environment.wrappers)
    if _FOR_OLD_GYM.search(environment.id):
        named += references(environment.kwargs)
    return tuple(name for name in dict.fromkeys(named) if name and name not in PACKAGES)


def _module_of(env_id: str) -> str:
    """Return the module that an environment's id names; empty where it names none of the user's."""
    if env_id.startswith(ZOO):
        name = env_id.removeprefix(ZOO)
        return "" if "/" in name else name  # the others are PettingZoo's own
    return env_id.rpartition(":")[0]


def references(value: Any) -> Iterator[str]:
    """Yield the module of each text such as ``module:Class``, in lists and tables too."""
    if isinstance(value, str):
        if found := _REFERENCE.fullmatch(value):
            yield found[1]
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from references(inner)


def trust(modules: Iterable[str]) -> None:
    """Let modules be imported in this process, whoever names them; raises UserError for what is no module's name."""
    for name in modules:
        if not _NAME.fullmatch(name):
            raise UserError(f"--trust-module {name}: must be the name of a module, such as my_envs")
        _named.add(name)


def named_by_user(settings: Settings) -> None:
    """Trust the modules of settings that a user gives, now and, where they lie as they do now, from now on."""
    for name in modules_of(settings):
        _named.add(name)
        if (note := _note(name)) is not None:
            with contextlib.suppress(OSError):
                note.parent.mkdir(parents=True, exist_ok=True)
                note.touch()


def only_in_file(settings: Settings, path: Path) -> None:
    """Have :func:`check` refuse the modules of settings that come from a file, unless they are trusted."""
    for name in modules_of(settings):
        _in_files.setdefault(name, path)


def trusted_in(settings: Settings) -> list[str]:
    """Return the modules of settings that may be imported here, for a process that is to do the same."""
    return [name for name in modules_of(settings) if name not in _in_files or _trusted(name)]


def check(name: str, what: str) -> None:
    """Raise UserError where a module must not be imported, because nothing but a file names it; what: what names it."""
    path = _in_files.get(name)
    if path is not None and not _trusted(name) and not _missing(name):
        raise UserError(
            f"{what}: the module {name!r} is not imported, since {path} names it and you have not; if you know what it "
            f"does, add --trust-module {name}, or in Python trust={name!r}"
        )


def refusals() -> list[str]:
    """Return a sentence for each module that a file has named in this process and that is not trusted."""
    found = []
    for name in _in_files:
        try:
            check(name, "what needs it is left out")
        except UserError as error:
            found.append(str(error))
    return found


def _trusted(name: str) -> bool:
    if any(name == other or name.startswith(f"{other}.") for other in _named):
        return True
    top = name.partition(".")[0]
    if name in sys.modules and top not in sys.stdlib_module_names and top not in _OURS:
        return True  # the program that uses the library has imported it
    note = _note(name)
    try:
        return note is not None and note.is_file()
    except OSError:
        return False


def _note(name: str) -> Path | None:
    """Return the file that stands for a module where it lies now; None where that is not known, or it is no name."""
    place = _place(name) if _NAME.fullmatch(name) else None
    if place is None:
        return None
    digest = hashlib.sha256(f"{name}\n{place}".encode(errors="surrogatepass")).hexdigest()
    try:
        return _folder() / f"{name[:80]}-{digest[:32]}"
    except RuntimeError:  # nobody's home
        return None


def _folder() -> Path:
    if os.name == "nt":
        base = Path(os.environ.get("APPDATA") or Path.home())
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "genesys" / "trusted"


def _place(name: str) -> str | None:
    """Return where the package of a module would be imported from, without importing it; None: that is not known."""
    with searched():
        try:
            spec = importlib.util.find_spec(name.partition(".")[0])
        except (ImportError, AttributeError, ValueError):
            return None
    if spec is None:
        return None
    if spec.has_location and spec.origin:
        return os.path.realpath(spec.origin)
    return "\n".join(sorted(map(os.path.realpath, spec.submodule_search_locations or ()))) or None


def _missing(name: str) -> bool:
    """Say whether there is no such module, so that an import fails, with a message of its own."""
    with searched():
        try:
            return _NAME.fullmatch(name) is not None and importlib.util.find_spec(name.partition(".")[0]) is None
        except (ImportError, AttributeError, ValueError):
            return False


@contextlib.contextmanager
def searched() -> Iterator[None]:
    """Look for modules in the current directory as well, as an import will."""
    try:
        here = os.getcwd()
    except OSError:  # it is gone
        here = ""
    if not here or here in sys.path or "" in sys.path:
        yield
        return
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(here)
