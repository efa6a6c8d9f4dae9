"""Settings of the world that networks act in: how fast its steps follow one another, and on how many robots."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from .base import Table

MEASURED: Literal["measured"] = "measured"  # the pace of the environment itself, on this machine
SLOWEST_HZ = 1e-6  # a step in eleven days; slower ones would lead to times that no file holds
FASTEST_HZ = 1e9


def _pace(value: Any) -> float | str:
    if value == MEASURED:
        return MEASURED
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and (value == 0 or SLOWEST_HZ <= value <= FASTEST_HZ):
        return float(value)
    allowed = (
        f"must be a number of steps per second from {SLOWEST_HZ:g} to {FASTEST_HZ:g}, 0, or measured; "
        "0: the world does not wait"
    )
    raise PydanticCustomError("conflict", "{allowed}", {"allowed": allowed})


class WorldSettings(Table):
    """The world in which time and energy are estimated beside those of computing alone; no result depends on it."""

    pace_hz: Annotated[float | Literal["measured"], PlainValidator(_pace)] = Field(
        50.0,
        description="Steps of the world per second, in which a platform waits; measured: as fast as the environment "
        "steps here; 0: no world.",
    )
    robots: Literal["population", "one"] = Field(
        "population",
        description="Whether every genome has a robot and all step in lockstep, or one robot lives through all "
        "episodes in turn; ADAM then runs one genome at a time.",
    )
