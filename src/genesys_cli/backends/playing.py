"""What plays an environment, whichever kind it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.spec import Environment, GymEnv, NativeEnv
from ..genome.population import Population
from .arithmetic import Arithmetic
from .native.evaluator import Evaluator
from .played import Met, Played

if TYPE_CHECKING:
    from .workers.messages import Rehearse, Rehearsed


class AnyEvaluator(Protocol):
    """Plays episodes of one environment."""

    def play(
        self, population: Population, seeds: Sequence[int], conditions: Conditions | None, keep_returns: bool
    ) -> Played: ...

    def rehearse(self, asked: Rehearse) -> Rehearsed | None: ...

    def processes(self) -> list[int]: ...

    def close(self) -> None: ...


@runtime_checkable
class Meeting(Protocol):
    """Has a function called with the genomes of a match."""

    def meet(self, population: Population, together: NDArray[np.int32], seeds: Sequence[int]) -> Met: ...


def make_evaluator(
    settings: Settings, env: Environment, threads: Threads, arithmetic: Arithmetic, formats: Any
) -> AnyEvaluator:
    """Return what plays `env` with networks of an arithmetic; formats: what its building blocks are given."""
    if isinstance(env, NativeEnv):
        return Evaluator(settings, env, threads, arithmetic, formats)
    from ..envs.problem.env import ProblemEnv

    if isinstance(env, GymEnv | ProblemEnv):
        from .workers.evaluator import WorkerEvaluator  # only now: others do without workers

        return WorkerEvaluator(settings, env, threads)
    from ..envs.data.env import DataEnv
    from .data.evaluator import DataEvaluator

    assert isinstance(env, DataEnv)
    return DataEvaluator(settings, env, threads, arithmetic, formats)
