"""What energy is likely to be, where bounds that add say what it can be: a Monte Carlo over the ranges of prices.

**One variable for each unknown.** Its position x lies between -1 and 1, with a symmetric triangular density. The price
is low at -1, nominal at 0 and high at 1; between, it is linear in x, or geometric where high is more than ten times
low, since such bounds are orders of magnitude. So nominal is the mode and the median: a price is as likely below as
above it, however long either side is. A plain triangle over low, nominal and high would take a far bound for a likely
side, and would never believe a nominal that is its own low, such as that of MAC units whose multiplier is gated. A
triangle, since three numbers are all that is known: it needs no more, ends at the bounds, and is wider than a normal
distribution that hardly reaches them.

**Independent** are all prices of energy, the constants of power states, and those of a platform's profile.
**Together** move the prices of leakage: they share one position, between the corners cold slow, typical and hot fast.
Counts, laws of scaling and times to wake up are taken as exact.

A position follows from the seed and the name of its unknown alone. So two chips are drawn with the same errors in the
same prices, and a draw does not depend on what else is drawn.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ..ranges import Range
from .block import PHASES
from .prices import Line, Unknown
from .profile import Constant, Profile
from .software import estimate
from .timeline import Pace
from .waiting import in_world
from .workload import Workload

DRAWS = 10_000
PLATFORM_DRAWS = 1_000
SEED = 0
TAIL = 0.05
"""Share of draws on either side of the 90 % interval."""
GEOMETRIC = 10.0
"""High over low above which a price is drawn on a log scale."""
EXACT = ("power.wake_s",)
"""Constants of a profile that are not drawn: whether a machine sleeps is decided once, as for its bounds."""

Array = NDArray[np.float64]


class Spread(NamedTuple):
    """The median of some draws, and the interval in which 90 % of them lie."""

    median: float
    low_90: float
    high_90: float

    def scaled(self, factor: float) -> Spread:
        return Spread(*(value * factor for value in self))


class Swing(NamedTuple):
    """Joules of everything with one unknown at its low and at its high, all others nominal."""

    name: str
    low: float
    high: float

    @property
    def size(self) -> float:
        return self.high - self.low


def spread_of(draws: Array) -> Spread:
    """Return quantiles, linear between two draws: what np.quantile gives, which takes ten times as long."""
    ordered = np.sort(draws)
    median, low, high = (_quantile(ordered, share) for share in (0.5, TAIL, 1 - TAIL))
    return Spread(median, low, high)


def _quantile(ordered: Array, share: float) -> float:
    at, part = divmod(share * (len(ordered) - 1), 1)
    below, above = ordered[int(at)], ordered[min(int(at) + 1, len(ordered) - 1)]
    return float(below + part * (above - below))


@lru_cache(maxsize=2048)
def positions(name: str, draws: int, seed: int = SEED) -> Array:
    """Return the positions of an unknown, from -1 to 1. Of more draws the first are the same."""
    bits = np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))
    uniform = np.random.Generator(bits).random(draws)
    below = uniform < 0.5
    half = np.sqrt(2 * np.where(below, uniform, 1 - uniform))  # the quantile function of the triangle
    found: Array = np.where(below, half - 1, 1 - half)
    found.setflags(write=False)
    return found


def valued(value: Range, x: Array) -> Array:
    """Return a quantity at positions of its unknown."""
    low, nominal, high = value
    if low == high:
        return np.full_like(x, nominal)
    if low > 0 and high > GEOMETRIC * low:
        steps = np.where(x < 0, math.log(nominal / low), math.log(high / nominal))
        found: Array = nominal * np.exp(steps * x)
    else:
        found = nominal + x * np.where(x < 0, nominal - low, high - nominal)
    return np.clip(found, low, high)  # rounding must not leave the bounds


def joules_of(lines: Iterable[Line], draws: int = DRAWS, seed: int = SEED) -> dict[str, Array]:
    """Return the joules of each phase, bottom-up, one number a draw."""
    terms = _terms(lines)
    values: dict[Unknown, Array] = {}
    found: dict[str, Array] = {}
    for (phase, unknowns), scale in terms.items():
        product: Array = np.full(draws, scale)
        for unknown in unknowns:
            if unknown not in values:
                values[unknown] = valued(unknown.value, positions(unknown.name, draws, seed))
            product *= values[unknown]
        found[phase] = found[phase] + product if phase in found else product
    return found


def total(parts: Mapping[str, Array]) -> Array:
    """Return the sum of all phases."""
    return cast(Array, sum(parts.values()))


def tornado(lines: Iterable[Line]) -> list[Swing]:
    """Return what each unknown alone does to the joules of all lines, from the one that decides most.

    Unknowns that change nothing are left out: their range has no width, or there was nothing to pay for.
    """
    terms = _terms(lines)
    names = dict.fromkeys(unknown.name for _, unknowns in terms for unknown in unknowns)
    found = [Swing(name, *(_all(terms, name, side) for side in (0, 2))) for name in names]
    return sorted((one for one in found if one.size), key=lambda one: -one.size)


def platform_joules(
    workload: Workload, profile: Profile, pace: Pace | None = None, draws: int = PLATFORM_DRAWS, seed: int = SEED
) -> tuple[Array, Array | None]:
    """Return the joules of a generation on another platform, one number a draw: computing alone, and in the world.

    pace: of the world; None: there is none
    """
    exact = drawn(profile, draws, seed)
    # With exact constants bounds are left where a count is a bound itself: the longest of all episodes.
    x = positions(f"{profile.name} longest episode", draws, seed)
    phases = estimate(workload, exact)
    alone = _settled(Range.total(phases[phase].energy_j for phase in PHASES), x)
    return alone, None if pace is None else _settled(in_world(workload, exact, pace).energy_j, x)


def drawn(profile: Profile, draws: int = PLATFORM_DRAWS, seed: int = SEED) -> Profile:
    """Return a profile whose constants are exact: each has as all its sides an array of draws.

    The formulas of ``software.py`` and ``waiting.py`` take it as any other profile.
    """

    def exactly(key: str, value: Range) -> Range:
        if value.low == value.high:
            return value
        numbers = valued(value, positions(f"{profile.name} {key}", draws, seed))
        numbers.setflags(write=False)
        return Range.exactly(cast(float, numbers))

    tables: dict[str, dict[str, Constant]] = {}
    for name, constant in profile.constants().items():
        table, key = name.split(".")
        if name not in EXACT:
            value = exactly(name, constant.value)
            tables.setdefault(table, {})[key] = constant.model_copy(update={"value": value})
    update: dict[str, Any] = {
        table: getattr(profile.tables, table).model_copy(update=constants) for table, constants in tables.items()
    }
    costs = profile.costs
    if profile.use.software == "interpreted":
        costs = type(costs)(*(exactly(key, value) for key, value in costs._asdict().items()))
    return profile._replace(tables=profile.tables.model_copy(update=update), costs=costs)


def bounded_joules(name: str, energy: Range, draws: int = PLATFORM_DRAWS, seed: int = SEED) -> Array:
    """Return draws of an energy of which only bounds are known, such as this machine's."""
    return valued(energy, positions(name, draws, seed))


def _terms(lines: Iterable[Line]) -> dict[tuple[str, tuple[Unknown, ...]], float]:
    """Return by phase and unknowns what their product is multiplied by: fewer products than there are lines."""
    found: dict[tuple[str, tuple[Unknown, ...]], float] = {}
    for line in lines:
        key = line.phase, line.unknowns
        found[key] = found.get(key, 0.0) + line.scale
    return found


def _all(terms: Mapping[tuple[str, tuple[Unknown, ...]], float], name: str, side: int) -> float:
    """Return all joules with the unknown of a name at one side of its range, all others nominal."""
    return math.fsum(
        scale * math.prod(unknown.value[side if unknown.name == name else 1] for unknown in unknowns)
        for (_, unknowns), scale in terms.items()
    )


def _settled(energy: Range, x: Array) -> Array:
    """Return one number a draw of a range whose sides are numbers or arrays of draws."""
    low, nominal, high = (np.broadcast_to(np.asarray(side, dtype=np.float64), x.shape) for side in energy)
    settled: Array = nominal + x * np.where(x < 0, nominal - low, high - nominal)
    return settled
