"""Code that is not ours, wherever it is called: what it does to this process, and what it raises.

An environment, a module that registers one and a fitness function may print, raise anything at all, change the folder
or take Ctrl-C away. :func:`foreign` is around each such call in this process; a worker process is the user's anyway.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...errors import GenesysError, UserError

_log = logging.getLogger("genesys_cli")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_TURN = threading.RLock()
"""Streams and filters of warnings are the process's: of two threads, the second would give back what the first set."""


class _Kept:
    """A stream that others may write to but not close."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def buffer(self) -> Any:
        return getattr(self._stream, "binary", None) or self._stream.buffer

    def close(self) -> None:
        """Do nothing: the stream is needed afterwards."""

    def detach(self) -> Any:
        raise ValueError("this stream belongs to genesys")


@contextlib.contextmanager
def foreign(explain: str | Callable[[BaseException], BaseException]) -> Iterator[None]:
    """Let code that is not ours run; whatever it raises, SystemExit too, becomes a UserError. Ctrl-C passes.

    Its output goes to standard error, its warnings nowhere. Afterwards the current folder, the handlers of Ctrl-C and
    SIGTERM, the filters of warnings and NumPy's treatment of errors are what they were. Threads take turns.

    explain: how the message begins, such as ``CartPole-v1: close``; or what returns the error to raise instead, which
        may be the error itself
    """
    with (
        _TURN,
        _restored(),
        np.errstate(),
        warnings.catch_warnings(),
        _streams(),
    ):
        warnings.simplefilter("ignore")  # such as that there is a newer version of what the user asked for
        try:
            yield
        except (GenesysError, GeneratorExit):
            raise
        except KeyboardInterrupt:
            raise KeyboardInterrupt from None  # without words of others
        except BaseException as error:
            told = UserError(f"{explain} raised {reason(error)}") if isinstance(explain, str) else explain(error)
            if told is error:
                raise
            raise told from error


@contextlib.contextmanager
def _streams() -> Iterator[None]:
    """Send both standard streams to standard error, which cannot be closed."""
    stream = sys.stderr if isinstance(sys.stderr, _Kept) else _Kept(sys.stderr)
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        yield


@contextlib.contextmanager
def _restored() -> Iterator[None]:
    """Put the current folder and the handlers of signals back."""
    here = current_folder()
    main = threading.current_thread() is threading.main_thread()
    handlers = [(number, signal.getsignal(number)) for number in _SIGNALS] if main else []
    try:
        yield
    finally:
        if here is not None and current_folder() != here:
            with contextlib.suppress(OSError):
                os.chdir(here)
        for number, handler in handlers:
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)


def current_folder() -> str | None:
    """Return the current folder; None where it has been deleted."""
    try:
        return os.getcwd()
    except OSError:
        return None


_told: set[str] = set()


def close(world: Any, name: str) -> None:
    """Close an environment. What it did before is done, so that one that cannot be closed is a warning, once."""
    try:
        with foreign(f"{name}: close"):
            world.close()
    except GenesysError as error:
        if name not in _told:
            _told.add(name)
            _log.warning("warning: %s", error)


def reason(error: BaseException) -> str:
    """Return an exception in one line: type, text, and where it was raised."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # of a class of the user's
        text = ""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    if isinstance(error, SyntaxError):
        where = ""  # its text says it
    return f"{type(error).__name__}{f': {text}' if text else ''}{where}"


def short(value: Any) -> str:
    """Return a value's representation in one line of at most 80 letters, whatever it may be."""
    if isinstance(value, int) and value.bit_length() > 256:  # Python refuses to write some out
        return f"a whole number of {value.bit_length()} bits"
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = f"an object of type {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:79]}…"
