"""The figures and pictures of docs/design-space.md: sweeps of ``genesys bench``, task by task.

``python -m benchmarks.design_space --keep build/design`` runs the sweeps, keeps what each printed, prints the tables
in Markdown and draws the pictures. A sweep whose JSON is there already is not run again. Energies follow from counts
and prices, so they are the same on every machine.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from genesys_cli.config.memories import FORGETFUL, MEMORIES
from genesys_cli.costs.estimates import PAPER
from genesys_cli.report.bench_chip import years
from genesys_cli.report.bench_words import significant

TASKS = ("CartPole", "LunarLander", "BipedalWalker", "Amidar")
POLICIES = ("none", "clock", "off-between-generations", "retention", "off-between-steps")
PACES = (1, 50, 1000)
SIZES = (8, 16, 32, 64)
PES = (2, 8, 16, 64, 256)
NOCS = ("unicast", "multicast", "parent-multicast")
OTHERS = ("CPU_a", "CPU_c", "GPU_b", "GPU_d")

BENCH = "genesys bench -b genesys -g 2"
WAITING = (
    f"{BENCH} --platform GENESYS --sweep world.pace_hz={','.join(map(str, PACES))} "
    f"--sweep buffer.memory={','.join(MEMORIES)} --sweep power.policy={','.join(POLICIES)}"
)
PLATFORMS = f"{BENCH} --sweep world.pace_hz={','.join(map(str, PACES))}"
ARRAY = (
    f"{BENCH} --platform GENESYS --sweep adam.interface=cpu,unit --sweep adam.tiles=serial,pipelined "
    f"--sweep adam.rows={','.join(map(str, SIZES))} --sweep adam.cols={','.join(map(str, SIZES))}"
)
EVE = (
    f"{BENCH} --platform GENESYS -s adam.interface=unit --sweep eve.pes={','.join(map(str, PES))} "
    f"--sweep noc.kind={','.join(NOCS)}"
)
SUITE = f"genesys bench --suite paper -b genesys -g 2 --sweep world.pace_hz={','.join(map(str, PACES))}"
CHIPS = {
    "clocks gated": SUITE,
    "asleep between steps": f"{SUITE} -s power.policy=retention",
    "off between steps, STT-MRAM": f"{SUITE} -s power.policy=off-between-steps -s buffer.memory=stt-mram",
}
SWEEPS = {"waiting": WAITING, "platforms": PLATFORMS, "array": ARRAY, "eve": EVE}

Fields = dict[str, Any]
Chip = Callable[..., Fields]


def run(command: str, env: str, folder: Path, name: str) -> Fields:
    """Return what a command prints for a task; `folder` keeps it."""
    path = folder / f"{env}-{name}.json"
    if not path.exists():
        words = [sys.executable, "-m", "genesys_cli", *shlex.split(command)[1:], "--json"]
        words += ["-e", env] if env else []
        print(f"{env}: {command}", file=sys.stderr)
        done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=folder)
        path.write_text(done.stdout)
    found: Fields = json.loads(path.read_text())
    return found


def chips(document: Fields) -> Chip:
    """Return a function that finds the chip of a point by its keys, and None where there is none."""
    entries = document["chip"]

    def find(**point: Any) -> Any:
        wanted = {key.replace("__", "."): value for key, value in point.items()}
        return next((one for one in entries if all(one["point"][k] == v for k, v in wanted.items())), None)

    return find


def joules(chip: Fields) -> float:
    """Return nominal joules of a generation, computing alone, bottom-up."""
    return float(chip["energy"]["bottom_up"]["joules"][1]) / float(chip["generations"])


def watts(chip: Fields) -> float | None:
    """Return average nominal watts in the world; None: the pace cannot be kept."""
    world = chip["world"]
    return None if world["energy_j"] is None else world["energy_j"] / world["seconds"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def milli(value: float | None) -> str:
    return "–" if value is None else significant(value * 1e3)


def waiting(documents: dict[str, Fields]) -> str:
    """Return milliwatts in the world by task, pace, memory and policy."""
    rows = []
    for env, document in documents.items():
        find = chips(document)
        for hz in PACES:
            for memory in ("sram", "stt-mram"):
                point = {"world__pace_hz": hz, "buffer__memory": memory}
                found = [find(**point, power__policy=policy) for policy in POLICIES]
                rows.append([env, f"{hz}", memory, *(milli(None if one is None else watts(one)) for one in found)])
    return table(["task", "Hz", "memory", *POLICIES], rows)


def memories(documents: dict[str, Fields]) -> str:
    """Return milliwatts at 50 Hz by memory and policy, for the smallest and the largest task."""
    rows = []
    for env in (next(iter(documents)), list(documents)[-1]):
        find = chips(documents[env])
        for memory in MEMORIES:
            found = [find(world__pace_hz=50, buffer__memory=memory, power__policy=policy) for policy in POLICIES]
            rows.append([env, memory, *(milli(None if one is None else watts(one)) for one in found)])
    return table(["task", "memory", *POLICIES], rows)


def ratios(documents: dict[str, Fields], others: dict[str, Fields]) -> str:
    """Return orders of magnitude against platforms: alone, clocks gated, asleep, switched off with MRAM."""
    rows = []
    for env, document in documents.items():
        find, totals = chips(document), others[env]["totals"]
        for hz in PACES:
            asleep = find(world__pace_hz=hz, buffer__memory="sram", power__policy="retention")
            off = find(world__pace_hz=hz, buffer__memory="stt-mram", power__policy="off-between-steps")
            gated = find(world__pace_hz=hz, buffer__memory="sram", power__policy="clock")
            for name in OTHERS:
                total = next(t for t in totals if t["platform"] == name and t["point"]["world.pace_hz"] == hz)
                theirs = total["world"]["energy_j"]
                cells = [math.log10(total["energy_vs_genesys"])] if total["energy_vs_genesys"] else [None]
                for chip in (gated, asleep, off):
                    ours = None if chip is None else chip["world"]["energy_j"]
                    cells.append(None if not ours or not theirs else math.log10(theirs / ours))
                late = "*" if total["world"]["late_s"] else ""
                rows.append([env, f"{hz}", name + late, *("–" if c is None else f"{c:.1f}" for c in cells)])
    return table(["task", "Hz", "platform", "alone", "gated", "asleep", "off, MRAM"], rows)


def lifetimes(documents: dict[str, Fields]) -> str:
    """Return years at 50 Hz, of the most written word and rotated, nominal, with low and high."""
    rows = []
    for env, document in documents.items():
        find = chips(document)
        for memory in MEMORIES:
            if memory in FORGETFUL:
                continue
            found = find(world__pace_hz=50, buffer__memory=memory, power__policy="clock")["memory"]
            cells = []
            for key in ("years", "rotated_years"):
                low, nominal, high = found[key]
                cells.append("for ever" if nominal is None else f"{years(nominal)} ({years(low)} – {years(high)})")
            rows.append([env, memory, *cells])
    return table(["task", "memory", "most written word", "image rotated"], rows)


def arrays(documents: dict[str, Fields]) -> str:
    """Return time and energy, computing alone, of square arrays."""
    rows = []
    for env, document in documents.items():
        find = chips(document)
        for interface in ("cpu", "unit"):
            for tiles in ("serial", "pipelined"):
                cells = []
                for size in SIZES:
                    point = {"adam__rows": size, "adam__cols": size}
                    chip = find(**point, adam__interface=interface, adam__tiles=tiles)
                    cells.append(f"{milli(chip['seconds']['inference'])} ms, {milli(joules(chip))} mJ")
                rows.append([env, interface, tiles, *cells])
    return table(["task", "interface", "tiles", *(f"{size} × {size}" for size in SIZES)], rows)


def elements(documents: dict[str, Fields]) -> str:
    """Return EvE's time and reads, and the generation's energy, by PEs and network."""
    rows = []
    for env, document in documents.items():
        find = chips(document)
        for pes in PES:
            found = [find(eve__pes=pes, noc__kind=kind) for kind in NOCS]
            if None in found:
                continue
            times = [significant(1e6 * one["eve_alone"]["bottom_up"]["seconds"]) for one in found]
            reads = [significant(one["counts"]["sram_reads"] / one["generations"]) for one in found]
            rows.append([env, str(pes), *times, *reads, milli(joules(found[1]))])
    head = [*(f"EvE µs, {kind}" for kind in NOCS), *(f"reads, {kind}" for kind in NOCS), "mJ, alone"]
    return table(["task", "PEs", *head], rows)


def claim(suites: dict[str, Fields], paces: Sequence[int], *, likely: bool) -> str:
    """Return orders of magnitude against the published baselines by environment of the paper's suite.

    Each cell has the smallest and the largest of the eight, nominal. likely: with the widest ends of 90 % intervals
    """

    def cell(totals: list[Fields]) -> str:
        if any(one is None or one["energy_vs_genesys"] is None for one in totals):
            return "–"
        nominal = [math.log10(one["energy_vs_genesys"]) for one in totals]
        spread = [one["uncertainty"]["energy_vs_genesys"] for one in totals]
        low, high = (pick(math.log10(one[k]) for one in spread) for pick, k in ((min, "low_90"), (max, "high_90")))
        text = f"{min(nominal):.1f} – {max(nominal):.1f}" + (f" ({low:.1f} – {high:.1f})" if likely else "")
        return text.replace("-", "−")

    def found(name: str, env: str, hz: int) -> list[Fields]:
        mine = [t for t in suites[name]["totals"] if t["env"] == env and t["point"]["world.pace_hz"] == hz]
        return [one for one in mine if one["platform"] in PAPER]

    gated, rows = next(iter(suites)), []
    for env in dict.fromkeys(total["env"] for total in suites[gated]["totals"]):
        alone = [cell(found(gated, env, PACES[0]))] if likely else []
        rows.append([env, *alone, *(cell([t["world"] for t in found(n, env, hz)]) for n in suites for hz in paces)])
    head = [f"{name}, {hz} Hz" for name in suites for hz in paces]
    return table(["environment", *(["computing alone"] if likely else []), *head], rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.design_space", description=__doc__)
    parser.add_argument("--keep", type=Path, required=True, metavar="DIR", help="where JSON is kept and looked for")
    parser.add_argument("--task", action="append", metavar="ENV", help=f"default: {', '.join(TASKS)}")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="where pictures are written; default: none are")
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    tasks = asked.task or TASKS
    found = {name: {env: run(command, env, asked.keep, name) for env in tasks} for name, command in SWEEPS.items()}
    suites = {name: run(command, "", asked.keep, f"suite-{k}") for k, (name, command) in enumerate(CHIPS.items())}
    parts = {
        "the published claim": claim(suites, (50,), likely=True),
        "the published claim at other paces": claim(suites, (1, 1000), likely=False),
        "milliwatts in the world": waiting(found["waiting"]),
        "milliwatts by memory, at 50 Hz": memories(found["waiting"]),
        "orders of magnitude": ratios(found["waiting"], found["platforms"]),
        "lifetimes at 50 Hz": lifetimes(found["waiting"]),
        "array, tiles and interface": arrays(found["array"]),
        "PEs and network": elements(found["eve"]),
    }
    for title, text in parts.items():
        print(f"{title}\n\n{text}")
    if asked.pictures is not None:
        from benchmarks.design_pictures import draw

        draw(found, asked.pictures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
