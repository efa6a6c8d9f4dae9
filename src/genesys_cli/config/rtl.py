"""Settings of a chip whose RTL is simulated; no result depends on them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from .base import Table

EVE: Literal["eve"] = "eve"
ADAM: Literal["adam"] = "adam"


class RtlSettings(Table):
    """Which parts of the chip are simulated as RTL; the others are emulated."""

    parts: list[Literal["eve", "adam"]] = Field(
        [EVE, ADAM],
        min_length=1,
        description="Parts of the chip whose RTL is simulated: eve, adam, or both; the others are emulated, with the "
        "same results.",
    )

    @field_validator("parts")
    @classmethod
    def _once(cls, parts: list[str]) -> list[str]:
        return [part for part in (EVE, ADAM) if part in parts]
