"""Settings of evaluation: which episodes genomes play, what they see of them, and how champions are judged."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, takewhile
from typing import Any, Literal

from pydantic import Field

from .base import CheckedTable, Sized

MOST_EPISODES = 100_000_000
FIRST_ROUND = 2  # episodes of a race before anybody is compared: one says nothing of how much chance there is in it


class EvaluationSettings(CheckedTable):
    """How genomes are evaluated."""

    episodes: int = Field(
        5, ge=1, le=MOST_EPISODES, description="Training episodes, or rows of data, per genome and generation."
    )
    training_max_steps: int | None = Field(
        None,
        ge=1,
        le=1_000_000_000,
        description="Maximum length of a training episode, in steps; none: environment.max_steps.",
    )
    patience: int = Field(
        0,
        ge=0,
        le=1_000_000_000,
        description="Steps without a new best return after which a training episode is cut off; 0: never.",
    )
    training_reward_min: float | None = Field(
        None,
        ge=-1e9,
        le=1e9,
        description="Lower bound of rewards in training, so that one large penalty does not discourage exploration; "
        "none: rewards are not clipped.",
    )
    race: float | None = Field(
        None,
        ge=0,
        le=100,
        description="Standard errors by which a genome may be behind the last one that may breed, to play on after 2, "
        "4, 8 ... training episodes; none: all genomes play all.",
    )
    action_cost: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="Taken off each step's reward in training, times the mean square of the action's numbers, of which "
        "the ends of a range are -1 and 1.",
    )
    change_cost: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="The same, times the mean square by which these numbers change from one decision to the next; of "
        "other actions, the share that is another one.",
    )
    validate_episodes: int = Field(
        100,
        ge=1,
        le=MOST_EPISODES,
        description="Held-out episodes, or rows of data, on which challengers are validated, and on which 'solved' is "
        "decided.",
    )
    validation: str | None = Field(
        None,
        min_length=1,
        description="Validation of the environment's own that judges challengers, such as 'generalisation'; none: "
        "held-out episodes.",
    )
    validate_top: int = Field(
        4,
        ge=1,
        le=64,
        description="Challengers per generation: the genomes with the best training fitness that are validated.",
    )
    observation_offset: list[Sized] = Field(
        [],
        description="Subtracted from each observation before scaling, in its own unit; one number applies to all.",
    )
    observation_scale: list[Sized] = Field(
        [], description="Factor on each observation: input = (observation - offset) * scale; one number applies to all."
    )
    normalise_observations: bool = Field(
        False,
        description="Whether observations are normalised by the running mean and standard deviation seen in training.",
    )
    observation_clip: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="Inputs are clipped to minus and plus this number; none: 10 where they are normalised, else not.",
    )
    fitness: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="Function module:name that computes the fitness of an episode; none: its return.",
    )
    minimise: bool = Field(
        False, description="Whether lower fitness is better, as with costs and errors; solved_at then has to be given."
    )
    solved_at: float | None = Field(
        None, description="Mean held-out return at which the environment counts as solved; none: its own threshold."
    )
    stop_on: Literal["champion", "best", "mean"] = Field(
        "champion",
        description="Which fitness has to reach solved_at: the champion's on held-out episodes, or the best or mean "
        "training fitness of a generation.",
    )

    @property
    def rounds(self) -> tuple[int, ...]:
        """How many training episodes a genome has played after each round: of a race 2, 4, 8 and so on, else all."""
        if self.race is None:
            return (self.episodes,)
        return (*takewhile(lambda end: end < self.episodes, (FIRST_ROUND * 2**k for k in count())), self.episodes)

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for key in ("observation_offset", "observation_scale"):
            if sound.get("normalise_observations") and sound.get(key):
                yield key, "has no meaning with evaluation.normalise_observations, which finds its own; make it []"
        if sound.get("race") is not None and sound.get("episodes", MOST_EPISODES) <= FIRST_ROUND:
            yield (
                "race",
                f"ends no genome's episodes before {FIRST_ROUND} are played; make evaluation.episodes more than that, "
                "or this none",
            )
        if sound.get("validation") is not None:
            if sound.get("validate_episodes", 100) != 100:
                yield (
                    "validate_episodes",
                    "has no meaning with evaluation.validation, which has starts of its own; leave this out, or "
                    "make that none",
                )
            if sound.get("fitness") is not None or sound.get("minimise"):
                other = "fitness" if sound.get("fitness") is not None else "minimise"
                yield (
                    "validation",
                    f"counts passed starts, whatever evaluation.{other} says; leave that out, or make this none",
                )
        if sound.get("minimise") and sound.get("fitness", "") is None:
            instead = "or minimise an evaluation.fitness"
            if sound.get("patience"):
                yield (
                    "patience",
                    f"waits for larger returns, which are worse with evaluation.minimise; make it 0, {instead}",
                )
            if sound.get("training_reward_min") is not None:
                yield (
                    "training_reward_min",
                    f"raises the smallest rewards, the best ones with evaluation.minimise; make it none, {instead}",
                )
            for key in ("action_cost", "change_cost"):
                if sound.get(key):
                    yield key, f"lowers rewards, which is better with evaluation.minimise; make it 0, {instead}"
