"""A :class:`RunState` as a file, and the thread that writes such files beside the computation."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..config.backends import kind_of
from ..config.problem import MATCH
from ..config.schema import Settings
from ..errors import DamagedFileError
from ..evolution.drift import ShiftRecord
from ..evolution.normaliser import Normaliser
from ..evolution.state import Champion, Hall, RunState
from ..genome.population import DTYPES, Population, problems
from ..neat.innovation import Counters, Table
from ..neat.selection import INVALID_FITNESS
from ..neat.speciation import Species, breeding_species, species_fitness
from . import archive, innovations
from .champion import check_judged, scaling_in
from .models import FirstHeader, HeaderDocument
from .reading import checked, settings_in
from .storage import disk_errors, write_atomically

KIND = "genesys checkpoint"
VERSION = 2
_POPULATIONS = ("population", "representatives", "champion", "frozen", "opponents", "hall")
_SPECIES_ARRAYS = ("ids", "created", "improved", "best", "member_of")
_ARRAYS = {
    "fitness",
    "without",
    *(f"species.{name}" for name in (*_SPECIES_ARRAYS, "breeding")),
    *(f"{name}.{field}" for name in _POPULATIONS for field in DTYPES),
    *(f"{name}.{part}" for name in ("champion", "frozen") for part in ("offset", "scale", "returns")),
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
    return _Reading(path, header, version, settings, arrays).state(), header.settings


class _Reading:
    """Makes a state of a checkpoint's parts."""

    def __init__(
        self, path: Path, header: FirstHeader, version: int, settings: Settings, arrays: dict[str, NDArray[Any]]
    ) -> None:
        self._path, self._header, self._version, self._settings = path, header, version, settings
        self._arrays = arrays
        self._numbers_connections = kind_of(settings.run.backend).numbers_connections

    def state(self) -> RunState:
        header = self._header
        size = self._settings.neat.population
        fitness = self._array("fitness", np.float64, size)
        population = self._population("population", size)
        species = self._species(fitness)
        self._check_counters(population, species.representatives)
        champion, frozen = (self._champion(name) for name in ("champion", "frozen"))
        return RunState(
            header.generation,
            population,
            fitness,
            species,
            self._counters(population),
            champion,
            header.env_steps,
            header.validation_steps,
            self._normaliser(),
            tuple(ShiftRecord.from_document(event.model_dump(by_alias=True)) for event in header.events),
            frozen,
            self._without(fitness),
            self._hall(),
        )

    def _hall(self) -> Hall | None:
        """Return the hall of fame; None where networks play no matches."""
        if self._settings.problem.call != MATCH:
            return None
        generations = self._array("hall.generations", np.int64)
        if (generations[1:] <= generations[:-1]).any() or not (generations >= 0).all():
            self._refuse("hall.generations are not generations, ascending")
        if (generations >= self._header.generation).any():
            self._refuse(f"hall.generations are not before {self._header.generation}")
        judges = self._array("hall.judges", np.uint8, len(generations)) != 0
        return Hall(self._population("hall", len(generations)), generations, judges)

    def _opponents(self) -> Population | None:
        """Return whom the champion met; None where networks play no matches."""
        if self._settings.problem.call != MATCH:
            return None
        return self._population("opponents", len(self._array("opponents.node_offsets", np.int64)) - 1)

    def _without(self, fitness: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the genomes that have no fitness."""
        if "without" not in self._arrays:  # everybody has one, or the file is older than this array
            return np.flatnonzero(fitness == INVALID_FITNESS)
        found = self._array("without", np.int64)
        if (found[1:] <= found[:-1]).any() or (len(found) and not 0 <= found[0] <= found[-1] < len(fitness)):
            self._refuse(f"without does not name genomes that there are, from 0 to {len(fitness) - 1}, ascending")
        return found

    def _counters(self, population: Population) -> Counters:
        """Return the innovations; a file that is older than their tables has the counters alone."""
        header = self._header
        following = header.counters
        if self._arrays.keys().isdisjoint(innovations.ARRAYS):
            return Counters(following.next_node, following.next_innovation)
        links = self._table("links", 0, following.next_innovation)
        splits = self._table("splits", header.n_inputs + header.n_outputs, following.next_node)
        if self._numbers_connections:
            for problem in innovations.contradictions(links, population):
                self._refuse(problem)
        return Counters(following.next_node, following.next_innovation, links, splits)

    def _table(self, name: str, first: int, following: int) -> Table:
        """Return a table of innovations; its values are from `first` to below `following`."""
        keys = self._array(f"{name}.keys", np.int64)
        table = Table(keys, self._array(f"{name}.values", np.int32, len(keys)))
        for problem in innovations.table_problems(name, table, first, following):
            self._refuse(problem)
        return table

    def _array(self, name: str, kind: Any, length: int | None = None) -> NDArray[Any]:
        """Return an array of this type and, unless None, this length; its numbers are finite."""
        if name not in self._arrays:
            raise DamagedFileError(f"{self._path} lacks a part of a checkpoint ({name!r})")
        array = self._arrays[name]
        if array.dtype != kind:
            self._refuse(f"{name} is of type {array.dtype} instead of {np.dtype(kind)}")
        if length is not None and len(array) != length:
            self._refuse(f"{name} has {len(array)} numbers instead of {length}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            self._refuse(f"{name} holds a number that is not finite")
        return array

    def _refuse(self, text: str) -> NoReturn:
        raise DamagedFileError(f"{self._path}: {text}")

    def _population(self, name: str, size: int) -> Population:
        """Return a population of this many genomes whose genes fit together."""
        fields: dict[str, Any] = {field: self._array(f"{name}.{field}", kind) for field, kind in DTYPES.items()}
        found = Population(self._header.n_inputs, self._header.n_outputs, **fields)
        if found.size != size:
            self._refuse(f"{name} has {found.size} genomes instead of {size}")
        for problem in problems(found, feed_forward=self._settings.neat.feed_forward):
            self._refuse(f"{name} holds invalid genomes: {problem}")
        return found

    def _species(self, fitness: NDArray[np.float64]) -> Species:
        """Return the species of a population with this fitness: each has members, and each genome is in one."""
        header, size = self._header, len(fitness)
        member_of = self._array("species.member_of", np.int32, size)
        ids = self._array("species.ids", np.int64)
        created, improved = (self._array(f"species.{name}", np.int64, len(ids)) for name in ("created", "improved"))
        best = self._array("species.best", np.float64, len(ids))
        if (
            not 0 <= member_of.min() <= member_of.max() < len(ids)
            or not np.bincount(member_of, minlength=len(ids)).all()
        ):
            self._refuse(f"species.member_of does not give each of {len(ids)} species its members")
        if (ids[1:] <= ids[:-1]).any() or not 0 <= ids[0] <= ids[-1] < header.species.next_id:
            self._refuse(f"species.ids do not ascend from 0 to below species.next_id = {header.species.next_id}")
        if not ((created >= 0) & (created <= improved) & (improved <= header.generation)).all():
            self._refuse(f"species.created and improved are not generations in this order, up to {header.generation}")
        representatives = self._population("representatives", len(ids))
        if "species.breeding" in self._arrays:
            breeding = self._array("species.breeding", np.uint8, len(ids)) != 0
        else:  # the file is older than this array
            neat = self._settings.neat
            now = species_fitness(member_of, fitness, len(ids), neat.species_fitness)
            breeding = breeding_species(now, ids, header.generation - improved, neat)
        if not breeding.any() and not self._settings.neat.reset_on_extinction:
            self._refuse("species.breeding says that no species has offspring")
        return Species(
            ids,
            created,
            improved,
            best,
            member_of,
            representatives,
            header.species.threshold,
            header.species.next_id,
            breeding,
        )

    def _check_counters(self, *populations: Population) -> None:
        """Complain where a number would be given twice. The chip counts none: it knows connections by their ends."""
        if not self._numbers_connections:
            return
        counters = self._header.counters
        for key, field, following in (
            ("next_node", "node_id", counters.next_node),
            ("next_innovation", "conn_innovation", counters.next_innovation),
        ):
            highest = max(int(getattr(population, field).max(initial=-1)) for population in populations)
            if following <= highest:
                self._refuse(f"counters.{key} = {following}: must be above the numbers that are taken, up to {highest}")

    def _champion(self, name: str) -> Champion | None:
        header, settings = self._header, self._settings
        statistics = getattr(header, name)
        if statistics is None:
            return None
        if statistics.generation > header.generation:
            self._refuse(f"{name}.generation = {statistics.generation}: must not be after {header.generation}")
        genome = self._population(name, 1)
        if self._version == 1:
            offset, scale = scaling_in(settings, header.n_inputs, self._path)
        else:
            offset, scale = (self._array(f"{name}.{part}", np.float32, header.n_inputs) for part in ("offset", "scale"))
        returns = np.empty(0)  # which version 1 and the first files of version 2 lack
        if self._version > 1 and f"{name}.returns" in self._arrays:
            returns = self._array(f"{name}.returns", np.float64)
        check_judged(statistics, len(returns), settings, self._path)
        fields = statistics.fields_of(self._version)
        opponents = self._opponents() if name == "champion" else None
        return Champion(genome=genome, offset=offset, scale=scale, returns=returns, opponents=opponents, **fields)

    def _normaliser(self) -> Normaliser | None:
        header = self._header
        if (header.normaliser is not None) != self._settings.evaluation.normalise_observations:
            self._refuse("normaliser: must be there with evaluation.normalise_observations, and only then")
        if header.normaliser is None:
            return None
        mean, m2 = (self._array(f"normaliser.{part}", np.float64, header.n_inputs) for part in ("mean", "m2"))
        if (m2 < 0).any():
            self._refuse("normaliser.m2 holds a number below 0")
        return Normaliser(header.normaliser.samples, mean, m2)


def _prefixed(prefix: str, population: Population) -> dict[str, NDArray[Any]]:
    return {f"{prefix}.{name}": array for name, array in population.arrays().items()}


class Writer:
    """Writes checkpoints in a thread. States are never changed after they are made, so nothing is copied for it.

    At most one checkpoint waits: a disk that cannot keep up slows the run instead of filling the memory. After an
    error nothing more is written, and every call raises it.
    """

    def __init__(self, folder: Path, settings_toml: str, keep: int | None) -> None:
        """keep: number of newest checkpoints that stay, beside the champion's; None: all."""
        self._folder = folder
        self._settings = settings_toml
        self._keep = keep
        self._changed = threading.Condition()  # guards the four below
        self._waiting: RunState | None = None
        self._writing = False
        self._closing = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="genesys-checkpoints", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until none waits any more, so that the next :meth:`put` returns at once."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is None)
        self._raise()

    def put(self, state: RunState) -> None:
        """Have `state` written; waits while another one is waiting already."""
        self.wait()
        with self._changed:
            self._waiting = state
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until everything is written that was put."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is None and not self._writing)
        self._raise()

    def close(self) -> None:
        """Wait until everything is written."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (state := self._next()) is not None:
            if self._error is None:
                try:
                    save(checkpoint_path(self._folder, state.generation), state, self._settings)
                    tidy(self._folder, state, self._keep)
                except BaseException as error:
                    self._error = error
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _next(self) -> RunState | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self._closing)
            state, self._waiting = self._waiting, None
            self._writing = state is not None
            self._changed.notify_all()
            return state


def tidy(folder: Path, state: RunState, keep: int | None) -> None:
    """Remove checkpoints that are not kept. Later ones than `state` are leftovers that a resume could not read.

    keep: number of newest ones that stay, beside the champion's; None: all
    """
    if keep is None:
        return
    spared = {state.champion.generation} if state.champion else set()
    earlier = [path for path in checkpoints(folder) if generation_of(path) <= state.generation]
    for path in earlier[keep:]:
        if generation_of(path) not in spared:
            with disk_errors(path):
                path.unlink(missing_ok=True)


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
