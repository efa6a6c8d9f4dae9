"""Hints where training says something else than held-out episodes or rows do."""

from __future__ import annotations

import math

from ...config.data import CLASSIFICATION, DataSettings
from ...envs.data.env import DataEnv
from .course import LONG
from .evidence import Evidence, Hint, few

_DECEIVED = 5  # generations that are solved in training alone
_ENOUGH = 5  # episodes; more of them were of no help where there were as many
_FELL = 0.9  # what is left of the training loss
_LOSES = 1.1  # held-out rows, times the loss of training rows
_SMALL = 0.1  # standard deviation of weights to start with
_LITTLE = 0.1  # of the loss of a guess: where nobody wants less, there is no more to be said


def episodes(run: Evidence) -> Hint | None:
    """The best genomes solve their few training episodes again and again, the champion does not solve held-out ones."""
    course, few, held_out = run.course, run.settings.evaluation.episodes, run.settings.evaluation.validate_episodes
    if course.deceived < _DECEIVED or few >= _ENOUGH or not run.alike:
        return None
    more = _ENOUGH if few <= 2 else 2 * _ENOUGH
    played = "its training episode" if few == 1 else f"its {few} training episodes"
    return Hint(
        "few-episodes",
        "evaluation.episodes",
        f"the best genome reached {run.goal.threshold:g} on {played} in {course.deceived} of {course.generations} "
        f"generations, but the champion has {run.held_out:.4g} on {held_out} held-out ones: training says too little, "
        f"so set evaluation.episodes to {more}",
        {"generations": course.deceived, "episodes": few, "validated_fitness": run.held_out},
    )


def solved_in_training(run: Evidence) -> Hint | None:
    """What ended the run was reached in training, and is not on held-out episodes."""
    goal, held_out = run.goal, run.settings.evaluation.validate_episodes
    if goal.stop_on == "champion" or goal.threshold is None or goal.reached(run.held_out) or not run.alike:
        return None
    key = "evaluation.stop_on"
    return Hint(
        "solved-in-training",
        key,
        f"{goal.threshold:g} was reached in training ({key} = '{goal.stop_on}'), but the champion has "
        f"{run.held_out:.4g} on {held_out} held-out episodes: with {key} = 'champion' a run goes on until it has that",
        {"validated_fitness": run.held_out, "threshold": goal.threshold},
    )


def by_heart(run: Evidence) -> Hint | None:
    """The loss of the rows that are trained on has fallen for long, that of held-out rows has not."""
    env, neat, champion, generations = run.env, run.settings.neat, run.champion, run.course.generations
    if not isinstance(env, DataEnv) or not env.data.held_out_rows or env.data.batch is not None:
        return None
    if run.settings.start.sources or generations < LONG or 2 * champion.generation >= generations or few(run.settings):
        return None
    then, now, held_out = -champion.training_fitness, -float(run.state.fitness.max()), run.held_out
    if now > _FELL * then or held_out < _LOSES * now:
        return None
    if run.goal.threshold is None and held_out < _LITTLE * _loss_of_a_guess(env.data):
        return None
    if neat.weight_init_stdev <= 2 * _SMALL:
        return None
    return Hint(
        "by-heart",
        "neat.weight_init_stdev",
        f"no network since generation {champion.generation} of {generations} predicts held-out rows better "
        f"({env.data.loss} {held_out:.4g}), while the loss of training rows fell from {then:.4g} to {now:.4g}: they "
        f"are learnt by heart, so begin with small weights (neat.weight_init_stdev = {_SMALL}, neat.bias_init_stdev = "
        f"{_SMALL})",
        {"generation": champion.generation, "training_then": then, "training_now": now, "held_out": held_out},
    )


def _loss_of_a_guess(data: DataSettings) -> float:
    """Return about the loss of one who does not look at the inputs."""
    if data.task == CLASSIFICATION:
        return {"log_loss": math.log(len(data.classes)), "zero_one": 1 - 1 / len(data.classes)}.get(data.loss, 1.0)
    power = 2 if data.loss == "squared_error" else 1
    return math.fsum(std**power for std in data.target_std) / len(data.target_std)
