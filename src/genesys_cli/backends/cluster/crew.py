"""The actors of a run: started, watched, and replaced by Ray where they are lost."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from ...config.cluster import ClusterSettings
from ...errors import GenesysError, UserError
from ..workers.supervisor import HopelessError
from .connection import ray_module
from .member import Facts, Member, Setup
from .places import nodes, places, room
from .probe import listens
from .same import Versions, versions
from .tiles import SHORTEST_S, Tile, Tiles
from .traffic import Traffic, size_of

LOOK_S = 0.5  # from one look at the actors to the next, at most
_GATHER_S = 10.0  # for the last of the actors, at the begin
_GROW_S = 2.0  # from one look for further nodes to the next, at least
LATE = 4.0  # times as long as expected, after which a tile is given to somebody else as well
_LATE_S = 1.0  # … but not before
HUNG_S = 60.0  # after which an actor that is still at a tile which others have done is ended
_HUNG = 20.0  # times as long as expected, after which it is ended although nobody has done the tile
_HEAD_S = 45.0  # without a head; Ray ends the process after 60

Call = Callable[[Tile], tuple[str, tuple[Any, ...]]]
"""Returns which method of an actor evaluates a tile, and its arguments."""


class Actor:
    """One of them, seen from here.

    rate: episodes a second, None: it has done none; pace: genomes of its own that it evaluates in a second, likewise
    tile, ref, since: what it is at, None: nothing
    """

    def __init__(self, number: int, handle: Any, waking: Any) -> None:
        self.number, self.handle, self.waking = number, handle, waking
        self.facts: Facts | None = None
        self.rate: float | None = None
        self.pace: float | None = None
        self.tile: Tile | None = None
        self.ref: Any = None
        self.since = 0.0

    @property
    def idle(self) -> bool:
        return self.waking is None and self.ref is None

    def was_fast(self, rate: float) -> None:
        """Note how fast it was at a tile; what a machine does varies, so that the last time counts for half."""
        self.rate = rate if self.rate is None else (self.rate + rate) / 2

    def kept_pace(self, pace: float) -> None:
        """Note how fast it was with what it holds."""
        self.pace = pace if self.pace is None else (self.pace + pace) / 2


class Crew:
    """Starts as many actors as there is to be, and has tiles evaluated by them."""

    def __init__(self, cluster: ClusterSettings, setup: Setup) -> None:
        """Start the actors, which get ready in the background; raises UserError where the cluster is too small."""
        self._ray = ray_module()
        self._cluster, self._setup = cluster, setup
        self._actors: list[Actor] = []
        self._started = 0
        self._grown = time.monotonic()
        self.lost: list[str] = []  # sentences, since the last time that somebody asked
        self.traffic = Traffic()
        self._why = ""  # no actor is ready, as the last one said that could not be
        self._head = str(self._ray.get_runtime_context().gcs_address)
        self._silent: float | None = None  # since when the head does not answer
        self._proven = False  # whether an evaluation has been carried out
        self._left_out = 0  # actors that joined and could not take part
        self._hire(len(places(cluster, self._cores())))

    def run(self, tiles: Tiles, call: Call, heard: Callable[[Tile, Any], None]) -> None:
        """Have all tiles evaluated. heard: is told what came of each, once

        Raises what an actor raised; a :class:`HopelessError` is handed to `heard`.
        """
        done: set[Tile] = set()
        limits: dict[Tile, float] = {}
        waited = begin = time.monotonic()
        while tiles.left or any(actor.tile is not None and actor.tile not in done for actor in self._actors):
            self._grow()
            self._hand_out(tiles, call, done)
            if any(actor.waking is None for actor in self._actors):
                waited = time.monotonic()
            else:
                self._in_time(time.monotonic() - waited)
            for actor in self._news():
                self._hear(actor, tiles, done, heard)
            self._end_hung(done, limits)
        self.traffic.seconds += time.monotonic() - begin
        self._proven = True

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

    def any_one(self, method: str, *arguments: Any) -> Any:
        """Return what the first actor that is ready answers, or the next one where that is lost."""
        answers: list[Any] = []
        self.run(Tiles(1, 1, across=False), lambda _: (method, arguments), lambda _, found: answers.append(found))
        return answers[0]

    def facts(self) -> list[Facts]:
        """Return who the actors are that have shown themselves."""
        return [actor.facts for actor in self._actors if actor.facts is not None]

    def close(self) -> None:
        """End the actors."""
        for actor in self._actors:
            if self._ray.is_initialized():
                self._ray.kill(actor.handle)
        self._actors.clear()

    # --- the actors ---------------------------------------------------------------------------------------------

    def _in_time(self, waited: float) -> None:
        if waited > self._cluster.timeout:
            raise GenesysError(
                f"no actor of the cluster has been ready for {self._cluster.timeout:g} s (cluster.timeout){self._why}"
            )

    def _hire(self, count: int) -> None:
        kind = self._ray.remote(Member)
        options: dict[str, Any] = {"num_cpus": self._cluster.cores, "max_restarts": -1, "scheduling_strategy": "SPREAD"}
        for _ in range(count):
            handle = kind.options(**options).remote(self._setup)
            self._actors.append(Actor(self._started, handle, handle.prepare.remote()))
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
        if (more := room(self._cluster, self._cores()) - len(self._actors) - self._left_out) > 0:
            self._hire(more)

    def _cores(self) -> list[int]:
        return [node.cores for node in nodes(self._ray)]

    # --- one evaluation -----------------------------------------------------------------------------------------

    def _hand_out(self, tiles: Tiles, call: Call, done: set[Tile]) -> None:
        able = [actor for actor in self._actors if actor.waking is None]
        known = [actor.rate for actor in able if actor.rate is not None]
        usual = sum(known) / len(known) if known else 1.0
        speed = sum(actor.rate or usual for actor in able)
        for actor in able:
            if not actor.idle:
                continue
            tile = tiles.take((actor.rate or usual) / speed, actor.rate) or self._late(done)
            if tile is None:
                return
            method, arguments = call(tile)
            self.traffic.messages += 1
            self.traffic.sent += size_of([one for one in arguments if not isinstance(one, self._ray.ObjectRef)])
            self.traffic.actors.add(actor.number)
            ref = getattr(actor.handle, method).remote(*arguments)
            actor.tile, actor.ref, actor.since = tile, ref, time.monotonic()

    def _late(self, done: set[Tile]) -> Tile | None:
        """Return a tile that somebody is at for much longer than expected, and that nobody else has begun."""
        now = time.monotonic()
        at_work = [actor for actor in self._actors if actor.tile is not None and actor.tile not in done]
        for actor in at_work:
            assert actor.tile is not None
            expected = actor.tile.size / actor.rate if actor.rate else SHORTEST_S
            late = now - actor.since > max(LATE * expected, _LATE_S) and actor.rate is not None
            if late and sum(other.tile == actor.tile for other in at_work) == 1:
                return actor.tile
        return None

    def _end_hung(self, done: set[Tile], limits: dict[Tile, float]) -> None:
        """End actors that have been at a tile for far too long: Ray starts them anew, and the tile is handed out again.

        limits: seconds for a tile, doubled each time, so that one that only takes long is done in the end
        """
        now = time.monotonic()
        for actor in self._actors:
            if actor.tile is None or actor.tile in done or actor.rate is None:
                continue
            limit = limits.get(actor.tile, max(HUNG_S, _HUNG * actor.tile.size / actor.rate))
            if now - actor.since > limit:
                limits[actor.tile] = 2 * limit
                actor.since = now  # the answer is an error, and comes soon
                self._ray.kill(actor.handle, no_restart=False)

    def _news(self) -> list[Actor]:
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

    def _woken(self, actor: Actor) -> None:
        try:
            actor.facts = facts = self._answer(actor.waking)
        except self._ray.exceptions.RayError as error:
            self._why = f": {reason(error)}"
            actor.waking = actor.handle.prepare.remote()
            time.sleep(0.05)
            return
        except UserError as error:
            self._leave_out(actor, error)
            return
        actor.waking = None
        if other := _other_versions(facts):
            self._leave_out(actor, UserError(other))

    def _leave_out(self, actor: Actor, error: UserError) -> None:
        """Do without an actor of a node that has joined since and cannot take part; raises `error` before that."""
        if not self._proven:
            raise error
        self.lost.append(f"actor {actor.number} is left out: {error}")
        self._ray.kill(actor.handle)
        self._actors.remove(actor)
        self._left_out += 1

    def _hear(self, actor: Actor, tiles: Tiles, done: set[Tile], heard: Callable[[Tile, Any], None]) -> None:
        tile, ref = actor.tile, actor.ref
        actor.tile = actor.ref = None
        try:
            answer = self._answer(ref)
        except HopelessError as error:
            found: Any = error
        except self._ray.exceptions.RayError as error:
            self._lose(actor, tile, error)
            if tile is not None and tile not in done and all(other.tile != tile for other in self._actors):
                tiles.give_back([tile])
            return
        else:
            found = answer.found
            self.traffic.received += answer.size
            if tile is not None:  # else of an evaluation that had ended without it
                self.traffic.busy += answer.seconds
                actor.was_fast(tile.size / max(answer.seconds, 1e-6))
        if tile is not None and tile not in done:
            done.add(tile)
            heard(tile, found)

    def _lose(self, actor: Actor, tile: Tile | None, error: Exception) -> None:
        self._note_lost(actor, tile, error)
        actor.waking = actor.handle.prepare.remote()

    def _note_lost(self, actor: Actor, tile: Tile | None, error: Exception) -> None:
        where = f" on {actor.facts.node}" if actor.facts else ""
        what = "" if tile is None else f"; {tile.size} episodes are evaluated elsewhere"
        self.traffic.lost += 1
        self.lost.append(f"actor {actor.number}{where} was lost ({type(error).__name__}){what}")

    def forget(self) -> None:
        """Have nobody's answer to an evaluation that has ended be taken for one to the next."""
        now = time.monotonic()
        for actor in self._actors:
            actor.tile = None
            if actor.ref is not None and now - actor.since > HUNG_S:
                self._ray.kill(actor.handle, no_restart=False)

    def _answer(self, ref: Any) -> Any:
        """Return what an actor answers; raises what it raised itself."""
        try:
            return self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, GenesysError):
                raise error.cause from None
            raise RuntimeError(f"in an actor of the cluster:\n{error}") from None


@contextlib.contextmanager
def failing() -> Iterator[None]:
    """Say what is wrong where Ray itself fails, as with a full object store; raises :class:`GenesysError`."""
    try:
        yield
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
