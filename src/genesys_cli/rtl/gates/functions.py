"""Boolean expressions of Liberty files, as truth tables.

A truth table is an int: bit `i` is the value where bit `k` of `i` is the value of the `k`-th name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOKEN = re.compile(r"\s*([A-Za-z_]\w*|[01]|[!'&*|+^()])")


class Expression:
    """A parser of one expression over some names, by recursive descent; ``table`` is its truth table.

    Liberty writes NOT as ``!a`` or ``a'``, XOR as ``^``, AND as ``&``, ``*`` or nothing, OR as ``|`` or ``+``, which
    bind in this order.
    """

    def __init__(self, text: str, names: Sequence[str]) -> None:
        """Raise :class:`ValueError` for what is no expression, and for a name that is not among `names`."""
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        size = 1 << len(names)
        self._all = (1 << size) - 1
        self._columns = {
            name: sum(1 << row for row in range(size) if row >> place & 1) for place, name in enumerate(names)
        }
        self.table = self._or()
        if self._at < len(self._tokens):
            raise ValueError(f"{text!r} goes on after its end, with {self._tokens[self._at]!r}")

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _or(self) -> int:
        value = self._and()
        while self._next() in ("|", "+"):
            self._at += 1
            value |= self._and()
        return value

    def _and(self) -> int:
        value = self._xor()
        while (token := self._next()) and token not in ("|", "+", ")"):
            self._at += token in ("&", "*")
            value &= self._xor()
        return value

    def _xor(self) -> int:
        value = self._not()
        while self._next() == "^":
            self._at += 1
            value ^= self._not()
        return value

    def _not(self) -> int:
        token = self._next()
        self._at += 1
        if token == "!":
            return self._all ^ self._not()
        if token == "(":
            value = self._or()
            if self._next() != ")":
                raise ValueError(f"{self._text!r} lacks a closing bracket")
            self._at += 1
        elif token in ("0", "1"):
            value = self._all * int(token)
        elif token in self._columns:
            value = self._columns[token]
        else:
            raise ValueError(
                f"{self._text!r} has {token or 'its end'!r} where one of {', '.join(self._columns)} may be"
            )
        while self._next() == "'":
            self._at += 1
            value ^= self._all
        return value


def truth_table(text: str, names: Sequence[str]) -> int:
    """Return the truth table of an expression; raises :class:`ValueError`."""
    return Expression(text, names).table


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text.rstrip()):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"{text!r} has {text[at:].strip()[:1]!r}, which is no operator")
        found.append(token[1])
        at = token.end()
    return found
