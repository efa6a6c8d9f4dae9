"""Files that were altered and signed again must be read, or refused with one message; nothing else may happen.

``python -m benchmarks.mutated_files`` evolves a few small runs, alters a copy of one of their files at random, gives it
the right checksum, and hands it to everything that reads such files and to what follows: the library, exports, replay,
inspect, report, resume. Anything but success or a message of genesys is a failure, and so is a death, much memory or
much time. Failures are printed with their seed and number; ``--only N`` repeats one, with a traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .trial import RUNS, Trial, make_runs, work

BYTES = 4 * 2**30  # that one process may take
BATCH = 500  # files of one process


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.mutated_files", description=__doc__)
    arguments.add_argument("--files", type=int, default=20_000)
    arguments.add_argument("--first", type=int, default=0, help="number of the first")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--share", type=float, default=0.3, help="of files that go through all that takes long")
    arguments.add_argument("--only", type=int, metavar="N", help="try this one, and show its traceback")
    arguments.add_argument("--batch", nargs=3, metavar=("FOLDER", "BEGIN", "END"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.batch:
        return _batch(given)
    with tempfile.TemporaryDirectory(prefix="genesys-mutated-") as folder:
        os.chdir(folder)
        os.environ["XDG_CONFIG_HOME"] = folder
        bases = make_runs(Path(folder))
        if given.only is not None:
            print(
                Trial(bases, Path(folder) / "trial", given.seed, 1.0 if given.share >= 1 else given.share).run(
                    given.only
                )
            )
            return 0
        begun, failures, counts = time.monotonic(), [], {}
        for begin in range(given.first, given.first + given.files, BATCH):
            end = min(begin + BATCH, given.first + given.files)
            command = [
                sys.executable,
                "-m",
                "benchmarks.mutated_files",
                "--seed",
                str(given.seed),
                "--share",
                str(given.share),
            ]
            done = subprocess.run(
                [*command, "--batch", folder, str(begin), str(end)],
                capture_output=True,
                text=True,
                cwd=Path(__file__).parents[2],
                check=False,
            )
            try:
                found = json.loads(done.stdout.splitlines()[-1])
            except (IndexError, ValueError):
                found = {
                    "failures": [f"{begin} to {end}: died with {done.returncode}: {done.stderr[-1500:]}"],
                    "kinds": {},
                    "peak": 0,
                }
            failures += found["failures"]
            for kind, count in found["kinds"].items():
                counts[kind] = counts.get(kind, 0) + count
            print(
                f"{end} files, {len(failures)} failures, {time.monotonic() - begun:.0f} s, peak {found['peak']} MiB",
                flush=True,
            )
            for line in found["failures"]:
                print(f"  {line}", flush=True)
        print(json.dumps(counts, indent=1, sort_keys=True))
    return 1 if failures else 0


def _batch(given: argparse.Namespace) -> int:
    folder, begin, end = Path(given.batch[0]), int(given.batch[1]), int(given.batch[2])
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    with tempfile.TemporaryDirectory(prefix="trial-", dir=folder) as place:
        trial = Trial({name: folder / name for name in RUNS}, Path(place), given.seed, given.share)
        failures = work(trial, begin, end)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"failures": failures, "kinds": trial.kinds, "peak": peak}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
