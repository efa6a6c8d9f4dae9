"""A :class:`RunState` as a file, and the thread that writes such files beside the computation."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import __version__
from ...config.load import settings_from_toml
from ...errors import DamagedFileError
from ...genome.population import DTYPES, Population, problems
from ...neat.innovation import Counters
from ...neat.selection import UNSOUND
from ...neat.speciation import Species
from ..drift import Event
from ..normaliser import Normaliser
from ..state import Champion, RunState
from . import archive
from .champion import of_version_1
from .storage import disk_errors

KIND = "genesys checkpoint"
VERSION = 2
_SPECIES_ARRAYS = ("ids", "created", "improved", "best", "member_of")


def save(path: Path, state: RunState, settings_toml: str) -> None:
    """Write a checkpoint atomically. It holds no times, so that equal runs write equal files."""
    arrays: dict[str, NDArray[Any]] = {"fitness": state.fitness}
    if len(state.without):
        arrays["without"] = state.without
    arrays |= _prefixed("population", state.population)
    arrays |= {f"species.{name}": getattr(state.species, name) for name in _SPECIES_ARRAYS}
    arrays |= _prefixed("representatives", state.species.representatives)
    header: dict[str, Any] = {
        "format": KIND,
        "version": VERSION,
        "written_by": __version__,
        "settings": settings_toml,
        "generation": state.generation,
        "n_inputs": state.population.n_inputs,
        "n_outputs": state.population.n_outputs,
        "counters": state.counters._asdict(),
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
    if state.normaliser is not None:
        arrays |= {"normaliser.mean": state.normaliser.mean, "normaliser.m2": state.normaliser.m2}
        header["normaliser"] = {"samples": state.normaliser.samples}
    archive.write(path, header, arrays)


def load(path: Path, *, feed_forward: bool | None = None, check_genomes: bool = True) -> tuple[RunState, str]:
    """Return the state and the settings (TOML) of a checkpoint; raises DamagedFileError with the reason.

    feed_forward: also check that genomes have no cycles; None: do not
    check_genomes: False: trust the checksum that they are sound, where many checkpoints are read
    """
    header, arrays = archive.read(path, KIND, VERSION)
    try:
        state, settings = _state(header, arrays), str(header["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path} lacks a part of a checkpoint ({error})") from None
    for problem in problems(state.population, feed_forward=bool(feed_forward)) if check_genomes else ():
        raise DamagedFileError(f"{path} holds a population that cannot be: {problem}")
    return state, settings


def _state(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> RunState:
    sizes = (int(header["n_inputs"]), int(header["n_outputs"]))
    members: dict[str, Any] = {name: arrays[f"species.{name}"] for name in _SPECIES_ARRAYS}
    species = Species(
        **members,
        representatives=_population("representatives", sizes, arrays),
        threshold=float(header["species"]["threshold"]),
        next_id=int(header["species"]["next_id"]),
    )
    champion = frozen = normaliser = None
    events: tuple[Event, ...] = ()
    if header["version"] == 1:
        if header["champion"] is not None:
            settings = settings_from_toml(header["settings"], "of a checkpoint")
            champion = of_version_1(_population("champion", sizes, arrays), header["champion"], settings)
    else:
        champion, frozen = (_champion(name, header, sizes, arrays) for name in ("champion", "frozen"))
        events = tuple(map(Event.from_document, header["events"]))
        if header["normaliser"] is not None:
            samples = int(header["normaliser"]["samples"])
            normaliser = Normaliser(samples, arrays["normaliser.mean"], arrays["normaliser.m2"])
    return RunState(
        int(header["generation"]),
        _population("population", sizes, arrays),
        arrays["fitness"],
        species,
        Counters(**header["counters"]),
        champion,
        int(header["env_steps"]),
        int(header["validation_steps"]),
        normaliser,
        events,
        frozen,
        _without(arrays),
    )


def _without(arrays: dict[str, NDArray[Any]]) -> NDArray[np.int64]:
    """Return the genomes that have no fitness."""
    fitness = arrays["fitness"]
    found = arrays.get("without", np.flatnonzero(fitness == UNSOUND))  # the first files of version 2 have none
    if found.dtype != np.int64 or found.ndim != 1 or ((found < 0) | (found >= len(fitness))).any():
        raise ValueError("genomes without a fitness that it does not have")
    return found


def _champion(
    name: str, header: dict[str, Any], sizes: tuple[int, int], arrays: dict[str, NDArray[Any]]
) -> Champion | None:
    if header[name] is None:
        return None
    return Champion(
        genome=_population(name, sizes, arrays),
        offset=arrays[f"{name}.offset"],
        scale=arrays[f"{name}.scale"],
        returns=arrays.get(f"{name}.returns", np.empty(0)),  # the first files of version 2 have none
        **header[name],
    )


def _prefixed(prefix: str, population: Population) -> dict[str, NDArray[Any]]:
    return {f"{prefix}.{name}": array for name, array in population.arrays().items()}


def _population(prefix: str, sizes: tuple[int, int], arrays: dict[str, NDArray[Any]]) -> Population:
    fields: dict[str, Any] = {name: arrays[f"{prefix}.{name}"] for name in DTYPES}
    return Population(*sizes, **fields)


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
        self._changed = threading.Condition()  # guards the three below
        self._waiting: RunState | None = None
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
                    self._tidy(state)
                except BaseException as error:
                    self._error = error

    def _next(self) -> RunState | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting is not None or self._closing)
            state, self._waiting = self._waiting, None
            self._changed.notify_all()
            return state

    def _tidy(self, state: RunState) -> None:
        """Remove what is not kept. Later checkpoints than `state` are leftovers that a resume could not read."""
        if self._keep is None:
            return
        spared = {state.champion.generation} if state.champion else set()
        earlier = [path for path in checkpoints(self._folder) if generation_of(path) <= state.generation]
        for path in earlier[self._keep :]:
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


def newest_sound(folder: Path, *, feed_forward: bool) -> tuple[Path, RunState, str, list[str]]:
    """Return the newest checkpoint that can be read: its file, state, settings; and why each newer one cannot.

    Raises DamagedFileError when there is none.
    """
    complaints: list[str] = []
    for path in checkpoints(folder):
        try:
            return path, *load(path, feed_forward=feed_forward), complaints
        except DamagedFileError as error:
            complaints.append(str(error))
    reason = "; ".join(complaints) if complaints else f"{folder} holds no checkpoint"
    raise DamagedFileError(f"there is nothing to continue from: {reason}; start a new run without --resume")
