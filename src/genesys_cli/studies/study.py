"""A study from its first run, or from where it was left, to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol

from ..backends.base import make_backend
from ..compiled.jit import kept
from ..compiled.threads import Threads
from ..config.backends import added
from ..config.load import to_toml
from ..config.schema import Settings
from ..config.seeds import seeds_words
from ..config.trust import named_by_user, trusted_in
from ..costs.memory import check_memory
from ..envs.registry import environment_of
from ..envs.spec import Environment
from ..errors import UserError
from ..evolution.loop import Loop
from ..files.identity import RESUMABLE, changed, value_of
from ..files.logs import checked
from ..files.outcomes import Outcome, outcomes_of
from ..files.sources import file_of
from ..files.storage import held
from ..files.study import Study, StudyFolder, with_sources
from ..runs.ahead import BREEDING, COUNTING, PLAYING, carry_out
from ..runs.evolve import Hearer, changes_of, needed_later, noted, resolved_in, tell_repeats
from ..runs.kernels import Kernels, played_by
from ..runs.repeatable import settled
from ..runs.start import adopted, genes_of, prepared
from .hiring import Hands, alone_of, hired, plan_of
from .messages import Job, Setup
from .summary import summary_of, to_do


class Observer(Hearer, Protocol):
    """Hears of a study's progress; ``report.study`` has some that show it.

    start: called once, before the first run. todo: seeds that are to be run; side_by_side: how many at once
    generation: some columns of a row of metrics, now and then
    ended: what the run came to; failed: why it did not come to its end, and if nobody expected that, where it happened
    """

    def start(self, study: Study, path: Path, todo: Sequence[int], side_by_side: int) -> None: ...
    def began(self, seed: int) -> None: ...
    def generation(self, seed: int, row: Mapping[str, Any]) -> None: ...
    def ended(self, seed: int, outcome: Outcome) -> None: ...
    def failed(self, seed: int, why: str, trace: str) -> None: ...


def evolve(
    settings: Settings,
    seeds: tuple[int, ...],
    run_dir: Path | None,
    command: Sequence[str],
    observer: Observer,
    logs: Sequence[str] = (),
    *,
    require_repeatable: bool = False,
) -> dict[str, Any]:
    """Carry out a run for each seed; return the summary, as in ``study.json``.

    settings: of every run but for its seed; run.threads: cores of the whole study
    run_dir, command, logs, require_repeatable: as of :func:`.runs.evolve.evolve`, of the study
    """
    named_by_user(settings)
    env = environment_of(settings)
    settings = resolved_in(with_files(settings), env)
    study = Study(settings, seeds, tuple(logs))
    prepare(study, env, observer, require_repeatable=require_repeatable)
    setup = _setup(study, command, require_repeatable=require_repeatable)
    with hired(settings, env, len(seeds), setup, observer.message) as hands:
        folder = StudyFolder.create(run_dir, env.name, study)
        study = folder.read()  # in which the files that runs begin with are those of the folder
        noted(folder.path, observer)
        with held(folder.path):
            return _carry_on(folder, study, seeds, hands, observer)


def resume(
    path: Path,
    flags: Mapping[str, object],
    command: Sequence[str],
    observer: Observer,
    logs: Sequence[str] = (),
    *,
    require_repeatable: bool = False,
) -> dict[str, Any]:
    """Carry out what a study lacks: runs that are not there, and those that are not at their end.

    flags: settings by key that differ now, only those of RESUMABLE; logs: further kinds, of runs to come
    """
    folder = StudyFolder.open(path)
    with held(path):
        study = folder.read()
        if "run.seed" in flags:
            raise UserError(f"{path} is a study of the {seeds_words(study.seeds)}, so no other seed can be given")
        changes = changes_of(study.settings, flags, path)
        kinds = checked(dict.fromkeys((*study.logs, *logs)))
        now = Study(changed(study.settings, changes), study.seeds, kinds)
        env = environment_of(now.settings)
        folder.check_runs(now)
        if now != study:
            folder.save(now)
        todo = to_do(outcomes_of(folder, now.settings, now.seeds), now.settings)
        _clear(folder, todo)
        if not todo:
            observer.message(
                f"{path} is complete: all {len(now.seeds)} runs are at their end; a larger --generations N or "
                "--no-stop-when-solved continues them"
            )
            return _carry_on(folder, now, todo, None, observer)
        prepare(now, env, observer, require_repeatable=require_repeatable)
        setup = _setup(now, command, require_repeatable=require_repeatable)
        with hired(now.settings, env, len(todo), setup, observer.message) as hands:
            return _carry_on(folder, now, todo, hands, observer)


def dry_run(settings: Settings, seeds: Sequence[int]) -> dict[str, Any]:
    """Return how runs would be carried out, without running anything."""
    return plan_of(settings, environment_of(settings), len(seeds))


def _setup(study: Study, command: Sequence[str], *, require_repeatable: bool) -> Setup:
    return Setup(added(), trusted_in(study.settings), list(command), study.logs, require_repeatable)


def _carry_on(
    folder: StudyFolder, study: Study, todo: Sequence[int], hands: Hands | None, observer: Observer
) -> dict[str, Any]:
    """Carry out the runs of some seeds, and sum the study up. hands: None: there are none to be carried out"""
    observer.start(study, folder.path, todo, hands.side_by_side if hands else 1)
    told = Told(folder, study, observer)
    if hands is not None:
        hands.crew.carry_out([job_of(folder, study, seed, hands.threads) for seed in todo], told)
    outcomes = outcomes_of(folder, study.settings, study.seeds)
    summary = summary_of(folder, study, outcomes, told.failures)
    folder.save_summary(summary)
    return summary


def with_files(settings: Settings) -> Settings:
    """Return settings in which what runs begin with is named by its file: the newest run will soon be another one."""
    return with_sources(settings, [str(file_of(source)) for source in settings.start.sources])


def _of_one(study: Study, threads: int) -> Settings:
    """Return the settings of the first run."""
    return alone_of(study.settings_of(study.seeds[0]), threads)


def job_of(folder: StudyFolder, study: Study, seed: int, threads: int) -> Job:
    """Return what is to be done for a seed: its run is begun or resumed. threads: of the run"""
    run = folder.run(seed)
    settings = alone_of(study.settings_of(seed), threads)
    flags = {key: value_of(settings, key) for key in RESUMABLE}
    return Job(seed, str(run.path), to_toml(settings), flags if run.config.is_file() else None)


def _clear(folder: StudyFolder, seeds: Sequence[int]) -> None:
    """Take away what is left of runs that ended while their folders were being made; nothing else is touched."""
    for seed in seeds:
        run = folder.run(seed)
        if run.config.is_file() or not run.path.is_dir():
            continue
        with suppress(OSError):
            if run.checkpoints.is_dir():
                run.checkpoints.rmdir()
            for path in (run.surroundings, run.start, *run.path.glob(".*.partial")):
                path.unlink(missing_ok=True)
        if left := sorted(path.name for path in run.path.iterdir()):
            raise UserError(
                f"{run.path} has {', '.join(left[:3])}{' and more' if len(left) > 3 else ''}, but no config.toml: put "
                "that back, or move the folder away to have this run carried out again"
            )


def prepare(study: Study, env: Environment, observer: Observer, *, require_repeatable: bool) -> None:
    """Complain of what no run could do, and compile what all need, before there are any.

    require_repeatable: complain of an environment whose episodes do not repeat, too
    """
    settings = _of_one(study, study.settings.run.threads)
    begun = prepared(settings, env)
    if study.settings.cluster.address is None:  # else nodes look at their own
        check_memory(_of_one(study, 1), env, genes=genes_of(begun))
    played = played_by(env, settings.evaluation.validation)
    with (
        Threads(settings.run.threads) as threads,
        closing(make_backend(_of_one(study, 1), env, threads)) as backend,
        closing(Kernels(backend.name, played, observer.message, needed_later(settings) if kept() else ())) as kernels,
    ):
        adopted(begun, backend)
        Loop(settings, env, backend, threads, begun and begun.stored.start)
        if require_repeatable:
            tell_repeats(settled(settings, env, backend, threads), observer, require=True)
        if not kept():  # each process has to compile for itself
            return
        if kernels.lacks(PLAYING):
            kernels.need(PLAYING)
            if env.in_workers:
                settled(settings, env, backend, threads)  # its worker compiles
            else:
                carry_out(PLAYING, settings)
            kernels.have(PLAYING)
        for part in (BREEDING, COUNTING)[: 1 if backend.kind.counts_itself else 2]:
            if not kernels.lacks(part):
                continue
            kernels.need(part)
            if kernels.lacks(part):
                with suppress(UserError):  # a chip that cannot hold this; who counts says so
                    carry_out(part, settings)
                    kernels.have(part)
        kernels.settle()


class Told:
    """Passes on what is heard of runs, once where they all say the same. failures: why runs have failed, by seed"""

    def __init__(self, folder: StudyFolder, study: Study, observer: Observer) -> None:
        self.failures: dict[int, str] = {}
        self._folder, self._study, self._observer = folder, study, observer
        self._said: set[str] = set()

    def began(self, seed: int) -> None:
        self._observer.began(seed)

    def said(self, seed: int, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._observer.message(f"seed {seed}: {text}")

    def generation(self, seed: int, row: dict[str, Any]) -> None:
        self._observer.generation(seed, row)

    def lost(self, seed: int, text: str) -> None:
        self._folder.note_lost(seed, text)
        self._observer.message(f"seed {seed}: {text}")

    def done(self, seed: int) -> None:
        (outcome,) = outcomes_of(self._folder, self._study.settings, [seed])
        self._observer.ended(seed, outcome)

    def failed(self, seed: int, why: str, trace: str) -> None:
        self.failures[seed] = why
        self._observer.failed(seed, why, trace)
