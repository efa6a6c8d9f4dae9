"""``start.npz``: the genomes that a run begins with, as they fit its environment. What they came from may be gone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field

from .. import __version__
from ..config.schema import Settings
from ..envs.spec import Environment
from ..errors import DamagedFileError
from ..evolution.start import Start
from ..genome.document import MOST_INPUTS, Document
from ..genome.population import DTYPES, Population, problems
from ..genome.rescaling import Scaling
from ..neat.start import numbered
from . import archive
from .identity import decisive_toml
from .models import Generation, Number, Text
from .reading import checked, settings_in

KIND = "genesys start"
VERSION = 1
_SCALING = tuple(f"inputs.{part}" for part in Scaling._fields)
_ARRAYS = {*(f"population.{name}" for name in DTYPES), *_SCALING}


class GivenDocument(Document):
    """Where a genome is from. genome_index, generation: None where it has none, as a network of neat-python

    fitness: on held-out episodes where it is a champion, else in training; None: not known
    sha256: of the file
    """

    source: Text
    sha256: Text
    environment: Text | None = None
    generation: Generation | None = None
    genome_index: Number | None = None
    fitness: float | None = None


class HeaderDocument(Document):
    settings: Text
    inputs: list[Text] = Field(min_length=1, max_length=MOST_INPUTS)
    outputs: list[Text] = Field(min_length=1, max_length=MOST_INPUTS)
    given: list[GivenDocument]


class StoredStart(NamedTuple):
    """A start as a file has it.

    inputs, outputs: names in the environment; given: of each genome, where it is from; settings: of the run
    """

    start: Start
    inputs: Sequence[str]
    outputs: Sequence[str]
    given: Sequence[GivenDocument]
    settings: Settings


def digest_of(start: Start) -> str:
    """Return a digest of everything that decides what comes of a start."""
    genomes, digest = start.genomes, hashlib.sha256()
    arrays = genomes.arrays() | dict(zip(_SCALING, start.scaling, strict=True))
    digest.update(f"{genomes.n_inputs} {genomes.n_outputs} {' '.join(arrays)}".encode())
    for array in arrays.values():
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def packed(stored: StoredStart) -> bytes:
    """Return the bytes of ``start.npz``."""
    header: dict[str, Any] = {
        "format": KIND,
        "version": VERSION,
        "written_by": __version__,
        "settings": decisive_toml(stored.settings),
        "inputs": list(stored.inputs),
        "outputs": list(stored.outputs),
        "given": [one.model_dump() for one in stored.given],
    }
    arrays = {f"population.{name}": array for name, array in stored.start.genomes.arrays().items()}
    return archive.pack(header, arrays | dict(zip(_SCALING, stored.start.scaling, strict=True)))


def load_start(path: Path) -> StoredStart:
    """Return the start of a file; raises DamagedFileError with the reason."""
    document, arrays = archive.read(path, KIND, VERSION, _ARRAYS)
    header = checked(HeaderDocument, document, path, "start")
    settings = settings_in(header.settings, path)
    genomes = _population(path, header, arrays)
    for problem in problems(genomes, feed_forward=settings.neat.feed_forward):
        raise DamagedFileError(f"{path} holds invalid genomes: {problem}")
    if len(header.given) != genomes.size or not genomes.equals(numbered([genomes])):
        raise DamagedFileError(f"{path} does not say of each genome where it is from, or their numbers differ")
    scaling = Scaling(*(_array(path, arrays, name, np.float32, genomes.n_inputs) for name in _SCALING))
    return StoredStart(Start(genomes, scaling), header.inputs, header.outputs, header.given, settings)


def sources_in(path: Path) -> list[str]:
    """Return what gave the genomes of a ``start.npz``, each once; none where the file is not there or not sound."""
    try:
        return list(dict.fromkeys(one.source for one in load_start(path).given))
    except DamagedFileError:
        return []


def start_of(path: Path, settings: Settings, env: Environment) -> StoredStart:
    """Return the start of a run that has these settings; raises DamagedFileError where it is another one's."""
    found = load_start(path)
    genomes = found.start.genomes
    if digest_of(found.start) != settings.start.sha256:
        raise DamagedFileError(f"{path} is not the start of this run: start.sha256 in its config.toml is another one")
    if (genomes.n_inputs, genomes.n_outputs) != (env.n_inputs, env.n_outputs):
        raise DamagedFileError(
            f"{path} has genomes of {genomes.n_inputs} inputs and {genomes.n_outputs} outputs, but {env.id} has "
            f"{env.n_inputs} and {env.n_outputs}"
        )
    return found


def _population(path: Path, header: HeaderDocument, arrays: Mapping[str, Any]) -> Population:
    fields = {name: _array(path, arrays, f"population.{name}", dtype) for name, dtype in DTYPES.items()}
    genomes = Population(len(header.inputs), len(header.outputs), **fields)
    if genomes.size < 1:
        raise DamagedFileError(f"{path} holds no genomes")
    return genomes


def _array(path: Path, arrays: Mapping[str, Any], name: str, dtype: Any, length: int | None = None) -> Any:
    """Return an array of this type and, unless None, this length; its numbers are finite."""
    if name not in arrays:
        raise DamagedFileError(f"{path} lacks a part of a start ({name!r})")
    array = arrays[name]
    if array.dtype != dtype or (length is not None and len(array) != length):
        raise DamagedFileError(
            f"{path}: {name} has {len(array)} numbers of type {array.dtype} instead of "
            f"{'' if length is None else f'{length} of type '}{np.dtype(dtype)}"
        )
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DamagedFileError(f"{path}: {name} holds a number that is not finite")
    return array
