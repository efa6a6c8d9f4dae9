"""What an actor on a node is to a study: it has one run at a time carried out, and hands out the files of that.

The run itself is carried out by a process of its own, as on one machine, so that a crash of that is told from the loss
of a node, and so that it ends with the actor, which it hears nothing more of then.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..backends.cluster.member import Facts, evaluator_of
from ..backends.cluster.member import Setup as Alone
from ..backends.cluster.same import versions
from ..compiled.threads import Threads
from ..config.load import settings_from_toml
from ..costs.memory import check_memory
from ..envs.registry import environment_of
from ..errors import UserError
from ..files.folder import as_json
from ..files.parcel import Parcel, Sender, unpack
from . import crew
from .messages import Done, Failed, Generation, Job, Said, Setup, Stop

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_EVERY_S = 0.5  # from one answer to the next, while a run goes on
_PREFIX = "genesys~"  # of folders of runs; the tilde makes shells quote it, so that a quoted path is known as such


class NodeSetup(NamedTuple):
    """What an actor is started with. child: of its process; alone: of an evaluator, as which a run is tried"""

    child: Setup
    alone: Alone


class News(NamedTuple):
    """What has become of a run since the last time.

    messages: Said, and the last Generation; files: that have changed; end: of the run, when all files have been sent
    """

    messages: tuple[Said | Generation, ...]
    files: Parcel
    end: Done | Failed | Stop | None


class Node:
    """Has runs carried out, one after the other. It is made anew by Ray where it has died."""

    def __init__(self, setup: NodeSetup) -> None:
        self._setup = setup
        self._crew = crew.Crew(setup.child, 1)
        self._place: _Place | None = None
        self._ticket = -1  # of the run that it is at
        self._heard = _Heard(())
        self._sender: Sender | None = None

    def prepare(self) -> Facts:
        """Return who it is; raises UserError where the runs cannot be carried out here."""
        alone = self._setup.alone
        try:
            evaluator_of(alone, Threads(alone.cores)).close()
            settings = settings_from_toml(alone.settings, "from the study")
            check_memory(settings, environment_of(settings) if alone.env is None else alone.env)
        except UserError as error:
            raise UserError(f"on node {socket.gethostname()}: {error}") from None
        return Facts(socket.gethostname(), os.getpid(), versions())

    def begin(self, ticket: int, job: Job, files: Parcel) -> News | None:
        """Begin a run, or go on with one. ticket: by which it is asked for later; files: of a run that goes on"""
        there = Path(job.run_dir)
        self._place = self._place or _Place()
        here = self._place.study / there.name
        if self._ticket >= 0:  # it was given up for lost, though it was only out of reach: somebody else has that run
            self._crew.close()
        self._place.clear()
        unpack(here, files)
        self._heard = heard = _Heard(((here, there), (here.parent, there.parent)))
        self._sender = Sender(here, lambda summary: as_json(heard.edited(json.loads(summary))))
        self._sender.known(files)
        self._ticket = ticket
        self._crew.begin(job._replace(run_dir=str(here)))
        return self.news(ticket)

    def news(self, ticket: int) -> News | None:
        """Return what has become of a run, after a while if that is nothing; None: it is at no such run."""
        if ticket != self._ticket:
            return None
        until = time.monotonic() + _EVERY_S
        while self._heard.end is None and time.monotonic() < until:
            self._crew.hear(self._heard, _EVERY_S)
        return self._told()

    def stop(self, ticket: int) -> News | None:
        """Have the run saved and broken off; return what it came to."""
        if ticket != self._ticket:
            return None
        self._crew.break_off()
        self._crew.close()
        self._heard.end = self._heard.end or Stop()
        return self._told()

    def close(self) -> None:
        """End its process, and leave nothing behind."""
        self._crew.close()
        if self._place is not None:
            self._place.close()

    def _told(self) -> News:
        end = self._heard.end  # whose files are all there now
        assert self._sender is not None  # who tells of a run has begun it
        files = self._sender.changes()
        messages = self._heard.taken()
        if end is None or files.more:
            return News(messages, files, None)
        self._ticket = -1
        return News(messages, files, end)


class _Heard:
    """Keeps what is heard of a run. end: of it; None: it goes on"""

    def __init__(self, renamed: tuple[tuple[Path, Path], ...]) -> None:
        """renamed: paths here, and what the study knows them as"""
        self.end: Done | Failed | Stop | None = None
        self._said: list[Said] = []
        self._last: Generation | None = None
        self._renamed = [(shlex.quote(str(here)), shlex.quote(str(there))) for here, there in renamed]
        self._renamed += [(str(here), str(there)) for here, there in renamed]

    def edited(self, value: Any) -> Any:
        """Return a text, or what holds some, with the paths that the study knows."""
        if isinstance(value, str):
            for here, there in self._renamed:
                value = value.replace(here, there)
            return value
        if isinstance(value, list):
            return [self.edited(one) for one in value]
        if isinstance(value, dict):
            return {key: self.edited(one) for key, one in value.items()}
        return value

    def taken(self) -> tuple[Said | Generation, ...]:
        """Return what has been heard, once."""
        last = () if self._last is None else (self._last,)
        found: tuple[Said | Generation, ...] = (*self._said, *last)
        self._said, self._last = [], None
        return found

    def began(self, seed: int) -> None:
        pass

    def said(self, seed: int, text: str) -> None:
        self._said.append(Said(self.edited(text)))

    def generation(self, seed: int, row: dict[str, Any]) -> None:
        self._last = Generation(row)

    def lost(self, seed: int, text: str) -> None:
        pass

    def done(self, seed: int) -> None:
        self.end = Done()

    def failed(self, seed: int, why: str, trace: str) -> None:
        self.end = Failed(self.edited(why), self.edited(trace))


class _Place:
    """A folder of this actor's own, for as long as that lives; folders of actors that were killed go with the next."""

    def __init__(self) -> None:
        root = Path(tempfile.gettempdir())
        for left in root.glob(f"{_PREFIX}*"):
            if (lock := _locked(left)) is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(lock)
        self._path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        self._lock = _locked(self._path, fresh=True)
        self.study = self._path / "study"
        self.clear()

    def clear(self) -> None:
        """Remove the runs that there were."""
        shutil.rmtree(self.study, ignore_errors=True)
        self.study.mkdir()
        (self.study / "study.toml").touch()  # which makes it a study to whoever looks

    def close(self) -> None:
        shutil.rmtree(self._path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


_NEW_S = 60.0  # for a folder to be locked by whoever has made it


def _locked(path: Path, *, fresh: bool = False) -> int | None:
    """Return a lock on a folder; None: somebody has it, or may be about to. fresh: it is our own new one"""
    if fcntl is None:
        return None
    with suppress(OSError):
        if not fresh and (os.stat(path).st_uid != os.getuid() or time.time() - os.stat(path).st_mtime < _NEW_S):
            return None
        handle = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except OSError:
            os.close(handle)
    return None
