"""``genesys bench`` on standard output: a table for each environment, the chip's report, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .bench_chip import chip_lines
from .bench_sweep import print_sweep
from .bench_words import WIDTH, head, or_dash, say, short, significant, table, unique, wrapped
from .estimates import world_words
from .results import print_lines

GENESYS, HOST = "GENESYS", "host"
EMULATED = "emulated"  # origin of what a backend counted itself
WORLD = ("platform", "seconds", "waiting s", "J/generation", "W", "× GENESYS (low – high)")
SEPARATE = 2  # tables of workloads that are printed each; of more, there is one for each environment
Fields = Mapping[str, Any]


def print_bench(document: Fields, files: Mapping[str, Path | None]) -> None:
    """Write what ``genesys bench --json`` prints, for a person. files: what was written, by option"""
    totals, chips = document["totals"], document["chip"]
    if document["sweep"]:
        print_sweep(document)
    else:
        both = len({(total["env"], total["backend"]) for total in totals}) <= SEPARATE
        for env in unique(total["env"] for total in totals):
            mine = [total for total in totals if total["env"] == env]
            for backend in unique(total["backend"] for total in mine) if both else [_main(mine)]:
                shown = [total for total in mine if total["backend"] == backend]
                if not both and backend in emulated(mine):
                    shown += [total for total in mine if total["platform"] == HOST]
                _print_platforms(env, backend, shown, document)
        for env in unique(chip["env"] for chip in chips):
            mine = [chip for chip in chips if chip["env"] == env]
            _print_chip(next(chip for chip in mine if chip["backend"] == _main(mine)), document)
    orders = document["orders_of_magnitude"]
    _print_orders(orders["platforms"], orders["published"], document, "Energy of computing alone")
    _print_orders(orders["world"], orders["published"], document, "Energy in the world")
    _print_notes(document)
    written = {option: str(path) for option, path in files.items() if path is not None}
    if written:
        say("")
        print_lines(written)


def _print_platforms(env: str, backend: str, totals: Sequence[Fields], document: Fields) -> None:
    work = next(row for row in document["rows"] if row["env"] == env and row["backend"] == backend)
    seeds = f"{len(work['seeds'])} seeds" if len(work["seeds"]) > 1 else f"seed {work['seeds'][0]}"
    population = next(
        s["settings"]["neat"]["population"] for s in document["settings"] if s["env"] == env and s["backend"] == backend
    )
    head(
        f"{env}, evolved by {backend}: population {population}, {seeds}, a generation on average over "
        f"{work['generations']}; computing alone"
    )
    header = ["platform", "origin", "inference ms", "evolution ms", "mJ/generation", "W", "× GENESYS (low – high)"]
    table(header, [_platform_cells(total) for total in totals], words=2)
    if any(total["origin"] != total["energy_origin"] for total in totals):
        say("* its time is measured; its energy is an estimate, since no counter can be read", "dim")
    say("")
    placed = [total for total in totals if total["world"] is not None]
    if not placed:
        return
    head(f"{env} in the world, {world_words(placed[0]['world'])}")
    table(WORLD, [_world_cells(total) for total in placed])
    for note in filter(None, map(_world_note, placed)):
        for line in wrapped(note, WIDTH):
            say(line, "dim")
    say("")


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
    return f"{short(ratio)} ({short(total['energy_vs_genesys_low'])} – {short(total['energy_vs_genesys_high'])})"


def _print_chip(chip: Fields, document: Fields) -> None:
    head(f"EvE and ADAM: {document['chip_name']}, {chip['env']}, a generation on average, {chip['origin']}, bottom-up")
    lines = chip_lines(chip)
    width = max(map(len, lines)) + 2
    for name, text in lines.items():
        for k, part in enumerate(wrapped(text, WIDTH - width)):
            say(f"{'' if k else name:<{width}}{part}")
    say("")


def _print_orders(found: Sequence[Fields], published: Sequence[int], document: Fields, what: str) -> None:
    if not found:
        return
    low, high = published
    backends = unique(row["backend"] for row in found)
    backend = next((name for name in backends if name in emulated(document["totals"])), backends[0])
    shown = [row for row in found if row["backend"] == backend]
    shown += [row for row in found if row["platform"] == HOST and row["backend"] != backend]
    envs = len(shown[0]["envs"])
    over = f"over {envs} environments" if envs > 1 else f"for {shown[0]['envs'][0]}"
    head(f"{what} against GENESYS {over}, in orders of magnitude; published: {low} to {high} (GeneSys, 2018)")
    rows = [
        [
            row["platform"],
            *(f"{row[key]:.1f}" for key in ("least", "mean", "most")),
            f"{or_dash(row['low_90'], '{:.1f}')} – {or_dash(row['high_90'], '{:.1f}')}",
            f"{or_dash(row['low'], '{:.1f}')} – {or_dash(row['high'], '{:.1f}')}",
        ]
        for row in shown
    ]
    table(["platform", "least", "mean", "most", "90 %", "bounds"], rows)


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
        say("")
        for line in wrapped(note, WIDTH):
            say(line)


def _main(entries: Iterable[Fields]) -> str:
    """Return the backend whose workload stands for an environment: the chip's where there is one."""
    entries = list(entries)
    return str(next(iter(emulated(entries)), entries[0]["backend"]))


def emulated(entries: Iterable[Fields]) -> list[str]:
    """Return the backends that emulated the chip, from entries that say what they come from."""
    return unique(entry["backend"] for entry in entries if entry["origin"] == EMULATED)
