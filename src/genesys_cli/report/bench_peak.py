"""``genesys bench --peak`` and ``--calibrate`` on standard output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .bench_words import head, milli, or_dash, say, significant, table
from .results import print_lines

Fields = Mapping[str, Any]


def print_peak(report: Fields) -> None:
    """Write a chip's area and power at full activity."""
    parts = report["parts"]
    rows = [[name, *map(milli, (*part["dynamic_watts"], *part["leakage_watts"]))] for name, part in parts.items()]
    header = ["mW", "dynamic low", "nominal", "high", "leakage low", "nominal", "high"]
    head(f"{report['chip']} at full activity, table {report['energy_table']}")
    table(header, rows)
    say("")
    areas = [
        [name, *(f"{value:.3f}" for value in part["mm2"]), or_dash(part["published_mm2"], "{:.2f}")]
        for name, part in parts.items()
        if any(part["mm2"])
    ]
    table(["area, mm²", "low", "nominal", "high", "published"], areas)
    say("")
    watts, calibrated, area = report["watts"], report["calibrated_watts"], report["mm2"]
    published = report["published_watts"]
    lines = [
        ["power, bottom-up, mW", *map(milli, watts), "–" if published is None else milli(published)],
        ["power, calibrated, mW", *map(milli, calibrated), "–" if published is None else milli(published)],
        ["area, mm²", *(f"{value:.2f}" for value in area), or_dash(report["published_mm2"], "{:.2f}")],
    ]
    table(["", "low", "nominal", "high", "published"], lines)
    factor = report["calibration_factor"]
    if report["calibrated_on_this_chip"]:
        leaks = sum(part["leakage_watts"][1] for part in report["parts"].values())
        how = (
            f"of dynamic power: ({milli(published)} - {milli(leaks)}) / ({milli(watts[1])} - {milli(leaks)}) mW, "
            "published less leakage over bottom-up less leakage"
        )
    else:
        how = "taken over from the published chip, since this is another"
    say("")
    say("Asleep, nominal; a sleep saves energy from its break-even on, the wake-up included", "bold")
    header = ["block", "state", "mW awake", "mW asleep", "wakes in µs", "nJ to wake", "break-even µs"]
    table(header, [_sleep_cells(row) for row in report["sleeps"]], words=2)
    say("")
    draws = report["extra_draws_watts"]
    about = {"calibration factor": f"{factor:.4f}, {how}"}
    if any(draws):
        about["not in it"] = (
            f"{milli(draws[1])} mW ({milli(draws[0])} – {milli(draws[2])}) if PEs draw as many "
            "random words as emulated ones"
        )
    print_lines(about)


def _sleep_cells(row: Fields) -> list[str]:
    awake, asleep, wake_s, wake_j = (row[key][1] for key in ("leaks_w", "asleep_w", "wake_s", "wake_j"))
    numbers = (awake * 1e3, asleep * 1e3, wake_s * 1e6, wake_j * 1e9, row["break_even_s"] * 1e6)
    return [row["component"], row["state"], *map(significant, numbers)]


def print_calibration(document: Fields) -> None:
    """Write what the timing of plain Python found."""
    head(f"Plain-Python NEAT on {document['machine']}: {document['cpu']}, Python {document['python']}")
    rows = [[key, *(f"{value * 1e9:.4g}" for value in cost)] for key, cost in document["costs"].items()]
    table(["ns each", "least", "median", "greatest"], rows)
    say("")
    speed = document["relative_speed"]
    print_lines(
        {
            "kept in": document["kept_in"],
            "used for": "the platform Host_Python"
            + (
                "; the others keep the shipped costs, since it is not known how fast this core is: --relative-speed"
                if speed is None
                else f" and all others, at {speed[1]:g} ({speed[0]:g} – {speed[2]:g}) times the reference core's speed"
            ),
        }
    )
