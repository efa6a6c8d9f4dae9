"""Standard output and standard error, whatever they are: a terminal of few characters, a full disk, a closed pipe.

Characters that a stream's encoding lacks are replaced. What cannot be written to standard error is lost, since it is
about the work and not its result; what cannot be written to standard output is an error.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import sys
import threading
import unicodedata
from collections.abc import Iterator
from typing import Any

from ..errors import GenesysError, plain

ERRORS = "genesys-ascii"

_ASCII = {
    **{"×": "x", "·": "-", "µ": "u", "μ": "u", "−": "-", "–": "-", "—": "-", "…": "...", "±": "+-"},
    **{"≤": "<=", "≥": ">="},
    **{"→": "->", "←": "<-", "∞": "inf", "²": "2", "³": "3", "°": " deg", "•": "*", "■": "#", "\u00a0": " "},
    **{"‘": "'", "’": "'", "“": '"', "”": '"', "░": ".", "▒": ":", "▓": "#"},
}  # fmt: skip


class ClosedOutputError(GenesysError):
    """Nobody reads standard output any more, such as behind ``head``: no reason for a message."""


def ascii_of(character: str) -> str:
    """Return what stands for a character where it cannot be shown."""
    if (known := _ASCII.get(character)) is not None:
        return known
    if "▀" <= character <= "▟":  # blocks, of bars and curves
        return "_" if character <= "▂" else "=" if character <= "▅" else "#"
    if "─" <= character <= "╿":  # lines
        name = unicodedata.name(character)
        sides = {"HORIZONTAL": "-", "VERTICAL": "|"}
        return next((sides[side] for side in sides if name.endswith(side)), "+")
    if "\u2800" <= character <= "\u28ff":  # braille, of drawings
        return " " if character == "\u2800" else "."
    return "?"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(ascii_of, error.object[error.start : error.end])), error.end


codecs.register_error(ERRORS, _replace)


class _Guarded:
    """A stream whose writing fails in one way only. result: whether it is standard output."""

    def __init__(self, stream: Any, *, result: bool) -> None:
        self._stream = stream
        self._result = result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    buffer = None  # click would write to it, past this class, where the encoding is ASCII

    @property
    def binary(self) -> Any:
        return self._stream.buffer

    def write(self, text: str) -> int:
        with self._guard():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._guard():
            self._stream.flush()

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            _sink(self._stream)  # or what is buffered would fail once more, when Python ends
            if not self._result:
                return
            if error.errno == errno.EPIPE:
                raise ClosedOutputError from None
            raise GenesysError(
                f"standard output cannot be written ({error.strerror or error}); what was to be kept in files is there"
            ) from None


def _sink(stream: Any) -> None:
    """Let what is written to a stream go nowhere from now on."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Make both streams safe to write to. Raises GenesysError where standard output could not be written.

    What code that is not ours writes past Python to descriptor 1 goes to standard error from then on.
    """
    _open_closed()
    before = sys.stdout, sys.stderr
    stdout = _apart(sys.stdout) if sys.stdout is sys.__stdout__ else sys.stdout
    for stream in (stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)
    if before[0] is sys.__stdout__:
        sys.unraisablehook = _unraisable
    sys.stdout, sys.stderr = _Guarded(stdout, result=True), _Guarded(sys.stderr, result=False)
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    finally:
        sys.stderr.flush()
        if before[0] is not sys.__stdout__:
            sys.stdout, sys.stderr = before


def _unraisable(found: Any) -> None:
    """Say in one line what code that is not ours raised where nothing can catch it, such as in ``__del__``."""
    if str(getattr(found.object, "__module__", "")).startswith("genesys_cli"):  # a bug
        sys.__unraisablehook__(found)
        return
    where = getattr(found.object, "__qualname__", None) or repr(found.object)
    with contextlib.suppress(Exception):
        print(plain(f"warning: {where} raised {found.exc_type.__name__}: {found.exc_value}"), file=sys.stderr)


def _open_closed() -> None:
    """Open descriptors that are closed, so that no file of ours gets the number of a standard stream."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) < 3:
            pass
        os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def _apart(stream: Any) -> Any:
    """Return standard output on a descriptor of its own, so that nobody else writes to it or closes it."""
    try:
        if stream.fileno() != 1:
            return stream
        stream.flush()
        own = os.fdopen(os.dup(1), "w", encoding=stream.encoding, errors=stream.errors)
        os.dup2(2, 1)
    except (OSError, ValueError, AttributeError):
        return stream
    return own


def left_threads() -> bool:
    """Say whether threads that are not ours would keep Python from ending."""
    return any(not one.daemon and one is not threading.main_thread() for one in threading.enumerate())
