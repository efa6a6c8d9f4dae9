"""What a study and the processes that carry out its runs tell each other, pickled, in pipes."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..config.backends import BackendKind
from ..envs.spec import Environment
from ..runs.start import Prepared


class Setup(NamedTuple):
    """The first message to a process.

    backends: that are not shipped; trusted: modules that may be imported
    command: what was typed, for the record; logs, require_repeatable: as of ``runs.evolve``
    env: what is played, where its files may be elsewhere; None: the settings say it
    """

    backends: list[BackendKind]
    trusted: list[str]
    command: list[str]
    logs: tuple[str, ...]
    require_repeatable: bool
    env: Environment | None = None


class Job(NamedTuple):
    """A run to be carried out.

    settings: as TOML; flags: of a run that is resumed, whose own settings count; None: it is a new one
    start: what a new run begins with, where its files are elsewhere; None: the settings say it
    """

    seed: int
    run_dir: str
    settings: str
    flags: dict[str, Any] | None
    start: Prepared | None = None


class Stop(NamedTuple):
    """The run is to be broken off, as by Ctrl-C."""


class Said(NamedTuple):
    text: str


class Generation(NamedTuple):
    """Some columns of a generation's row of metrics."""

    row: dict[str, Any]


class Done(NamedTuple):
    """The run is at its end, and so is what has to be said of it in its folder."""


class Failed(NamedTuple):
    """The run has failed. trace: of an error that nobody expects; such a process ends"""

    why: str
    trace: str = ""


class Gone(NamedTuple):
    """There will be no more messages: the process has ended."""
