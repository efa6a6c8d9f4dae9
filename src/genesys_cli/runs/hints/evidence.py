"""What hints are concluded from, and what one is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...config.presets import find_preset
from ...config.schema import Settings
from ...envs.spec import Environment
from ...evolution.goal import Goal, turned
from ...evolution.state import Champion, RunState
from ...evolution.validation import best_of
from .course import Course

FEWEST = 8  # genomes that count as the best ones, or a tenth of the population where that is more
ENOUGH = 50  # genomes; whoever stands still with fewer is helped by more


class Hint(NamedTuple):
    """cause: a name for it; key: the setting to change; text: a sentence; numbers: what it was concluded from"""

    cause: str
    key: str
    text: str
    numbers: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """Return it as ``summary.json`` has it."""
        return {"cause": self.cause, "key": self.key, "text": self.text, "numbers": self.numbers}


class Spread(NamedTuple):
    """How much inputs vary. deviations: (I,) float64, standard deviation of each as the environment gives it

    where: in what, as the end of a sentence
    """

    deviations: NDArray[np.float64]
    where: str


class Evidence(NamedTuple):
    """What a run has left behind.

    champion: after the last generation, in evolution's numbers, as all of state; row: of metrics, of that generation
    resumable: what ``--resume`` takes to go on: the run's folder, or that of its study, whose runs have one length
    decisions: called where they are needed, returns those of each genome in that generation, (P,); None: unknown
    spread: likewise, how much the inputs vary
    """

    settings: Settings
    env: Environment
    goal: Goal
    state: RunState
    champion: Champion
    course: Course
    row: Mapping[str, Any]
    resumable: str
    decisions: Callable[[], NDArray[np.int64] | None]
    spread: Callable[[], Spread | None]

    @property
    def best(self) -> NDArray[np.int64]:
        """Return the best genomes of the last generation, best first; fewer where fewer have a fitness."""
        fitness = self.state.fitness.copy()
        fitness[self.state.without] = -np.inf
        best = best_of(fitness, max(FEWEST, len(fitness) // 10))
        return best[np.isfinite(fitness[best])]

    @property
    def held_out(self) -> float:
        """Return what the champion has on held-out episodes, in the user's own numbers."""
        return turned(self.champion.validated_fitness, self.goal.minimise)

    @property
    def alike(self) -> bool:
        """Whether training and held-out episodes are of one kind, so that their returns can be compared."""
        evaluation = self.settings.evaluation
        cut_off = evaluation.training_max_steps is not None or evaluation.patience > 0
        others = evaluation.validation is not None or self.settings.data.file is not None
        rewards = evaluation.training_reward_min is not None or evaluation.action_cost or evaluation.change_cost
        return not (cut_off or others or rewards)


def usual(settings: Settings) -> int:
    """Return how many genomes the preset of the environment has, by default where there is none."""
    preset = find_preset(settings.environment.id)
    given = None if preset is None else preset.tables.get("neat", {}).get("population")
    return int(given or Settings().neat.population)


def few(settings: Settings, least: int = ENOUGH) -> bool:
    """Say whether there are so few genomes that a champion may stand still whatever else is set."""
    return settings.neat.population < max(least, usual(settings) // 10)
