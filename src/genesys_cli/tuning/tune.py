"""A tuning from its first trial, or from where it was left, to its verdict."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

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
from ..runs.evolve import Hearer, resolved_in
from ..studies import crew
from ..studies import study as studies
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
    folder = TuningFolder.create(run_dir, env.name, tuning)
    began(folder.path)
    many = f"{tuning.trials} trial{'s'[: tuning.trials != 1]}"
    observer.message(f"tuning {folder.path}: {many} of {len(tuning.seeds)} seeds")
    with held(folder.path):
        return _carry_on(folder, tuning, env, command, observer)


def resume(
    path: Path, trials: int | None, threads: int | None, command: Sequence[str], observer: Observer
) -> dict[str, Any]:
    """Continue a tuning as it would have gone on. trials, threads: in place of those that it has"""
    need_optuna()
    folder = TuningFolder.open(path)
    with held(path):
        tuning = folder.read()
        now = tuning._replace(
            trials=trials or tuning.trials,
            settings=changed(tuning.settings, {} if threads is None else {"run.threads": threads}),
        )
        env = environment_of(now.settings)
        studies.prepare(_study(now.settings, now.seeds), env, _Telling(observer), require_repeatable=False)
        if now != tuning:
            folder.save(now)
        return _carry_on(folder, now, env, command, observer)


def _carry_on(
    folder: TuningFolder, tuning: Tuning, env: Environment, command: Sequence[str], observer: Observer
) -> dict[str, Any]:
    setup = Setup(added(), trusted_in(tuning.settings), list(command), (), False)
    with closing(Trials(folder.storage, tuning)) as trials:
        with closing(_Runs(folder, tuning, env, setup, len(tuning.seeds), observer)) as runs:
            while (done := len(trials.done())) < tuning.trials:
                _carry_out(trials.next(), runs, tuning, observer, done)
                _tell(trials, tuning, observer)
        best = trials.best()
        if best is None:
            first = next(trial for trial in trials.done())
            raise GenesysError(f"no trial ran to its end, so there is nothing to compare; the first: {first.note}")
        outcomes: dict[str, list[Outcome]] = {}
        if best.number != 0:
            with closing(_Runs(folder, tuning, env, setup, len(tuning.held_out), observer)) as runs:
                for name, values in (("original", {}), (f"trial-{best.number:04d}", best.values)):
                    observer.step(tuning.trials, tuning.trials, f"held-out seeds, {name}")
                    outcomes[name] = runs.of(folder.held_out / name, settings_with(tuning.settings, values))
        summary = judge(folder, tuning, trials.done(), best, trials.importances(), outcomes)
    folder.save_summary(summary)
    return summary


def _carry_out(trial: Running, runs: _Runs, tuning: Tuning, observer: Observer, done: int) -> None:
    """Carry out a trial, until it is at its end or hopeless."""
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
            outcomes = runs.of_trial(trial.number, changed(settings, {"neat.generations": generations}))
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
    runs.forget(trial.number)


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
    """Carries out the same seeds with one setting after another, in processes that stay; to be closed."""

    def __init__(
        self, folder: TuningFolder, tuning: Tuning, env: Environment, setup: Setup, seeds: int, observer: Observer
    ) -> None:
        """seeds: how many"""
        self._folder, self._tuning = folder, tuning
        side_by_side, self._threads = studies.shares(tuning.settings, env, seeds)
        self._crew = crew.Crew(setup, side_by_side)
        self._observer = _Telling(observer)

    def of_trial(self, number: int, settings: Settings) -> list[Outcome]:
        """Return what the runs of a trial came to; raises GenesysError where one failed."""
        return self._carried_out(self._folder.trial(number), _study(settings, self._tuning.seeds))

    def of(self, place: Path, settings: Settings) -> list[Outcome]:
        """Return what the held-out seeds came to, in a study that stays; raises GenesysError where one failed."""
        return self._carried_out(place, _study(settings, self._tuning.held_out))

    def forget(self, number: int) -> None:
        """Remove the runs of a trial, whose value is known."""
        shutil.rmtree(self._folder.trial(number), ignore_errors=True)

    def close(self) -> None:
        self._crew.close()

    def _carried_out(self, place: Path, study: Study) -> list[Outcome]:
        folder = StudyFolder(place) if is_study(place) else StudyFolder.create(place, "", study)
        study = study._replace(settings=with_sources(study.settings, folder.read().settings.start.sources))
        if folder.read() != study:
            folder.save(study)
        todo = to_do(outcomes_of(folder, study.settings, study.seeds), study.settings)
        told = studies.Told(folder, study, self._observer)
        self._crew.carry_out((studies.job_of(folder, study, seed, self._threads) for seed in todo), told)
        if told.failures:
            seed, why = next(iter(told.failures.items()))
            raise GenesysError(f"the run of seed {seed} failed: {why}")
        return outcomes_of(folder, study.settings, study.seeds)


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
