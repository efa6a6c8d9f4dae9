"""Digests of short runs with fixed seeds: whether a change of the code has changed a result.

    python -m benchmarks.digests --write before.json    # with the code before the change
    python -m benchmarks.digests --check before.json    # with the code after it; exit code 1 where something differs

What is compared are values, not names: every array of the last checkpoint, every column of ``metrics.csv`` that is no
measured time or energy, and the champion's numbers as ``champion.json`` holds them. So arrays, columns and keys may be
renamed and added between the two, but nothing that was computed before may be missing after.

``benchmarks/digests.json`` holds those of the last release. Environments of Gymnasium compute with the machine's own C
library and NumPy: across different machines only the native ones must agree.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

RUNS = {
    "cartpole": "-e CartPole --seed 1 -p 100 -g 15",
    "cartpole, one thread": "-e CartPole --seed 1 -p 100 -g 15 --threads 1",
    "cartpole, resumed": "-e CartPole --seed 1 -p 100 -g 7 | -g 15",
    "mountain car, recurrent": "-e MountainCar --seed 5 -p 60 -g 8 -s neat.feed_forward=false --validate 20",
    "mountain car, torque": "-e MountainCarContinuous --seed 9 -p 60 -g 6",
    "acrobot, normalised": "-e Acrobot --seed 7 -p 40 -g 5 -s evaluation.normalise_observations=true --validate 10",
    "cartpole, drift": "--preset CartPole-drift --seed 6 -g 40 -p 60 --validate 20",
    "pendulum, chip": "-e Pendulum -b genesys --seed 2 -p 40 -g 5 --validate 10",
    "pendulum, chip, resumed": "-e Pendulum -b genesys --seed 2 -p 40 -g 2 --validate 10 | -g 5",
    "cartpole, chip, recurrent": "-e CartPole -b genesys --seed 12 -p 50 -g 8 -s neat.feed_forward=false",
    "cartpole in workers": "-e CartPole --env-kwarg sutton_barto_reward=false --seed 3 -p 30 -g 5 --validate 10 -j 2",
    "cartpole in workers, chip": "-e CartPole --env-kwarg sutton_barto_reward=false -b genesys --seed 3 -p 20 -g 3",
    "lunar lander": "-e LunarLander --seed 4 -p 20 -g 3 --validate 5",
    "bipedal walker, clamped": "-e BipedalWalker --seed 8 -p 12 -g 2 --validate 4",
    "blackjack": "-e Blackjack-v1 --seed 10 -p 30 -g 5 --validate 20",
}
"""Command lines of ``genesys evolve``; what follows a bar resumes the run."""

OF_GYMNASIUM = ("workers", "lander", "walker", "blackjack")  # words of runs whose environments are Gymnasium's

_KEPT = 16  # hexadecimal digits
_MEASURED = ("_s", "_j")  # ends of the names of columns that a clock or a meter fills


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.digests", description=__doc__.partition("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=Path, metavar="FILE", help="write the digests to this file")
    what.add_argument("--check", type=Path, metavar="FILE", help="compare with the digests in this file")
    parser.add_argument("--only", action="append", metavar="NAME", help="only the runs whose name contains this")
    parser.add_argument("--native", action="store_true", help="only the runs of native environments")
    parser.add_argument("--genesys", default=str(Path(sys.executable).with_name("genesys")), help="the command to run")
    args = parser.parse_args()
    names = [name for name in RUNS if not args.only or any(part in name for part in args.only)]
    if args.native:
        names = [name for name in names if not any(word in name for word in OF_GYMNASIUM)]
    if args.write:
        found = {name: digests(name, args.genesys) for name in names}
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(digest)}" for name, digest in found.items())
        args.write.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
        print(f"{len(found)} runs -> {args.write}")
        return
    before = json.loads(args.check.read_text(encoding="utf-8"))
    differing = 0
    for name in names:
        after = digests(name, args.genesys)
        missing = sum((Counter(values) - Counter(after.get(part, []))).total() for part, values in before[name].items())
        total = sum(map(len, before[name].values()))
        print(f"{name:<28}{'equal' if not missing else f'DIFFERS: {missing} of {total} values are gone'}", flush=True)
        differing += bool(missing)
    print(f"{len(names) - differing} of {len(names)} runs are equal")
    sys.exit(1 if differing else 0)


def digests(name: str, genesys: str) -> dict[str, list[str]]:
    """Carry out a run, and return the digests of its arrays, columns and champion, each list sorted."""
    with tempfile.TemporaryDirectory(prefix="genesys-digests-") as parent:
        folder = Path(parent) / "run"
        for part, args in enumerate(RUNS[name].split("|")):
            where = ["--resume", str(folder)] if part else ["-o", str(folder), "--no-stop-when-solved"]
            done = subprocess.run(
                [genesys, "evolve", *args.split(), *where, "--quiet"], capture_output=True, text=True, cwd=parent
            )
            if done.returncode:
                sys.exit(f"{name}: exit code {done.returncode}\n{done.stderr}")
        return {
            "arrays": sorted(_arrays(folder)),
            "columns": sorted(_columns(folder)),
            "champion": [_digest(repr(list(_numbers(_champion(folder)))).encode())],
        }


def _arrays(folder: Path) -> Iterator[str]:
    newest = max((folder / "checkpoints").glob("gen-*.npz"))
    with np.load(newest) as arrays:
        for name in arrays.files:
            if name != "header":  # names and versions
                array = arrays[name]
                yield _digest(str((array.dtype, array.shape)).encode() + array.tobytes())


def _columns(folder: Path) -> Iterator[str]:
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for name in rows[0]:
        if not name.endswith(_MEASURED):
            yield _digest(",".join(row[name] for row in rows).encode())


def _champion(folder: Path) -> dict[str, Any]:
    document = json.loads((folder / "champion.json").read_text(encoding="utf-8"))
    return {part: document[part] for part in ("genome", "statistics", "returns", "inputs") if part in document}


def _numbers(value: Any) -> Iterator[Any]:
    """Yield the numbers and words of a document in its order, without its keys."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    else:
        yield value


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data).hexdigest()[:_KEPT]


if __name__ == "__main__":
    main()
