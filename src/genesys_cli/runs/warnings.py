"""What a user should know of a run: of its settings before it starts, of its champion while it goes on."""

from __future__ import annotations

from collections.abc import Iterator

from ..config.neat import NeatSettings
from ..config.schema import Settings
from ..costs.pace import too_fast
from ..envs.data.env import DataEnv
from ..envs.data.scores import loss_of_constant
from ..envs.drift import DRAWN
from ..envs.registry import has_fixed_start
from ..envs.spec import Environment, NativeEnv
from ..errors import cut
from ..evolution.loop import Loop
from ..neat.steering import farthest
from .hints.course import Course
from .hints.evidence import Hint
from .hints.progress import standstill


def warnings_of(evolution: Loop) -> Iterator[str]:
    """Yield what a user should know of the settings before they are carried out."""
    settings, evaluation, known = evolution.settings, evolution.settings.evaluation, evolution.env.solved_at
    if isinstance(evolution.env, DataEnv):
        yield _learnt(evolution.env)
        if too_easy := _reached_by_a_constant(settings, evolution.env):
            yield too_easy
    for warning in evolution.backend.describe()["warnings"]:
        yield f"warning: {warning}"
    if repeated := _repeated(settings, evolution.env):
        yield repeated
    if not settings.objectives.acts and (too_far := _unreachable(settings.neat)):
        yield too_far
    if too_late := too_fast(settings, evolution.env):
        yield too_late
    if (settled := evolution.drift.settled) is not None and settled >= settings.neat.generations:
        yield (
            f"warning: the environment shifts until generation {settled}, but the run ends with generation "
            f"{settings.neat.generations - 1}; give it more with --generations"
        )
    if evaluation.minimise and evaluation.fitness is None and evaluation.solved_at is None and known is not None:
        yield (
            f"the threshold of {settings.environment.id}, {known:g}, is for returns that are maximised, so it is "
            "ignored with evaluation.minimise; set another with evaluation.solved_at"
        )


def _learnt(env: DataEnv) -> str:
    """Return what a table was taken for, so that nobody learns from a column by accident."""
    data = env.data
    what = f"{len(data.classes)} classes" if data.classes else "numbers"
    inputs = cut(", ".join(data.inputs), 100)
    rows = env.rows()
    dropped = rows.dropped
    without = f"; {dropped} rows lack a value and are left out" if dropped else ""
    if rows.unnamed:
        without += f"; left out for want of a name: {cut(', '.join(rows.unnamed))}"
    held_out = f"{data.held_out_rows} held out" if data.held_out_rows else "which choose the champion, too"
    return (
        f"{env.id}: {', '.join(data.target)} ({what}) from {len(data.inputs)} inputs ({inputs}); {data.training_rows} "
        f"rows to train on, {held_out}; loss {data.loss}{without}"
    )


def _reached_by_a_constant(settings: Settings, env: DataEnv) -> str:
    """Return what to say of a threshold that no learning is needed for; empty where it is none or some is."""
    threshold, loss = settings.evaluation.solved_at, loss_of_constant(env.data.loss, env.rows())
    if threshold is None or threshold < loss:
        return ""
    return (
        f"warning: evaluation.solved_at = {threshold:g} is reached without learning: who predicts the same of every "
        f"row has a {env.data.loss} of {loss:.4g}; give a smaller one"
    )


def _repeated(settings: Settings, env: Environment) -> str:
    """Return what to say where the same episode is played again and again; empty where it is not."""
    if not isinstance(env, NativeEnv) or not has_fixed_start(env) or set(settings.drift) & set(DRAWN):
        return ""
    evaluation = settings.evaluation
    many = {"evaluation.episodes": evaluation.episodes}
    if evaluation.validation is None:
        many["evaluation.validate_episodes"] = evaluation.validate_episodes
    given = [f"{key} = {value}" for key, value in many.items() if value > 1]
    if not given:
        return ""
    return (
        f"warning: every episode of {env.id} starts alike, so that {' and '.join(given)} only repeat the same one; "
        f"{'make them' if len(given) > 1 else 'make it'} 1"
    )


def _unreachable(neat: NeatSettings) -> str:
    """Return what to say where no two genomes can be as far apart as the threshold; empty where some can."""
    reach = farthest(neat)
    if neat.target_species or neat.compatibility_threshold <= reach:
        return ""
    return (
        f"warning: neat.compatibility_threshold = {neat.compatibility_threshold:g} is above {reach:g}, the largest "
        "distance that the coefficients allow, so that there is one species for ever; lower it, or set "
        "neat.target_species"
    )


class StandstillWatch:
    """Notices, once in a run, what :func:`.hints.standstill` says at the end of one: a run may never come to it."""

    def __init__(self, evolution: Loop, course: Course) -> None:
        """course: of the generations that there are already; where it is to be said of them, it has been"""
        self._evolution = evolution
        self._course = course
        self._said = self._hint() is not None

    def look(self) -> str:
        """Return what is to be said now, or nothing."""
        if self._said or (hint := self._hint()) is None:
            return ""
        self._said = True
        return hint.text

    def _hint(self) -> Hint | None:
        evolution = self._evolution
        return standstill(evolution.settings, evolution.env, evolution.goal, self._course)
