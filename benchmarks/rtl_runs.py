"""Whole runs in simulated hardware, and whether they are those of the emulated chip.

``python -m benchmarks.rtl_runs`` evolves CartPole on ``genesys-edge`` with either backend, seed by seed. Every
checkpoint and the champion must have the same bytes, and metrics the same numbers but for what this machine measured;
exit code 1 otherwise. It prints the rows of docs/results.md: cycles are those of all generations, seconds those of the
run with RTL, whose models are built before.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.kill_resume import checkpoints
from benchmarks.processes import GENESYS

#: Columns of metrics that are of this machine, not of the chip.
MEASURED = ("_s", "host_energy_j")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.rtl_runs", description=__doc__)
    arguments.add_argument("--env", default="CartPole")
    arguments.add_argument("--chip", default="genesys-edge")
    arguments.add_argument("--seeds", type=int, default=5, metavar="N", help="how many, from 0 on")
    arguments.add_argument(
        "-s", "--set", dest="overrides", action="append", default=[], metavar="KEY=VALUE", help="as of `genesys evolve`"
    )
    return arguments


def evolve(asked: argparse.Namespace, seed: int, backend: str, folder: Path, *more: str) -> dict[str, Any]:
    """Evolve into a folder, with more overrides, and return its summary."""
    words = [GENESYS, "evolve", "--env", asked.env, "--backend", backend, "--chip", asked.chip, "--seed", str(seed)]
    words += [word for override in (*asked.overrides, *more) for word in ("--set", override)]
    subprocess.run([*words, "--run-dir", folder, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return summary


def metrics(folder: Path) -> list[dict[str, str]]:
    """Return the rows of a run, without what was measured."""
    with open(folder / "metrics.csv", encoding="utf-8", newline="") as file:
        return [
            {name: value for name, value in row.items() if not name.endswith(MEASURED)} for row in csv.DictReader(file)
        ]


def differences(emulated: Path, simulated: Path) -> list[str]:
    """Return the names of what differs."""
    kept = [[path.name for path in checkpoints(folder)] for folder in (emulated, simulated)]
    if kept[0] != kept[1]:
        return ["checkpoints"]
    names = [f"checkpoints/{name}" for name in kept[0]] + ["champion.json"]
    found = [name for name in names if (emulated / name).read_bytes() != (simulated / name).read_bytes()]
    return found + (["metrics.csv"] if metrics(emulated) != metrics(simulated) else [])


def main() -> None:
    asked = parser().parse_args()
    print("| seed | solved | generations | children | EvE cycles | ADAM cycles | env steps | seconds | equal |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    unequal = False
    with tempfile.TemporaryDirectory(prefix="genesys-rtl-") as passing:
        evolve(asked, 0, "rtl", Path(passing) / "builds", "neat.generations=2", "run.stop_when_solved=false")
        for seed in range(asked.seeds):
            emulated, simulated = (Path(passing) / f"{name}-{seed}" for name in ("genesys", "rtl"))
            evolve(asked, seed, "genesys", emulated)
            summary = evolve(asked, seed, "rtl", simulated)
            other = differences(emulated, simulated)
            unequal |= bool(other)
            rows = metrics(simulated)
            cycles = {name: sum(int(row.get(name) or 0) for row in rows) for name in ("evolve_cycles", "adam_cycles")}
            bred = sum(row.get("evolve_cycles") not in (None, "", "0") for row in rows)
            print(
                f"| {seed} | {'yes' if summary['solved'] else 'no'} | {summary['generations']} "
                f"| {bred * summary['population']} | {cycles['evolve_cycles']} | {cycles['adam_cycles']} "
                f"| {summary['env_steps']} | {summary['wall_time_s']:.1f} "
                f"| {'no: ' + ', '.join(other) if other else 'yes'} |",
                flush=True,
            )
    sys.exit(unequal)


if __name__ == "__main__":
    main()
