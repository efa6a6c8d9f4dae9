"""A run from its first generation, or its newest checkpoint, to its end."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Protocol

from ..backends.base import make_backend
from ..backends.cluster.connection import connected
from ..backends.cluster.plan import plan_of
from ..compiled.threads import Threads, usable_cores
from ..config.backends import kind_of, results_of
from ..config.schema import Settings
from ..config.trust import named_by_user
from ..costs.memory import available, check_memory, generation_bytes, parts_of
from ..costs.pace import check_pace
from ..costs.work import Work
from ..envs.conditions import check_costs
from ..envs.drift import Drift
from ..envs.engine import check_engine
from ..envs.problem.env import ProblemEnv
from ..envs.registry import environment_of, resolved
from ..envs.spec import Environment, NativeEnv
from ..envs.trials import check_validation, needed_in
from ..errors import GenesysError, UserError
from ..evolution.goal import check_goal
from ..evolution.islands import check_islands
from ..evolution.loop import Loop
from ..evolution.nobody import NO_FITNESS, advice
from ..evolution.objectives import check_objectives
from ..evolution.racing import check_race
from ..evolution.refining import check_refine
from ..evolution.rows import Row
from ..evolution.state import RunState
from ..files.checkpoint import checkpoints, newest_valid
from ..files.folder import RunFolder, note_latest
from ..files.identity import RESUMABLE, changed, differences, value_of
from ..files.islands import run_around
from ..files.logs import check_again
from ..files.reading import settings_in
from ..files.start import packed
from ..files.storage import held
from ..files.target import check_fit
from .ahead import BREEDING, CLOCK, COUNTING, LAYERS, PLAYING, Job
from .ending import closing_estimates, closing_front, closing_hints, encounters
from .hints.course import Course
from .islands.evolve import alone, begin_islands, create, resume_islands
from .kernels import Kernels, played_by
from .recorder import Recorder
from .repeatable import Repeats, about, origin_of, settled, with_rebuild
from .start import Named, Prepared, about_start, adopted, genes_of, prepared, start_again
from .summary import summary_of
from .warnings import StandstillWatch, warnings_of


class Hearer(Protocol):
    """Hears sentences."""

    def message(self, text: str) -> None: ...


class Observer(Hearer, Protocol):
    """Hears of a run's progress; ``report.console`` has some that show it."""

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None: ...
    def generation(self, row: Row) -> None: ...
    def finish(self, summary: Mapping[str, Any]) -> None: ...


def evolve(
    settings: Settings,
    run_dir: Path | None,
    command: Sequence[str],
    observer: Observer,
    logs: Sequence[str] = (),
    *,
    require_repeatable: bool = False,
    start: Sequence[Named] = (),
) -> dict[str, Any]:
    """Start a run and carry it to its end; return the summary, as in ``summary.json``.

    run_dir: a new folder; None: the next free one. command: what was typed, for the record.
    logs: kinds of logs beside ``metrics.csv``, see :mod:`.logs`
    require_repeatable: raise UserError, before there is a folder, where the environment's episodes do not repeat
    start: genomes to begin with in the place of ``start.sources``, see :func:`.start.prepared`
    """
    named_by_user(settings)
    return begin(settings, run_dir, command, observer, logs, require_repeatable=require_repeatable, start=start)


