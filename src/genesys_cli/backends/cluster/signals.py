"""Ctrl-C and SIGTERM while Ray, which has signal handlers of its own, is in the process."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from ...errors import GenesysError


def _is_main() -> bool:
    """Say whether this thread hears signals."""
    return threading.current_thread() is threading.main_thread()


def hear_termination() -> Any:
    """Have SIGTERM, with which Slurm and Kubernetes end a job, do what Ctrl-C does; return who heard it before.

    Ray's own handler would print a stack and end the process without a word about the run.
    """
    return signal.signal(signal.SIGTERM, _as_interrupt) if _is_main() else None


def _as_interrupt(_: int, frame: FrameType | None) -> None:
    heard_by = signal.getsignal(signal.SIGINT)
    if callable(heard_by):
        heard_by(signal.SIGINT, frame)
    else:  # ignored, as in a shell's background job
        raise KeyboardInterrupt


@contextlib.contextmanager
def termination_ends_a_run() -> Iterator[None]:
    """Have SIGTERM end a run as Ctrl-C does, in the block."""
    before = hear_termination()
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def interrupts_wait_for(what: str, tell: Callable[[str], object]) -> Iterator[None]:
    """Let a first Ctrl-C wait until the block is through, since Ray's start may crash under one; a second is heard.

    what: has to happen first, in words for `tell`
    """
    before = signal.getsignal(signal.SIGINT)
    if not _is_main() or not callable(before):
        yield
        return
    heard: list[FrameType | None] = []

    def interrupted(number: int, frame: FrameType | None) -> None:
        if heard:
            signal.signal(signal.SIGINT, before)
            before(number, frame)
        heard.append(frame)
        tell(f"interrupted: this ends as soon as {what}; Ctrl-C once more ends it at once")

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if heard:
        before(signal.SIGINT, heard[0])


@contextlib.contextmanager
def within(seconds: float, message: str) -> Iterator[None]:
    """Raise :class:`GenesysError` where something takes longer. Only the main thread of a program can be told so."""
    if not hasattr(signal, "setitimer") or not _is_main():
        yield
        return

    def too_late(*_: object) -> None:
        raise GenesysError(message)

    before = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
