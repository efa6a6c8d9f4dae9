"""The actors of a run: started, watched, and replaced by Ray where they are lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...config.cluster import ClusterSettings
from ...errors import GenesysError, UserError
from ..workers.supervisor import HopelessError
from .connection import ray_module
from .member import Answer, Facts, Member, Setup, Versions, versions
from .tiles import SHORTEST_S, Tile, Tiles
from .traffic import Traffic, size_of

_LOOK_S = 0.5  # from one look at the actors to the next, at most
_GROW_S = 2.0  # from one look for further nodes to the next, at least
_LATE = 4.0  # times as long as expected, after which a tile is given to somebody else as well
_LATE_S = 1.0  # … but not before
_HUNG_S = 60.0  # after which an actor that is still at a tile which others have done is ended

Call = Callable[[Tile], tuple[str, tuple[Any, ...]]]
"""Returns which method of an actor evaluates a tile, and its arguments."""


class Actor:
    """One of them, seen from here.

    rate: episodes a second, None: it has done none; tile, ref, since: what it is at, None: nothing
    """

    def __init__(self, number: int, handle: Any, waking: Any) -> None:
        self.number, self.handle, self.waking = number, handle, waking
        self.facts: Facts | None = None
        self.rate: float | None = None
        self.tile: Tile | None = None
        self.ref: Any = None
        self.since = 0.0

    @property
    def idle(self) -> bool:
        return self.waking is None and self.ref is None

    def heard(self, answer: Answer, tile: Tile) -> None:
        """Note how fast it was; what a machine does varies, so that the last tile counts for half."""
        rate = tile.size / max(answer.seconds, 1e-6)
        self.rate = rate if self.rate is None else (self.rate + rate) / 2


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
        room = self._room(self._ray.cluster_resources())
        if room == 0:
            raise UserError(
                f"no actor of {cluster.cores} cores (cluster.cores) has room in the cluster, whose largest node has "
                f"{self._largest()}; make it less"
            )
        if cluster.actors > room:
            raise UserError(
                f"cluster.actors = {cluster.actors} of {cluster.cores} cores each do not have room in the cluster, "
                f"which takes {room}; give at most that, or 0 for as many as there is room for"
            )
        self._hire(cluster.actors or room)

    def run(self, tiles: Tiles, call: Call, heard: Callable[[Tile, Any], None]) -> None:
        """Have all tiles evaluated. heard: is told what came of each, once

        Raises what an actor raised; a :class:`HopelessError` is handed to `heard`.
        """
        done: set[Tile] = set()
        waited = begin = time.monotonic()
        while tiles.left or any(actor.tile is not None and actor.tile not in done for actor in self._actors):
            self._grow()
            self._hand_out(tiles, call, done)
            if any(actor.waking is None for actor in self._actors):
                waited = time.monotonic()
            elif time.monotonic() - waited > self._cluster.timeout:
                raise GenesysError(
                    f"no actor of the cluster has been ready for {self._cluster.timeout:g} s (cluster.timeout); the "
                    "run can be resumed, there or elsewhere"
                )
            for actor in self._news():
                self._hear(actor, tiles, done, heard)
        self.traffic.seconds += time.monotonic() - begin

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

    def _hire(self, count: int) -> None:
        kind = self._ray.remote(Member)
        options: dict[str, Any] = {"num_cpus": self._cluster.cores, "max_restarts": -1, "scheduling_strategy": "SPREAD"}
        if self._cluster.files is not None:
            options["runtime_env"] = {"working_dir": self._cluster.files}
        for _ in range(count):
            handle = kind.options(**options).remote(self._setup)
            self._actors.append(Actor(self._started, handle, handle.prepare.remote()))
            self._started += 1

    def _grow(self) -> None:
        """Start further actors where nodes have joined."""
        now = time.monotonic()
        if self._cluster.actors or now - self._grown < _GROW_S:
            return
        self._grown = now
        more = self._room(self._ray.available_resources()) - sum(actor.facts is None for actor in self._actors)
        if more > 0:
            self._hire(more)

    def _room(self, resources: dict[str, float]) -> int:
        """Return how many actors fit into the nodes, as Ray counts them."""
        return int(resources.get("CPU", 0)) // self._cluster.cores

    def _largest(self) -> str:
        cores = [int(node["Resources"].get("CPU", 0)) for node in self._ray.nodes() if node["Alive"]]
        return f"{max(cores, default=0)}"

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
            late = now - actor.since > max(_LATE * expected, _LATE_S) and actor.rate is not None
            if late and sum(other.tile == actor.tile for other in at_work) == 1:
                return actor.tile
        return None

    def _news(self) -> list[Actor]:
        """Return the actors that have answered, after a while if there are none; note those that are ready."""
        by_ref = {ref: actor for actor in self._actors for ref in (actor.ref, actor.waking) if ref is not None}
        if not by_ref:
            time.sleep(_LOOK_S)
            return []
        ready, _ = self._ray.wait(list(by_ref), num_returns=len(by_ref), timeout=0)
        if not ready:
            ready, _ = self._ray.wait(list(by_ref), num_returns=1, timeout=_LOOK_S)
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
            actor.facts = self._answer(actor.waking)
        except self._ray.exceptions.RayError:
            actor.waking = actor.handle.prepare.remote()
            time.sleep(0.05)
            return
        actor.waking = None
        _check_versions(actor.facts)

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
                actor.heard(answer, tile)
        if tile is not None and tile not in done:
            done.add(tile)
            heard(tile, found)

    def _lose(self, actor: Actor, tile: Tile | None, error: Exception) -> None:
        where = f" on {actor.facts.node}" if actor.facts else ""
        what = "" if tile is None else f"; {tile.size} episodes are evaluated elsewhere"
        self.traffic.lost += 1
        self.lost.append(f"actor {actor.number}{where} was lost ({type(error).__name__}){what}")
        actor.waking = actor.handle.prepare.remote()

    def forget(self) -> None:
        """Have nobody's answer to an evaluation that has ended be taken for one to the next."""
        now = time.monotonic()
        for actor in self._actors:
            if actor.tile is None:
                continue
            actor.tile = None
            if now - actor.since > _HUNG_S:
                self._ray.kill(actor.handle, no_restart=False)

    def _answer(self, ref: Any) -> Any:
        """Return what an actor answers; raises what it raised itself."""
        try:
            return self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, Exception) else error) from None


def _check_versions(facts: Facts) -> None:
    here: Versions = versions()
    if facts.versions == here:
        return
    differ = [
        f"{name} {theirs} (here {ours})"
        for name, theirs, ours in zip(Versions._fields, facts.versions, here, strict=True)
        if theirs != ours
    ]
    raise UserError(
        f"node {facts.node} has {', '.join(differ)}; all nodes need the same, so that results are: install it there"
    )
