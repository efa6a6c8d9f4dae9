"""The trials of a tuning, kept and chosen by Optuna, in an SQLite file.

What a trial tries depends on the seed of the tuning, on its number and on the trials before it, never on what happened
to this process. So a tuning that was interrupted goes on as it would have gone on.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import DamagedFileError, UserError
from .folder import Tuning
from .space import inside, own

if TYPE_CHECKING:
    import optuna

NAME = "tuning"  # of the study in Optuna's file
STARTUP = 10  # trials that are drawn at random
COMPLETE, PRUNED, FAILED = "complete", "pruned", "failed"


def need_optuna() -> None:
    """Raise a UserError where Optuna is not installed."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"genesys tune needs Optuna ({error}); install it with: pip install 'genesys-cli[tune]'"
        ) from None


class Trial(NamedTuple):
    """A trial that has ended. values: of the settings that it tried; value: of the objective"""

    number: int
    state: str
    value: float | None
    values: dict[str, Any]
    note: str


class Trials:
    """All trials; to be closed."""

    def __init__(self, path: Path, tuning: Tuning) -> None:
        """path: of the file; a new one begins with the preset itself, as trial 0"""
        import optuna

        self._tuning = tuning
        new = not path.exists()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with _quiet():
            try:
                self._storage = optuna.storages.RDBStorage(_address(path))
                self._study = optuna.create_study(
                    storage=self._storage,
                    study_name=NAME,
                    direction="minimize" if tuning.settings.evaluation.minimise else "maximize",
                    pruner=_pruner(tuning.pruner),
                    load_if_exists=True,
                )
            except Exception as error:  # of the database, by whatever it is read
                raise DamagedFileError(f"{path} cannot be read as Optuna's file of trials ({error})") from error
            if new or not self._study.get_trials(deepcopy=False):
                self._study.enqueue_trial(inside(tuning.space, tuning.settings))

    def close(self) -> None:
        self._storage.remove_session()
        self._storage.engine.dispose()

    def next(self) -> Running:
        """Return the trial that was under way, or a new one; trial 0 tries the preset itself."""
        import optuna

        under_way = [trial for trial in self._all() if trial.state == optuna.trial.TrialState.RUNNING]
        number = under_way[0].number if under_way else len(self._done())
        with _quiet():
            self._study.sampler = _sampler(self._tuning.sampler_seed, number)
            trial = optuna.trial.Trial(self._study, under_way[0]._trial_id) if under_way else self._study.ask()
            space, settings = self._tuning.space, self._tuning.settings
            # What the preset has outside the space is no value that Optuna may learn from.
            known = inside(space, settings) if number == 0 else space
            found = {key: space[key].value(_suggested(trial, key, space[key])) for key in known}
            values = own(space, settings) if number == 0 else found
        return Running(self._study, trial, values)

    def done(self) -> list[Trial]:
        """Return the trials that have ended, in the order of their numbers."""
        return [_trial(one, self._tuning) for one in self._done()]

    def best(self) -> Trial | None:
        """Return the best of those that ran to their end, of equals the first; None: there is none."""
        complete = [trial for trial in self.done() if trial.state == COMPLETE and trial.value is not None]
        which = min if self._tuning.settings.evaluation.minimise else max
        return which(complete, key=lambda trial: trial.value or 0.0, default=None)

    def importances(self) -> dict[str, float]:
        """Return each setting's share in what makes trials good, the largest first; empty where that is not known."""
        import optuna

        values = {trial.value for trial in self.done() if trial.state == COMPLETE}
        if len(values) < STARTUP:
            return {}
        with _quiet():
            try:
                found = optuna.importance.get_param_importances(
                    self._study,
                    evaluator=optuna.importance.PedAnovaImportanceEvaluator(),
                    params=list(self._tuning.space),
                )
            except (RuntimeError, ValueError):  # such as where all have tried the same
                return {}
        return {key: float(value) for key, value in found.items() if math.isfinite(value)}

    def _all(self) -> list[optuna.trial.FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _done(self) -> list[optuna.trial.FrozenTrial]:
        return [trial for trial in self._all() if trial.state.is_finished()]


class Running:
    """A trial that is carried out. number: from 0; values: of the settings that it tries"""

    def __init__(self, study: optuna.Study, trial: optuna.Trial, values: dict[str, Any]) -> None:
        self._study, self._trial = study, trial
        self.number: int = trial.number
        self.values = values

    def report(self, generation: int, value: float) -> bool:
        """Note what it is worth so far; return whether it is hopeless."""
        with _quiet():
            self._trial.report(value, generation)
            return bool(self._trial.should_prune())

    def complete(self, value: float) -> None:
        with _quiet():
            self._study.tell(self._trial, value)

    def prune(self) -> None:
        import optuna

        with _quiet():
            self._study.tell(self._trial, state=optuna.trial.TrialState.PRUNED)

    def fail(self, why: str) -> None:
        import optuna

        with _quiet():
            self._trial.set_user_attr("failure", why)
            self._study.tell(self._trial, state=optuna.trial.TrialState.FAIL)


def _suggested(trial: optuna.Trial, key: str, dimension: Any) -> Any:
    if dimension.choices:
        return trial.suggest_categorical(key, dimension.choices)
    if dimension.whole:
        return trial.suggest_int(key, int(dimension.low), int(dimension.high), log=dimension.log)
    return trial.suggest_float(key, dimension.low, dimension.high, log=dimension.log)


def _trial(found: optuna.trial.FrozenTrial, tuning: Tuning) -> Trial:
    import optuna

    states = {optuna.trial.TrialState.COMPLETE: COMPLETE, optuna.trial.TrialState.PRUNED: PRUNED}
    values = {key: tuning.space[key].value(value) for key, value in found.params.items() if key in tuning.space}
    if found.number == 0:
        values = own(tuning.space, tuning.settings)
    note = str(found.user_attrs.get("failure", ""))
    return Trial(found.number, states.get(found.state, FAILED), found.value, values, note)


def _sampler(seed: int, number: int) -> optuna.samplers.BaseSampler:
    """Return a sampler whose draws are those of one trial."""
    import optuna

    (word,) = np.random.SeedSequence([seed, number]).generate_state(1)
    return optuna.samplers.TPESampler(n_startup_trials=STARTUP, seed=int(word))


def _pruner(name: str) -> optuna.pruners.BasePruner:
    import optuna

    if name == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=5)
    if name == "halving":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource="auto", reduction_factor=2)
    return optuna.pruners.NopPruner()


def _address(path: Path) -> str:
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=str(path.resolve())).render_as_string(hide_password=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Optuna say nothing: neither that it may change one day, nor what it does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
