"""Progress of long work on standard error: one line that changes on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Protocol

from rich.console import Console
from rich.status import Status
from rich.text import Text

from ..errors import one_line, plain
from .terminal import Terminal, tell

EVERY_S = 5.0  # at most one plain line of progress in so many seconds


class Progress(Protocol):
    """Hears how far work has come. step: `done` of `total` pieces, and what is being done now"""

    def message(self, text: str) -> None: ...
    def step(self, done: int, total: int, text: str) -> None: ...
    def close(self) -> None: ...


def redrawable() -> Terminal | None:
    """Return standard error, if what is drawn on it can be drawn again."""
    console = Terminal(sys.stderr)
    able = console.is_terminal and not console.is_dumb_terminal and not console.options.ascii_only
    return console if able else None


def choose_progress(*, quiet: bool = False) -> Progress:
    """Return what fits standard error."""
    if quiet:
        return Silent()
    console = redrawable()
    return Plain() if console is None else Changing(console)


class Silent:
    """Shows nothing."""

    def message(self, text: str) -> None:
        pass

    def step(self, done: int, total: int, text: str) -> None:
        pass

    def close(self) -> None:
        pass


class Plain(Silent):
    """A line now and then, for logs."""

    def __init__(self) -> None:
        self._last = -EVERY_S

    def message(self, text: str) -> None:
        tell(text)

    def step(self, done: int, total: int, text: str) -> None:
        now = time.monotonic()
        if now - self._last >= EVERY_S or done == total:
            self._last = now
            self.message(f"{done} of {total}: {text}")


class Changing(Silent):
    """One line, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None

    def message(self, text: str) -> None:
        self._console.print(Text(plain(text)))

    def step(self, done: int, total: int, text: str) -> None:
        line = Text(one_line(f"{done} of {total}: {text}"))
        if self._status is None:
            self._status = self._console.status(line)
            self._status.start()
        else:
            self._status.update(line)

    def close(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