def begin(
    settings: Settings,
    run_dir: Path | None,
    command: Sequence[str],
    observer: Observer,
    logs: Sequence[str] = (),
    *,
    require_repeatable: bool = False,
    start: Sequence[Named] | Prepared = (),
    latest: bool = True,
    env: Environment | None = None,
) -> dict[str, Any]:
    """Do what :func:`evolve` says with settings whose modules are trusted.

    start: may be what has been prepared elsewhere; latest: whether ``runs/latest`` names it
    env: what the settings have networks live in, where its files are elsewhere; None: they are here
    """
    env = environment_of(settings) if env is None else env
    settings = resolved_in(settings, env)
    begun = start if isinstance(start, Prepared) else prepared(settings, env, start)
    settings = begun.settings if begun is not None else settings
    check_room(settings, env, genes_of(begun))
    with ExitStack() as stack:
        threads = stack.enter_context(Threads(settings.run.threads))
        stack.enter_context(connected(settings.cluster, observer.message))
        # Complains about settings before there is a folder.
        backend = stack.enter_context(closing(make_backend(alone(settings), env, threads)))
        for note in adopted(begun, backend):
            observer.message(note)
        played = played_by(env, settings.evaluation.validation)
        kernels = stack.enter_context(closing(Kernels(backend.name, played, observer.message, needed_later(settings))))
        kernels.need(PLAYING)
        repeats = settled(settings, env, backend, threads)
        tell_repeats(repeats, observer, require=require_repeatable)
        settings, found = with_rebuild(settings, env, repeats)
        if found != env:  # the workers have to know
            env = found
            backend.close()
            backend = stack.enter_context(closing(make_backend(alone(settings), env, threads)))
        evolution = Loop(settings, env, backend, threads, begun and begun.stored.start)
        known = about(repeats, env) | about_start(begun)
        folder = create(run_dir, settings, env.name, command, known, begun and packed(begun.stored))
        if latest:
            noted(folder.path, observer)
        with held(folder.path):
            if settings.islands.several:
                return begin_islands(evolution, folder, observer, logs, kernels)
            return _run(evolution, folder, None, observer, logs, kernels)


def noted(path: Path, observer: Hearer) -> None:
    """Have ``runs/latest`` name a run or a study, if that can be written: nothing needs it."""
    try:
        note_latest(path)
    except GenesysError as error:
        observer.message(f"`genesys replay` will not find {path} by itself: {error}")


def tell_repeats(repeats: Repeats, observer: Hearer, *, require: bool) -> None:
    """Say what was found of an environment; raise UserError where what is required is not so."""
    if require and not repeats.repeatable:
        raise UserError(f"{repeats.note} (--require-repeatable)")
    if repeats.note:
        observer.message(f"warning: {repeats.note}" if repeats.repeatable is False else repeats.note)


def resume(
    run: Path,
    flags: Mapping[str, object],
    command: Sequence[str],
    observer: Observer,
    logs: Sequence[str] = (),
    *,
    require_repeatable: bool = False,
    env: Environment | None = None,
) -> dict[str, Any]:
    """Continue a run from its newest valid checkpoint, to the bits that it would have had; return the summary.

    flags: settings by key that differ now: those of RESUMABLE, and a backend with the same results
    command: what was typed, for the record
    logs: kinds of logs beside those that the run has
    require_repeatable: raise UserError where its start did not find that the environment's episodes repeat
    env: as of :func:`begin`
    """
    folder = RunFolder.open(run)
    known = folder.repeatable()
    if require_repeatable and not known["repeatable"]:
        raise UserError(f"{known['repeatable_note'] or f'{run} does not say that it repeats'} (--require-repeatable)")
    with held(run):
        return _resumed(folder, flags, command, observer, logs, env)


def _resumed(
    folder: RunFolder,
    flags: Mapping[str, object],
    command: Sequence[str],
    observer: Observer,
    logs: Sequence[str],
    env: Environment | None,
) -> dict[str, Any]:
    """Do what :func:`resume` says with a run that nobody else computes."""
    run, settings = folder.path, folder.settings()
    if settings.islands.number is not None:
        raise UserError(
            f"{run} is an island, which goes on together with the others: --resume "
            f"{shlex.quote(str(run_around(run).path))}"
        )
    changes = changes_of(settings, flags, run)
    settings = changed(settings, changes)
    env = environment_of(settings) if env is None else env
    check_room(settings, env)
    check_again(run)
    if isinstance(env, NativeEnv | ProblemEnv) and _is_another(origin_of(env), folder):
        kind = "function" if isinstance(env, ProblemEnv) else "environment"
        observer.message(
            f"warning: {origin_of(env)['file']}, or what it imports, has changed since {run} was started: from here "
            f"on, generations are those of another {kind}"
        )
    several = settings.islands.several
    state = None if several else _last_state(folder, settings, observer)
    start = start_again(folder, settings, env, state, observer.message)
    if state is not None:
        check_fit(env, state.population.n_inputs, state.population.n_outputs, folder.checkpoints)
    with (
        Threads(settings.run.threads) as threads,
        connected(settings.cluster, observer.message),
        closing(make_backend(alone(settings), env, threads)) as backend,
        # All are needed at once.
        closing(Kernels(backend.name, played_by(env, settings.evaluation.validation), observer.message)) as kernels,
    ):
        evolution = Loop(settings, env, backend, threads, start)
        folder.note_resumed(command)
        if changes:
            folder.save_settings(settings)
        if several:
            return resume_islands(evolution, folder, observer, logs, kernels)
        if state is not None:
            if state.champion is not None:
                folder.save_champion(state.champion.told(settings.evaluation.minimise), settings)
            if _ended(evolution, state):
                observer.message(f"{run} is complete; a larger --generations N or --no-stop-when-solved continues it")
        return _run(evolution, folder, state, observer, logs, kernels)


