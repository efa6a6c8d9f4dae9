"""The actors of a run on a cluster, whatever they do: hired, awaited, replaced by Ray where they are lost, let go."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from ...config.cluster import ClusterSettings
from ...errors import GenesysError, UserError
from .connection import ray_module
from .member import Facts
from .places import nodes, places, room
from .probe import listens
from .same import Versions, versions
from .traffic import Traffic

LOOK_S = 0.5  # from one look at the actors to the next, at most
_GATHER_S = 10.0  # for the last of the actors, at the begin
_GROW_S = 2.0  # from one look for further nodes to the next, at least
_HEAD_S = 45.0  # without a head; Ray ends the process after 60


class Actor:
    """One of them, seen from here.

    waking: reference to what it answers when it is ready; None: it is
    ref, since: to what it is at, and since when; None: nothing
    """

    def __init__(self, number: int, handle: Any, waking: Any) -> None:
        self.number, self.handle, self.waking = number, handle, waking
        self.facts: Facts | None = None
        self.ref: Any = None
        self.since = 0.0

    @property
    def idle(self) -> bool:
        return self.waking is None and self.ref is None

    @property
    def name(self) -> str:
        """Return what it is called where it is spoken of."""
        return f"actor {self.number}" + (f" on {self.facts.node}" if self.facts else "")


A = TypeVar("A", bound=Actor)


class Actors(Generic[A]):
    """Starts as many actors as there is to be, and more when nodes join.

    lost: sentences of what was lost, since the last time that somebody asked; traffic: since then, too
    """

    def __init__(
        self, cluster: ClusterSettings, kind: type, seen_as: type[A], setup: Any, most: int | None = None
    ) -> None:
        """Start the actors, which get ready in the background; raises UserError where the cluster is too small.

        kind: class of the actors, made with `setup`, whose ``prepare`` returns :class:`Facts` when they are ready
        seen_as: class of what stands for one here; most: how many there is work for; None: for any number
        """
        self._ray = ray_module()
        self._cluster, self._kind, self._seen_as, self._setup = cluster, kind, seen_as, setup
        self._most = most
        self._actors: list[A] = []
        self._started = 0
        self._grown = time.monotonic()
        self.lost: list[str] = []
        self.traffic = Traffic()
        self._why = ""  # no actor is ready, as the last one said that could not be
        self._head = str(self._ray.get_runtime_context().gcs_address)
        self._silent: float | None = None  # since when the head does not answer
        self._proven = False  # whether something has been carried out
        self._left_out = 0  # actors that joined and could not take part
        self._hire(self._wanted(len(places(cluster, self._cores()))))

    def gather(self) -> None:
        """Wait for the actors, a while for the last ones, so that what is wrong with them is known before a run begins.

        Raises what is wrong with those that are ready, and :class:`GenesysError` where none is in time.
        """
        begin = time.monotonic()
        while any(actor.waking is not None for actor in self._actors):
            waited = time.monotonic() - begin
            if waited > _GATHER_S and any(actor.waking is None for actor in self._actors):
                return
            self._in_time(waited)
            self._news()

    def facts(self) -> list[Facts]:
        """Return who the actors are that have shown themselves."""
        return [actor.facts for actor in self._actors if actor.facts is not None]

    def close(self) -> None:
        """End the actors."""
        for actor in self._actors:
            if self._ray.is_initialized():
                self._ray.kill(actor.handle)
        self._actors.clear()

    def _wanted(self, count: int) -> int:
        return count if self._most is None else min(count, self._most)

    def _in_time(self, waited: float) -> None:
        if waited > self._cluster.timeout:
            raise GenesysError(
                f"no actor of the cluster has been ready for {self._cluster.timeout:g} s (cluster.timeout){self._why}"
            )

    def _hire(self, count: int) -> None:
        kind = self._ray.remote(self._kind)
        options: dict[str, Any] = {"num_cpus": self._cluster.cores, "max_restarts": -1, "scheduling_strategy": "SPREAD"}
        for _ in range(count):
            handle = kind.options(**options).remote(self._setup)
            self._actors.append(self._seen_as(self._started, handle, handle.prepare.remote()))
            self._started += 1

    def _grow(self) -> None:
        """Start further actors where nodes have joined; raises :class:`GenesysError` where the head is gone."""
        now = time.monotonic()
        if now - self._grown < _GROW_S:
            return
        self._grown = now
        if not listens(self._head):  # asking Ray would block, and after a minute it ends this process without a word
            self._silent = now if self._silent is None else self._silent
            if now - self._silent > min(self._cluster.timeout, _HEAD_S):
                raise GenesysError(
                    f"the head of the cluster, {self._head}, has not answered for {now - self._silent:.0f} s; the run "
                    "can be resumed, there or elsewhere"
                )
            return
        self._silent = None
        if self._cluster.actors:
            return
        wanted = self._wanted(room(self._cluster, self._cores()) - self._left_out)
        if (more := wanted - len(self._actors)) > 0:
            self._hire(more)

    def _cores(self) -> list[int]:
        return [node.cores for node in nodes(self._ray)]

    def _news(self) -> list[A]:
        """Return the actors that have answered, after a while if there are none; note those that are ready."""
        by_ref = {ref: actor for actor in self._actors for ref in (actor.ref, actor.waking) if ref is not None}
        if not by_ref:
            time.sleep(LOOK_S)
            return []
        ready, _ = self._ray.wait(list(by_ref), num_returns=len(by_ref), timeout=0)
        if not ready:
            ready, _ = self._ray.wait(list(by_ref), num_returns=1, timeout=LOOK_S)
        answered = []
        for ref in ready:
            actor = by_ref[ref]
            if ref is actor.ref:
                answered.append(actor)
            else:
                self._woken(actor)
        return answered

    def _woken(self, actor: A) -> None:
        try:
            actor.facts = facts = self._answer(actor.waking)
        except self._ray.exceptions.RayError as error:
            self._why = f": {reason(error)}"
            self._wake_again(actor)
            time.sleep(0.05)
            return
        except UserError as error:
            self._leave_out(actor, error)
            return
        actor.waking = None
        if other := _other_versions(facts):
            self._leave_out(actor, UserError(other))

    def _leave_out(self, actor: A, error: UserError) -> None:
        """Do without an actor of a node that has joined since and cannot take part; raises `error` before that."""
        if not self._proven:
            raise error
        self.lost.append(f"actor {actor.number} is left out: {error}")
        self._ray.kill(actor.handle)
        self._actors.remove(actor)
        self._left_out += 1

    def _answer(self, ref: Any) -> Any:
        """Return what an actor answers; raises what it raised itself."""
        try:
            return self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, GenesysError):
                raise error.cause from None
            raise RuntimeError(f"in an actor of the cluster:\n{error}") from None

    def _wake_again(self, actor: A) -> None:
        """Wait for Ray to start an actor anew that was lost."""
        actor.waking = actor.handle.prepare.remote()


@contextlib.contextmanager
def failing() -> Iterator[None]:
    """Say what is wrong where Ray itself fails, as with a full object store; raises :class:`GenesysError`."""
    try:
        yield
    except ray_module().exceptions.ObjectStoreFullError:
        raise GenesysError(
            "the object store of this node is full: give it more, with `ray start --object-store-memory BYTES`; the "
            "run can be resumed, there or elsewhere"
        ) from None
    except ray_module().exceptions.RayError as error:
        raise GenesysError(f"the cluster failed: {reason(error)}; the run can be resumed, there or elsewhere") from None


def reason(error: Exception) -> str:
    """Return the last line of an error of Ray's that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "Error:" in line), lines[-1] if lines else type(error).__name__)


def _other_versions(facts: Facts) -> str:
    """Return what is to be said of a node with other versions than here; empty where it has the same."""
    here: Versions = versions()
    differ = [
        f"{name} {theirs} (here {ours})"
        for name, theirs, ours in zip(Versions._fields, facts.versions, here, strict=True)
        if theirs != ours
    ]
    if not differ:
        return ""
    return f"node {facts.node} has {', '.join(differ)}; all nodes need the same, so that results are: install it there"
