"""From results to rows: one for each environment, workload, platform and phase."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..config.backends import kind_of
from ..costs.estimates import EMULATED, GENESYS, HOST, MEASURED, MODELLED, World, bounds, world_of
from ..energy.block import PHASES
from ..energy.chip import ChipEnergy
from ..energy.software import estimate
from ..energy.timeline import Pace
from ..ranges import Range
from .platforms import Platforms
from .results import Result
from .sweep import Point

Row = dict[str, Any]
PUBLISHED_ORDERS = (2, 5)  # GeneSys, MICRO 2018: energy efficiency against CPUs and GPUs, embedded and desktop


class Group(NamedTuple):
    """The results of all seeds of one environment, backend and point, as one.

    chip: what GENESYS needs for `result.counts`; None: it cannot be said
    pace: of the world; None: there is none; world: GENESYS in it, a generation on average
    """

    env: str
    backend: str
    point: Point
    seeds: tuple[int, ...]
    result: Result
    chip: ChipEnergy | None
    pace: Pace | None = None
    world: World | None = None


class Cost(NamedTuple):
    """What a platform needs for one phase of a generation. energy_origin: may be modelled where the time is measured"""

    time_s: Range
    energy_j: Range
    power_w: Range
    origin: str
    energy_origin: str
    calibrated_j: Range | None = None


Costs = dict[str, dict[str, Cost]]  # by platform and phase


def costs_of(group: Group, platforms: Platforms) -> Costs:
    """Return what each platform that can be said something of needs, GENESYS always among them, by phase."""
    found: Costs = {}
    if group.chip is not None:
        found[GENESYS] = _genesys(group, group.chip)
    if platforms.host and group.result.measured:
        found[HOST] = _host(group.result)
    for profile in platforms.profiles:
        found[profile.name] = {
            phase: Cost(*one, MODELLED, MODELLED) for phase, one in estimate(group.result.workload, profile).items()
        }
    return found


def rows_of(group: Group, platforms: Platforms, costs: Mapping[str, Mapping[str, Cost]]) -> list[Row]:
    """Return the rows of a group, for the platforms that are asked for."""
    rows = []
    wanted = platforms.names
    work = group.result.workload
    for name in wanted:
        for phase in PHASES if name in costs else ():
            cost = costs[name][phase]
            rate = "env_steps_per_s" if phase == "inference" else "genes_per_s"
            amount = group.result.env_steps if phase == "inference" else work.genes_written
            row: Row = {
                "env": group.env,
                "backend": group.backend,
                "seeds": list(group.seeds),
                "point": group.point,
                "platform": name,
                "origin": cost.origin,
                "phase": phase,
                **bounds("time_s", cost.time_s),
                **bounds("energy_j", cost.energy_j),
                **bounds("power_w", cost.power_w),
                "energy_origin": cost.energy_origin,
                **bounds("energy_calibrated_j", cost.calibrated_j),
                **bounds("energy_vs_genesys", _versus(costs, name, [phase])),
                "env_steps_per_s": None,
                "genes_per_s": None,
                "generations": group.result.generations,
                "env_steps": group.result.env_steps,
                "counts": group.result.counts if name == GENESYS else work._asdict(),
                "counts_are": "sums over the generations" if name == GENESYS else "means of a generation",
            }
            row[rate] = amount / cost.time_s.nominal if cost.time_s.nominal else None
            rows.append(row)
    return rows


def totals_of(
    group: Group,
    platforms: Platforms,
    costs: Mapping[str, Mapping[str, Cost]],
    likely: Mapping[str, tuple[Row, Row | None]] | None = None,
) -> list[Row]:
    """Return an object for each platform: both phases together, and the same in the world.

    likely: 90 % intervals by platform, computing alone and in the world, see ``uncertain.py``
    """
    intervals = likely or {}
    found = []
    worlds = worlds_of(group, platforms)
    chips = worlds[GENESYS].energy if GENESYS in worlds else None
    for name in platforms.names:
        if name not in costs:
            continue
        phases = costs[name]
        time = Range.total(phases[phase].time_s for phase in PHASES)
        energy = Range.total(phases[phase].energy_j for phase in PHASES)
        alone, in_it = intervals.get(name, (None, None))
        found.append(
            {
                "env": group.env,
                "backend": group.backend,
                "point": group.point,
                "platform": name,
                "origin": phases[PHASES[0]].origin,
                "energy_origin": phases[PHASES[0]].energy_origin,
                "inference_s": phases["inference"].time_s.nominal,
                "evolution_s": phases["evolution"].time_s.nominal,
                **bounds("energy_j", energy),
                "power_w": _divided(energy.nominal, time.nominal),
                **bounds("energy_vs_genesys", _versus(costs, name, PHASES)),
                "uncertainty": alone,
                "world": worlds[name].document(chips) | {"uncertainty": in_it} if name in worlds else None,
            }
        )
    return found


def worlds_of(group: Group, platforms: Platforms) -> dict[str, World]:
    """Return each platform that is known in the world."""
    found = {} if group.world is None else {GENESYS: group.world}
    if group.pace is not None:
        for profile in platforms.profiles:
            found[profile.name] = world_of(group.result.workload, profile, group.pace)
    return found


def in_world(totals: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return the totals that are known in the world, with its ratios in place of those of computing alone."""
    return [total | total["world"] for total in totals if total["world"] is not None]


