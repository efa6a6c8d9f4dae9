"""A run that does nothing but refine: it begins with one network, whose structure stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..config.backends import kind_of
from ..config.islands import IslandsSettings
from ..config.objectives import ObjectivesSettings
from ..config.schema import START, Settings
from ..config.start import StartSettings
from ..config.trust import named_by_user
from ..errors import UserError
from ..files.champion import StoredChampion
from ..files.identity import changed
from .evolve import Observer, begin

_STRUCTURE = ("conn_add_prob", "conn_delete_prob", "node_add_prob", "node_delete_prob", "enabled_mutate_rate")
_FUNCTIONS = ("activation_mutate_rate", "aggregation_mutate_rate", "response_mutate_rate", "response_replace_rate")
REFINING: dict[str, object] = {
    **{f"neat.{name}": 0.0 for name in (*_STRUCTURE, *_FUNCTIONS)},
    "neat.population": 4,  # an elite, a mutated copy, and what comes of the search
    "neat.elitism": 1,
    "neat.min_species_size": 2,
    "neat.target_species": 0,
    "neat.generations": 50,
    "evaluation.race": None,  # of four genomes, which all breed or challenge
    "run.stop_when_solved": False,
    "run.threads": 0,
    "refine.every": 1,
    "refine.from_fitness": None,
}
"""What a run that only refines has otherwise than the run that its champion is from."""


def refine(
    stored: StoredChampion,
    flags: Mapping[str, object],
    run_dir: Path | None,
    command: Sequence[str],
    observer: Observer,
    logs: Sequence[str] = (),
) -> dict[str, Any]:
    """Search for better weights of a stored network; return the summary of the run that does so.

    flags: settings by key that differ from those of its run and from :data:`REFINING`; the rest as of
    :func:`.evolve.evolve`
    """
    settings = settings_for(stored, flags)
    named_by_user(settings)
    return begin(settings, run_dir, command, observer, logs, start=[stored])


def settings_for(stored: StoredChampion, flags: Mapping[str, object]) -> Settings:
    """Return the settings of a run that refines a stored network; raises UserError where it cannot be."""
    was = stored.settings
    if not kind_of(was.run.backend).numbers_connections:
        raise UserError(
            f"{stored.origin} was evolved on the emulated chip, which has no unit that refines weights, and rounds "
            "them; evolve with --backend software, and put the champion onto the chip with --start-from"
        )
    for key in flags:
        if key.count(".") != 1 or key.startswith(f"{START}."):
            raise UserError(
                f"{key} cannot be another one in a refinement, which goes on with one network where that was"
            )
    plain = {"islands": IslandsSettings(), "objectives": ObjectivesSettings(), "start": StartSettings()}
    alone = was.model_copy(update=plain)
    return changed(alone, {**REFINING, **flags})
