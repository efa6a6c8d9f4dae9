"""Runs side by side on the nodes of a cluster: each is given to an actor as a whole, and its files come back meanwhile.

Nodes share no file system. So the folder of a run is kept up to date here, checkpoint by checkpoint, and whoever goes
on with a run, another actor or a study that is resumed, goes on from what is here.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..backends.cluster.actors import Actor, Actors, failing
from ..backends.cluster.traffic import size_of
from ..config.cluster import ClusterSettings
from ..config.load import settings_from_toml
from ..envs.registry import environment_of
from ..errors import GenesysError
from ..files.checkpoint import checkpoints, generation_of
from ..files.folder import RunFolder
from ..files.identity import RESUMABLE, value_of
from ..files.parcel import Parcel, begin_anew, packed, unpack
from ..runs.interrupts import interrupts_wait
from ..runs.start import prepared
from .crew import Hears
from .messages import Done, Failed, Generation, Job, Said
from .node import News, Node, NodeSetup

_HUNG_S = 60.0  # without an answer, of which there are two a second, after which an actor is ended
_MOST_LOST = 3  # actors of a run, one after the other, none of which got it any further
_CLOSE_S = 5.0  # for actors to leave nothing behind


class Hand(Actor):
    """An actor that has runs carried out. job: what it is at; ticket: of that; heard: whether it has said anything"""

    def __init__(self, number: int, handle: Any, waking: Any) -> None:
        super().__init__(number, handle, waking)
        self.job: Job | None = None
        self.ticket = -1
        self.heard = False


class Nodes(Actors[Hand]):
    """Has runs carried out by actors. To be closed, which ends them whatever they are at."""

    def __init__(self, cluster: ClusterSettings, setup: NodeSetup, runs: int) -> None:
        """Start the actors; raises UserError where the cluster is too small. runs: how many there are, at most"""
        super().__init__(cluster, Node, Hand, setup, runs)
        self._tickets = 0
        self._losses: Counter[tuple[str, int]] = Counter()  # of a run after a generation

    @property
    def side_by_side(self) -> int:
        """How many runs are carried out at once, as far as is known now."""
        return len(self._actors)

    def carry_out(self, jobs: Iterable[Job], hears: Hears) -> None:
        """Carry out runs, see ``crew.Crew.carry_out``; those of actors that are lost go on elsewhere."""
        waiting = deque(jobs)
        begin = time.monotonic()
        try:
            with failing():
                self._carry_out(waiting, hears)
        except KeyboardInterrupt:
            self._break_off(hears)
            raise
        finally:
            self.traffic.seconds += time.monotonic() - begin
        self._proven = True

    def close(self) -> None:
        if self._ray.is_initialized():
            closing = [actor.handle.close.remote() for actor in self._actors if actor.waking is None]
            if closing:
                self._ray.wait(closing, num_returns=len(closing), timeout=_CLOSE_S)
        super().close()

    def _carry_out(self, waiting: deque[Job], hears: Hears) -> None:
        begun: set[int] = set()
        waited = time.monotonic()
        while waiting or any(actor.job is not None for actor in self._actors):
            self._grow()
            for actor in self._actors:
                if waiting and actor.idle:
                    job = waiting.popleft()
                    self._begin(actor, job)
                    if job.seed not in begun:
                        begun.add(job.seed)
                        hears.began(job.seed)
            if any(actor.waking is None for actor in self._actors):
                waited = time.monotonic()
            else:
                self._in_time(time.monotonic() - waited)
            for actor in self._news():
                self._hear(actor, waiting, hears)
            self._end_hung()

    def _begin(self, actor: Hand, job: Job) -> None:
        """Give an actor a run: from its newest checkpoint here, or from its first generation."""
        run = RunFolder(Path(job.run_dir))
        settings = settings_from_toml(job.settings, "from the study")
        files = Parcel()
        if run.config.is_file() and checkpoints(run.checkpoints):
            job = job._replace(flags={key: value_of(settings, key) for key in RESUMABLE}, start=None)
            files = packed(run.path)
        else:
            begun = prepared(settings, self._setup.child.env or environment_of(settings))
            job = job._replace(flags=None, start=begun)
            begin_anew(run.path)
        self._tickets += 1
        actor.job, actor.ticket, actor.heard = job, self._tickets, False
        actor.ref = actor.handle.begin.remote(actor.ticket, job, files)
        actor.since = time.monotonic()
        self.traffic.messages += 1
        self.traffic.sent += size_of((job, files))
        self.traffic.actors.add(actor.number)

    def _hear(self, actor: Hand, waiting: deque[Job], hears: Hears) -> None:
        """Take what an actor answers; where it is lost, its run waits for another one."""
        job = actor.job
        assert job is not None  # who answers has been asked about one
        why = "it was started anew"
        try:
            news = self._answer(actor.ref)
        except self._ray.exceptions.RayError as error:
            news, why = None, type(error).__name__
            self.traffic.lost += 1
            self._wake_again(actor)
        except GenesysError as error:  # such as a full disk of the node
            actor.job = actor.ref = None
            hears.failed(job.seed, str(error), "")
            return
        if news is None:
            actor.job = actor.ref = None
            self._lose(actor, job, why, waiting, hears)
        else:
            self._take(actor, job, news, hears)
            if actor.job is not None:
                actor.ref, actor.since = actor.handle.news.remote(actor.ticket), time.monotonic()

    def _take(self, actor: Hand, job: Job, news: News, hears: Hears) -> None:
        """Write down and tell what has become of a run; an actor whose run has ended has none any more."""
        with interrupts_wait():  # or Ctrl-C would leave files behind of which the actor believes that they are here
            unpack(Path(job.run_dir), news.files)
            actor.heard, actor.ref = True, None
            if news.end is not None:
                actor.job = None
        self.traffic.received += news.files.size
        for message in news.messages:
            if isinstance(message, Said):
                hears.said(job.seed, message.text)
            elif isinstance(message, Generation):
                hears.generation(job.seed, message.row)
        if isinstance(news.end, Done):
            hears.done(job.seed)
        elif isinstance(news.end, Failed):
            hears.failed(job.seed, news.end.why, news.end.trace)

    def _lose(self, actor: Hand, job: Job, why: str, waiting: deque[Job], hears: Hears) -> None:
        """Have another actor go on with a run, unless it is the run that they do not survive."""
        if not actor.heard:  # nor has it begun
            waiting.appendleft(job)
            return
        newest = next(map(generation_of, checkpoints(RunFolder(Path(job.run_dir)).checkpoints)), -1)
        self._losses[job.run_dir, newest] += 1
        if self._losses[job.run_dir, newest] < _MOST_LOST:
            waiting.appendleft(job)
            where = "from its first generation" if newest < 0 else f"after generation {newest}"
            hears.lost(job.seed, f"{actor.name} was lost ({why}); the run goes on elsewhere {where}")
            return
        text = f"{actor.name} was lost ({why}), as were {_MOST_LOST - 1} before it at the same point of the run"
        hears.lost(job.seed, text)
        hears.failed(job.seed, f"{text}; look whether nodes have enough memory", "")

    def _end_hung(self) -> None:
        """End actors that do not answer any more; Ray starts them anew."""
        now = time.monotonic()
        for actor in self._actors:
            if actor.ref is not None and now - actor.since > _HUNG_S:
                actor.since = now
                self._ray.kill(actor.handle, no_restart=False)

    def _break_off(self, hears: Hears) -> None:
        """Have all runs under way saved, and their files brought here; what is lost meanwhile stays as it is."""
        busy = [actor for actor in self._actors if actor.job is not None]
        stops = [actor.handle.stop.remote(actor.ticket) for actor in busy]
        for actor, stop in zip(busy, stops, strict=True):
            refs = [ref for ref in (actor.ref, stop) if ref is not None]
            while actor.job is not None:
                try:
                    news = self._answer(refs.pop(0) if refs else actor.handle.news.remote(actor.ticket))
                except (self._ray.exceptions.RayError, GenesysError):
                    break
                if news is None:
                    break
                self._take(actor, actor.job, news, hears)
            actor.job = actor.ref = None
