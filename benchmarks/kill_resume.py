"""A run that is killed again and again must end with the same bits as one that is left alone.

``python -m benchmarks.kill_resume`` evolves once undisturbed. Then it starts the same run over, kills it with SIGKILL
at random moments and resumes it with ``--resume``, until it was killed ten times. Each run that gets to its end must
have the same last checkpoint, champion and history of species as the undisturbed one, byte for byte; exit code 1
otherwise.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.processes import GENESYS, run

#: What has to be the same in both run folders; the checkpoint is the newest one.
FILES = ("champion.json", "species.csv")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.kill_resume", description=__doc__)
    arguments.add_argument("--env", default="CartPole")
    arguments.add_argument("--population", type=int, default=1000)
    arguments.add_argument("--generations", type=int, default=100)
    arguments.add_argument("--run-seed", type=int, default=0, help="seed of the evolution")
    arguments.add_argument("--kills", type=int, default=10)
    arguments.add_argument("--seed", type=int, help="seed of the random moments; default: a new one, printed")
    arguments.add_argument("--genesys", default=GENESYS, help=argparse.SUPPRESS)
    return arguments


def checkpoints(folder: Path) -> list[Path]:
    """Return the checkpoints of a run folder, oldest first."""
    return sorted((folder / "checkpoints").glob("gen-*.npz"))


def differences(expected: Path, found: Path) -> list[str]:
    """Return what differs between two run folders: last checkpoint, champion, species; nothing if all is well."""
    last, other = checkpoints(expected)[-1], checkpoints(found)[-1]
    if last.name != other.name:
        return [f"the last checkpoint is {other.name} instead of {last.name}"]
    messages = []
    if last.read_bytes() != other.read_bytes():
        messages.append(f"{last.name}: {'; '.join(_arrays(last, other)) or 'same arrays, but other bytes around them'}")
    return messages + [
        f"{name} differs" for name in FILES if (expected / name).read_bytes() != (found / name).read_bytes()
    ]


def _arrays(expected: Path, found: Path) -> list[str]:
    """Say which arrays of two checkpoints differ, to know where to look."""
    with np.load(expected, allow_pickle=False) as one, np.load(found, allow_pickle=False) as two:
        names = [f"{name} is in one only" for name in sorted(set(one.files) ^ set(two.files))]
        names += [f"{name} differs" for name in one.files if name in two.files and not _same(one[name], two[name])]
    return names


def _same(one: np.ndarray, two: np.ndarray) -> bool:
    return one.dtype == two.dtype and one.shape == two.shape and one.tobytes() == two.tobytes()


class Run:
    """A run in a folder of its own, going on from wherever it was killed."""

    def __init__(self, asked: argparse.Namespace, folder: Path) -> None:
        self.folder = folder
        self.start = [asked.genesys, "evolve", "--env", asked.env, "--population", str(asked.population)]
        self.start += ["--generations", str(asked.generations), "--seed", str(asked.run_seed)]
        self.start += ["--no-stop-when-solved", "--quiet", "--run-dir", str(folder)]
        self.again = [asked.genesys, "evolve", "--resume", str(folder), "--quiet"]

    def command(self) -> list[str] | None:
        """Return what starts it or takes it up again; None if it was killed before there was anything to take up."""
        if not self.folder.exists():
            return self.start
        return self.again if checkpoints(self.folder) else None

    def killed(self, command: list[str], after_s: float) -> bool:
        """Go on with it for so long, then kill it; False if it came to its end before, RuntimeError if it failed."""
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
            try:
                code = process.wait(after_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                return True
            if code != 0:
                errors.seek(0)
                raise RuntimeError(f"{' '.join(command[1:])} ended with {code}:\n{errors.read()[-2000:]}")
            return False


def main() -> int:
    asked = parser().parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if asked.seed is None else asked.seed
    moments = random.Random(seed)
    print(f"seed of the random moments: {seed}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="genesys-kill-") as work:
        undisturbed = Run(asked, Path(work, "undisturbed"))
        # Kernels compile in a first run, so that the time of the second says how long a leg may be.
        run(Run(asked, Path(work, "first")).start)
        started = time.perf_counter()
        run(undisturbed.start)
        whole_s = time.perf_counter() - started
        print(f"undisturbed: {whole_s:.1f} s, last checkpoint {checkpoints(undisturbed.folder)[-1].name}")

        kills = runs = 0
        current: Run | None = None
        while kills < asked.kills or current is not None:
            if current is None:
                runs += 1
                current = Run(asked, Path(work, f"killed-{runs}"))
            command = current.command()
            if command is None:
                print("  killed before its first checkpoint; starting over in a new folder")
                current = None
                continue
            # Half of the whole at most, so that a run is killed several times on its way.
            after_s = moments.uniform(0.0, 0.5 * whole_s) if kills < asked.kills else 100.0 * whole_s + 60.0
            if current.killed(command, after_s):
                kills += 1
                saved = checkpoints(current.folder)
                print(f"kill {kills} after {after_s:.2f} s, newest checkpoint {saved[-1].name if saved else 'none'}")
                continue
            messages = differences(undisturbed.folder, current.folder)
            failed += bool(messages)
            print(f"run {runs} came to its end: {'; '.join(messages) or 'the same, byte for byte'}")
            current = None
    print("FAILED" if failed else f"killed {kills} times, {runs} runs, all the same as the undisturbed one")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
