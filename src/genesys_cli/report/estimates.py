"""The table that ends a run: time and energy of a generation, platform by platform."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from .results import print_table, quantity
from .terminal import write

WIDTH = 79
HEADER = ("platform", "infer", "evolve", "energy (low-high)", "x GENESYS", "origin")

Estimate = Mapping[str, Any]


def print_estimates(summary: Mapping[str, Any]) -> None:
    """Write ``estimates`` of ``summary.json``, if there are any, and what has to be known to read them."""
    estimates: Sequence[Estimate] = summary.get("estimates", ())
    if not estimates:
        return
    write(f"\n{_wrapped(title(estimates, summary['generations']))}\n")
    print_table(HEADER, [row_of(estimate) for estimate in estimates])
    for line in legend(estimates):
        write(_wrapped(line) + "\n")


def title(estimates: Sequence[Estimate], generations: int) -> str:
    """generations: of the whole run"""
    number = estimates[0]["generations"]
    if generations == 1:
        which = "the only generation, the random first one"
    elif number == 1:
        which = "the last generation"
    else:
        which = f"a generation, mean of the last {number}"
    return f"Time and energy of {which}; without validation:"


def row_of(estimate: Estimate) -> list[str]:
    """Return a platform as cells."""
    whole = estimate["origin"] == estimate["time_origin"]
    return [
        estimate["platform"],
        quantity(estimate["inference_s"], "s"),
        quantity(estimate["evolution_s"], "s"),
        spread(estimate, "energy_j", "J"),
        spread(estimate, "energy_vs_genesys", ""),
        estimate["origin"] if whole else "estimate",
    ]


def legend(estimates: Sequence[Estimate]) -> list[str]:
    """Return sentences: what the origins mean, what is known of the chip and of this machine."""
    known = {"measured": "on this machine", "emulated": "counted on the chip", "modelled": "from counts and a profile"}
    origins = {estimate[key] for estimate in estimates for key in ("origin", "time_origin")}
    lines = ["; ".join(f"{origin}: {text}" for origin, text in known.items() if origin in origins) + "."]
    for estimate in estimates:
        name, note = estimate["platform"], estimate["note"]
        if estimate["energy_j"] is None:
            lines.append(f"{name}: {note}.")
        elif name == "GENESYS":
            calibrated = quantity(estimate.get("energy_calibrated_j"), "J")
            lines.append(f"GENESYS is {note}; calibrated to the published chip: {calibrated}.")
        elif note:
            times = "" if estimate["origin"] == estimate["time_origin"] else "times measured, "
            lines.append(f"{name}: {times}{note}.")
    return lines


def spread(estimate: Estimate, key: str, unit: str) -> str:
    """Return a nominal value with its bounds, such as ``575 µJ (130 µJ-1.4 mJ)``."""
    nominal, low, high = (estimate[name] for name in (key, f"{key}_low", f"{key}_high"))
    text = quantity(nominal, unit)
    if nominal is None or low == nominal == high:
        return text
    return f"{text} ({quantity(low, unit, 2)}-{quantity(high, unit, 2)})"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
