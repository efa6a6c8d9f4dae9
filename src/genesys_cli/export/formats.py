"""The formats that a champion can be exported in, one entry each: all that the command line and its help know of them.

A new format is a module with a function that writes it, an entry here, and a section in ``docs/export.md``. Nothing
heavy is imported here; a writer is when it is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

FLOAT, FIXED = "float", "fixed"
ARITHMETICS = (FLOAT, FIXED)


class Export(NamedTuple):
    """The contents of a file.

    facts: what is known of it, for programs; remarks: lines about it for people, by label, in which ``{output}`` stands
    for the file's name as a shell takes it
    """

    data: bytes
    facts: Mapping[str, Any] = {}
    remarks: Mapping[str, str] = {}


class Writer(Protocol):
    """Writes a :class:`~.controller.Controller`. options: those of its format, None where one is not given"""

    def __call__(self, controller: Any, **options: str | None) -> Export: ...


class Option(NamedTuple):
    """A word on the command line that belongs to a format: ``--name``.

    choices: what it may be, (): the writer checks it; only: why no other format has it, such as ``only X has names``
    """

    name: str
    help: str
    only: str
    choices: tuple[str, ...] = ()


class Format(NamedTuple):
    """A format of files.

    title: what it is called; about: what it is or is good for; ending: of the files' names
    writer: module and function, a :class:`Writer`
    arithmetics: what its files can compute in; the backend of the run chooses, where there are two
    """

    title: str
    about: str
    ending: str
    writer: str
    arithmetics: tuple[str, ...] = (FLOAT,)
    options: tuple[Option, ...] = ()

    def write(self, controller: Any, options: Mapping[str, str | None]) -> Export:
        module, _, name = self.writer.partition(":")
        writer: Writer = getattr(importlib.import_module(module), name)
        return writer(controller, **options)


FORMATS = {
    "json": Format("JSON", "for reading", ".json", "genesys_cli.export.as_json:write"),
    "onnx": Format("ONNX", "for runtimes", ".onnx", "genesys_cli.export.as_onnx:write"),
    "c": Format(
        "C",
        "one header without any library",
        ".h",
        "genesys_cli.export.c.as_c:write",
        arithmetics=(FLOAT, FIXED),
        options=(
            Option(
                "name", "prefix of all names. [default: the environment's]", "only a C header's names have a prefix"
            ),
            Option(
                "flash",
                "none, or progmem: tables in the flash of an AVR. [default: none]",
                "only a C header has tables that lie somewhere",
                choices=("none", "progmem"),
            ),
        ),
    ),
    "torch": Format("PyTorch", "one Python module", ".py", "genesys_cli.export.as_torch:write"),
}


def listed(words: Iterable[str]) -> str:
    """Return words as a list that ends in "or"."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def titles(formats: Iterable[Format]) -> str:
    return listed(known.title for known in formats)
