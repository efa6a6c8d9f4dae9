"""Which inputs and outputs of given genomes are which of a run's environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..config.start import StartSettings
from ..envs.naming import output_names, tell_apart
from ..envs.spec import Environment
from ..errors import UserError
from ..files.sources import Source
from ..genome.rewiring import GONE, Wiring

_LISTED = 5  # names in a message


class Side(NamedTuple):
    """Inputs or outputs of a source, and of the environment.

    what: ``inputs`` or ``outputs``
    theirs, ours: names; place: (N,) int64, where each of theirs goes among ours, or GONE
    by_name: else by position
    """

    what: str
    theirs: Sequence[str]
    ours: Sequence[str]
    place: NDArray[np.int64]
    by_name: bool

    def words(self) -> str:
        """Return how they match, such as ``7 inputs by name, 1 new (wind)``."""
        gone = [self.theirs[k] for k in np.flatnonzero(self.place == GONE).tolist()]
        new = [self.ours[k] for k in np.setdiff1d(np.arange(len(self.ours)), self.place).tolist()]
        kept = len(self.theirs) - len(gone)
        words = f"{kept} {self.what[: -1 if kept == 1 else None]} by {'name' if self.by_name else 'position'}"
        words += f", {len(new)} new ({listed(new)})" if new else ""
        return words + (f", {len(gone)} gone ({listed(gone)})" if gone else "")


class Match(NamedTuple):
    """Both sides of a source."""

    inputs: Side
    outputs: Side

    @property
    def wiring(self) -> Wiring:
        return Wiring(self.inputs.place, self.outputs.place, len(self.inputs.ours), len(self.outputs.ours))


def matched(source: Source, env: Environment, how: StartSettings) -> Match:
    """Return how a source matches an environment; raises UserError where nothing says it."""
    genomes = source.genomes
    inputs, outputs = source.names or (None, None)
    return Match(
        _side("inputs", inputs, genomes.n_inputs, env.observation_names, source, env, how),
        _side("outputs", outputs, genomes.n_outputs, output_names(env), source, env, how),
    )


def _side(
    what: str,
    theirs: Sequence[str] | None,
    count: int,
    ours: Sequence[str],
    source: Source,
    env: Environment,
    how: StartSettings,
) -> Side:
    names = theirs or [f"{what[:-1]} {k}" for k in range(count)]
    if how.match == "names":
        places = {name: k for k, name in enumerate(ours)}
        if theirs and tell_apart(theirs) and tell_apart(ours) and places.keys() & set(theirs):
            place = np.array([places.get(name, GONE) for name in theirs], np.int64)
            return Side(what, names, ours, place, True)
        if count != len(ours):
            from_where = "" if source.settings is None else f"; it was evolved in {source.settings.environment.id}"
            raise UserError(
                f"{source.name}: its {count} {what} ({listed(names)}) cannot be matched with the {len(ours)} of "
                f"{env.id} ({listed(ours)}): they have no name in common, and not the same number{from_where}. Choose "
                "another --env; or -s start.match=position, if the first of them are the same"
            )
    index = np.arange(count)
    return Side(what, names, ours, np.where(index < len(ours), index, GONE), False)


def listed(names: Sequence[str]) -> str:
    """Return names for a message, only a few of many."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
