"""``genesys bench`` on standard output: a table for each environment, the chip's report, and what is missing."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from ..counts import SRAM_READS, lookup
from ..errors import one_line
from .bench_chip import chip_lines
from .estimates import world_words
from .results import print_lines, stdout_console

WIDTH = 100  # of everything that is printed, in characters
GENESYS, HOST = "GENESYS", "host"
EMULATED = "emulated"  # origin of what a backend counted itself
WORLD = ("platform", "seconds", "waiting s", "J/generation", "W", "× GENESYS (low – high)")
POINT = ("inference ms", "evolution µs", "EvE µs", "total µJ", "world J", "EvE reads", "PEs busy")
SEPARATE = 2  # tables of workloads that are printed each; of more, there is one for each environment
Fields = Mapping[str, Any]


def print_bench(document: Fields, files: Mapping[str, Path | None]) -> None:
    """Write what ``genesys bench --json`` prints, for a person. files: what was written, by option"""
    totals, chips = document["totals"], document["chip"]
    if document["sweep"]:
        _print_sweep(document)
    else:
        both = len({(total["env"], total["backend"]) for total in totals}) <= SEPARATE
        for env in _unique(total["env"] for total in totals):
            mine = [total for total in totals if total["env"] == env]
            for backend in _unique(total["backend"] for total in mine) if both else [_main(mine)]:
                shown = [total for total in mine if total["backend"] == backend]
                if not both and backend in emulated(mine):
                    shown += [total for total in mine if total["platform"] == HOST]
                _print_platforms(env, backend, shown, document)
        for env in _unique(chip["env"] for chip in chips):
            mine = [chip for chip in chips if chip["env"] == env]
            _print_chip(next(chip for chip in mine if chip["backend"] == _main(mine)), document)
    orders = document["orders_of_magnitude"]
    _print_orders(orders["platforms"], orders["published"], document, "Energy of computing alone")
    _print_orders(orders["world"], orders["published"], document, "Energy in the world")
    _print_notes(document)
    written = {option: str(path) for option, path in files.items() if path is not None}
    if written:
        _say("")
        print_lines(written)


def print_peak(report: Fields) -> None:
    """Write a chip's area and power at full activity."""
    rows = []
    for name, part in report["parts"].items():
        dynamic, leaking = part["dynamic_watts"], part["leakage_watts"]
        rows.append([name, *map(_milli, (*dynamic, *leaking)), f"{part['mm2'][1]:.3f}"])
    header = ["mW", "dynamic low", "nominal", "high", "leakage low", "nominal", "high", "mm²"]
    _head(f"{report['chip']} at full activity, table {report['energy_table']}")
    _table(header, rows)
    _say("")
    watts, calibrated, area = report["watts"], report["calibrated_watts"], report["mm2"]
    published = report["published_watts"]
    lines = [
        ["power, bottom-up, mW", *map(_milli, watts), "–" if published is None else _milli(published)],
        ["power, calibrated, mW", *map(_milli, calibrated), "–" if published is None else _milli(published)],
        ["area, mm²", *(f"{value:.2f}" for value in area), _or_dash(report["published_mm2"], "{:.2f}")],
    ]
    _table(["", "low", "nominal", "high", "published"], lines)
    factor = report["calibration_factor"]
    if report["calibrated_on_this_chip"]:
        leaks = sum(part["leakage_watts"][1] for part in report["parts"].values())
        how = (
            f"of dynamic power: ({_milli(published)} - {_milli(leaks)}) / ({_milli(watts[1])} - {_milli(leaks)}) mW, "
            "published less leakage over bottom-up less leakage"
        )
    else:
        how = "taken over from the published chip, since this is another"
    _say("")
    _say("Asleep, nominal; a sleep saves energy from its break-even on, the wake-up included", "bold")
    header = ["block", "state", "mW awake", "mW asleep", "wakes in µs", "nJ to wake", "break-even µs"]
    _table(header, [_sleep_cells(row) for row in report["sleeps"]], words=2)
    _say("")
    draws = report["extra_draws_watts"]
    print_lines(
        {
            "calibration factor": f"{factor:.4f}, {how}",
            "not in it": f"{_milli(draws[1])} mW ({_milli(draws[0])} – {_milli(draws[2])}) if PEs draw as many "
            "random words as emulated ones",
        }
    )


def _sleep_cells(row: Fields) -> list[str]:
    awake, asleep, wake_s, wake_j = (row[key][1] for key in ("leaks_w", "asleep_w", "wake_s", "wake_j"))
    numbers = (awake * 1e3, asleep * 1e3, wake_s * 1e6, wake_j * 1e9, row["break_even_s"] * 1e6)
    return [row["component"], row["state"], *map(significant, numbers)]


