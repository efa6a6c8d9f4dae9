"""Settings of a start of the user's own: genomes that the first generation is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from .base import CheckedTable
from .data import Names


class StartSettings(CheckedTable):
    """Genomes to begin with."""

    sources: Names = Field(
        [],
        description="Genomes that the first generation is made of: champions, run folders, checkpoints, names of "
        "shipped champions, genomes of neat-python as JSON; []: new ones.",
    )
    take: int = Field(
        1, ge=1, le=100_000_000, description="Genomes taken of each checkpoint, the best in training first."
    )
    newcomers: float = Field(
        0.0, ge=0, lt=1, description="Share of the first generation that are new genomes, as without a start."
    )
    match: Literal["names", "position"] = Field(
        "names",
        description="How inputs and outputs find those of the environment: by name, or by position where there are no "
        "names; or always by position.",
    )
    connect_new: bool = Field(
        False,
        description="Whether inputs and outputs that a genome lacks are connected, with small random weights; else "
        "they join unconnected.",
    )
    sha256: str = Field("", description="Digest of the genomes; the run fills it in.")

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        sources = sound.get("sources")
        if sources is None:
            return
        if "" in sources:
            yield "sources", "must not hold an empty name"
        if not sources:
            for key in ("take", "newcomers", "match", "connect_new"):
                if key in sound and sound[key] != cls.model_fields[key].default:
                    yield key, "has no meaning without genomes to begin with; name one: --start-from FILE"
