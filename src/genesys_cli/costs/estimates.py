"""What a generation of a run costs on the chip, on other platforms, and on this machine.

Three origins, which never mix: measured here, emulated (counted on the chip), modelled (from counts and a profile).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..config.chip import ChipSettings
from ..energy import software
from ..energy.block import EVOLUTION, INFERENCE, PHASES, WAITING
from ..energy.chip import Pricing
from ..energy.platforms import load_profile
from ..energy.prices import Line
from ..energy.profile import Profile
from ..energy.table import EnergyTable
from ..energy.timeline import Pace
from ..energy.waiting import in_world
from ..energy.workload import Workload
from ..errors import GenesysError, UserError
from ..measure.calibration import Calibration, load_calibration
from ..ranges import Range
from .host import HostEnergy

Row = Mapping[str, Any]

GENESYS, HOST = "GENESYS", "host"
EMULATED, MEASURED, MODELLED = "emulated", "measured", "modelled"
PAPER = ("CPU_a", "CPU_b", "CPU_c", "CPU_d", "GPU_a", "GPU_b", "GPU_c", "GPU_d")
WINDOW = 10
"""Generations at the end of a run on the chip that an estimate is the mean of. In software it is the last one."""

HOST_S = {INFERENCE: ("evaluate_s",), EVOLUTION: ("reproduce_s", "speciate_s")}
"""Columns of this machine's time; of evaluation, validation is taken off again."""


class World(NamedTuple):
    """The same generation in a world with steps of its own.

    waiting_s: seconds of all waits; seconds: of the whole generation, nominal; late_s: how much too long a step takes
    energy: joules of everything; None: not known, `note` says why
    lines: of the chip, what its joules consist of, over all generations
    """

    pace: Pace
    waiting_s: Range | None
    seconds: float | None
    energy: Range | None
    late_s: float = 0.0
    note: str = ""
    lines: tuple[Line, ...] = ()

    def document(self, genesys: Range | None) -> dict[str, Any]:
        """Return plain JSON; genesys: joules of the chip in the same world."""
        ratio = None
        if self.energy is not None and genesys is not None:
            ratio = Range.exactly(1.0) if self.energy is genesys else self.energy.ratio(genesys)
        return {
            "pace_hz": self.pace.hz,
            "robots": self.pace.robots,
            **bounds("waiting_s", self.waiting_s),
            "seconds": self.seconds,
            "late_s": self.late_s,
            **bounds("energy_j", self.energy),
            **bounds("energy_vs_genesys", ratio),
            "note": self.note,
        }


class Estimate(NamedTuple):
    """A platform's share of a comparison, for one generation.

    origin: of the joules; time_origin: of the seconds, which are measured here even where joules are not
    seconds, joules: by phase; None: not known, `note` says why. Joules of this machine are known as a whole only
    generations: how many it is the mean of
    calibrated: joules of the chip with the calibrated prices
    note: what else is to be known
    world: the same in the world; None: there is none, or the platform is not known in it
    """

    platform: str
    origin: str
    time_origin: str
    generations: int
    seconds: Mapping[str, Range] | None
    joules: Mapping[str, Range] | None
    energy: Range | None
    calibrated: Range | None = None
    note: str = ""
    world: World | None = None

    def document(self, genesys: Estimate) -> dict[str, Any]:
        """Return plain JSON; genesys: the chip, with which others are compared."""
        found: dict[str, Any] = {"platform": self.platform, "origin": self.origin, "time_origin": self.time_origin}
        for phase in PHASES:
            found |= bounds(f"{phase}_s", None if self.seconds is None else self.seconds[phase])
        found |= bounds("energy_j", self.energy)
        ratio = None
        if self.platform == GENESYS and self.energy is not None:
            ratio = Range.exactly(1.0)
        elif self.energy is not None and genesys.energy is not None:
            ratio = self.energy.ratio(genesys.energy)
        found |= bounds("energy_vs_genesys", ratio)
        if self.platform == GENESYS:
            found |= bounds("energy_calibrated_j", self.calibrated)
        theirs = None if genesys.world is None else genesys.world.energy
        found["world"] = None if self.world is None else self.world.document(theirs)
        return found | {"generations": self.generations, "note": self.note}


def bounds(name: str, value: Range | None) -> dict[str, float | None]:
    """Return a range as three fields: nominal, low and high; what is not finite or not known is None."""
    low, nominal, high = value if value is not None else (None, None, None)
    fields = {name: nominal, f"{name}_low": low, f"{name}_high": high}
    return {key: number if number is not None and math.isfinite(number) else None for key, number in fields.items()}


def estimates(
    genesys: Estimate,
    workload: Workload,
    host: Estimate | None = None,
    platforms: Sequence[str] = PAPER,
    pace: Pace | None = None,
) -> list[dict[str, Any]]:
    """Return the same generations on each platform, as plain JSON: the chip, others by their profiles, this machine.

    pace: of the world in which each is estimated beside
    """
    calibration, why = _calibration()
    others = [platform_estimate(name, workload, genesys.generations, calibration, why, pace) for name in platforms]
    found = [genesys, *others, *([host] if host is not None else [])]
    return [one.document(genesys) for one in found]