def print_calibration(document: Fields) -> None:
    """Write what the timing of plain Python found."""
    _head(f"Plain-Python NEAT on {document['machine']}: {document['cpu']}, Python {document['python']}")
    rows = [[key, *(f"{value * 1e9:.4g}" for value in cost)] for key, cost in document["costs"].items()]
    _table(["ns each", "least", "median", "greatest"], rows)
    _say("")
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


def _print_platforms(env: str, backend: str, totals: Sequence[Fields], document: Fields) -> None:
    work = next(row for row in document["rows"] if row["env"] == env and row["backend"] == backend)
    seeds = f"{len(work['seeds'])} seeds" if len(work["seeds"]) > 1 else f"seed {work['seeds'][0]}"
    population = next(
        s["settings"]["neat"]["population"] for s in document["settings"] if s["env"] == env and s["backend"] == backend
    )
    _head(
        f"{env}, evolved by {backend}: population {population}, {seeds}, a generation on average over "
        f"{work['generations']}; computing alone"
    )
    header = ["platform", "origin", "inference ms", "evolution ms", "mJ/generation", "W", "× GENESYS (low – high)"]
    _table(header, [_platform_cells(total) for total in totals], words=2)
    if any(total["origin"] != total["energy_origin"] for total in totals):
        _say("* its time is measured; its energy is an estimate, since no counter can be read", "dim")
    _say("")
    placed = [total for total in totals if total["world"] is not None]
    if not placed:
        return
    _head(f"{env} in the world, {world_words(placed[0]['world'])}")
    _table(WORLD, [_world_cells(total) for total in placed])
    for note in filter(None, map(_world_note, placed)):
        for line in _wrapped(note, WIDTH):
            _say(line, "dim")
    _say("")


def _world_cells(total: Fields) -> list[str]:
    world = total["world"]
    seconds, joules = world["seconds"], world["energy_j"]
    if seconds is None or joules is None:
        return [total["platform"], *["–"] * (len(WORLD) - 1)]
    return [
        total["platform"] + ("*" if world["late_s"] else ""),
        *map(significant, (seconds, world["waiting_s"], joules, joules / seconds if seconds else 0.0)),
        _ratio(total | world),
    ]


def _world_note(total: Fields) -> str:
    world = total["world"]
    if world["late_s"]:
        return f"* {total['platform']} is too slow for a step, by {significant(world['late_s'] * 1e3)} ms"
    return f"{total['platform']}: {world['note']}" if world["note"] else ""


def _platform_cells(total: Fields) -> list[str]:
    origin = total["origin"] + ("" if total["origin"] == total["energy_origin"] else "*")
    times = [significant(total[f"{phase}_s"] * 1e3) for phase in ("inference", "evolution")]
    return [
        total["platform"],
        origin,
        *times,
        significant(total["energy_j"] * 1e3),
        significant(total["power_w"]),
        _ratio(total),
    ]


def _ratio(total: Fields) -> str:
    """Return how often a platform needs the energy of GENESYS."""
    ratio = total["energy_vs_genesys"]
    if ratio is None:
        return "–"
    if total["platform"] == GENESYS:
        return "1"
    return f"{_short(ratio)} ({_short(total['energy_vs_genesys_low'])} – {_short(total['energy_vs_genesys_high'])})"


def _print_chip(chip: Fields, document: Fields) -> None:
    _head(f"EvE and ADAM: {document['chip_name']}, {chip['env']}, a generation on average, {chip['origin']}, bottom-up")
    lines = chip_lines(chip)
    width = max(map(len, lines)) + 2
    for name, text in lines.items():
        for k, part in enumerate(_wrapped(text, WIDTH - width)):
            _say(f"{'' if k else name:<{width}}{part}")
    _say("")


def _print_sweep(document: Fields) -> None:
    """Write a row for each point, of the chip where it is known, else of each platform."""
    chips = document["chip"]
    keys = list(document["sweep"])
    for env, backend in _unique((chip["env"], chip["backend"]) for chip in chips):
        mine = [chip for chip in chips if (chip["env"], chip["backend"]) == (env, backend)]
        _head(
            f"GENESYS, {env}, evolved by {backend}, {mine[0]['origin']}: a generation on average over "
            f"{mine[0]['generations']}, bottom-up"
        )
        header = [*keys, *POINT]
        _table(header, [_point_cells(chip, keys) for chip in mine], words=0)
        _say("")
    if not chips:
        header = [*keys, "platform", "inference ms", "evolution ms", "mJ/generation"]
        for env, backend in _unique((total["env"], total["backend"]) for total in document["totals"]):
            _head(f"{env}, evolved by {backend}")
            mine = [t for t in document["totals"] if (t["env"], t["backend"]) == (env, backend)]
            _table(header, [[*map(str, t["point"].values()), t["platform"], *_platform_cells(t)[2:5]] for t in mine])
            _say("")