def _is_another(origin: Mapping[str, Any], folder: RunFolder) -> bool:
    """Say whether the code of a user's own environment or function is another one than when its run was started."""
    return "sha256" in origin and folder.origin() not in (None, origin["sha256"])


def changes_of(settings: Settings, flags: Mapping[str, object], run: Path) -> dict[str, object]:
    """Return the flags that differ from a run's settings; raises UserError where one must not be another."""
    changes = {key: value for key, value in flags.items() if value != value_of(settings, key)}
    backend = str(changes.get("run.backend", settings.run.backend))
    if "rtl.parts" in changes and not kind_of(backend).simulates_rtl:
        raise UserError(
            f"rtl.parts: only the backend 'rtl' simulates RTL, but run.backend is {backend!r}; add --backend rtl, or "
            "leave it out"
        )
    for key, value in changes.items():
        if key == "run.backend" and results_of(backend) == results_of(settings.run.backend):
            continue
        if key not in RESUMABLE:
            raise UserError(
                f"{key} is {value_of(settings, key)!r} in {run} and cannot become {value!r} when the run is resumed, "
                f"since its results would be those of neither; start a new run, or change only {', '.join(RESUMABLE)}"
            )
    return changes


def _last_state(folder: RunFolder, settings: Settings, observer: Observer) -> RunState | None:
    """Return the newest valid checkpoint, and tell the observer which it is; None: the run had none yet."""
    if not checkpoints(folder.checkpoints):
        observer.message(f"{folder.path} has no checkpoint yet: starting with its first generation")
        return None
    path, state, text, complaints = newest_valid(folder.checkpoints)
    for complaint in complaints:
        observer.message(f"{complaint}; an older checkpoint is used instead")
    theirs = settings_in(text, path)
    if keys := list(differences(settings, theirs)):
        here = ", ".join(f"{key} = {value_of(settings, key)!r}" for key in keys)
        there = ", ".join(f"{key} = {value_of(theirs, key)!r}" for key in keys)
        raise UserError(
            f"{path} was computed with {there}, but {folder.config} says {here}; restore the one that was changed, or "
            "start a new run"
        )
    observer.message(f"continuing {folder.path} after generation {state.generation}")
    return state


def dry_run(settings: Settings, tell: Callable[[str], object] = lambda _: None) -> tuple[Settings, dict[str, Any]]:
    """Return the settings that a run would have, and what it would need, without running anything.

    tell: hears of the way to a cluster, if one is named
    """
    env = environment_of(settings)
    settings = resolved_in(settings, env)
    begun = prepared(settings, env)
    genes = genes_of(begun)
    known: dict[str, Any] = {
        "inputs": env.n_inputs,
        "outputs": env.n_outputs,
        "threads": settings.run.threads or usable_cores(),
        "first_generation_bytes": generation_bytes(settings, env, genes),
        "peak_bytes_about": sum(part.bytes for part in parts_of(settings, env, genes=genes)),
        "estimates_bytes_about": sum(part.bytes for part in parts_of(settings, env, counting=True, genes=genes)),
        "available_bytes": available(),
    }
    check_room(settings, env, genes)
    if settings.cluster.address is not None:
        known["cluster"] = plan_of(settings, env, tell).document()
    with Threads(settings.run.threads) as threads, closing(make_backend(settings, env, threads)) as backend:
        if notes := adopted(begun, backend):
            known["start"] = notes
        return settings, {**known, **backend.describe(), **(backend.room(*genes) if genes else {})}


def check_room(settings: Settings, env: Environment, genes: tuple[int, int] | None = None) -> None:
    """Raise a UserError where a run needs more memory than there is. genes: of a genome of the first generation"""
    others = max(settings.islands.count - 1, 0)  # islands that wait, with a generation and the one before it
    check_memory(settings, env, genes=genes, more=2 * others * generation_bytes(settings, env, genes))


