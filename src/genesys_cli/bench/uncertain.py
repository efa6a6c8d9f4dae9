"""Likely energies beside bounds that add: of each platform, of its ratio to GENESYS, of the chip; and its tornado."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..costs.estimates import GENESYS, HOST
from ..energy.block import PHASES
from ..energy.prices import Line
from ..energy.profile import Profile
from ..energy.timeline import Pace
from ..energy.uncertainty import (
    DRAWS,
    PLATFORM_DRAWS,
    SEED,
    Array,
    bounded_joules,
    joules_of,
    platform_joules,
    spread_of,
    tornado,
    total,
)
from ..energy.workload import Workload
from ..ranges import Range, summed
from .platforms import Platforms
from .rows import Cost, Group, Row


class Drawn(NamedTuple):
    """Joules of a generation, one number a draw. world: None: there is none, or it cannot be said"""

    alone: Array
    world: Array | None


class Drawing:
    """Draws energies, and keeps those of platforms: a sweep of the chip leaves their work as it is."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, Workload, Pace | None], Drawn] = {}

    def likely(
        self, group: Group, platforms: Platforms, costs: Mapping[str, Mapping[str, Cost]]
    ) -> dict[str, tuple[Row, Row | None]]:
        """Return by platform what is likely, computing alone and in the world: its joules, and its ratio to GENESYS."""
        drawn: dict[str, Drawn] = {}
        if group.chip is not None:
            drawn[GENESYS] = _of_chip(group)
        if HOST in costs:
            joules = Range.total(costs[HOST][phase].energy_j for phase in PHASES)
            drawn[HOST] = Drawn(bounded_joules(HOST, joules), None)
        for profile in platforms.profiles:
            drawn[profile.name] = self._of(profile, group)
        chip = drawn.get(GENESYS)
        return {
            name: (
                _row(mine.alone, None if chip is None else chip.alone),
                None if mine.world is None else _row(mine.world, None if chip is None else chip.world),
            )
            for name, mine in drawn.items()
        }

    def _of(self, profile: Profile, group: Group) -> Drawn:
        pace = None if profile.use.software == "fused" else group.pace  # its kernel holds the environment
        key = profile.name, group.result.workload, pace
        if key not in self._kept:
            self._kept[key] = Drawn(*platform_joules(group.result.workload, profile, pace))
        return self._kept[key]


def chip_uncertainty(group: Group) -> Row:
    """Return what is likely of a chip's joules: summed over generations, as `energy` is of which it is a part."""
    assert group.chip is not None
    world = _in_world(group)
    return {
        "draws": DRAWS,
        "seed": SEED,
        **_by_phase(group.chip.lines),
        "world": _by_phase(world) if world else None,
    }


def chip_tornado(group: Group) -> dict[str, list[Row] | None]:
    """Return joules of a generation with each unknown alone at its low and its high: computing alone, in the world."""
    assert group.chip is not None
    each = 1 / group.result.generations

    def rows(lines: tuple[Line, ...]) -> list[Row]:
        nominal = summed(line.joules for line in lines).nominal
        return [
            {
                "unknown": one.name,
                "low": one.low * each,
                "nominal": nominal * each,
                "high": one.high * each,
                "swing": one.size * each,
            }
            for one in tornado(lines)
        ]

    world = _in_world(group)
    return {"alone": rows(group.chip.lines), "world": rows(world) if world else None}


def _by_phase(lines: tuple[Line, ...]) -> Row:
    drawn = joules_of(lines)
    return {
        "joules": _spread(total(drawn)),
        "by_phase": {phase: _spread(joules) for phase, joules in drawn.items()},
    }


def _in_world(group: Group) -> tuple[Line, ...]:
    return () if group.world is None else group.world.lines


def _of_chip(group: Group) -> Drawn:
    assert group.chip is not None
    each, world = 1 / group.result.generations, _in_world(group)
    return Drawn(total(joules_of(group.chip.lines)) * each, total(joules_of(world)) * each if world else None)


def _row(mine: Array, chip: Array | None) -> Row:
    """Return what is likely of a platform. Both are drawn, each with errors of its own."""
    found: Row = {"energy_j": _spread(mine), "energy_vs_genesys": None}
    if chip is not None and chip.min() > 0:
        found["energy_vs_genesys"] = _spread(mine[:PLATFORM_DRAWS] / chip[:PLATFORM_DRAWS])
    return found


def _spread(draws: Array) -> dict[str, Any]:
    return spread_of(draws)._asdict()
