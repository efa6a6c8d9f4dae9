"""The champion as a file of its own: readable, with everything needed to replay it elsewhere."""

from __future__ import annotations

import hashlib
import json
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..config.problem import MATCH
from ..config.schema import Settings
from ..envs.loop import ID as LOOP
from ..errors import DamagedFileError
from ..evolution.state import Champion
from ..genome.document import from_document, to_document
from ..genome.population import Population, problems
from .identity import RESUMABLE, decisive_toml, value_of
from .models import ChampionDocument, FirstChampion, StatisticsDocument
from .reading import checked, parsed, read_bytes, said, settings_in, shown
from .storage import write_atomically

KIND = "genesys champion"
VERSION = 2
NAME = "champion"  # as messages call it


class StoredChampion(NamedTuple):
    """A champion and the settings of the run that found it; origin: the file that it came from."""

    champion: Champion
    settings: Settings
    origin: Path


def save_champion(path: Path, champion: Champion, settings: Settings) -> None:
    """Write ``champion.json`` atomically."""
    write_atomically(path, packed(champion, settings))


def packed(champion: Champion, settings: Settings) -> bytes:
    """Return the bytes of ``champion.json``."""
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
    if champion.opponents is not None:
        document["opponents"] = [to_document(champion.opponents, k) for k in range(champion.opponents.size)]
    document["sha256"] = _digest(document)
    return (json.dumps(document, indent=1) + "\n").encode()


def load_champion(path: Path) -> StoredChampion:
    """Return the champion of a file; raises DamagedFileError with the reason."""
    data = read_bytes(path, NAME)
    try:
        document = parsed(data)
    except ValueError as error:
        raise DamagedFileError(f"{path} is damaged or not a champion ({error})") from None
    if not isinstance(document, dict):
        raise DamagedFileError(f"{path} is damaged or not a champion (it holds {shown(document)})")
    version = _version(document, path)
    if _digest({key: value for key, value in document.items() if key != "sha256"}) != document.get("sha256"):
        raise DamagedFileError(f"{path} is damaged: its contents do not match their checksum")
    stored = checked(FirstChampion if version == 1 else ChampionDocument, document, path, NAME)
    settings = on_any_machine(settings_in(stored.settings, path))
    genome = from_document(stored.genome)
    for problem in problems(genome, feed_forward=settings.neat.feed_forward):
        raise DamagedFileError(f"{path} holds an invalid genome: {problem}")
    if isinstance(stored, ChampionDocument):
        offset, scale = (np.array(part, np.float32) for part in (stored.inputs.offset, stored.inputs.scale))
        returns = np.array(stored.returns, np.float64)
    else:
        offset, scale = scaling_in(settings, genome.n_inputs, path)
        returns = np.empty(0)
    check_judged(stored.statistics, len(returns), settings, path)
    champion = Champion(
        genome=genome,
        offset=offset,
        scale=scale,
        returns=returns,
        opponents=_opponents(stored, genome, settings, path),
        **stored.statistics.fields_of(version),
    )
    return StoredChampion(champion, settings, path)


def _opponents(stored: FirstChampion, genome: Population, settings: Settings, path: Path) -> Population | None:
    """Return whom a champion met; None where its run knows no matches."""
    if settings.problem.call != MATCH or not isinstance(stored, ChampionDocument) or not stored.opponents:
        return None
    found = [from_document(document) for document in stored.opponents]
    for k, one in enumerate(found):
        if (one.n_inputs, one.n_outputs) != (genome.n_inputs, genome.n_outputs):
            raise DamagedFileError(f"{path}: opponents[{k}] has other inputs or outputs than the champion")
        for problem in problems(one, feed_forward=settings.neat.feed_forward):
            raise DamagedFileError(f"{path} holds an invalid genome: opponents[{k}]: {problem}")
    return reduce(Population.with_more, found)


def on_any_machine(settings: Settings) -> Settings:
    """Return settings without those that say how a run is carried out: a file must not start a thousand processes."""
    usual = {key.removeprefix("run."): value_of(Settings(), key) for key in RESUMABLE if key.startswith("run.")}
    return settings.model_copy(update={"run": settings.run.model_copy(update=usual)})


def _version(document: dict[str, Any], path: Path) -> int:
    """Return the version of a document that says that it is a champion and can be read."""
    kind, version = document.get("format"), document.get("version")
    if kind is None:
        raise DamagedFileError(f'{path} is not a {KIND}, which says so itself ("format": "{KIND}")')
    if kind != KIND:
        raise DamagedFileError(f"{path} is a {shown(kind)} file, not a {KIND}")
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= VERSION:
        raise DamagedFileError(
            f"{path} has format version {shown(version)}, written by genesys {said(document.get('written_by'))}; "
            f"this genesys reads the versions 1 to {VERSION}: update it"
        )
    return version


def check_judged(statistics: StatisticsDocument, returns: int, settings: Settings, path: Path) -> None:
    """Raise DamagedFileError where a champion is said to be what none of its run can be.

    returns: how many there are, of held-out episodes; none in older files
    """
    if statistics.genome_index >= settings.neat.population:
        raise DamagedFileError(
            f"{path}: genome_index = {statistics.genome_index}: must be below neat.population, which is "
            f"{settings.neat.population}"
        )
    score = statistics.validated_fitness
    if score is None:
        if settings.environment.id != LOOP or returns:
            raise DamagedFileError(f"{path}: validated_fitness = None: must be a number")
    elif settings.evaluation.validation is not None:
        if score < 0 or score != int(score):
            raise DamagedFileError(
                f"{path}: validated_fitness = {score:g}: must be a number of starts, those that were passed in the "
                f"validation {settings.evaluation.validation!r}"
            )
    elif returns not in (0, settings.evaluation.validate_episodes):
        raise DamagedFileError(
            f"{path} has {returns} returns of held-out episodes, of which there are "
            f"{settings.evaluation.validate_episodes} (evaluation.validate_episodes)"
        )


def scaling_in(settings: Settings, n_inputs: int, path: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return offset and scale of each input, (I,) float32, as settings say, without asking the environment."""
    found = []
    for key, fill in (("observation_offset", 0.0), ("observation_scale", 1.0)):
        given = getattr(settings.evaluation, key) or [fill]
        if len(given) not in (1, n_inputs):
            raise DamagedFileError(
                f"{path}: evaluation.{key} has {len(given)} numbers, but its network has {n_inputs} inputs"
            )
        found.append(np.array(given * (n_inputs if len(given) == 1 else 1), np.float32))
    return found[0], found[1]


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
