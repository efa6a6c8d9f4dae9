"""Actors that each hold a part of something, and that are asked for it all at the same time."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

from ...errors import GenesysError
from ..workers.supervisor import HopelessError
from .actors import LOOK_S
from .crew import HUNG, HUNG_S, LATE, Crew, Player
from .holding import NotHeldError
from .traffic import size_of

_LEAST_SHARE = 0.25  # of the mean
_LONGEST = 10.0  # times HUNG_S, for all that is no evaluation

Task = tuple[Player, str, tuple[Any, ...]]
"""An actor, its method, and the arguments."""


class LostError(GenesysError):
    """An actor was lost, and with it what it held."""


class Together(Crew):
    """A crew of which each actor does its own part."""

    _patience = 1.0  # times as long as otherwise, before actors of which none answers are taken to hang

    def ready(self) -> list[Player]:
        """Return the actors that can be asked, with those of nodes that have joined; wait where none can."""
        self._grow()
        begin = time.monotonic()
        while True:
            waking = {actor.waking: actor for actor in self._actors if actor.waking is not None}
            if waking:
                awake, _ = self._ray.wait(list(waking), num_returns=len(waking), timeout=0)
                for reference in awake:
                    self._woken(waking[reference])
            if able := [actor for actor in self._actors if actor.waking is None]:
                return able
            self._in_time(time.monotonic() - begin)
            time.sleep(0.05)

    def shares(self, actors: Sequence[Player]) -> list[float]:
        """Return how much of a population each actor is to hold, as large as it is fast; the sum is anything.

        A slow one keeps some genomes, or nobody would notice that it is slow no more.
        """
        known = [actor.pace for actor in actors if actor.pace is not None]
        usual = sum(known) / len(known) if known else 1.0
        return [max(actor.pace or usual, _LEAST_SHARE * usual) for actor in actors]

    def together(self, tasks: Sequence[Task], sizes: Sequence[int] = ()) -> list[Any]:
        """Return what actors answer; where a :class:`HopelessError` is what one raises, it stands for the answer.

        sizes: how much of something each does, from which follows how fast it is

        Raises what else an actor raised, and :class:`LostError` where one is lost, or hangs.
        """
        begin = heard = time.monotonic()
        limit = self._patience * self._limit(tasks, sizes)
        references = [self._ask(*task) for task in tasks]
        pending = dict(zip(references, range(len(tasks)), strict=True))
        found: list[Any] = [None] * len(tasks)
        lost = False
        while pending:
            done, _ = self._ray.wait(list(pending), num_returns=len(pending), timeout=0)
            if not done:
                done, _ = self._ray.wait(list(pending), num_returns=1, timeout=LOOK_S)
            for reference in done:
                heard = time.monotonic()
                k = pending.pop(reference)
                try:
                    found[k] = self._hear_one(tasks[k][0], reference, sizes[k] if sizes else None)
                except LostError:
                    lost = True
            if len(pending) < len(tasks):  # others are done
                limit = max(HUNG_S, LATE * (heard - begin))
            if lost or time.monotonic() - heard > limit:
                break
            self._grow()
        self.traffic.seconds += time.monotonic() - begin
        if len(pending) == len(tasks) and not lost:
            self._patience *= 2.0  # so that what only takes long is done in the end
        for k in pending.values() if not lost else ():
            self._ray.kill(tasks[k][0].handle, no_restart=False)
            self._lose(tasks[k][0], None, TimeoutError())
            lost = True
        if lost:
            raise LostError("an actor of the cluster was lost")
        return found

    def _limit(self, tasks: Sequence[Task], sizes: Sequence[int]) -> float:
        """Return after how many seconds without any answer actors are taken to hang."""
        if not sizes:
            return _LONGEST * HUNG_S
        expected = [
            size / actor.pace if actor.pace else math.inf for size, (actor, _, _) in zip(sizes, tasks, strict=True)
        ]
        return max(HUNG_S, HUNG * max(expected))

    def tell(self, actor: Player, method: str, arguments: tuple[Any, ...]) -> None:
        """Have an actor do something to which it has no answer."""
        self._ask(actor, method, arguments)

    def lend(self, actor: Player, key: int, places: Sequence[Any]) -> list[Any]:
        """Have an actor hand out genomes that it holds; return references to them, one for each array of places."""
        if not places:
            return []
        self._count(actor, places)
        found = actor.handle.export.options(num_returns=len(places)).remote(key, list(places))
        return [found] if len(places) == 1 else list(found)

    def _ask(self, actor: Player, method: str, arguments: tuple[Any, ...]) -> Any:
        self._count(actor, [one for one in arguments if not isinstance(one, self._ray.ObjectRef)])
        return getattr(actor.handle, method).remote(*arguments)

    def _count(self, actor: Player, sent: Any) -> None:
        self.traffic.messages += 1
        self.traffic.sent += size_of(sent)
        self.traffic.actors.add(actor.number)

    def _hear_one(self, actor: Player, reference: Any, size: int | None) -> Any:
        try:
            answer = self._answer(reference)
        except HopelessError as error:
            return error
        except NotHeldError as error:  # it was lost while nobody asked it anything
            self._note_lost(actor, None, error)
            raise LostError(str(error)) from None
        except self._ray.exceptions.RayError as error:
            self._lose(actor, None, error)
            raise LostError(str(error)) from None
        self.traffic.received += answer.size
        self.traffic.busy += answer.seconds
        if size is not None:
            actor.kept_pace(size / max(answer.seconds, 1e-6))
        return answer.found
