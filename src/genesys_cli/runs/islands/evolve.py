"""A run on islands from its beginning, or from where it was left, to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...backends.cluster.connection import is_connected
from ...config.islands import SYNCHRONOUS
from ...config.schema import Settings
from ...errors import DamagedFileError, UserError
from ...evolution.islands import of_island
from ...evolution.loop import Loop
from ...evolution.state import RunState
from ...files.checkpoint import checkpoints, generation_of, load
from ...files.folder import RunFolder
from ...files.identity import differences, value_of
from ...files.reading import read_bytes, settings_in
from ...files.storage import write_atomically
from ..kernels import Kernels
from ..warnings import warnings_of
from .exchange import exchange_of, record_in
from .island import Island
from .journal import Journal
from .legs import Hands, Here
from .progress import Progress
from .summary import summed_up

if TYPE_CHECKING:
    from ..evolve import Observer


def alone(settings: Settings) -> Settings:
    """Return the settings of what this process does itself: of islands on a cluster, actors do the rest."""
    if not settings.islands.several:
        return settings
    return settings.model_copy(update={"cluster": type(settings.cluster)()})


def create(
    wanted: Path | None,
    settings: Settings,
    environment_name: str,
    command: Sequence[str],
    about: Mapping[str, Any],
    start: bytes | None,
) -> RunFolder:
    """Make the folder of a run, and where it is one on islands, of each of these; see :meth:`RunFolder.create`."""
    islands = settings.islands
    if islands.number is not None:
        raise UserError(
            f"islands.number = {islands.number} makes these the settings of one island, which is part of a run: take "
            "the config.toml of that, or leave [islands] out"
        )
    each = [of_island(settings, number) for number in range(islands.count)] if islands.several else []
    record = None
    if islands.several and islands.repeat is not None:
        record_in(Path(islands.repeat), settings)
        record = read_bytes(Path(islands.repeat), "record of migrations")
    folder = RunFolder.create(wanted, settings, environment_name, command, about, start, each)
    if record is not None:
        write_atomically(folder.repeated, record)
    return folder


def begin_islands(
    evolution: Loop, folder: RunFolder, observer: Observer, logs: Sequence[str], kernels: Kernels
) -> dict[str, Any]:
    """Carry a new run to its end; return the summary. evolution: with the settings of the run"""
    return _run(evolution, folder, {}, observer, logs, kernels)


def resume_islands(
    evolution: Loop, folder: RunFolder, observer: Observer, logs: Sequence[str], kernels: Kernels
) -> dict[str, Any]:
    """Carry a run on from the checkpoints of its islands; return the summary."""
    settings = evolution.settings
    for number in range(settings.islands.count):
        island = folder.island(number)
        if not island.config.is_file():
            raise UserError(f"{folder.path} has no run of island {number}: {island.path} is missing; put it back")
        if island.settings() != (own := of_island(settings, number)):
            if keys := list(differences(own, island.settings())):
                raise UserError(
                    f"{island.config} says {_words(island.settings(), keys)}, but {folder.config} says "
                    f"{_words(own, keys)}; restore the one that was changed, or start a new run"
                )
            island.save_settings(own)
    states = _states(folder, settings, observer.message)
    return _run(evolution, folder, states, observer, logs, kernels)


def _words(settings: Settings, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} = {value_of(settings, key)!r}" for key in keys)


def _states(folder: RunFolder, settings: Settings, say: Callable[[str], object]) -> dict[int, RunState]:
    """Return from which generation each island goes on; empty: from the beginning.

    Where islands wait for one another, it is the newest that all have, since each needs the others at a migration.
    """
    islands = [folder.island(number) for number in range(settings.islands.count)]
    known = [{generation_of(path): path for path in checkpoints(island.checkpoints)} for island in islands]
    states: dict[int, RunState] = {}
    if settings.islands.mode == SYNCHRONOUS:
        for generation in sorted(set.intersection(*map(set, known)), reverse=True):
            try:
                states = {k: _state(known[k][generation], islands[k], settings, k) for k in range(len(islands))}
            except DamagedFileError as error:
                say(f"{error}; an older checkpoint is used instead")
                continue
            say(f"continuing {folder.path} after generation {generation}")
            return states
    else:
        for k, own in enumerate(known):
            for generation in sorted(own, reverse=True):
                try:
                    states[k] = _state(own[generation], islands[k], settings, k)
                except DamagedFileError as error:
                    say(f"{error}; an older checkpoint is used instead")
                    continue
                break
        if states:
            words = ", ".join(str(states[k].generation) if k in states else "none" for k in range(len(islands)))
            say(f"continuing {folder.path} after the generations {words} of its islands")
            return states
    if any(known):
        raise DamagedFileError(
            f"there is nothing to continue from: the islands of {folder.path} have no sound checkpoint"
            f"{' of one generation' if settings.islands.mode == SYNCHRONOUS else ''}; start a new run without "
            "--resume"
        )
    say(f"{folder.path} has no checkpoint yet: starting with its first generation")
    return {}


def _state(path: Path, island: RunFolder, settings: Settings, number: int) -> RunState:
    state, text = load(path)
    own, theirs = of_island(settings, number), settings_in(text, path)
    if keys := list(differences(own, theirs)):
        raise UserError(
            f"{path} was computed with {_words(theirs, keys)}, but {island.config} says {_words(own, keys)}; restore "
            "the one that was changed, or start a new run"
        )
    return state


def _run(
    evolution: Loop,
    folder: RunFolder,
    states: Mapping[int, RunState],
    observer: Observer,
    logs: Sequence[str],
    kernels: Kernels,
) -> dict[str, Any]:
    """Carry islands on from `states` to their end, with all files."""
    settings, env, backend = evolution.settings, evolution.env, evolution.backend
    count = settings.islands.count
    loops = [
        Loop(of_island(settings, number), env, backend, evolution.threads, evolution.start) for number in range(count)
    ]
    with ExitStack() as stack:
        hands: Hands = Here(loops, kernels)
        if is_connected(settings.cluster):
            from .actors import Actors  # only now: others do without Ray

            hands = Actors(settings, env, evolution.start)
        stack.callback(hands.close)
        islands: list[Island] = []
        for number, loop in enumerate(loops):
            islands.append(
                stack.enter_context(closing(Island(number, folder.island(number), loop, states.get(number))))
            )
        done = {number: state.generation for number, state in states.items()}
        journal = stack.enter_context(closing(Journal(folder, settings, done, logs)))
        for island in islands:
            island.rows.extend(row for row in island.recorder.rows if row["generation"] >= journal.generations)
        exchange = exchange_of(
            settings,
            states,
            journal.migrations.kept,
            record_in(folder.repeated, settings) if settings.islands.repeat is not None else None,
            lambda island, generation: islands[island].stored(generation),
            numbered=backend.kind.numbers_connections,
        )
        observer.start(settings, folder.path, evolution.solved_at)
        for warning in warnings_of(evolution):
            observer.message(warning)
        progress = Progress(settings, islands, exchange, journal, hands, observer.message, observer.generation)
        if not progress.left:
            observer.message(
                f"{folder.path} is complete; a larger --generations N or --no-stop-when-solved continues it"
            )
        hands.run(progress)
        for sentence in journal.lost(hands.lost()):
            observer.message(sentence)
        journal.champion(islands)
        summary = summed_up(folder, settings, islands, journal, kernels, observer.message)
    observer.finish(summary)
    return summary
