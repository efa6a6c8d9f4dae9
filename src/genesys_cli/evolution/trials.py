"""Champions that are judged in trials of the environment's own, see ``NativeEnv.validations``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.base import Backend, backend_of
from ..backends.native.rollout import ALONE_FROM
from ..compiled.threads import Threads
from ..config.cluster import ClusterSettings
from ..config.schema import Settings
from ..envs.conditions import Conditions
from ..envs.spec import Environment, NativeEnv, Trial
from ..envs.trials import env_of, trials_of
from ..genome.population import Population, Selectable
from .faults import Record
from .state import Champion
from .validation import candidates


class Marks(NamedTuple):
    """What trials found of P genomes.

    scores: (P,) float64, starts that each passed in the last trial, 0 where it did not come to it; NaN where a return
        was not finite
    returns: for each genome (E,) float64, of the last trial that it played
    steps: environment steps
    """

    scores: NDArray[np.float64]
    returns: list[NDArray[np.float64]]
    steps: int


class Trials:
    """The trials of one validation, with a backend for each."""

    def __init__(self, settings: Settings, env: Environment, name: str, threads: Threads) -> None:
        """Raises UserError where the environment has no such validation, or its functions cannot be compiled."""
        trials = trials_of(env, name)
        settings = settings.model_copy(update={"cluster": ClusterSettings()})  # the best few, by kernels: done here
        assert isinstance(env, NativeEnv)  # others have none
        self._played: list[tuple[Trial, Backend]] = [
            (trial, backend_of(settings, env_of(env, trial), threads)) for trial in trials
        ]
        for _, backend in self._played:
            backend.start()

    def judge(self, population: Population, world: Conditions) -> Marks:
        """Let genomes play one trial after the other, as long as they pass.

        world: with what they see and feel; each trial has its own limit of steps
        """
        scores = np.zeros(population.size)
        returns: list[NDArray[np.float64]] = [np.empty(0)] * population.size
        steps = 0
        left = np.arange(population.size)
        for trial, backend in self._played:
            count = len(trial.starts)
            # Fewer than a kernel plays side by side are played several times at once: that costs nothing, and the
            # kernel for many episodes does for all trials.
            times = -(-ALONE_FROM // count)
            limits = world._replace(max_steps=trial.max_steps)
            found = backend.evaluate(population.select(left), [*range(count)] * times, limits, keep_returns=True)
            steps += found.env_steps // times
            passed = (found.returns[:, :count] >= trial.pass_at).sum(axis=1)
            last = trial is self._played[-1][0]
            for genome, own, number in zip(left.tolist(), found.returns[:, :count], passed.tolist(), strict=True):
                returns[genome] = own
                scores[genome] = np.nan if not np.isfinite(own).all() else number if last else 0.0
            left = left[(passed >= trial.needed) & np.isfinite(scores[left])]
            if not len(left):
                break
        return Marks(scores, returns, steps)


class TrialValidation:
    """What :class:`.validation.Validation` is for held-out episodes.

    steps: environment steps so far; faults: none, since native environments have none
    """

    def __init__(self, trials: Trials, world: Conditions, generation: int) -> None:
        """world: with the generation's offset and scale of observations, which newcomers get."""
        self._trials = trials
        self._world = world
        self._generation = generation
        self.steps = 0
        self.faults: list[Record] = []

    def again(self, champion: Champion) -> Champion | None:
        """Return a champion as judged in this world, with its own offset and scale; None: no fitness."""
        found = self._judge(champion.genome, self._world._replace(offset=champion.offset, scale=champion.scale))
        if not np.isfinite(found.scores[0]):
            return None
        score, returns = float(found.scores[0]), found.returns[0]
        return champion._replace(validated_fitness=score, validated_in=self._generation, returns=returns)

    def challenge(
        self,
        population: Selectable,
        fitness: NDArray[np.float64],
        top: int,
        champion: Champion | None,
        judged: NDArray[np.bool_] | None = None,
        also: NDArray[np.int64] | None = None,
    ) -> Champion | None:
        """Let the best `top` genomes be judged; return the best of them and `champion`.

        Of equal scores the one with the higher training fitness stands. Arguments are those of
        :meth:`.validation.Validation.challenge`.
        """
        best = candidates(fitness, top, judged, also)
        if not len(best):
            return champion
        found = self._judge(population.select(best), self._world)
        for index, score, returns in zip(best.tolist(), found.scores.tolist(), found.returns, strict=True):
            if not np.isfinite(score) or not _better((score, float(fitness[index])), champion):
                continue
            champion = Champion(
                population.select(np.array([index])),
                self._generation,
                index,
                float(fitness[index]),
                score,
                0.0,
                self._generation,
                self._world.offset,
                self._world.scale,
                returns,
            )
        return champion

    def _judge(self, genomes: Population, world: Conditions) -> Marks:
        found = self._trials.judge(genomes, world)
        self.steps += found.steps
        return found


def _better(found: Sequence[float], champion: Champion | None) -> bool:
    """Say whether a score, and after it a training fitness, is above a champion's."""
    return champion is None or tuple(found) > (champion.validated_fitness, champion.training_fitness)