def genesys_estimate(
    counts: Sequence[Row] | str,
    chip: ChipSettings,
    table: EnergyTable,
    *,
    emulated: bool,
    generations: int | None = None,
    pace: Pace | None = None,
) -> Estimate:
    """Return what the chip costs on average.

    counts: of each generation, or why there are none; generations: how many, in that case
    emulated: whether a run on the chip counted them
    """
    origin = EMULATED if emulated else MODELLED
    number = len(counts) if generations is None else generations

    def unknown(reason: str) -> Estimate:
        return Estimate(GENESYS, origin, origin, number, None, None, None, note=reason)

    if isinstance(counts, str):
        return unknown(counts)
    try:
        pricing = Pricing(chip, table)
    except UserError as error:
        return unknown(str(error))
    each = [pricing.estimate(one) for one in counts]
    share = 1 / len(each)
    seconds = {phase: Range.exactly(math.fsum(one.seconds[phase] for one in each) * share) for phase in PHASES}
    joules = {phase: Range.total(one.by_phase()[phase] for one in each).scaled(share) for phase in PHASES}
    energy = Range.total(one.total() for one in each).scaled(share)
    calibrated = Range.total(one.total(calibrated=True) for one in each).scaled(share)
    note = "bottom-up" if emulated else "bottom-up; what the chip would count for the same genomes and episodes"
    world = None if pace is None else chip_world(counts, pricing, pace)
    return Estimate(GENESYS, origin, origin, number, seconds, joules, energy, calibrated, note, world)


def chip_world(counts: Sequence[Row], pricing: Pricing, pace: Pace, generations: int = 1) -> World:
    """Return the chip in the world, on average. generations: how many each row of counts is summed over"""
    try:
        each = [pricing.estimate(one, pace, generations) for one in counts]
    except UserError as error:
        return World(pace, None, None, None, note=str(error))
    share = 1 / (len(each) * generations)
    return World(
        pace,
        Range.exactly(math.fsum(one.seconds[WAITING] for one in each) * share),
        math.fsum(one.all_seconds for one in each) * share,
        Range.total(one.total() for one in each).scaled(share),
        lines=tuple(line for one in each for line in one.lines),
    )


def platform_estimate(
    name: str,
    workload: Workload,
    generations: int,
    calibration: Calibration | None,
    note: str = "",
    pace: Pace | None = None,
) -> Estimate:
    """Return what a platform of a profile costs. workload: the mean of some generations"""
    profile = load_profile(name, calibration)
    phases = software.estimate(workload, profile)
    joules = {phase: phases[phase].energy_j for phase in PHASES}
    seconds = {phase: phases[phase].time_s for phase in PHASES}
    energy = Range.total(joules.values())
    world = None if pace is None else world_of(workload, profile, pace)
    return Estimate(profile.name, MODELLED, MODELLED, generations, seconds, joules, energy, note=note, world=world)


def world_of(workload: Workload, profile: Profile, pace: Pace) -> World:
    """Return a platform in the world; one whose kernels hold the environment has none to wait for."""
    if profile.use.software == "fused":
        return World(pace, None, None, None, note="its kernel holds the environment, so it cannot wait for a world")
    found = in_world(workload, profile, pace)
    seconds = math.fsum(one.time_s.nominal for one in found.computing.values()) + found.waiting_s.nominal
    return World(pace, found.waiting_s, seconds, found.energy_j, found.late_s)


def host_estimate(rows: Sequence[Row], host: HostEnergy, *, emulating: bool = False) -> Estimate:
    """Return what this machine took on average, without validation, but with the environment.

    rows: of ``metrics.csv``; those in which kernels were compiled have no joules of this machine and are left out
    emulating: whether it emulated the chip in them, which software need not
    """
    warm = [row for row in rows if row.get("host_energy_j") is not None]
    if not warm:
        note = "not known: kernels were being compiled; evolve again"
        return Estimate(HOST, host.origin, MEASURED, 0, None, None, None, note=note)
    seconds = {phase: Range.exactly(_mean(warm, names)) for phase, names in HOST_S.items()}
    seconds[INFERENCE] = Range.exactly(max(0.0, seconds[INFERENCE].nominal - _mean(warm, ("validate_s",))))
    joules = _mean(warm, ("host_energy_j",))
    energy = Range(joules * host.bounds.low, joules, joules * host.bounds.high)
    what = "emulating the chip, " if emulating else ""
    note = f"{what}with the environment's time; energy: {host.note}"
    return Estimate(HOST, host.origin, MEASURED, len(warm), seconds, None, energy, note=note)


def _mean(rows: Sequence[Row], names: Sequence[str]) -> float:
    return math.fsum(float(row.get(name) or 0.0) for row in rows for name in names) / len(rows)


def _calibration() -> tuple[Calibration | None, str]:
    """Return this machine's calibration, if there is one that can be read; else why it is not used."""
    try:
        return load_calibration(), ""
    except GenesysError as error:
        return None, f"{error}; shipped costs are used"
