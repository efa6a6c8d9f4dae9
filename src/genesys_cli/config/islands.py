"""Settings of islands: populations that evolve side by side, and now and then exchange genomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from .base import CheckedTable

RING: Literal["ring"] = "ring"
SYNCHRONOUS: Literal["synchronous"] = "synchronous"
ASYNCHRONOUS: Literal["asynchronous"] = "asynchronous"
MOST_ISLANDS = 1000


class IslandsSettings(CheckedTable):
    """Populations that evolve side by side, and now and then exchange genomes."""

    count: int = Field(
        0,
        ge=0,
        le=MOST_ISLANDS,
        description="Islands, each with a population of neat.population genomes; 0 or 1: one population alone.",
    )
    migrate_every: int = Field(
        10, ge=1, le=1_000_000_000, description="Generations from one migration between islands to the next."
    )
    topology: Literal["ring", "complete"] = Field(
        RING,
        description="Which islands an island gets genomes from: ring, the one before it, and the first from the last; "
        "complete, all others.",
    )
    migrants: int = Field(
        1, ge=1, le=1_000_000, description="Genomes of which an island gets copies from each of these at a migration."
    )
    choose: Literal["fitness", "random"] = Field(
        "fitness", description="Which genomes migrate: those with the best training fitness, or random ones."
    )
    mode: Literal["synchronous", "asynchronous"] = Field(
        SYNCHRONOUS,
        description="Whether islands wait for one another at migrations, which gives the same results everywhere; or "
        "take what others have offered so far.",
    )
    repeat: str | None = Field(
        None,
        min_length=1,
        description="Record of an asynchronous run, its migrations.jsonl, whose exchanges are carried out again; none: "
        "they happen as they come.",
    )
    number: int | None = Field(
        None, ge=0, lt=MOST_ISLANDS, description="Which of the islands a run is, from 0; the run fills it in."
    )

    @property
    def several(self) -> bool:
        """Say whether there are any."""
        return self.count > 1

    @property
    def neighbours(self) -> int:
        """How many islands each gets genomes from."""
        return 1 if self.topology == RING else self.count - 1

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if "count" in sound and sound["count"] < 2:
            for key, field in cls.model_fields.items():
                if key != "count" and key in sound and sound[key] != field.default:
                    yield key, "has no meaning with one population alone; have several islands: --islands 4"
            return
        if sound.get("repeat") is not None and sound.get("mode", ASYNCHRONOUS) != ASYNCHRONOUS:
            yield (
                "repeat",
                "is for islands that do not wait for one another; make islands.mode asynchronous, or this none",
            )
        if sound.get("number") is not None and "count" in sound and sound["number"] >= sound["count"]:
            yield "number", f"must be below islands.count = {sound['count']}"
