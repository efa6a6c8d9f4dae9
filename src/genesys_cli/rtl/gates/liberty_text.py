"""The syntax of Liberty files: groups of attributes and of groups. What they mean is in ``liberty.py``.

A parser of our own: liberty-parser of PyPI takes three times as long for a library of seven megabytes (10 s where this
one takes 3 s), and what it returns is a tree of the same kind, so it would replace only this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"(){};:,\\]+)|([(){};:,])', re.DOTALL)


class Group(NamedTuple):
    """``kind (names) { ... }``. simple: attributes with a colon; complex: those with brackets, in order"""

    kind: str
    names: tuple[str, ...]
    simple: dict[str, str]
    complex: list[tuple[str, tuple[str, ...]]]
    groups: list[Group]

    def all(self, kind: str) -> Iterator[Group]:
        return (group for group in self.groups if group.kind == kind)

    def values(self, name: str) -> tuple[str, ...] | None:
        """Return the arguments of a complex attribute, or None where there is none of this name."""
        return next((values for found, values in self.complex if found == name), None)


def parse(text: str) -> Group:
    """Return the outermost group of a Liberty file; raises :class:`ValueError` where it is none."""
    return _Reader(_COMMENT.sub(" ", text)).library()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = [
            (found[1], False) if found[1] is not None else (found[2] or found[3], True)
            for found in _TOKEN.finditer(text)
        ]
        self._tokens.append(("", True))
        self._at = 0

    def library(self) -> Group:
        kind = self._take()
        names = self._arguments()
        self._expect("{")
        return self._body(kind, names)

    def _take(self) -> str:
        token, _ = self._tokens[self._at]
        self._at += 1
        return token

    def _sees(self, mark: str) -> bool:
        token, bare = self._tokens[self._at]
        return bare and token == mark

    def _expect(self, mark: str) -> None:
        if not self._sees(mark):
            raise ValueError(f"{mark!r} expected before {self._tokens[self._at][0]!r}, token {self._at}")
        self._at += 1

    def _arguments(self) -> tuple[str, ...]:
        self._expect("(")
        found = []
        while not self._sees(")"):
            if self._sees(""):
                raise ValueError("the file ends within brackets")
            if self._sees(","):
                self._at += 1
            else:
                found.append(self._take())
        self._at += 1
        return tuple(found)

    def _body(self, kind: str, names: tuple[str, ...]) -> Group:
        group = Group(kind, names, {}, [], [])
        while not self._sees("}"):
            if self._sees(""):
                raise ValueError(f"the file ends within {kind} ({', '.join(names)})")
            name = self._take()
            if name == ";":
                continue
            if self._sees(":"):
                self._at += 1
                group.simple[name] = self._value()
                continue
            arguments = self._arguments()
            if self._sees("{"):
                self._at += 1
                group.groups.append(self._body(name, arguments))
            else:
                group.complex.append((name, arguments))
        self._at += 1
        return group

    def _value(self) -> str:
        """Return what stands between a colon and its semicolon; the last one of a group may lack that."""
        value = self._take()
        if self._sees(";"):
            self._at += 1
        return value
