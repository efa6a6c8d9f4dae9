"""A table of data as an environment: a row is an episode of one step, and its return is the loss."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import numpy as np

from ...config.data import CLASSIFICATION, DataSettings
from ...config.problems import joined
from ...config.schema import EnvironmentSettings, EvaluationSettings, Settings
from ..spec import Action, Discrete, Environment, MultiBinary, Real
from .rows import Learnt, Rows, rows_of, scaling_of, settle
from .table import SKLEARN, has_values, read_table


@dataclass(frozen=True)
class DataEnv(Environment):
    """A table. Seed k of an episode is its row k.

    data: settings with all that follows from the table
    kept: the table itself, which is read when it is needed, and once
    """

    data: DataSettings = field(default_factory=DataSettings)
    kept: list[Learnt] = field(default_factory=list, compare=False, repr=False)

    def learnt(self) -> Learnt:
        """Return the table; raises :class:`UserError` where the file is gone or another one."""
        if not self.kept:
            self.kept.append(settle(self.data))
        return self.kept[0]

    def rows(self) -> Rows:
        """Return its rows; raises as :meth:`learnt`."""
        return self.learnt().rows


def data_env(given: DataSettings) -> DataEnv:
    """Return the environment of a table; raises :class:`UserError` where it is none to learn from.

    given: as a user gives them; of a run, with what it has found out, from which all follows without the file
    """
    kept = [] if given.settled else [settle(given)]
    data = kept[0].settings if kept else given
    name = PurePath(str(data.file).removeprefix(SKLEARN)).name
    stem = re.sub(r"\W+", "-", PurePath(name).stem, flags=re.ASCII).strip("-")
    return DataEnv(
        id=name,
        name=stem or "data",
        observation_names=tuple(data.inputs),
        action_names=_action_names(data),
        action=_action(data),
        max_steps=1,
        solved_at=None,
        data=data,
        kept=kept,
    )


def resolved_data(settings: Settings, env: DataEnv) -> Settings:
    """Return the settings as they are kept with a run; raises :class:`UserError` for those that mean nothing here."""
    data = env.data
    if not settings.data.settled and (problems := list(_meaningless(settings))):
        raise joined(problems)
    update: dict[str, object] = {
        "minimise": True,
        "episodes": data.batch or data.training_rows,
        "validate_episodes": data.held_out_rows or data.training_rows,
    }
    if data.standardise and not settings.data.settled:
        scaling = env.learnt().scaling
        update["observation_offset"] = [float(x) for x in scaling.mean.astype(np.float32)]
        update["observation_scale"] = [float(x) for x in (1 / scaling.std).astype(np.float32)]
    return settings.model_copy(
        update={
            "environment": settings.environment.model_copy(update={"id": env.id}),
            "data": data,
            "evaluation": settings.evaluation.model_copy(update=update),
        }
    )


def _meaningless(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each setting that says something of episodes which are none of rows."""
    of_rows = {"minimise", "stop_on", "solved_at", "validate_top", "observation_clip"}
    if not settings.data.standardise:
        of_rows |= {"observation_offset", "observation_scale"}
    why = {
        "episodes": "data.batch is how many rows a generation trains on; give that",
        "validate_episodes": "data.held_out is the share of rows that is held out; give that",
        "normalise_observations": "data.standardise does that; leave it out",
        "observation_offset": "data.standardise finds its own; make that false",
        "observation_scale": "data.standardise finds its own; make that false",
        "fitness": "data.loss is what a row is worth; give that",
    }
    for table, usual, known in (
        ("environment", EnvironmentSettings(), {"id"}),
        ("evaluation", EvaluationSettings(), of_rows),
    ):
        given = getattr(settings, table)
        for key in type(given).model_fields:
            if key not in known and getattr(given, key) != getattr(usual, key):
                reason = why.get(key, "a row is not played; leave it out")
                yield f"{table}.{key} has no meaning with a table of data: {reason}"
    if settings.drift:
        yield "drift has no meaning with a table of data, which does not change; leave it out"
    if not settings.neat.feed_forward:
        yield "neat.feed_forward = false has no meaning with a table of data, whose rows have no order; make it true"


def _action(data: DataSettings) -> Action:
    if data.task != CLASSIFICATION:
        return Real(tuple(data.target_mean), tuple(data.target_std))
    return MultiBinary(1) if len(data.classes) == 2 else Discrete(len(data.classes))


def _action_names(data: DataSettings) -> tuple[str, ...]:
    if data.task != CLASSIFICATION:
        return tuple(data.target)
    return (data.classes[1],) if len(data.classes) == 2 else tuple(data.classes)


def with_file(env: DataEnv, file: str) -> DataEnv:
    """Return the environment with another table of the same columns; raises UserError where it has others.

    A table without any of the targets, or without values of them, can be predicted, but not scored: see
    ``Rows.labelled``.
    """
    table = read_table(file)
    data = env.data.model_copy(update={"file": file, "held_out": 0.0, "batch": None})
    labelled = any(name in table and has_values(table[name]) for name in data.target)
    rows = rows_of(data, table, labelled=labelled)
    data = data.model_copy(update={"training_rows": len(rows.inputs), "held_out_rows": 0})
    return replace(env, data=data, kept=[Learnt(data, rows, scaling_of(rows.inputs.astype(np.float64)))])
