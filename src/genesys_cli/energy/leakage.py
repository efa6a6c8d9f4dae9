"""How the leakage of one circuit changes with temperature, supply voltage and threshold voltage.

Leakage here is the subthreshold current of transistors that are off, which is most of it at the temperatures of a
running chip::

    I(T, V) ~ T^2 exp(-(Vth(T) - DIBL V) / (n vT)),   vT = k T / q,   Vth(T) = Vth(300) - c (T - 300)

The square of T and the exponential are the weak-inversion current of every compact model, such as BSIM4, with mobility
falling as 1/T^(0...1.5) left out. Where the constants are from:

- ``SWING``: 68 mV per decade at 300 K, so n = 1.14; grows with T. Intel's FinFETs at 22 nm have "~70 mV/dec" (C. Auth
  et al., VLSI Technology 2012, abstract), and 59.5 would be ideal; 68 is our own.
- ``DIBL``: 30 to 50 mV per volt, nominal 40. The same abstract has "~50 mV/V"; low and nominal are our own.
- ``THRESHOLD_V``: of CACTI 7's devices at 22 nm, which follow the ITRS.
- ``THRESHOLD_PER_K``: 0.5 mV/K, our own, between two fits. CACTI's ``lstp`` and ``lop`` currents at 45 and 32 nm fit
  0; those at 22 nm, which double every 10 K, fit 0.7 to 1.2. Its ``hp`` currents at 22 nm are 0.8 times those at 32
  nm, grow by 2 % from 300 to 310 K and by 98 % from 350 to 360 K, and fit no value. Between 300 and 350 K this law is
  below CACTI's at 22 nm by up to a factor of 1.6 (``lstp``) and 3.6 (``lop``), and above it by up to 3.3 (``hp``);
  ``python -m benchmarks.cacti --report`` prints all of it.

Gate leakage, which hardly depends on temperature, is not in it: in CACTI 0.7 % of an ``hp`` bank at 300 K, 90 % of an
``lstp`` one. Neither is gate-induced drain leakage, which sets the floor of cold ``lstp`` transistors in silicon.
"""

from __future__ import annotations

import math

from ..errors import UserError

BOLTZMANN = 8.617333e-5
"""Volts per kelvin: k / q."""

REFERENCE_K = 300.0
SWING = 0.068
"""Volts per decade of current at 300 K."""

DIBL_LOW, DIBL, DIBL_HIGH = 0.03, 0.04, 0.05
"""Volts by which a volt of supply lowers the threshold."""

THRESHOLD_PER_K = 0.0005
"""Volts by which a kelvin lowers the threshold."""

THRESHOLD_V = {"hp": 0.1395, "lop": 0.2315, "lstp": 0.40126}
"""Threshold at 300 K in volts: high performance, low operating power, low standby power."""

LOGIC = "hp"
"""The flavour of logic, and of the periphery of the SRAM that is priced.

The public PE leaks 40 nW per um2 at 298 K, where CACTI's banks have 87 with high-performance cells and 8 with
low-operating-power ones, so its threshold is near the former's.
"""

KELVIN = (250.0, 400.0)
"""Temperatures for which the law is meant: below, other currents than the subthreshold one prevail."""


def slope_voltage(kelvin: float) -> float:
    """Return n k T / q in volts: the change of threshold that changes the current by a factor of e."""
    check_kelvin(kelvin)
    return SWING / math.log(10) * kelvin / REFERENCE_K


def temperature_factor(
    from_k: float, to_k: float, flavour: str = LOGIC, threshold_per_k: float = THRESHOLD_PER_K
) -> float:
    """Return by what a leakage power has to be multiplied for another temperature, at the same voltage.

    flavour: a key of THRESHOLD_V; threshold_per_k: volts per kelvin
    """
    if flavour not in THRESHOLD_V:
        raise UserError(f"flavour = {flavour!r} must be one of {', '.join(THRESHOLD_V)}")

    def exponent(kelvin: float) -> float:
        threshold = THRESHOLD_V[flavour] - threshold_per_k * (kelvin - REFERENCE_K)
        return threshold / slope_voltage(kelvin)

    return (to_k / from_k) ** 2 * math.exp(exponent(from_k) - exponent(to_k))


def voltage_factor(from_v: float, to_v: float, from_k: float, dibl: float = DIBL) -> float:
    """Return by what a leakage power has to be multiplied for another supply voltage, at one temperature.

    Power is voltage times current, so the factor has the ratio of the voltages in it. dibl: volts per volt
    """
    return to_v / from_v * math.exp(dibl * (to_v - from_v) / slope_voltage(from_k))


def process_factor(shift_v: float, kelvin: float) -> float:
    """Return by what leakage has to be multiplied on a die whose thresholds lie lower by so many volts."""
    return math.exp(shift_v / slope_voltage(kelvin))


def check_kelvin(kelvin: float) -> None:
    """Raise a :class:`UserError` outside of the range for which the law is meant."""
    if not KELVIN[0] <= kelvin <= KELVIN[1]:
        raise UserError(
            f"temperature = {kelvin:g} K: leakage is modelled from {KELVIN[0]:g} to {KELVIN[1]:g} K; "
            "choose a temperature within that range"
        )
