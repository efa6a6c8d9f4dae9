"""Which backends there are: what is known of each before it is imported, and where it is imported from.

A package adds one without a line changed here: by :func:`register`, or by an entry point of the group
``genesys_cli.backends`` that names a :class:`BackendKind`.
"""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Any, NamedTuple

from ..errors import UserError, nearest

GROUP = "genesys_cli.backends"


class BackendKind(NamedTuple):
    """A backend as settings, files and reports know it.

    name: what ``run.backend`` says; where: ``module:Class``, a subclass of ``backends.base.Backend``
    summary: a few words for help texts
    emulates_chip: whether it has the settings of a chip, and holds genomes as its gene words
    counts_itself: whether each generation's row of metrics has the chip's counts
    numbers_connections: whether children's new genes are numbered by the counters of innovations
    kernels: what it needs compiled: ``playing``, ``breeding``
    simulates_rtl: whether it has the settings of a chip's RTL
    same_as: backend whose results it repeats bit for bit, which is what checkpoints and champions name; empty: none
    """

    name: str
    where: str
    summary: str
    emulates_chip: bool = False
    counts_itself: bool = False
    numbers_connections: bool = True
    kernels: tuple[str, ...] = ("playing", "breeding")
    simulates_rtl: bool = False
    same_as: str = ""


SHIPPED = (
    BackendKind("software", "genesys_cli.backends.software:SoftwareBackend", "compiled kernels on this machine"),
    BackendKind(
        "genesys",
        "genesys_cli.backends.chip.backend:ChipBackend",
        "the emulated chip",
        emulates_chip=True,
        counts_itself=True,
        numbers_connections=False,
    ),
    BackendKind(
        "rtl",
        "genesys_cli.backends.rtl.backend:RtlBackend",
        "the chip's RTL, simulated",
        emulates_chip=True,
        counts_itself=True,
        numbers_connections=False,
        simulates_rtl=True,
        same_as="genesys",
    ),
)
DEFAULT = SHIPPED[0].name

_kinds = {kind.name: kind for kind in SHIPPED}


def register(kind: BackendKind) -> None:
    """Add a backend for this process and those that it starts. Raises :class:`UserError` where it cannot be one."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", kind.name):
        raise UserError(
            f"a backend cannot be called {kind.name!r}; a name is made of lower-case letters, digits, - and _, and "
            "begins with a letter"
        )
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", kind.where):
        raise UserError(f"backend {kind.name}: {kind.where!r} does not say where it is; it must be module:Class")
    if _kinds.get(kind.name, kind) != kind:
        raise UserError(f"there is a backend {kind.name} already, {_kinds[kind.name].where}; choose another name")
    _kinds[kind.name] = kind


def added() -> list[BackendKind]:
    """Return those that were registered in this process, to be registered in one that it starts."""
    return [kind for kind in _kinds.values() if kind not in SHIPPED]


def register_all(kinds: Iterable[BackendKind]) -> None:
    """Register what another process has :func:`added`."""
    for kind in kinds:
        register(kind)


def backend_names() -> list[str]:
    """Return the names of all backends, the default one first. A package whose backend is broken hides no other."""
    for point in entry_points(group=GROUP):
        if point.name not in _kinds:
            with contextlib.suppress(UserError):
                _from_entry_point(point)
    return list(_kinds)


def is_backend(name: object) -> bool:
    """Say whether there is such a backend. Installed packages are asked only where the name is not known yet.

    Raises :class:`UserError` where one of them has it, and it is broken.
    """
    if not isinstance(name, str) or name in _kinds:
        return isinstance(name, str)
    for point in entry_points(group=GROUP):
        if point.name == name:
            _from_entry_point(point)
    return name in _kinds


def kind_of(name: str) -> BackendKind:
    """Return what is known of a backend; raises :class:`UserError` where there is none of that name."""
    if not is_backend(name):
        known = backend_names()
        raise UserError(f"there is no backend {name!r}{nearest(name, known) or '.'} There are: {', '.join(known)}.")
    return _kinds[name]


def results_of(name: str) -> str:
    """Return the backend whose results another one has, which is what checkpoints and champions name."""
    kind = kind_of(name)
    return kind.same_as or kind.name


def load_backend(name: str) -> Any:
    """Return the class of a backend, imported now; raises :class:`UserError` where it cannot be."""
    kind = kind_of(name)
    module, _, attribute = kind.where.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UserError(f"backend {name}: {kind.where} cannot be imported: {error}") from error


def _from_entry_point(point: Any) -> None:
    try:
        kind = point.load()
    except Exception as error:
        raise UserError(f"backend {point.name}: the entry point {point.value} cannot be loaded: {error}") from error
    if not isinstance(kind, BackendKind) or kind.name != point.name:
        raise UserError(
            f"backend {point.name}: the entry point {point.value} must name a BackendKind called {point.name!r}"
        )
    register(kind)