def _point_cells(chip: Fields, keys: Sequence[str]) -> list[str]:
    sums = chip["energy"]["bottom_up"]
    each = 1 / chip["generations"]
    eve = (chip["cycles"]["EvE"] + chip["cycles"]["DRAM"]) / chip["settings"]["clock"]["frequency_hz"]
    return [
        *(str(chip["point"][key]) for key in keys),
        significant(chip["seconds"]["inference"] * 1e3),
        significant(chip["seconds"]["evolution"] * 1e6),
        significant(eve * 1e6),
        significant(sums["joules"][1] * each * 1e6),
        _joules_in_world(chip["world"]),
        significant(lookup(chip["counts"])(SRAM_READS) * each),
        f"{chip['utilisation']['pes']:.1%}",
    ]


def _joules_in_world(world: Fields | None) -> str:
    return "–" if world is None or world["energy_j"] is None else significant(world["energy_j"])


def _print_orders(found: Sequence[Fields], published: Sequence[int], document: Fields, what: str) -> None:
    if not found:
        return
    low, high = published
    backends = _unique(row["backend"] for row in found)
    backend = next((name for name in backends if name in emulated(document["totals"])), backends[0])
    shown = [row for row in found if row["backend"] == backend]
    shown += [row for row in found if row["platform"] == HOST and row["backend"] != backend]
    envs = len(shown[0]["envs"])
    over = f"over {envs} environments" if envs > 1 else f"for {shown[0]['envs'][0]}"
    _head(f"{what} against GENESYS {over}, in orders of magnitude; published: {low} to {high} (GeneSys, 2018)")
    rows = [
        [
            row["platform"],
            *(f"{row[key]:.1f}" for key in ("least", "mean", "most")),
            f"{_or_dash(row['low_90'], '{:.1f}')} – {_or_dash(row['high_90'], '{:.1f}')}",
            f"{_or_dash(row['low'], '{:.1f}')} – {_or_dash(row['high'], '{:.1f}')}",
        ]
        for row in shown
    ]
    _table(["platform", "least", "mean", "most", "90 %", "bounds"], rows)


def _print_notes(document: Fields) -> None:
    factor = document["energy_table"]["calibration_factor"]
    notes = [
        f"measured: on this machine. emulated: counts of the emulated chip × energy per action. modelled: formulas. "
        f"GENESYS is bottom-up; calibrated, its dynamic energy is {factor:.3f} times as much. See docs/energy.md.",
    ]
    if document["note"]:
        notes.append(document["note"])
    reasons: dict[str, dict[str, int]] = {}
    for entry in document["missing"]:
        about = " ".join(filter(None, (entry["env"], entry["backend"], entry["platform"])))
        same = reasons.setdefault(entry["reason"], {})
        same[about] = same.get(about, 0) + 1
    for reason, rows in reasons.items():
        which = [about if n == 1 else f"{about} at {n} points" for about, n in rows.items()]
        notes.append(f"missing: {'; '.join(which)}: {reason}")
    for note in notes:
        _say("")
        for line in _wrapped(note, WIDTH):
            _say(line)


def significant(value: float) -> str:
    """Return a number with three digits: 0.00123, 12.3, 12 300; with a power of ten where it is far from 1."""
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if not -4 <= exponent <= 6:
        return _short(value, 2)
    rounded = float(f"{value:.2e}")
    return f"{rounded:.{max(0, 2 - exponent)}f}" if exponent < 4 else f"{rounded:,.0f}".replace(",", " ")


def _short(value: float | None, digits: int = 1) -> str:
    """Return a factor: 7.3, 120, 5.1e4; None: it is not finite."""
    if value is None:
        return "∞"
    if value == 0 or 0.01 <= value < 1000:
        return f"{value:.2g}" if value < 100 else f"{value:.0f}"
    mantissa, _, exponent = f"{value:.{digits}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def _milli(watts: float) -> str:
    return f"{watts * 1e3:.1f}"


def _or_dash(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _main(entries: Iterable[Fields]) -> str:
    """Return the backend whose workload stands for an environment: the chip's where there is one."""
    entries = list(entries)
    return str(next(iter(emulated(entries)), entries[0]["backend"]))


def emulated(entries: Iterable[Fields]) -> list[str]:
    """Return the backends that emulated the chip, from entries that say what they come from."""
    return _unique(entry["backend"] for entry in entries if entry["origin"] == EMULATED)


def _unique(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _head(text: str) -> None:
    for line in _wrapped(text, WIDTH):
        _say(line, "bold")


def _say(text: str, style: str = "") -> None:
    stdout_console().print(Text(text, style=style), soft_wrap=True)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> None:
    """Write a table. words: how many columns, from the left, are words; numbers stand on the right."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for k, name in enumerate(header):
        table.add_column(name, justify="left" if k < words else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    stdout_console().print(table)
