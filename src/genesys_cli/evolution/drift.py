"""What each change of the world did to the champion, and how long evolution took to make up for it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..envs.drift import Shift
from .goal import turned

RECOVERED = 0.95
_UNDER_WAY = ("steps_before", "energy_since")  # fields that only go on being counted


class ShiftRecord(NamedTuple):
    """All changes that begin with the same generation.

    Each fitness is that of evolution, of which more is better, until :meth:`told` makes it the user's.

    generation: the first that plays in a changed world
    settled: the first in which these changes, and earlier ones that they met, are complete
    changes: name, ``from`` and ``to`` of each thing that changes
    before: the champion's held-out fitness in the world before
    frozen: the same champion's in the world after; while the changes are under way, in the world of the moment
    recovered_level: fitness from which the change is made up for, see :func:`recovered_level`
    after: the champion's held-out fitness in the last generation before the next event, or the last so far
    recovered_generation: the first from `settled` on whose champion reaches the level; None: none before the next event
    recovery_generations: generations from `settled` on that this took; 0: what there was before them reaches it
    recovery_env_steps: environment steps of training in those
    recovery_energy_j: joules of the chip in those, nominal and bottom-up; None: nothing ran on the chip
    steps_before: environment steps of training before `settled`; None until then
    energy_since: joules of the chip from `settled` on, until recovery
    """

    generation: int
    settled: int
    changes: tuple[Mapping[str, Any], ...]
    before: float | None
    frozen: float | None = None
    recovered_level: float | None = None
    after: float | None = None
    recovered_generation: int | None = None
    recovery_generations: int | None = None
    recovery_env_steps: int | None = None
    recovery_energy_j: float | None = None
    steps_before: int | None = None
    energy_since: float | None = None

    def judged(
        self,
        generation: int,
        standing: float | None,
        champion: float | None,
        steps: tuple[int, int],
        joules: float | None = None,
    ) -> ShiftRecord:
        """Return the event after a generation.

        standing, champion: held-out fitness in this generation's world of the champion from before it, and of that
            from after it; steps: environment steps of training before and after this generation
        joules: of the chip in this generation; None: not known
        """
        event = self._replace(after=champion)
        if generation == self.settled:
            event = event._replace(steps_before=steps[0], energy_since=0.0)
        before, level = event.steps_before, event.recovered_level
        if event.recovered_generation is not None or before is None or level is None:
            return event
        if standing is not None and standing >= level:
            return event._replace(
                recovered_generation=generation,
                recovery_generations=0,
                recovery_env_steps=0,
                recovery_energy_j=None if joules is None else 0.0,
            )
        since = None if joules is None or event.energy_since is None else event.energy_since + joules
        event = event._replace(energy_since=since)
        if champion is not None and champion >= level:
            return event._replace(
                recovered_generation=generation,
                recovery_generations=generation - event.settled + 1,
                recovery_env_steps=steps[1] - before,
                recovery_energy_j=since,
            )
        return event

    def told(self, minimise: bool) -> ShiftRecord:
        """Return it in the user's own numbers."""
        return self._replace(
            before=turned(self.before, minimise),
            frozen=turned(self.frozen, minimise),
            recovered_level=turned(self.recovered_level, minimise),
            after=turned(self.after, minimise),
        )

    def document(self) -> dict[str, Any]:
        """Return the event as plain JSON."""
        return self._asdict() | {"changes": [dict(change) for change in self.changes]}

    def summary(self) -> dict[str, Any]:
        """Return what ``summary.json`` says of the event."""
        return {key: value for key, value in self.document().items() if key not in _UNDER_WAY}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ShiftRecord:
        """Return what :meth:`document` gave; raises TypeError where it is not one."""
        return cls(**{**document, "changes": tuple(document["changes"])})


def begun(shifts: Sequence[Shift], before: float | None, under_way: int) -> ShiftRecord:
    """Return the event of changes that begin now.

    shifts: at least one, all of the same generation; before: the champion's held-out fitness until now
    under_way: the first generation in which earlier changes are complete
    """
    return ShiftRecord(
        generation=shifts[0].generation,
        settled=max(under_way, *(shift.settled for shift in shifts)),
        changes=tuple({"name": shift.name, "from": shift.old, "to": shift.new} for shift in shifts),
        before=before,
        recovered_level=recovered_level(before),
    )


def recovered_level(before: float | None) -> float | None:
    """Return 95 % of a fitness; of a negative one, what is 5 % of its size below it."""
    if before is None or not math.isfinite(before):
        return None
    return before - (1 - RECOVERED) * abs(before)
