"""The champion as a file of its own: readable, with everything needed to replay it elsewhere."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from .. import __version__
from ..config.load import settings_from_toml
from ..config.schema import Settings
from ..errors import DamagedFileError
from ..genome.document import from_document, to_document
from ..genome.population import problems
from .identity import decisive_toml
from .state import Champion
from .storage import write_atomically

KIND = "genesys champion"
VERSION = 1


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
        "statistics": {key: value for key, value in champion._asdict().items() if key != "genome"},
        "genome": to_document(champion.genome),
        "settings": decisive_toml(settings),
    }
    document["sha256"] = _digest(document)
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode())


def load_champion(path: Path) -> StoredChampion:
    """Return the champion of a file; raises DamagedFileError with the reason."""
    try:
        document = json.loads(path.read_bytes())
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
        champion = Champion(genome=from_document(document["genome"]), **document["statistics"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path} lacks a part of a champion ({error})") from None
    for problem in problems(champion.genome, feed_forward=settings.neat.feed_forward):
        raise DamagedFileError(f"{path} holds a genome that cannot be: {problem}")
    return StoredChampion(champion, settings, path)


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
