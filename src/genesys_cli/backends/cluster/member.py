"""What an actor is: a backend of its own, on some node, that evaluates the tiles it is given."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...compiled.threads import Threads
from ...config import trust
from ...config.backends import BackendKind, register_all
from ...config.load import settings_from_toml
from ...config.schema import Settings
from ...envs.conditions import Conditions
from ...envs.registry import environment_of
from ...envs.spec import Environment
from ...errors import UserError
from ...genome.population import Population
from ..numerics import numerics_of
from ..played import Met, Played
from ..playing import AnyEvaluator, Meeting, make_evaluator
from ..workers.evaluator import WorkerEvaluator
from ..workers.messages import Rehearse, Rehearsed
from ..workers.supervisor import Patience
from .holding import Holding, writable
from .same import Versions, code_of, differences, versions
from .traffic import size_of


class Setup(NamedTuple):
    """What an actor is started with.

    settings: as TOML, without a cluster; cores: its threads, or worker processes
    backends: that are not shipped; trusted: modules that may be imported
    env: what is played, where that is in no module; None: the settings say it
    code: what the driver would play it with, see :func:`.same.code_of`
    """

    settings: str
    cores: int
    backends: list[BackendKind]
    trusted: list[str]
    env: Environment | None
    code: dict[str, str]


class Facts(NamedTuple):
    """Who an actor is. node: name of its machine; pid: of its process"""

    node: str
    pid: int
    versions: Versions


class Answer(NamedTuple):
    """What came of a tile, the seconds that it took, and its size on the way back."""

    found: Any
    seconds: float
    size: int


def answer(found: Any, begin: float) -> Answer:
    """Return an answer; begin: by ``time.perf_counter``"""
    return Answer(found, time.perf_counter() - begin, size_of(found))


class Member:
    """Evaluates tiles. It is made anew by Ray where it has died."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._evaluator: AnyEvaluator | None = None
        self._threads = Threads(setup.cores)
        self._holding: Holding | None = None

    def facts(self) -> Facts:
        """Return who it is; nothing is started for that."""
        return Facts(socket.gethostname(), os.getpid(), versions())

    def prepare(self) -> Facts:
        """Get ready to evaluate; raises UserError where that is not possible."""
        self._ready()
        return self.facts()

    def play(
        self,
        genomes: Population,
        seeds: Sequence[int],
        conditions: Conditions | None,
        keep_returns: bool,
        patience: Patience,
    ) -> Answer:
        """Let genomes play episodes, see ``Backend.evaluate``."""
        evaluator = self._ready(patience)
        begin = time.perf_counter()
        played: Played = evaluator.play(writable(genomes), seeds, conditions, keep_returns)
        return answer(played, begin)

    def meet(
        self, genomes: Population, together: NDArray[np.int32], seeds: Sequence[int], patience: Patience
    ) -> Answer:
        """Let genomes play matches, see ``Backend.meet``."""
        evaluator = self._ready(patience)
        assert isinstance(evaluator, Meeting)  # others play alone
        begin = time.perf_counter()
        met: Met = evaluator.meet(writable(genomes), np.array(together), seeds)
        return answer(met, begin)

    def held(self, method: str, *arguments: Any) -> Answer:
        """Do something with the genomes that are held here, see :class:`.holding.Holding`."""
        begin = time.perf_counter()
        return answer(getattr(self._holds(), method)(*arguments), begin)

    def play_held(
        self,
        key: int,
        seeds: Sequence[int],
        conditions: Conditions | None,
        keep_returns: bool,
        patience: Patience,
    ) -> Answer:
        """Let the genomes play that are held here. key: of their generation"""
        evaluator = self._ready(patience)
        begin = time.perf_counter()
        return answer(evaluator.play(self._holds().genomes(key), seeds, conditions, keep_returns), begin)

    def export(self, key: int, places: Sequence[NDArray[np.int32]]) -> list[Population] | Population:
        """Return copies of genomes, for one other actor after the other, to be fetched by these."""
        found = self._holds().export(key, places)
        return found if len(found) > 1 else found[0]

    def rehearse(self, asked: Rehearse) -> Answer:
        """See ``Backend.rehearse``."""
        evaluator = self._ready()
        begin = time.perf_counter()
        found: Rehearsed | None = evaluator.rehearse(asked._replace(genome=writable(asked.genome)))
        return answer(found, begin)

    def _holds(self) -> Holding:
        if self._holding is None:
            self._holding = Holding(settings_of(self._setup).neat, self._threads)
        return self._holding

    def _ready(self, patience: Patience = Patience.WHOLE) -> AnyEvaluator:
        if self._evaluator is None:
            try:
                self._evaluator = evaluator_of(self._setup, self._threads)
            except UserError as error:
                raise UserError(f"on node {socket.gethostname()}: {error}") from None
        if isinstance(self._evaluator, WorkerEvaluator):
            self._evaluator.patience = patience
        return self._evaluator


def settings_of(setup: Setup) -> Settings:
    """Return the settings, with what they name known here."""
    register_all(setup.backends)
    trust.trust(setup.trusted)
    return settings_from_toml(setup.settings, "from the run")


def world_of(setup: Setup) -> tuple[Settings, Environment]:
    """Return the settings, and the environment; raises UserError where it is another one here than with the driver."""
    settings = settings_of(setup)
    env = environment_of(settings) if setup.env is None else setup.env
    if other := differences(setup.code, code_of(env)):
        raise UserError(f"there is {other}; all nodes need the same, so that results are")
    return settings, env


def evaluator_of(setup: Setup, threads: Threads) -> AnyEvaluator:
    """Return what an actor evaluates with; raises UserError where its node lacks something."""
    settings, env = world_of(setup)
    numerics = numerics_of(settings)
    return make_evaluator(settings, env, threads, numerics.arithmetic, numerics.formats)
