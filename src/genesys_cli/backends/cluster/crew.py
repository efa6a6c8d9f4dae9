"""The actors of a run that evaluate tiles, and who is given which."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ...config.cluster import ClusterSettings
from ..workers.supervisor import HopelessError
from .actors import Actor, Actors
from .member import Member
from .tiles import SHORTEST_S, Tile, Tiles, TileSource
from .traffic import size_of

LATE = 4.0  # times as long as expected, after which a tile is given to somebody else as well
_LATE_S = 1.0  # … but not before
HUNG_S = 60.0  # after which an actor that is still at a tile which others have done is ended
HUNG = 20.0  # times as long as expected, after which it is ended although nobody has done the tile

Call = Callable[[Tile], tuple[str, tuple[Any, ...]]]
"""Returns which method of an actor evaluates a tile, and its arguments."""


class Player(Actor):
    """An actor that evaluates tiles.

    rate: episodes a second, None: it has done none; pace: genomes of its own that it evaluates in a second, likewise
    tile: what it is at, None: nothing, or nothing that counts any more
    """

    def __init__(self, number: int, handle: Any, waking: Any) -> None:
        super().__init__(number, handle, waking)
        self.rate: float | None = None
        self.pace: float | None = None
        self.tile: Tile | None = None

    def was_fast(self, rate: float) -> None:
        """Note how fast it was at a tile; what a machine does varies, so that the last time counts for half."""
        self.rate = rate if self.rate is None else (self.rate + rate) / 2

    def kept_pace(self, pace: float) -> None:
        """Note how fast it was with what it holds."""
        self.pace = pace if self.pace is None else (self.pace + pace) / 2


class Crew(Actors[Player]):
    """Has tiles evaluated by actors."""

    def __init__(self, cluster: ClusterSettings, setup: Any, kind: type[Member] = Member) -> None:
        """Start the actors, which get ready in the background; raises UserError where the cluster is too small.

        kind: what they are; setup: what each is started with
        """
        super().__init__(cluster, kind, Player, setup)

    def run(self, tiles: TileSource, call: Call, heard: Callable[[Tile, Any], None]) -> None:
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

    def any_one(self, method: str, *arguments: Any) -> Any:
        """Return what the first actor that is ready answers, or the next one where that is lost."""
        answers: list[Any] = []
        self.run(Tiles(1, 1, across=False), lambda _: (method, arguments), lambda _, found: answers.append(found))
        return answers[0]

    def _hand_out(self, tiles: TileSource, call: Call, done: set[Tile]) -> None:
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
            limit = limits.get(actor.tile, max(HUNG_S, HUNG * actor.tile.size / actor.rate))
            if now - actor.since > limit:
                limits[actor.tile] = 2 * limit
                actor.since = now  # the answer is an error, and comes soon
                self._ray.kill(actor.handle, no_restart=False)

    def _hear(self, actor: Player, tiles: TileSource, done: set[Tile], heard: Callable[[Tile, Any], None]) -> None:
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

    def _lose(self, actor: Player, tile: Tile | None, error: Exception) -> None:
        self._note_lost(actor, tile, error)
        self._wake_again(actor)

    def _note_lost(self, actor: Player, tile: Tile | None, error: Exception) -> None:
        what = "" if tile is None else f"; {tile.size} episodes are evaluated elsewhere"
        self.traffic.lost += 1
        self.lost.append(f"{actor.name} was lost ({type(error).__name__}){what}")

    def forget(self) -> None:
        """Have nobody's answer to an evaluation that has ended be taken for one to the next."""
        now = time.monotonic()
        for actor in self._actors:
            actor.tile = None
            if actor.ref is not None and now - actor.since > HUNG_S:
                self._ray.kill(actor.handle, no_restart=False)
