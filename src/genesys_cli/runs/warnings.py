"""What a user should know of a run: of its settings before it starts, of its species while it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..config.neat import NeatSettings
from ..config.schema import Settings
from ..costs.pace import too_fast
from ..envs.data.env import DataEnv
from ..envs.drift import DRAWN
from ..envs.registry import has_fixed_start
from ..envs.spec import Environment, NativeEnv
from ..errors import cut
from ..evolution.loop import Evolution
from ..neat.steering import farthest

_LONG = 10  # generations of one species without improvement after which something is said


def warnings_of(evolution: Evolution) -> Iterator[str]:
    """Yield what a user should know of the settings before they are carried out."""
    settings, evaluation, known = evolution.settings, evolution.settings.evaluation, evolution.env.solved_at
    if isinstance(evolution.env, DataEnv):
        yield _learnt(evolution.env)
    for warning in evolution.backend.describe()["warnings"]:
        yield f"warning: {warning}"
    if repeated := _repeated(settings, evolution.env):
        yield repeated
    if too_far := _unreachable(settings.neat):
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
    dropped = env.rows().dropped
    without = f"; {dropped} rows lack a value and are left out" if dropped else ""
    held_out = f"{data.held_out_rows} held out" if data.held_out_rows else "which choose the champion, too"
    return (
        f"{env.id}: {', '.join(data.target)} ({what}) from {len(data.inputs)} inputs ({inputs}); {data.training_rows} "
        f"rows to train on, {held_out}; loss {data.loss}{without}"
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


class NichingWatch:
    """Notices, once in a run, that niching has not acted while nothing improved."""

    def __init__(self, neat: NeatSettings, rows: Iterable[Mapping[str, Any]]) -> None:
        """rows: of the generations that there are already"""
        self._neat = neat
        self._best: tuple[float, float] | None = None  # lowest and highest so far: which is better does not matter here
        self._alone = 0
        self._said = False
        for row in rows:
            self.see(row)

    def see(self, row: Mapping[str, Any]) -> str:
        """Take note of a generation; return what is to be said now, or nothing."""
        best, improved = row["best_fitness"], False
        if best is not None:
            low, high = self._best or (best, best)
            improved = self._best is None or not low <= best <= high
            self._best = min(low, best), max(high, best)
        self._alone = self._alone + 1 if row["species"] == 1 and not improved else 0
        if self._alone < _LONG or self._said or self._neat.population < 2 * _LONG:
            return ""
        self._said = True
        now = f"neat.target_species = {self._neat.target_species}" if self._neat.target_species else ""
        threshold = f"neat.compatibility_threshold = {row['compatibility_threshold']:.3g}"
        return (
            f"the population has been one species for {_LONG} generations, in which its best fitness has not improved "
            f"({now or threshold}); with more, new structures would compete among themselves first: "
            f"{'lower' if not now else 'raise'} it{', or set neat.target_species, such as 5' if not now else ''}"
        )
