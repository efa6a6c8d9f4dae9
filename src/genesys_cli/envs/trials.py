"""Validations of an environment's own: trials instead of held-out episodes, see ``NativeEnv.validations``."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ..config.schema import EvaluationSettings
from ..errors import UserError, nearest
from .spec import Environment, NativeEnv, Trial

KEY = "evaluation.validation"


def validations_of(env: Environment) -> dict[str, tuple[Trial, ...]]:
    """Return an environment's validations by name; Gymnasium's environments have none."""
    return dict(env.validations) if isinstance(env, NativeEnv) else {}


def trials_of(env: Environment, name: str) -> tuple[Trial, ...]:
    """Return the trials of a validation; raises UserError where the environment has none of this name."""
    known = validations_of(env)
    if name in known:
        return known[name]
    there = f"it has {', '.join(known)}" if known else "it has none"
    raise UserError(
        f"{KEY} = {name!r}: {env.id} has no such validation, {there}{nearest(name, known)}; with none ({KEY}=none) "
        "champions are judged on held-out episodes"
    )


def check_validation(evaluation: EvaluationSettings, env: Environment) -> None:
    """Raise UserError where the settings name a validation that is none, or ask of it what it cannot reach."""
    if evaluation.validation is None:
        return
    starts = len(trials_of(env, evaluation.validation)[-1].starts)
    if evaluation.stop_on == "champion" and evaluation.solved_at is not None and evaluation.solved_at > starts:
        raise UserError(
            f"evaluation.solved_at = {evaluation.solved_at:g}: {KEY} = {evaluation.validation!r} counts passed starts, "
            f"of which there are {starts}; give at most {starts}"
        )


def needed_in(env: Environment, evaluation: EvaluationSettings) -> float | None:
    """Return the environment's own threshold for the way in which champions are judged; None: it has none."""
    if evaluation.validation is None:
        return env.solved_at
    return float(trials_of(env, evaluation.validation)[-1].needed)


def env_of(env: NativeEnv, trial: Trial) -> NativeEnv:
    """Return the environment in which a trial is played: its seed k is the trial's start k."""
    step, source = trial.step or env.step, env.source
    if source and step is not env.step:  # kernels of its own
        source = hashlib.sha256(f"{source} {step.__module__}.{step.__qualname__}".encode()).hexdigest()
    return replace(env, step=step, max_steps=trial.max_steps, starts=trial.starts, validations={}, source=source)
