"""Settings of objectives beside fitness: what else evolution is to make of networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from .base import CheckedTable

Objective = Literal["connections", "nodes", "energy", "worst_episode"]


class ObjectivesSettings(CheckedTable):
    """What networks are good for beside their fitness; none of it outweighs another (NSGA-II)."""

    beside: list[Objective] = Field(
        [],
        description="Objectives beside fitness: few enabled connections, few nodes, little energy of the chip for an "
        "inference step, a good worst training episode. With any, a run goes on to its last generation and keeps a "
        "front of networks.",
    )

    @property
    def acts(self) -> bool:
        """Say whether there are any."""
        return bool(self.beside)

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        named = sound.get("beside", [])
        if len(set(named)) < len(named):
            yield "beside", "must name each objective once"
