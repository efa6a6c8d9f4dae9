"""How energy, leakage and area change with technology and voltage.

Technology: A. Stillmaker and B. Baas, "Scaling equations for the accurate prediction of CMOS device performance from
180 nm to 7 nm", Integration 58 (2017) 74-81: the energy factor ``a2 V^2 + a1 V + a0`` of each node (table 5; bulk down
to 65 nm, high performance below) and the areas relative to 7 nm (table 4). Between nodes both are interpolated, energy
linearly in nanometres and area in logarithms, which is our own; the source has no node between 16 and 14.

Voltage: within a node, energy is proportional to V^2. The published quadratics were fitted over a sweep of voltage and
would say 1.68 instead of 1.56 from 0.8 to 1.0 V at 15 nm. So a price is first taken to the chip's node at the price's
own voltage, then by V^2 to the chip's voltage.

Leakage (our own; the source has none): current per area stays, so power goes with area and with V.

Frequency is in none of these: an action costs the same at any clock.
"""

from __future__ import annotations

import math
from bisect import bisect_left

from ..errors import UserError
from .leakage import temperature_factor, voltage_factor

NODES_NM = (7.0, 10.0, 14.0, 16.0, 20.0, 32.0, 45.0, 65.0, 90.0, 130.0)
"""Of the published nodes all but 180 nm, whose fit falls below that of 130 nm at the voltages of our prices."""

ENERGY = (
    (0.1776, -0.09097, 0.02447),
    (0.2068, -0.09311, 0.02375),
    (0.2363, -0.09675, 0.02239),
    (0.2958, -0.1241, 0.03024),
    (0.373, -0.1582, 0.04104),
    (0.8367, -0.4341, 0.1701),
    (1.018, -0.3107, 0.1539),
    (3.755, -4.398, 1.975),
    (4.762, -4.781, 2.092),
    (7.171, -6.709, 2.904),
)
"""Coefficients a2, a1, a0 of each node's energy factor."""

AREA = (1.0, 1.7, 2.9, 3.2, 3.6, 7.8, 17.0, 25.0, 48.0, 110.0)
"""Area of the same circuit in each node, relative to 7 nm."""

VOLTS = (0.5, 1.3)
"""Supply voltages for which V^2 is taken to hold: our own limits. Below, circuits come near their threshold."""

BOTH = "technology and voltage"
VOLTAGE = "voltage"
TECHNOLOGY = "technology"
NOTHING = "nothing"


def check_point(technology_nm: float, voltage_v: float, whose: str = "clock.") -> None:
    """Raise a :class:`UserError` outside of the range in which the equations hold. whose: put before the keys"""
    if not NODES_NM[0] <= technology_nm <= NODES_NM[-1]:
        raise UserError(
            f"{whose}technology_nm = {technology_nm:g}: energy is modelled from {NODES_NM[0]:g} to {NODES_NM[-1]:g} "
            "nm, for which there are published scaling equations; choose a technology within that range"
        )
    if not VOLTS[0] <= voltage_v <= VOLTS[1]:
        raise UserError(
            f"{whose}voltage_v = {voltage_v:g}: energy is modelled from {VOLTS[0]:g} to {VOLTS[1]:g} V, where it goes "
            "with the square of the voltage; choose a voltage within that range"
        )


def published_energy(technology_nm: float, voltage_v: float) -> float:
    """Return the published energy factor, in its own unit: only ratios of two mean anything."""
    at, share = _between(technology_nm)
    low, high = (a2 * voltage_v**2 + a1 * voltage_v + a0 for a2, a1, a0 in (ENERGY[at], ENERGY[at + 1]))
    return low + share * (high - low)


def energy_factor(from_nm: float, from_v: float, to_nm: float, to_v: float, scales: str) -> float:
    """Return by what an energy has to be multiplied.

    scales: BOTH; VOLTAGE, such as a wire, whose capacitance per length hardly changes; or NOTHING
    """
    if scales == NOTHING:
        return 1.0
    node = published_energy(to_nm, from_v) / published_energy(from_nm, from_v) if scales == BOTH else 1.0
    return node * (to_v / from_v) ** 2


def leakage_factor(
    from_nm: float, from_v: float, to_nm: float, to_v: float, scales: str, kelvin: tuple[float, float] | None = None
) -> float:
    """Return by what the leakage power of one instance has to be multiplied.

    kelvin: temperature of the price and of the chip; None: leakage is linear in voltage, and has no temperature
    """
    if scales == NOTHING:
        return 1.0
    size = area_factor(from_nm, to_nm) if scales == BOTH else 1.0
    if kelvin is None:
        return size * to_v / from_v
    return size * voltage_factor(from_v, to_v, kelvin[0]) * temperature_factor(*kelvin)


def area_factor(from_nm: float, to_nm: float, scales: str = TECHNOLOGY) -> float:
    """Return by what an area has to be multiplied."""
    return 1.0 if scales == NOTHING else _relative_area(to_nm) / _relative_area(from_nm)


def _relative_area(technology_nm: float) -> float:
    at, _ = _between(technology_nm)
    share = math.log(technology_nm / NODES_NM[at]) / math.log(NODES_NM[at + 1] / NODES_NM[at])
    return float(AREA[at] * (AREA[at + 1] / AREA[at]) ** share)


def _between(technology_nm: float) -> tuple[int, float]:
    """Return the index of the node at or below, and how far on the way to the next one a technology is."""
    at = min(max(bisect_left(NODES_NM, technology_nm) - 1, 0), len(NODES_NM) - 2)
    return at, (technology_nm - NODES_NM[at]) / (NODES_NM[at + 1] - NODES_NM[at])
