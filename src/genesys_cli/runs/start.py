"""From genomes that a user gives to those that a run begins with: matched, rescaled and numbered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.base import Backend
from ..compiled.philox import START_CONNECTIONS, fill_words
from ..config.backends import kind_of
from ..config.schema import Settings
from ..envs.conditions import clip_of, observation_scaling
from ..envs.naming import output_names
from ..envs.spec import Discrete, Environment, MultiDiscrete
from ..errors import DamagedFileError, UserError
from ..evolution.start import SAMPLES, Start, normaliser_of, room_for
from ..evolution.state import RunState
from ..files.champion import StoredChampion
from ..files.folder import START, RunFolder
from ..files.sources import Source, find_source
from ..files.start import StoredStart, digest_of, start_of
from ..genome.population import Population, problems
from ..genome.rescaling import Scaling, rescaled
from ..genome.rewiring import OutputGene, Wiring, rewired, with_connections
from ..names import ACTIVATIONS, AGGREGATIONS
from ..neat.start import first_hidden, newcomers_of, numbered
from .matching import Match, listed, matched

_SMALL = 0.1  # of the standard deviation of a new connection's weight: the largest weight of one that joins
_RARELY = -1.0  # bias of a choice that joins: with 0 it would be taken wherever all others are below 0

Named = str | StoredChampion


class Prepared(NamedTuple):
    """What a run begins with. settings: with what is kept of it; notes: sentences for the user"""

    stored: StoredStart
    settings: Settings
    notes: list[str]


def prepared(settings: Settings, env: Environment, named: Sequence[Named] = ()) -> Prepared | None:
    """Return what a run begins with; None: new genomes. Raises UserError where the given ones cannot be begun with.

    named: what is given, in the place of ``start.sources``: names, or champions that are in memory
    """
    sources = [find_source(one, settings.start.take) for one in named or settings.start.sources]
    if not sources:
        return None
    room_for(settings, sum(source.genomes.size for source in sources))
    return _Preparation(settings, env, sources).result()


def adopted(begun: Prepared | None, backend: Backend) -> list[str]:
    """Return what is to be said of a start; raises UserError where a backend cannot hold its genomes."""
    if begun is None:
        return []
    try:
        backend.adopt(begun.stored.start.genomes)
    except UserError as error:
        names = listed(list(dict.fromkeys(one.source for one in begun.stored.given)))
        raise UserError(f"the run cannot begin with what {names} gives: {error}") from None
    return begun.notes


def genes_of(begun: Prepared | None) -> tuple[int, int] | None:
    """Return how many nodes and connections a genome of the first generation has, about; None: as settings say."""
    if begun is None:
        return None
    p = begun.stored.start.genomes
    return -(-len(p.node_id) // p.size), -(-len(p.conn_in) // p.size)


def about_start(begun: Prepared | None) -> dict[str, Any]:
    """Return what ``environment.json`` keeps of a start."""
    return {} if begun is None else {"start": [one.model_dump() for one in begun.stored.given]}


def start_again(
    folder: RunFolder, settings: Settings, env: Environment, state: RunState | None, say: Callable[[str], None]
) -> Start | None:
    """Return what a run that is resumed has begun with; None: new genomes.

    state: the last one; a start that is damaged is an error only where a generation may yet be made of it
    """
    if not settings.start.sources:
        return None
    try:
        return start_of(folder.start, settings, env).start
    except DamagedFileError as error:
        if state is None or settings.neat.reset_on_extinction:
            raise
        say(f"{error}; the run goes on without it")
        return None


class _Preparation:
    """Makes genomes of several sources fit one environment."""

    def __init__(self, settings: Settings, env: Environment, sources: Sequence[Source]) -> None:
        self._settings, self._env, self._sources = settings, env, sources
        self._matches = [matched(source, env, settings.start) for source in sources]
        self._hidden = _hidden(sources, first_hidden(settings.neat, env.n_inputs, env.n_outputs))
        self._scaling = self._scaling_here()
        self._done = 0  # genomes of sources that are done

    def result(self) -> Prepared:
        notes: list[str] = []
        parts = []
        for source, match in zip(self._sources, self._matches, strict=True):
            notes += [_begins(source, match), *self._differences(source)]
            genomes, more = self._rescaled(source, match)
            genomes = rewired(genomes, match.wiring, *self._hidden[_kin(source)], self._joining())
            parts.append(self._connected(genomes, match.wiring))
            self._done += genomes.size
            notes += [*more, *self._about_choices(match)]
        start = Start(numbered(parts), self._scaling)
        notes += [*self._normalised(), *self._outside(start.genomes), self._first(start.genomes.size)]
        kept = self._settings.start.model_copy(update={"sources": [START], "sha256": digest_of(start)})
        settings = self._settings.model_copy(update={"start": kept})
        given = [one for source in self._sources for one in source.given]
        names = self._env.observation_names, output_names(self._env)
        return Prepared(StoredStart(start, *names, given, settings), settings, notes)

    def _scaling_here(self) -> Scaling:
        """Return the scaling of inputs that all genomes are made for."""
        if not self._settings.evaluation.normalise_observations:
            return Scaling(*observation_scaling(self._settings, self._env))
        offset, scale = np.zeros(self._env.n_inputs, np.float32), np.ones(self._env.n_inputs, np.float32)
        place, was = self._matches[0].inputs.place, self._sources[0].scaling
        kept = place >= 0
        offset[place[kept]], scale[place[kept]] = was.offset[kept], was.scale[kept]
        return Scaling(*normaliser_of(Scaling(offset, scale)).scaling())

    def _rescaled(self, source: Source, match: Match) -> tuple[Population, list[str]]:
        """Return genomes that compute the same of observations as before, and what is to be said of it."""
        place, was = match.inputs.place, source.scaling
        kept = place >= 0
        here = Scaling(
            np.where(kept, self._scaling.offset[place], was.offset),
            np.where(kept, self._scaling.scale[place], was.scale),
        )
        genomes, lost = rescaled(source.genomes, was, here)
        notes = []
        if was.differs(here).any():
            raw = "; its inputs are taken for observations as they are" if source.settings is None else ""
            notes.append(f"{source.name}: weights and biases take up that inputs are scaled otherwise here{raw}")
        if lost.any():
            names = listed([name for name, is_lost in zip(match.inputs.theirs, lost, strict=True) if is_lost])
            notes.append(
                f"warning: {source.name}: the weights cannot take up how these are scaled here, so that they mean "
                f"something else: {names}"
            )
        evaluation = self._settings.evaluation
        limits = clip_of(evaluation), np.inf if source.settings is None else clip_of(source.settings.evaluation)
        if limits[0] != limits[1]:
            now, before = ("not clipped" if np.isinf(limit) else f"clipped at {limit:g}" for limit in limits)
            notes.append(f"{source.name}: inputs are {now} here, and were {before} (evaluation.observation_clip)")
        return genomes, notes

    def _joining(self) -> OutputGene:
        """Return the node gene of outputs that join."""
        neat = self._settings.neat
        bias = _RARELY if isinstance(self._env.action, Discrete | MultiDiscrete) else 0.0
        return OutputGene(
            min(max(bias, neat.bias_min), neat.bias_max),
            min(max(neat.response_init_mean, neat.response_min), neat.response_max),
            ACTIVATIONS.index(neat.output_activation or neat.activation_default),
            AGGREGATIONS.index(neat.aggregation_default),
        )

    def _about_choices(self, match: Match) -> Iterator[str]:
        names = [match.outputs.ours[k] for k in match.wiring.new_outputs]
        if names and isinstance(self._env.action, Discrete | MultiDiscrete):
            yield f"new choices begin with a bias of {self._joining().bias:g}, so that they are rare: {listed(names)}"

    def _connected(self, genomes: Population, wiring: Wiring) -> Population:
        """Return genomes in which, if that is wanted, new inputs lead to all outputs, and all inputs to new outputs."""
        new = np.zeros((genomes.n_inputs, genomes.n_outputs), np.bool_)
        new[wiring.new_inputs] = True
        new[:, wiring.new_outputs] = True
        if not (self._settings.start.connect_new and new.any()):
            return genomes
        sources, outputs = np.nonzero(new)
        neat = self._settings.neat
        words = np.empty((genomes.size, len(sources)), np.uint64)
        for k, row in enumerate(words):
            fill_words(self._settings.run.seed, self._done + k, 0, START_CONNECTIONS, row)
        weights = ((words + 0.5) * 2.0**-31 - 1.0) * (_SMALL * neat.weight_init_stdev)
        weights = np.clip(weights, neat.weight_min, neat.weight_max).astype(np.float32)
        return with_connections(genomes, sources, genomes.n_inputs + outputs, weights)

    def _differences(self, source: Source) -> Iterator[str]:
        """Yield what computes otherwise here; raises UserError where a network cannot be computed here at all."""
        genomes, here = source.genomes, self._settings.neat.feed_forward
        if here and (_leads_on(genomes) or any(problems(genomes, feed_forward=True))):
            raise UserError(
                f"{source.name} is recurrent, and the run evolves feed-forward networks; evolve recurrent ones with "
                "-s neat.feed_forward=false, or begin with another"
            )
        if here != source.feed_forward and (genomes.conn_enabled[genomes.conn_in >= genomes.n_inputs] != 0).any():
            now, before = ("at once", "in a step each") if here else ("in a step each", "at once")
            yield f"warning: {source.name}: signals pass nodes {now} here, and did {before} (neat.feed_forward)"
        if source.settings is None:
            return
        one, other = source.settings.data, self._settings.data
        if None not in (one.file, other.file) and one.model_dump(include=_UNITS) != other.model_dump(include=_UNITS):
            yield f"warning: {source.name}: its outputs are in units of another table (data.target_mean, target_std)"
        if (
            None not in (one.file, other.file)
            and other.held_out
            and one.model_dump(include=_SPLIT) != other.model_dump(include=_SPLIT)
        ):
            yield (
                f"warning: {source.name}: rows that are held out here may be among those that it was trained on, which "
                "flatters it: the table, its target, data.held_out or data.split_seed is another one"
            )
        now, before = (
            "the chip's fixed point" if kind_of(settings.run.backend).emulates_chip else "float32"
            for settings in (self._settings, source.settings)
        )
        if now != before:
            yield f"{source.name}: it was evolved in {before}, and is computed in {now} here"

    def _normalised(self) -> Iterator[str]:
        if self._settings.evaluation.normalise_observations:
            yield (
                f"observations are normalised as for {self._sources[0].name} at first, which counts as "
                f"{SAMPLES:,} observations"
            )

    def _outside(self, genomes: Population) -> Iterator[str]:
        neat = self._settings.neat
        low, high = np.float32(neat.weight_min), np.float32(neat.weight_max)
        if count := int(((genomes.conn_weight < low) | (genomes.conn_weight > high)).sum()):
            yield (
                f"warning: {count} of {len(genomes.conn_weight)} given weights are outside of neat.weight_min = "
                f"{neat.weight_min:g} to neat.weight_max = {neat.weight_max:g}, to which mutated copies are limited"
            )

    def _first(self, given: int) -> str:
        population = self._settings.neat.population
        new = newcomers_of(self._settings.start.newcomers, population)
        copies = population - new - given
        return f"first generation: {given} as given, {copies} mutated copies" + (f", {new} new" if new else "")


_UNITS = {"target_mean", "target_std"}
_SPLIT = {"sha256", "target", "task", "held_out", "split_seed"}


def _begins(source: Source, match: Match) -> str:
    """Return what a source is, and how it fits."""
    p, wiring = source.genomes, match.wiring
    ends = np.concatenate([np.flatnonzero(wiring.inputs < 0), p.n_inputs + np.flatnonzero(wiring.outputs < 0)])
    lost = int((np.isin(p.conn_in, ends) | np.isin(p.conn_out, ends)).sum())
    words = [match.inputs.words(), match.outputs.words()]
    words += [f"{lost} connection{'s'[: lost != 1]} lost with what is gone"] if lost else []
    return f"begins with {source.name}{f' ({p.size} genomes)' if p.size > 1 else ''}: {'; '.join(words)}"


def _leads_on(genomes: Population) -> bool:
    """Say whether a connection leads on from an output."""
    p = genomes
    return bool(((p.conn_in >= p.n_inputs) & (p.conn_in < p.n_inputs + p.n_outputs)).any())


def _kin(source: Source) -> tuple[Hashable, int, int]:
    return source.kin, source.genomes.n_inputs, source.genomes.n_outputs


def _hidden(sources: Sequence[Source], following: int) -> dict[Hashable, tuple[NDArray[np.int64], int]]:
    """Return the ids of hidden nodes of all sources that are kin, and the first id that these become."""
    found: dict[Hashable, tuple[NDArray[np.int64], int]] = {}
    for kin in dict.fromkeys(map(_kin, sources)):
        ids = np.unique(np.concatenate([source.genomes.node_id for source in sources if _kin(source) == kin]))
        hidden = ids[ids >= kin[1] + kin[2]].astype(np.int64)
        found[kin] = hidden, following
        following += len(hidden)
    return found
