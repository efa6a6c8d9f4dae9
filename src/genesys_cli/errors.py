"""What can go wrong through no fault of the code.

A :class:`GenesysError` carries one message for the person at the terminal: what was wrong, which value, what is
allowed and what to do. The command line prints it without a traceback and exits with :attr:`GenesysError.exit_code`.
Everything else that is raised is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


class GenesysError(Exception):
    """The run failed for a reason outside the program, such as a full disk.

    Attributes:
        exit_code (int): Exit code of the command line.
    """

    exit_code = 1


class UserError(GenesysError):
    """The user asked for something that cannot be; the message says what, and what to do."""

    exit_code = 2


class DamagedFileError(UserError):
    """A file is cut off, altered, foreign or written by a newer version."""


def nearest(value: str, choices: Iterable[str], likeness: float = 0.6) -> str:
    """Return ``"; did you mean 'x'?"`` for the choice most like `value`, or an empty string if none is like it.

    likeness: least share of the letters that a choice has in common with it
    """
    by_lower = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(value.lower(), by_lower, n=1, cutoff=likeness)
    return f"; did you mean {by_lower[found[0]]!r}?" if found else ""


# What a terminal obeys or cannot hold: C0 but tab and new line, DEL, C1, marks that turn the direction of writing, lone
# halves of surrogate pairs.
_UNPRINTABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: object) -> str:
    """Return text as a terminal or a page may be given it: what would steer it is spelt out, such as ``\\x1b``."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], str(text))


def cut(text: str, most: int = 60) -> str:
    """Return a text, its end left out where it has more than `most` letters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def one_line(text: object) -> str:
    """Return :func:`plain` text without new lines, for a cell or a label."""
    return " ".join(plain(text).splitlines()) if "\n" in str(text) else plain(text)
