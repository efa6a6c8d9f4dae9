"""An actor of a cluster that computes whole islands."""

from __future__ import annotations

import pickle
import socket
import time
from typing import NamedTuple

from ...backends.base import Backend, make_backend
from ...backends.cluster.member import Answer, Facts, Member, Setup, answer, world_of
from ...config.schema import Settings
from ...envs.spec import Environment
from ...errors import UserError
from ...evolution.islands import of_island
from ...evolution.loop import Loop
from ...evolution.start import Start
from .legs import Leg, Task, leg

MOST_S = 2.0  # of computing, after which what there is goes back: it is then on the disk, and known


class IslandSetup(NamedTuple):
    """What an actor is started with. start: genomes that islands begin with; None: new ones"""

    base: Setup
    start: Start | None


class Islander(Member):
    """Computes generations of islands, of any of them: it keeps nothing of one that it is not told again."""

    def __init__(self, setup: IslandSetup) -> None:
        super().__init__(setup.base)
        self._start = setup.start
        self._world: tuple[Settings, Environment, Backend] | None = None
        self._loops: dict[int, Loop] = {}

    def prepare(self) -> Facts:
        """Get ready to evaluate; raises UserError where that is not possible."""
        try:
            self._loop(0)
        except UserError as error:
            raise UserError(f"on node {socket.gethostname()}: {error}") from None
        return self.facts()

    def advance(self, packed: bytes) -> Answer:
        """Compute a :class:`.Task`, or the first generations of it; the answer holds :class:`.Leg` s. Both are pickled:
        what lies in an object store may only be read."""
        task: Task = pickle.loads(packed)
        loop = self._loop(task.island)
        begin = time.perf_counter()
        legs: list[Leg] = []
        state, offers = task.state, task.offers
        for _ in range(task.first, task.last + 1):
            legs.append(leg(loop, state, offers)._replace(work=None))
            state, offers = legs[-1].state, ()
            if time.perf_counter() - begin > MOST_S:
                break
        return answer(pickle.dumps(legs), begin)

    def _loop(self, island: int) -> Loop:
        if self._world is None:
            settings, env = world_of(self._setup)
            self._world = settings, env, make_backend(settings, env, self._threads)
        settings, env, backend = self._world
        if island not in self._loops:
            self._loops[island] = Loop(of_island(settings, island), env, backend, self._threads, self._start)
        return self._loops[island]
