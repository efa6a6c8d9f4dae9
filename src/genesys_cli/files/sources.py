"""Genomes to begin with, as a user names them, and where they are found."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..config.schema import Settings
from ..envs.naming import output_names
from ..envs.registry import environment_or_loop
from ..errors import DamagedFileError, UserError
from ..genome.population import Population
from ..genome.rescaling import Scaling
from . import archive, checkpoint
from .champion import StoredChampion, on_any_machine
from .identity import decisive_toml
from .neat_python import is_network, read_network
from .reading import parsed, read_bytes, settings_in
from .start import KIND as START
from .start import GivenDocument, StoredStart, load_start
from .target import find_target, names_generation, stored_best

_PICKLES = (b"\x80", b"\x1f\x8b")  # of a pickle, and of what is compressed as checkpoints of neat-python are


class Source(NamedTuple):
    """Genomes of one kind, and what is known of the networks that they are.

    name: as messages call it; genomes: K of them
    names: of inputs and outputs; None: nobody has named them
    scaling: of the inputs that they were evolved on; given: of each genome, where it is from
    settings: of their run; None: it is none of genesys. feed_forward: whether they are computed as such
    kin: equal for genomes whose hidden nodes have the same ids
    """

    name: str
    genomes: Population
    names: tuple[Sequence[str], Sequence[str]] | None
    scaling: Scaling
    given: Sequence[GivenDocument]
    settings: Settings | None
    feed_forward: bool
    kin: Hashable


def find_source(named: str | StoredChampion, take: int) -> Source:
    """Return the genomes that a name means; raises UserError where it means none.

    named: a champion's file, a run folder, a checkpoint, a ``start.npz``, a network of neat-python as JSON, the name of
        a shipped champion, ``champion``, ``last``, ``gen:N`` or ``front:N``; or a champion that is in memory
    take: genomes of a checkpoint, the best in training first
    """
    if isinstance(named, StoredChampion):
        return _of_champion(named)
    path = Path(named)
    if names_generation(named) or not path.is_file():
        stored = find_target(named, None)
        if stored.origin.suffix == ".npz":
            return _of_checkpoint(stored.origin, take)
        return _of_champion(stored, None if names_generation(named) or path.exists() else named)
    if path.suffix == ".npz":
        return _of_start(load_start(path), named) if archive.kind_of(path) == START else _of_checkpoint(path, take)
    data = read_bytes(path, "champion")
    if data.startswith(_PICKLES) or path.suffix in (".pkl", ".pickle"):
        raise UserError(
            f"{path} is a pickle, which is not opened, since that may run anything; where it was made, write its "
            "network as JSON: neat.export.export_network_json(neat.nn.FeedForwardNetwork.create(genome, config), "
            "'network.json'), and give that file"
        )
    try:
        document = parsed(data)
    except ValueError as error:
        raise DamagedFileError(f"{path} is damaged, or neither a champion nor a network as JSON ({error})") from None
    if isinstance(document, dict) and is_network(document):
        genome, feed_forward = read_network(document, path)
        given = GivenDocument(source=named, sha256=hashlib.sha256(data).hexdigest())
        plain = Scaling(np.zeros(genome.n_inputs, np.float32), np.ones(genome.n_inputs, np.float32))
        return Source(named, genome, None, plain, [given], None, feed_forward, ("neat-python", given.sha256))
    return _of_champion(find_target(named, None))


def file_of(named: str) -> Path:
    """Return the file with the genomes that a name means now: the newest run may be another one soon.

    Raises UserError where it means none
    """
    path = Path(named)
    if not names_generation(named) and path.is_file():
        return path.absolute()
    return find_target(named, None).origin.absolute()


def _of_champion(stored: StoredChampion, name: str | None = None) -> Source:
    """name: of a shipped one; None: it is called after its file"""
    champion, settings, name = stored.champion, stored.settings, name or str(stored.origin)
    fitness = champion.validated_fitness if math.isfinite(champion.validated_fitness) else champion.training_fitness
    given = _given(stored, name, champion.generation, champion.genome_index, fitness)
    return _source(name, champion.genome, Scaling(champion.offset, champion.scale), [given], settings)


def _of_checkpoint(path: Path, take: int) -> Source:
    state, text = checkpoint.load(path)
    settings = on_any_machine(settings_in(text, path))
    best = stored_best(path, state, text)
    fitness = state.own_fitness(settings.evaluation.minimise)
    order = np.argsort(np.where(np.isnan(fitness), np.inf, -state.fitness), kind="stable")
    chosen = order[: min(take, len(fitness) - len(state.without))]
    given = [_given(best, str(path), state.generation, int(index), float(fitness[index])) for index in chosen]
    scaling = Scaling(best.champion.offset, best.champion.scale)
    return _source(str(path), state.population.select(chosen), scaling, given, settings)


def _given(stored: StoredChampion, source: str, generation: int, index: int, fitness: float) -> GivenDocument:
    return GivenDocument(
        source=source,
        sha256=_digest(stored.origin),
        environment=stored.settings.environment.id,
        generation=generation,
        genome_index=index,
        fitness=fitness if math.isfinite(fitness) else None,
    )


def _of_start(stored: StoredStart, name: str) -> Source:
    genomes, scaling = stored.start
    names = stored.inputs, stored.outputs
    return Source(
        name,
        genomes,
        names,
        scaling,
        stored.given,
        stored.settings,
        stored.settings.neat.feed_forward,
        decisive_toml(stored.settings),
    )


def _source(
    name: str, genomes: Population, scaling: Scaling, given: Sequence[GivenDocument], settings: Settings
) -> Source:
    names = _names_in(settings, genomes)
    return Source(name, genomes, names, scaling, given, settings, settings.neat.feed_forward, decisive_toml(settings))


def _names_in(settings: Settings, genomes: Population) -> tuple[Sequence[str], Sequence[str]] | None:
    """Return what a run's environment calls inputs and outputs; None where it cannot be asked, or has changed."""
    try:
        env = environment_or_loop(settings)
    except UserError:  # an extra or a module of the user's own is not here
        return None
    if (env.n_inputs, env.n_outputs) != (genomes.n_inputs, genomes.n_outputs):
        return None
    return env.observation_names, output_names(env)


def _digest(path: Path) -> str:
    """Return the digest of a file; empty where it is gone, as that of a champion in memory may be."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
