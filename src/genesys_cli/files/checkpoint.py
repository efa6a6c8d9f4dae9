"""A :class:`RunState` as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import DamagedFileError
from ..evolution.state import RunState
from ..genome.population import DTYPES, Population
from . import archive, innovations
from .models import FirstHeader, HeaderDocument
from .reading import checked, settings_in
from .restoring import REFINEMENT_ARRAYS, Restoring
from .storage import write_atomically

KIND = "genesys checkpoint"
VERSION = 2
_POPULATIONS = ("population", "representatives", "champion", "frozen", "opponents", "hall", "refinement")
_SPECIES_ARRAYS = ("ids", "created", "improved", "best", "member_of")
_ARRAYS = {
    "fitness",
    "without",
    "objectives",
    *(f"species.{name}" for name in (*_SPECIES_ARRAYS, "breeding")),
    *(f"{name}.{field}" for name in _POPULATIONS for field in DTYPES),
    *(f"{name}.{part}" for name in ("champion", "frozen") for part in ("offset", "scale", "returns")),
    *(f"refinement.{name}" for name in (*REFINEMENT_ARRAYS, "places", "offset", "scale")),
    "hall.generations",
    "hall.judges",
    "normaliser.mean",
    "normaliser.m2",
    *innovations.ARRAYS,
}


def save(path: Path, state: RunState, settings_toml: str) -> None:
    """Write a checkpoint atomically."""
    write_atomically(path, packed(state, settings_toml))


def packed(state: RunState, settings_toml: str) -> bytes:
    """Return the bytes of a checkpoint. It holds no times, so that equal runs write equal files."""
    arrays: dict[str, NDArray[Any]] = {"fitness": state.fitness}
    if len(state.without):
        arrays["without"] = state.without
    if state.objectives is not None:
        arrays["objectives"] = state.objectives.ravel()
    arrays |= _prefixed("population", state.population)
    arrays |= {f"species.{name}": getattr(state.species, name) for name in _SPECIES_ARRAYS}
    arrays |= innovations.arrays_of(state.counters)
    arrays["species.breeding"] = state.species.breeding.astype(np.uint8)
    arrays |= _prefixed("representatives", state.species.representatives)
    header: dict[str, Any] = {
        "format": KIND,
        "version": VERSION,
        "written_by": __version__,
        "settings": settings_toml,
        "generation": state.generation,
        "n_inputs": state.population.n_inputs,
        "n_outputs": state.population.n_outputs,
        "counters": {name: getattr(state.counters, name) for name in ("next_node", "next_innovation")},
        "species": {"threshold": state.species.threshold, "next_id": state.species.next_id},
        "env_steps": state.env_steps,
        "validation_steps": state.validation_steps,
        "champion": None,
        "frozen": None,
        "events": [event.document() for event in state.events],
        "normaliser": None,
    }
    for name, champion in (("champion", state.champion), ("frozen", state.frozen)):
        if champion is not None:
            arrays |= _prefixed(name, champion.genome)
            arrays |= {f"{name}.{part}": getattr(champion, part) for part in ("offset", "scale", "returns")}
            header[name] = champion.statistics()
    if state.hall is not None:
        arrays |= _prefixed("hall", state.hall.genomes)
        arrays |= {"hall.generations": state.hall.generations, "hall.judges": state.hall.judges.astype(np.uint8)}
        if state.champion is not None and state.champion.opponents is not None:
            arrays |= _prefixed("opponents", state.champion.opponents)
    if state.refinement is not None:
        found = state.refinement.distribution
        arrays |= _prefixed("refinement", found.genome)
        arrays |= {f"refinement.{name}": getattr(found, name) for name in REFINEMENT_ARRAYS}
        arrays |= {f"refinement.{name}": getattr(state.refinement, name) for name in ("places", "offset", "scale")}
        header["refinement"] = {
            "step": found.step,
            "steps": found.steps,
            "episodes": state.refinement.episodes,
            "champion_generation": state.refinement.champion[0],
            "champion_index": state.refinement.champion[1],
            "generation": state.refinement.generation,
        }
    if state.normaliser is not None:
        arrays |= {"normaliser.mean": state.normaliser.mean, "normaliser.m2": state.normaliser.m2}
        header["normaliser"] = {"samples": state.normaliser.samples}
    return archive.pack(header, arrays)


def load(path: Path) -> tuple[RunState, str]:
    """Return the state and the settings (TOML) of a checkpoint; raises DamagedFileError with the reason.

    Everything that kernels rely on holds for what is returned: they look at no bounds.
    """
    document, arrays = archive.read(path, KIND, VERSION, _ARRAYS)
    version = document["version"]
    header = checked(FirstHeader if version == 1 else HeaderDocument, document, path, "checkpoint")
    settings = settings_in(header.settings, path)
    return Restoring(path, header, version, settings, arrays).state(), header.settings


def _prefixed(prefix: str, population: Population) -> dict[str, NDArray[Any]]:
    return {f"{prefix}.{name}": array for name, array in population.arrays().items()}


def checkpoint_path(folder: Path, generation: int) -> Path:
    return folder / f"gen-{generation:05d}.npz"


def generation_of(path: Path) -> int:
    return int(path.stem.removeprefix("gen-"))


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, the newest first."""
    found = [path for path in folder.glob("gen-*.npz") if path.stem.removeprefix("gen-").isdecimal()]
    return sorted(found, key=generation_of, reverse=True)


def newest_valid(folder: Path) -> tuple[Path, RunState, str, list[str]]:
    """Return the newest checkpoint that can be read: its file, state, settings; and why each newer one cannot.

    Raises DamagedFileError when there is none.
    """
    complaints: list[str] = []
    for path in checkpoints(folder):
        try:
            return path, *load(path), complaints
        except DamagedFileError as error:
            complaints.append(str(error))
    reason = "; ".join(complaints) if complaints else f"{folder} holds no checkpoint"
    raise DamagedFileError(f"there is nothing to continue from: {reason}; start a new run without --resume")
