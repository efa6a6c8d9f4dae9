"""Settings of a cluster on which a run is computed; no result depends on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from .base import CheckedTable

LOCAL = "local"  # nodes of this machine, which end with the run
AUTO = "auto"  # the cluster that this machine belongs to


class ClusterSettings(CheckedTable):
    """A Ray cluster whose actors evaluate genomes, or carry out runs."""

    address: str | None = Field(
        None,
        pattern=r"^(local|auto|[^\s:/]+:[0-9]{1,5}|\[[0-9A-Fa-f:.]+\]:[0-9]{1,5})$",
        description="Ray cluster that evaluates genomes, or carries out the runs of a study: local, one on this "
        "machine that ends with the run; auto, the one that this machine belongs to; or HOST:PORT; none: this process "
        "does all the work.",
        json_schema_extra={"form": "local, auto, or HOST:PORT, such as 10.0.0.5:6379"},
    )
    distribute: Literal["auto", "evaluation", "generation"] = Field(
        "auto",
        description="What the actors do: evaluation: they evaluate genomes that the driver breeds; generation: they "
        "breed them as well, and keep them; auto: whichever takes less time.",
    )
    actors: int = Field(
        0, ge=0, le=100_000, description="Its actors, each with tiles or with a run; 0: as many as there is room for."
    )
    cores: int = Field(1, ge=1, le=4096, description="Cores of each actor: its threads, or worker processes.")
    files: str | None = Field(
        None, min_length=1, description="Folder that every node gets a copy of, for modules of your own; none: nothing."
    )
    timeout: float = Field(
        30.0, gt=0, le=1e6, description="Seconds for which a cluster, and then its first actor, is waited for."
    )

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if sound.get("address", "") is None:
            for key in ("distribute", "actors", "cores", "files", "timeout"):
                if key in sound and sound[key] != cls.model_fields[key].default:
                    yield key, "has no meaning without a cluster; name one: --cluster local"
