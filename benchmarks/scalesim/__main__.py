"""Asks SCALE-Sim for the cycles of random GEMMs and writes ``tests/data/scalesim.csv``.

SCALE-Sim 3.0.0 wants numpy below 2.3 and pandas below 3, so it lives in an environment of its own::

    python -m venv build/scalesim
    build/scalesim/bin/pip install scalesim==3.0.0 'numpy<2.3' 'pandas<3'
    python -m benchmarks.scalesim --python build/scalesim/bin/python

The shapes come from a fixed seed, so running it again writes the same file unless SCALE-Sim counts differently.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
DATA = Path(__file__).resolve().parents[2] / "tests" / "data" / "scalesim.csv"
ARRAYS = ((32, 32), (16, 16), (8, 8), (4, 16), (16, 4), (64, 8), (5, 7), (2, 3))
DATAFLOWS = {"os": "output_stationary", "ws": "weight_stationary"}  # SCALE-Sim's names and ours
SHAPES = 25  # of every array and dataflow


def shapes(rng: random.Random, rows: int, cols: int) -> list[tuple[int, int, int]]:
    """Return GEMMs as (M, N, K): small ones, ones that leave a rest on the array, and ones that fill it exactly."""
    largest = min(100, 12 * max(rows, cols))
    drawn = [tuple(rng.randint(1, largest) for _ in range(3)) for _ in range(SHAPES - 5)]
    # a step of one network, an outer product, exact fits, and one more than a fit
    corners = [(1, cols, rows), (rows, cols, 1), (rows, cols, rows), (2 * rows, 2 * cols, 2 * rows)]
    return [(1, 1, 1), *corners, *drawn]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scalesim", description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, metavar="PYTHON", help="of the environment that has scalesim 3.0.0")
    parser.add_argument("--out", type=Path, default=DATA, metavar="FILE", help="default: tests/data/scalesim.csv")
    options = parser.parse_args()
    rng = random.Random(2018)
    jobs = [
        {"rows": rows, "cols": cols, "dataflow": dataflow, "shapes": shapes(rng, rows, cols)}
        for rows, cols in ARRAYS
        for dataflow in DATAFLOWS
    ]
    worker = subprocess.Popen([options.python, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with worker, options.out.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("rows", "cols", "dataflow", "m", "n", "k", "cycles"))
        assert worker.stdin is not None
        assert worker.stdout is not None
        for job in jobs:
            print(json.dumps(job), file=worker.stdin, flush=True)
            answer = worker.stdout.readline()
            if not answer:
                raise SystemExit("SCALE-Sim's process ended; its messages are above")
            for shape, cycles in zip(job["shapes"], json.loads(answer), strict=True):
                table.writerow((job["rows"], job["cols"], DATAFLOWS[job["dataflow"]], *shape, cycles))
                written += 1
            print(f"{job['rows']}x{job['cols']} {job['dataflow']}: {len(job['shapes'])} shapes")
    print(f"{written} rows in {options.out}")


if __name__ == "__main__":
    main()
