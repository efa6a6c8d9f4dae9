"""The champion as a file of its own: readable, with everything needed to replay it elsewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ... import __version__
from ...config.load import settings_from_toml
from ...config.presets import read_text
from ...config.schema import Settings
from ...errors import DamagedFileError
from ...genome.document import from_document, to_document
from ...genome.population import Population, problems
from ..state import Champion
from .identity import decisive_toml
from .storage import write_atomically

KIND = "genesys champion"
VERSION = 2


class StoredChampion(NamedTuple):
    """A champion and the settings of the run that found it; origin: the file that it came from."""

    champion: Champion
    settings: Settings
    origin: Path


def save_champion(path: Path, champion: Champion, settings: Settings) -> None:
    """Write ``champion.json`` atomically."""
    document: dict[str, Any] = {
        "format": KIND,
        "version": VERSION,
        "written_by": __version__,
        "environment": settings.environment.id,
        "statistics": champion.statistics(),
        "returns": champion.returns.tolist(),
        "inputs": {"offset": champion.offset.tolist(), "scale": champion.scale.tolist()},
        "genome": to_document(champion.genome),
        "settings": decisive_toml(settings),
    }
    document["sha256"] = _digest(document)
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode())


def load_champion(path: Path) -> StoredChampion:
    """Return the champion of a file; raises DamagedFileError with the reason."""
    try:
        document = json.loads(read_text(path))
        kind = document.get("format")
    except FileNotFoundError:
        raise DamagedFileError(f"{path} does not exist") from None
    except (OSError, ValueError, AttributeError) as error:
        raise DamagedFileError(f"{path} is damaged or not a champion ({error})") from None
    if kind != KIND:
        raise DamagedFileError(f"{path} is a {kind!r} file, not a {KIND}")
    if not isinstance(document.get("version"), int) or document["version"] > VERSION:
        raise DamagedFileError(
            f"{path} has format version {document.get('version')}, written by genesys {document.get('written_by')}; "
            f"this genesys reads up to version {VERSION}: update it"
        )
    if _digest({key: value for key, value in document.items() if key != "sha256"}) != document.get("sha256"):
        raise DamagedFileError(f"{path} is damaged: its contents do not match their checksum")
    settings = settings_from_toml(document["settings"], f"in {path}")
    try:
        champion = _champion(document, settings)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path} lacks a part of a champion ({error})") from None
    for problem in problems(champion.genome, feed_forward=settings.neat.feed_forward):
        raise DamagedFileError(f"{path} holds a genome that cannot be: {problem}")
    return StoredChampion(champion, settings, path)


def _champion(document: dict[str, Any], settings: Settings) -> Champion:
    genome = from_document(document["genome"])
    if document["version"] == 1:
        return of_version_1(genome, document["statistics"], settings)
    offset, scale = (np.array(document["inputs"][name], np.float32) for name in ("offset", "scale"))
    if offset.shape != (genome.n_inputs,) or scale.shape != offset.shape:
        raise ValueError(f"offset and scale of {len(offset)} and {len(scale)} inputs instead of {genome.n_inputs}")
    returns = np.array(document.get("returns", []), np.float64)  # the first files of version 2 have none
    return Champion(genome=genome, offset=offset, scale=scale, returns=returns, **document["statistics"])


def of_version_1(genome: Population, statistics: dict[str, Any], settings: Settings) -> Champion:
    """Return a champion as the first version of the files had it: all inputs were scaled as the settings say."""
    offset = np.zeros(genome.n_inputs, np.float32) + np.array(settings.evaluation.observation_offset or 0, np.float32)
    scale = np.ones(genome.n_inputs, np.float32) * np.array(settings.evaluation.observation_scale or 1, np.float32)
    judged = {"validated_in": statistics["generation"], "returns": np.empty(0)}
    return Champion(genome=genome, offset=offset, scale=scale, **judged, **statistics)


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
