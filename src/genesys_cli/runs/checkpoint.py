"""A :class:`RunState` as a file, and the thread that writes such files beside the computation."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import DamagedFileError
from ..genome.population import DTYPES, Population, problems
from ..neat.innovation import Counters
from ..neat.speciation import Species
from . import archive
from .state import Champion, RunState

KIND = "genesys checkpoint"
VERSION = 1
_SPECIES_ARRAYS = ("ids", "created", "improved", "best", "member_of")


def save(path: Path, state: RunState, settings_toml: str) -> None:
    """Write a checkpoint atomically. It holds no times, so that equal runs write equal files."""
    arrays: dict[str, NDArray[Any]] = {"fitness": state.fitness}
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
    }
    if state.champion is not None:
        arrays |= _prefixed("champion", state.champion.genome)
        header["champion"] = {key: value for key, value in state.champion._asdict().items() if key != "genome"}
    archive.write(path, header, arrays)


def load(path: Path, *, feed_forward: bool | None = None) -> tuple[RunState, str]:
    """Return the state and the settings (TOML) of a checkpoint; raises DamagedFileError with the reason.

    feed_forward: also check that genomes have no cycles; None: do not
    """
    header, arrays = archive.read(path, KIND, VERSION)
    try:
        state = _state(header, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedFileError(f"{path} lacks a part of a checkpoint ({error})") from None
    for problem in problems(state.population, feed_forward=bool(feed_forward)):
        raise DamagedFileError(f"{path} holds a population that cannot be: {problem}")
    return state, str(header["settings"])


def _state(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> RunState:
    sizes = (int(header["n_inputs"]), int(header["n_outputs"]))
    species = Species(
        *(arrays[f"species.{name}"] for name in _SPECIES_ARRAYS),
        _population("representatives", sizes, arrays),
        float(header["species"]["threshold"]),
        int(header["species"]["next_id"]),
    )
    champion = None
    if header["champion"] is not None:
        champion = Champion(genome=_population("champion", sizes, arrays), **header["champion"])
    return RunState(
        int(header["generation"]),
        _population("population", sizes, arrays),
        arrays["fitness"],
        species,
        Counters(**header["counters"]),
        champion,
        int(header["env_steps"]),
        int(header["validation_steps"]),
    )


def _prefixed(prefix: str, population: Population) -> dict[str, NDArray[Any]]:
    return {f"{prefix}.{name}": array for name, array in population.arrays().items()}


def _population(prefix: str, sizes: tuple[int, int], arrays: dict[str, NDArray[Any]]) -> Population:
    return Population(*sizes, **{name: arrays[f"{prefix}.{name}"] for name in DTYPES})


class Writer:
    """Writes checkpoints in a thread. States are never changed after they are made, so nothing is copied for it.

    At most one checkpoint waits: a disk that cannot keep up slows the run instead of filling the memory. An error is
    raised by the next call.
    """

    def __init__(self, folder: Path, settings_toml: str, keep: int | None) -> None:
        """keep: number of newest checkpoints that stay, beside the champion's; None: all."""
        self._folder = folder
        self._settings = settings_toml
        self._keep = keep
        self._error: BaseException | None = None
        self._waiting: queue.Queue[RunState | None] = queue.Queue(maxsize=1)
        self._thread = threading.Thread(target=self._work, name="genesys-checkpoints", daemon=True)
        self._thread.start()

    def put(self, state: RunState) -> None:
        """Have `state` written; waits while another one is waiting already."""
        self._waiting.put(state)
        self._raise()

    def close(self) -> None:
        """Wait until everything is written."""
        self._waiting.put(None)
        self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _work(self) -> None:
        while (state := self._waiting.get()) is not None:
            if self._error is None:
                try:
                    save(checkpoint_path(self._folder, state.generation), state, self._settings)
                    self._tidy(state)
                except BaseException as error:
                    self._error = error

    def _tidy(self, state: RunState) -> None:
        if self._keep is None:
            return
        spared = {state.champion.generation} if state.champion else set()
        for path in checkpoints(self._folder)[self._keep :]:
            if generation_of(path) not in spared:
                path.unlink()


def checkpoint_path(folder: Path, generation: int) -> Path:
    return folder / f"gen-{generation:05d}.npz"


def generation_of(path: Path) -> int:
    return int(path.stem.removeprefix("gen-"))


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, the newest first."""
    found = [path for path in folder.glob("gen-*.npz") if path.stem.removeprefix("gen-").isdigit()]
    return sorted(found, key=generation_of, reverse=True)


def newest_sound(folder: Path, *, feed_forward: bool) -> tuple[RunState, str, list[str]]:
    """Return the newest checkpoint that can be read, and a sentence for each newer one that cannot.

    Raises DamagedFileError when there is none.
    """
    complaints = []
    for path in checkpoints(folder):
        try:
            return *load(path, feed_forward=feed_forward), complaints
        except DamagedFileError as error:
            complaints.append(str(error))
    reason = "; ".join(complaints) if complaints else f"{folder} holds no checkpoint"
    raise DamagedFileError(f"there is nothing to continue from: {reason}; start a new run without --resume")


