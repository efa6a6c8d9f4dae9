"""A generation on another machine that waits for the world between its steps, see ``timeline.py`` for the chip's."""

from __future__ import annotations

from typing import NamedTuple

from ..ranges import Range
from .block import INFERENCE
from .elementwise import ascending, chosen, larger
from .profile import Profile
from .software import SIDES, Estimate, estimate
from .timeline import Pace
from .workload import Workload


class InWorld(NamedTuple):
    """One generation of a machine that waits for the world between its steps.

    computing: by phase; waiting_s: of all waits; energy_j: of everything
    late_s: nominal seconds that a step takes longer than the world's; 0: the pace is kept
    """

    computing: dict[str, Estimate]
    waiting_s: Range
    energy_j: Range
    late_s: float


def in_world(workload: Workload, profile: Profile, pace: Pace) -> InWorld:
    """Return a generation in the world. While the machine waits it idles, or sleeps where it wakes up soon enough.

    On one robot a decision is a round of its own, so that nothing can be done side by side.
    """
    if pace.robots == "one":
        workload = workload._replace(rounds=workload.steps, lanes=1.0)
    computing = estimate(workload, profile)
    needed = workload.rounds / pace.hz
    waits = [larger(0.0, needed - time) for time in computing[INFERENCE].time_s]
    each = 1 / workload.rounds if workload.rounds else 0.0
    power = profile.tables.power
    watts = power.idle_w.value
    if power.sleep_w is not None and power.wake_s is not None:
        asleep = power.wake_s.value.nominal < waits[1] * each
        watts = Range(*(chosen(asleep, *both) for both in zip(power.sleep_w.value, watts, strict=True)))
    joules = [sum(one.energy_j[side] for one in computing.values()) + waits[side] * watts[side] for side in SIDES]
    late = larger(0.0, computing[INFERENCE].time_s.nominal - needed) * each
    return InWorld(computing, Range(*ascending(waits)), Range(*joules), late)