def orders_of(totals: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Return, for each workload's backend and platform, by how many orders of magnitude GENESYS needs less energy.

    least, mean, most: over environments (and points), nominal; low, high: the widest bounds of any; low_90, high_90:
    the widest 90 % intervals of any, None where one has none
    """
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for total in totals:
        if total["platform"] != GENESYS and total["energy_vs_genesys"]:
            found.setdefault((total["backend"], total["platform"]), []).append(total)
    rows = []
    for (backend, platform), each in found.items():
        nominal = [math.log10(total["energy_vs_genesys"]) for total in each]
        lows = [total["energy_vs_genesys_low"] or 0.0 for total in each]
        highs = [total["energy_vs_genesys_high"] or math.inf for total in each]
        rows.append(
            {
                "backend": backend,
                "platform": platform,
                "envs": sorted({total["env"] for total in each}),
                "least": min(nominal),
                "mean": math.fsum(nominal) / len(nominal),
                "most": max(nominal),
                "low": math.log10(min(lows)) if min(lows) > 0 else None,
                "high": math.log10(max(highs)) if math.isfinite(max(highs)) else None,
                **_likely_orders(each),
            }
        )
    return rows


def _likely_orders(totals: Iterable[Mapping[str, Any]]) -> Row:
    found = [(total.get("uncertainty") or {}).get("energy_vs_genesys") for total in totals]
    ratios = [ratio for ratio in found if ratio is not None and ratio["low_90"] > 0]
    if len(ratios) < len(found):
        return {"low_90": None, "high_90": None}
    low, high = min(ratio["low_90"] for ratio in ratios), max(ratio["high_90"] for ratio in ratios)
    return {"low_90": math.log10(low), "high_90": math.log10(high)}


def flat(row: Mapping[str, Any]) -> Row:
    """Return a row for CSV: the keys of its point as columns, without counts."""
    plain = {key: value for key, value in row.items() if key not in ("point", "counts", "counts_are", "seeds")}
    return plain | {"seeds": len(row["seeds"])} | {key: _cell(value) for key, value in row["point"].items()}


def _genesys(group: Group, energy: ChipEnergy) -> dict[str, Cost]:
    origin = EMULATED if kind_of(group.backend).counts_itself else MODELLED
    found = {}
    calibrated = energy.by_phase(calibrated=True)
    for phase, joules in energy.by_phase().items():
        one = 1 / group.result.generations
        time = Range.exactly(energy.seconds[phase] * one)
        joules = joules.scaled(one)
        found[phase] = Cost(time, joules, energy.power(phase), origin, origin, calibrated[phase].scaled(one))
    return found


def _host(result: Result) -> dict[str, Cost]:
    """Return this machine's costs: means over seeds; of times the bounds are the fastest and the slowest seed."""
    found = {}
    energy_origin = MEASURED if all(one.origin == MEASURED for one in result.measured) else MODELLED
    power = _mean_range([one.power_w for one in result.measured])
    for phase in PHASES:
        times = [getattr(one, f"{phase}_s") for one in result.measured]
        time = Range(min(times), math.fsum(times) / len(times), max(times))
        found[phase] = Cost(time, time.times(power), power, MEASURED, energy_origin)
    return found


def _mean_range(ranges: Sequence[Range]) -> Range:
    return Range.total(ranges).scaled(1 / len(ranges))


def _versus(costs: Mapping[str, Mapping[str, Cost]], name: str, phases: Sequence[str]) -> Range | None:
    """Return a platform's energy over that of GENESYS, bottom-up; None where that is not known."""
    if GENESYS not in costs:
        return None
    if name == GENESYS:
        return Range.exactly(1.0)
    mine, chips = (Range.total(costs[which][phase].energy_j for phase in phases) for which in (name, GENESYS))
    return mine.ratio(chips) if chips.low > 0 else None


def _divided(a: float, b: float) -> float:
    return a / b if b else 0.0


def _cell(value: Any) -> Any:
    return value if isinstance(value, int | float | str) or value is None else str(value)
