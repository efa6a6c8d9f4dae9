"""The table that ends a run: time and energy of a generation, platform by platform."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from .results import print_table, quantity
from .terminal import write

WIDTH = 79
HEADER = ("platform", "infer", "evolve", "energy (low-high)", "x GENESYS", "origin")
WORLD_HEADER = ("platform", "generation", "of it waiting", "energy (low-high)", "x GENESYS")

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
    placed = in_world(estimates)
    if placed:
        write(f"\n{_wrapped(world_title(placed))}\n")
        print_table(WORLD_HEADER, [world_row(estimate) for estimate in placed])
        for line in world_legend(placed):
            write(_wrapped(line) + "\n")


def in_world(estimates: Sequence[Estimate]) -> list[Estimate]:
    """Return the platforms that are also known in the world."""
    return [estimate for estimate in estimates if estimate.get("world") is not None]


def title(estimates: Sequence[Estimate], generations: int) -> str:
    """generations: of the whole run"""
    number = estimates[0]["generations"]
    if generations == 1:
        which = "the only generation, the first one"
    elif number == 1:
        which = "the last generation"
    else:
        which = f"a generation, mean of the last {number}"
    return f"Computing alone: time and energy of {which}; without validation:"


def world_title(placed: Sequence[Estimate]) -> str:
    return f"In the world, {world_words(placed[0]['world'])}; a platform idles while it waits:"


def world_words(world: Mapping[str, Any]) -> str:
    """Return the pace of a world in words."""
    robots = "a robot for each genome" if world["robots"] == "population" else "one robot"
    return f"{robots}, {world['pace_hz']:.4g} steps a second"


def world_row(estimate: Estimate) -> list[str]:
    """Return a platform in the world as cells."""
    world = estimate["world"]
    return [
        estimate["platform"] + ("*" if world["late_s"] else ""),
        quantity(world["seconds"], "s"),
        quantity(world["waiting_s"], "s"),
        spread(world, "energy_j", "J"),
        spread(world, "energy_vs_genesys", ""),
    ]


def world_legend(placed: Sequence[Estimate]) -> list[str]:
    """Return sentences: who cannot keep the pace, and what is not known."""
    late = [f"{one['platform']} by {quantity(one['world']['late_s'], 's')}" for one in placed if one["world"]["late_s"]]
    lines = [f"* too slow for a step: {', '.join(late)}."] if late else []
    return lines + [f"{one['platform']}: {one['world']['note']}." for one in placed if one["world"]["note"]]


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
