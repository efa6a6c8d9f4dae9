"""A tuning from its first trial, or from where it was left, to its verdict."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Protocol

from ..backends.cluster.connection import connected
from ..config.backends import added
from ..config.schema import Settings
from ..config.trust import named_by_user, trusted_in
from ..envs.registry import environment_of
from ..envs.spec import Environment
from ..errors import GenesysError, UserError
from ..files.identity import changed
from ..files.outcomes import Outcome, outcomes_of
from ..files.storage import held
from ..files.study import Study, StudyFolder, is_study, with_sources
from ..runs.evolve import Hearer, changes_of, resolved_in
from ..studies import study as studies
from ..studies.hiring import Hands, hired
from ..studies.messages import Setup
from ..studies.summary import to_do
from .folder import Tuning, TuningFolder, check_apart
from .score import of_trial, rungs
from .space import settings_with
from .trials import COMPLETE, FAILED, PRUNED, Running, Trials, need_optuna
from .verdict import judge

SPARING = {"run.keep": 1, "run.checkpoint_every": 1_000_000}  # of trials, whose runs nobody looks at


class Observer(Hearer, Protocol):
    """Hears how far a tuning has come; ``report.progress`` has some that show it."""

    def step(self, done: int, total: int, text: str) -> None: ...


def tune(
    tuning: Tuning,
    run_dir: Path | None,
    command: Sequence[str],
    observer: Observer,
    began: Callable[[Path], None] = lambda folder: None,
) -> dict[str, Any]:
    """Try settings, and judge the best on held-out seeds; return the summary, as in ``tuning.json``.

    tuning: its settings need not be resolved; run_dir: a new folder; None: the next free one
    began: is told the folder when there is one
    """
    need_optuna()
    named_by_user(tuning.settings)
    check_apart(tuning.seeds, tuning.held_out)
    env = environment_of(tuning.settings)
    tuning = tuning._replace(settings=resolved_in(studies.with_files(tuning.settings), env))
    studies.prepare(_study(tuning.settings, tuning.seeds), env, _Telling(observer), require_repeatable=False)
    with closing(_Runs(tuning, env, command, observer)) as runs:
        folder = TuningFolder.create(run_dir, env.name, tuning)
        began(folder.path)
        many = f"{tuning.trials} trial{'s'[: tuning.trials != 1]}"
        observer.message(f"tuning {folder.path}: {many} of {len(tuning.seeds)} seeds")
        with held(folder.path):
            return _carry_on(folder, tuning, runs, observer)


def resume(
    path: Path, trials: int | None, flags: Mapping[str, object], command: Sequence[str], observer: Observer
) -> dict[str, Any]:
    """Continue a tuning as it would have gone on.

    trials: in place of those that it has; flags: settings by key that differ now, only those of RESUMABLE
    """
    need_optuna()
    folder = TuningFolder.open(path)
    with held(path):
        tuning = folder.read()
        now = tuning._replace(
            trials=trials or tuning.trials,
            settings=changed(tuning.settings, changes_of(tuning.settings, flags, path)),
        )
        env = environment_of(now.settings)
        studies.prepare(_study(now.settings, now.seeds), env, _Telling(observer), require_repeatable=False)
        with closing(_Runs(now, env, command, observer)) as runs:
            if now != tuning:
                folder.save(now)
            return _carry_on(folder, now, runs, observer)


def _carry_on(folder: TuningFolder, tuning: Tuning, runs: _Runs, observer: Observer) -> dict[str, Any]:
    with closing(Trials(folder.storage, tuning)) as trials:
        while (done := len(trials.done())) < tuning.trials:
            _carry_out(trials.next(), folder, runs, tuning, observer, done)
            _tell(trials, tuning, observer)
        best = trials.best()
        if best is None:
            first = next(trial for trial in trials.done())
            raise GenesysError(f"no trial ran to its end, so there is nothing to compare; the first: {first.note}")
        outcomes: dict[str, list[Outcome]] = {}
        if best.number != 0:
            for name, values in (("original", {}), (f"trial-{best.number:04d}", best.values)):
                observer.step(tuning.trials, tuning.trials, f"held-out seeds, {name}")
                settings = settings_with(tuning.settings, values)
                outcomes[name] = runs.of(folder.held_out / name, settings, tuning.held_out)
        summary = judge(folder, tuning, trials.done(), best, trials.importances(), outcomes)
    folder.save_summary(summary)
    return summary


def _carry_out(
    trial: Running, folder: TuningFolder, runs: _Runs, tuning: Tuning, observer: Observer, done: int
) -> None:
    """Carry out a trial, until it is at its end or hopeless."""
    place = folder.trial(trial.number)
    evaluation = tuning.settings.evaluation
    try:
        settings = settings_with(tuning.settings, {**trial.values, **SPARING})
    except UserError as error:  # values that contradict one another
        trial.fail(str(error))
        return
    value: float | None = None
    for generations in rungs(tuning.settings.neat.generations, early=tuning.pruner != "none"):
        observer.step(done, tuning.trials, f"trial {trial.number}, up to generation {generations}")
        try:
            outcomes = runs.of(place, changed(settings, {"neat.generations": generations}), tuning.seeds)
        except GenesysError as error:
            trial.fail(str(error))
            break
        value = of_trial(outcomes, generations, tuning.objective, minimise=evaluation.minimise)
        if value is None:
            trial.fail("a run has no champion")
            break
        if trial.report(generations, value) and generations < tuning.settings.neat.generations:
            trial.prune()
            break
    else:
        assert value is not None
        trial.complete(value)
    shutil.rmtree(place, ignore_errors=True)  # its value is known


def _tell(trials: Trials, tuning: Tuning, observer: Observer) -> None:
    """Tell of the trial that has just ended."""
    known, best = trials.done(), trials.best()
    trial = known[-1]
    if trial.state == FAILED:
        observer.message(f"trial {trial.number}  failed: {trial.note}")
        return
    words = {COMPLETE: "", PRUNED: ", pruned"}[trial.state]
    lead = "  the best so far" if best is not None and best.number == trial.number else ""
    what = "  the preset itself" if trial.number == 0 else lead
    observer.message(f"trial {trial.number}  {trial.value:.6g}{words}{what}  {len(known)} of {tuning.trials}")


class _Runs:
    """Carries out the same seeds with one setting after another, by whom stays for many; to be closed."""

    def __init__(self, tuning: Tuning, env: Environment, command: Sequence[str], observer: Observer) -> None:
        """Have somebody for the trials; raises UserError where there is nobody."""
        self._settings, self._env = tuning.settings, env
        self._setup = Setup(added(), trusted_in(tuning.settings), list(command), (), False)
        self._observer = observer
        self._connection, self._hired = ExitStack(), ExitStack()
        self._connection.enter_context(connected(tuning.settings.cluster, observer.message))
        with ExitStack() as failed:
            failed.callback(self.close)
            self._hands = self._hire(tuning.seeds)
            failed.pop_all()

    def of(self, place: Path, settings: Settings, seeds: tuple[int, ...]) -> list[Outcome]:
        """Return what the runs of a study came to that lies at `place`; raises GenesysError where one failed."""
        if seeds != self._seeds:
            self._hands = self._hire(seeds)
        study = Study(settings, seeds, ())
        folder = StudyFolder(place) if is_study(place) else StudyFolder.create(place, "", study)
        study = study._replace(settings=with_sources(study.settings, folder.read().settings.start.sources))
        if folder.read() != study:
            folder.save(study)
        todo = to_do(outcomes_of(folder, study.settings, study.seeds), study.settings)
        told = studies.Told(folder, study, _Telling(self._observer))
        self._hands.crew.carry_out([studies.job_of(folder, study, seed, self._hands.threads) for seed in todo], told)
        if told.failures:
            seed, why = min(told.failures.items())  # of several the same one, whoever was first
            raise GenesysError(f"the run of seed {seed} failed: {why}")
        return outcomes_of(folder, study.settings, study.seeds)

    def close(self) -> None:
        with self._connection:
            self._hired.close()

    def _hire(self, seeds: tuple[int, ...]) -> Hands:
        self._hired.close()
        self._seeds = seeds
        tell = self._observer.message
        return self._hired.enter_context(hired(self._settings, self._env, len(seeds), self._setup, tell))


class _Telling:
    """Passes on what a study has to say in words; its runs are too many to tell of each."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def message(self, text: str) -> None:
        if text.startswith("compiling"):
            self._observer.message(text)

    def start(self, study: Study, path: Path, todo: Sequence[int], side_by_side: int) -> None:
        pass

    def began(self, seed: int) -> None:
        pass

    def generation(self, seed: int, row: Mapping[str, Any]) -> None:
        pass

    def ended(self, seed: int, outcome: Outcome) -> None:
        pass

    def failed(self, seed: int, why: str, trace: str) -> None:
        if trace:
            self._observer.message(trace.rstrip())


def _study(settings: Settings, seeds: tuple[int, ...]) -> Study:
    return Study(settings, seeds, ())
