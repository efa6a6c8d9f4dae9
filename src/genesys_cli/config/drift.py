"""Settings of a non-stationary environment: one table for each thing that changes.

Which things there are depends on the environment, so ``envs.drift`` checks names and values; the rest is checked here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field, field_validator

from .base import CheckedTable, Sized

PERIODIC = ("square", "sine")


class DriftSettings(CheckedTable):
    """How one thing changes, over generations counted from 0."""

    schedule: Literal["step", "ramp", "square", "sine"] = Field(
        "step",
        description="How NAME (a constant of a native environment's physics, observation_noise, observation_dropout, "
        "action_delay or action_permutation) changes: at once, evenly, or to and fro, at once or smoothly.",
    )
    at: list[int] = Field(
        min_length=1, description="Generations at which a change begins, ascending; one for a periodic change."
    )
    to: list[Sized] = Field(min_length=1, description="New values, one for each generation of at.")
    over: int | None = Field(
        None, ge=1, le=1_000_000_000, description="Duration of a ramp, in generations; none: not a ramp."
    )
    period: int | None = Field(
        None, ge=2, le=1_000_000_000, description="Period, in generations, an even number; none: not periodic."
    )

    @field_validator("at", "to", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """Take one number for a list of one."""
        return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if not cls.model_fields.keys() <= sound.keys() or not all(isinstance(sound[key], list) for key in ("at", "to")):
            return  # something is missing or wrong on its own, and all others have to do with it
        schedule, at, to, over, period = (sound[key] for key in cls.model_fields)
        if schedule in PERIODIC:
            for key, values in (("at", at), ("to", to)):
                if len(values) != 1:
                    yield key, f'must be one number, since schedule = "{schedule}" swings for good'
            if period is None or period % 2:
                yield "period", f'must be an even number of generations with schedule = "{schedule}"'
        else:
            if len(to) != len(at):
                yield "to", f"must have a value for each generation of at, which are {len(at)}"
            if period is not None:
                yield "period", f'has no meaning with schedule = "{schedule}"; leave it out'
        if schedule == "ramp":
            if over is None:
                yield "over", "must be given for a ramp: the generations that it takes"
        elif over is not None:
            yield "over", f'has no meaning with schedule = "{schedule}"; leave it out'
        if min(at) < 0:
            yield "at", "must be generations from 0 on"
        for this, following in pairwise(at):
            if following <= this:
                yield "at", "must be ascending generations"
                break
            if following < this + (over or 1):
                yield "at", f"ramps overlap: that of generation {this} takes {over} and meets that of {following}"
                break
