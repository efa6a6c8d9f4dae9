"""Settings of refinement: a search of the champion's weights beside evolution, with its structure fixed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from .base import CheckedTable


class RefineSettings(CheckedTable):
    """A search of the champion's weights beside evolution, with its structure fixed: a separable CMA-ES."""

    every: int = Field(
        0, ge=0, le=1_000_000_000, description="Generations from one refinement of the champion to the next; 0: never."
    )
    steps: int = Field(
        8, ge=1, le=1_000_000, description="Steps of the search in each refinement, from where the last one ended."
    )
    samples: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Genomes of each step; 0: 4 + 3 ln(D), of D weights and biases.",
    )
    episodes: int = Field(
        0,
        ge=0,
        le=100_000_000,
        description="Training episodes of each, the same for all of a step; 0: as many as it takes to rank them.",
    )
    most_episodes: int = Field(
        50,
        ge=1,
        le=100_000_000,
        description="Most episodes that it may take to rank them, where evaluation.episodes is not more.",
    )
    step: float = Field(
        1.0,
        gt=0,
        le=1e6,
        description="First step size, in units of neat.weight_mutate_power, and for biases bias_mutate_power.",
    )
    from_fitness: float | None = Field(
        None,
        ge=-1e12,
        le=1e12,
        description="Validated fitness of the champion from which on it is refined; none: from the first one.",
    )

    @property
    def acts(self) -> bool:
        """Say whether there is any."""
        return self.every > 0

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if sound.get("samples") in (1, 2, 3):
            yield "samples", "must be at least 4, of which the better half is learnt from, or 0"
        usual = cls.model_fields["most_episodes"].default
        if sound.get("episodes") and sound.get("most_episodes", usual) != usual:
            yield "most_episodes", "has no meaning with refine.episodes, which says how many; leave one of them out"
        if sound.get("every") == 0:
            for key, field in cls.model_fields.items():
                if key != "every" and key in sound and sound[key] != field.default:
                    yield key, "has no meaning without refinement; make refine.every 1, or leave this out"