def resolved_in(settings: Settings, env: Environment) -> Settings:
    """Return the settings as they are kept with the run; complain of what cannot be before there is a folder."""
    settings = resolved(settings, env)
    Drift(settings, env)
    check_validation(settings.evaluation, env)
    check_goal(settings.evaluation, needed_in(env, settings.evaluation))
    check_pace(settings, env)
    check_islands(settings, env)
    check_race(settings, env)
    check_refine(settings, env)
    check_objectives(settings, env)
    check_engine(settings, env)
    check_costs(settings, env)
    return settings


def needed_later(settings: Settings) -> list[Job]:
    """Return what a new run needs compiled after its first generation."""
    # A backend that counts the chip's work does so for layers from its first generation on.
    kind = kind_of(settings.run.backend)
    parts: tuple[str, ...] = (BREEDING, CLOCK) if kind.counts_itself else (BREEDING, COUNTING, LAYERS, CLOCK)
    if BREEDING not in kind.kernels:
        parts = tuple(part for part in parts if part != BREEDING)
    return [(part, settings) for part in parts]


def _run(
    evolution: Loop,
    folder: RunFolder,
    state: RunState | None,
    observer: Observer,
    logs: Sequence[str],
    kernels: Kernels,
) -> dict[str, Any]:
    """Carry a run on from `state` (None: the start) to its end, with all its files."""
    with closing(Recorder(folder, evolution.settings, state, logs)) as recorder:
        observer.start(evolution.settings, folder.path, evolution.solved_at)
        for warning in warnings_of(evolution):
            observer.message(warning)
        course = Course(evolution.goal, evolution.env.n_outputs, recorder.rows)
        work = _generations(evolution, recorder, observer, kernels, course)
    return _finish(evolution, folder, recorder, work, observer, kernels, course)


def _generations(
    evolution: Loop, recorder: Recorder, observer: Observer, kernels: Kernels, course: Course
) -> Work | None:
    """Compute and record one generation after the other; return what the last one asked for, None: none was left.

    course: of the generations that there are already; those that are computed are added
    """
    work: Work | None = None
    warned = False
    watch = StandstillWatch(evolution, course)
    while recorder.state is None or not _ended(evolution, recorder.state):
        state = recorder.state
        part = PLAYING if state is None else BREEDING
        kernels.need(part)
        if state is None and evolution.start is not None:
            kernels.need(BREEDING)  # given genomes have mutated copies
        begin = time.perf_counter()
        work = None  # of the generation before: it would keep a third population in memory
        found, row, faults, work, _ = evolution.first() if state is None else evolution.next(state)
        sentences = recorder.record(found, row, faults, begin=begin, last=_ended(evolution, found))
        kernels.have(part)
        for sentence in sentences:
            observer.message(sentence)
        if row["best_fitness"] is None and not warned:
            warned = True
            what = advice(evolution.settings, bool(recorder.faults.summary()))
            observer.message(f"generation {found.generation}: {NO_FITNESS}; {what}")
        course.see(row)
        if sentence := watch.look():
            observer.message(sentence)
        observer.generation(row)
    return work


def _finish(
    evolution: Loop,
    folder: RunFolder,
    recorder: Recorder,
    work: Work | None,
    observer: Observer,
    kernels: Kernels,
    course: Course,
) -> dict[str, Any]:
    """Sum up a run that has reached its end."""
    state = recorder.state
    assert state is not None  # a run has a generation at least
    state, front = closing_front(evolution, folder, state)
    summary = summary_of(evolution, folder, state, recorder.faults, recorder.invalid, recorder.wall_time_s())
    summary["front"] = front
    hints = closing_hints(evolution, folder, state, recorder.recent, work, course)
    summary["hints"] = [hint.document() for hint in hints]
    try:
        summary["estimates"] = closing_estimates(evolution, folder, state, recorder.recent, work, kernels)
    except UserError as error:
        observer.message(f"no estimates of time and energy: {error}")
    summary["matches"] = encounters(evolution, state)
    folder.save_summary(summary)
    observer.finish(summary)
    return summary


def _ended(evolution: Loop, state: RunState) -> bool:
    settings = evolution.settings
    return state.generation + 1 >= settings.neat.generations or (settings.ends_when_solved and evolution.solved(state))
