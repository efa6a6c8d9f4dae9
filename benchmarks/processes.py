"""Programs run as a user runs them, from the shell's call to their end: wall time, peak memory, output."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import Sample, Turn

#: The ``genesys`` that belongs to the Python running this.
GENESYS = str(Path(sys.executable).parent / "genesys")


@dataclass(frozen=True)
class Finished:
    """A process that ended with exit code 0.

    seconds: wall time from the start of the process to its end
    peak_bytes: most memory it held. The kernel never reports less than this process itself held when it started it
    """

    stdout: str
    seconds: float
    peak_bytes: int


def run(command: list[str], environment: Mapping[str, str] | None = None) -> Finished:
    """Run `command` to its end, with `environment` added to ours; RuntimeError with its messages if it fails."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, **(environment or {})}
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        # Popen must not wait for a process that is already gone.
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{err.read()[-2000:]}")
        peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Finished(out.read(), seconds, peak)


def new_run(work: Path) -> Path:
    """Return a path inside `work` that nothing has yet."""
    return Path(tempfile.mkdtemp(dir=work)) / "run"


def whole_process(command: Callable[[int], list[str]], seed: int) -> Turn:
    """Return a turn that runs ``command(seed)``, ``command(seed + 1)``, ... to the end. Amount: 1."""
    seeds = iter(range(seed, 1_000_000_000))

    def turn() -> Sample:
        return Sample(1, run(command(next(seeds))).seconds)

    return turn
