"""What no peer offers, or where only a bound matters: our own figures against a limit."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import GENESYS, new_run, run


@dataclass(frozen=True)
class Limit:
    """A figure of ours that must not pass a bound.

    measure: returns what was measured, once or several times; the median counts
    unit: "s", "GB", "%" or "×"
    """

    key: str
    title: str
    unit: str
    at_most: float
    measure: Callable[[], list[float]]


def limits(*, quick: bool, seed: int, work: Path) -> list[Limit]:
    """Return all of them. `quick`: fewer genomes and fewer tries; `work`: an empty folder for run folders."""
    many, million = (1_000, 20_000) if quick else (10_000, 1_000_000)
    tries = 2 if quick else 7
    large = _Generation(million, 2, 1, seed)
    return [
        Limit("solve-process", "CartPole solved, whole process, kernels cached", "s", 2.0, lambda: _solve(work, tries)),
        Limit("solve-evolving", "… of which evolving", "s", 0.2, lambda: _evolving(work, tries)),
        Limit("first-time", "the same, the first time on a machine", "s", 20.0, lambda: [_first_time(work)]),
        Limit("help", "genesys --help", "s", 0.3, lambda: [run([GENESYS, "--help"]).seconds for _ in range(tries)]),
        Limit(
            "checkpoints",
            f"a checkpoint every generation, population {many}, share of wall time",
            "%",
            5.0,
            lambda: _checkpoints(work, many, seed, tries),
        ),
        Limit(
            "million",
            f"one generation of {million} genomes, CartPole, two threads",
            "s",
            6.0,
            lambda: [large.seconds],
        ),
        Limit("million-memory", "… its peak memory", "GB", 2.0, lambda: [large.peak_bytes / 1e9]),
        Limit(
            "million-each",
            f"… its time per genome against that at {many}",
            "×",
            1.3,
            lambda: [large.seconds / million / (_Generation(many, 2, tries, seed).seconds / many)],
        ),
    ]


class _Generation:
    """One generation in a process of its own, run when first asked for."""

    def __init__(self, population: int, threads: int, turns: int, seed: int) -> None:
        self.command = [sys.executable, "-m", "benchmarks.scale", str(population)]
        self.command += ["--threads", str(threads), "--turns", str(turns), "--seed", str(seed)]
        self._result: tuple[float, int] | None = None

    @property
    def seconds(self) -> float:
        """Median wall time of a turn."""
        return self._run()[0]

    @property
    def peak_bytes(self) -> int:
        return self._run()[1]

    def _run(self) -> tuple[float, int]:
        if self._result is None:
            finished = run(self.command)
            samples: list[dict[str, float]] = json.loads(finished.stdout)
            self._result = statistics.median(sample["seconds"] for sample in samples), finished.peak_bytes
        return self._result


def _evolve(work: Path, *arguments: str, environment: dict[str, str] | None = None) -> tuple[dict[str, Any], float]:
    """Return the summary of a CartPole run and the wall time of its whole process."""
    command = [GENESYS, "evolve", "--env", "CartPole", "--run-dir", str(new_run(work)), "--json", "--quiet"]
    finished = run([*command, *arguments], environment)
    return json.loads(finished.stdout), finished.seconds


def _solve(work: Path, tries: int) -> list[float]:
    return [_evolve(work, "--population", "150", "--seed", str(seed))[1] for seed in range(tries)]


def _evolving(work: Path, tries: int) -> list[float]:
    return [_evolve(work, "--population", "150", "--seed", str(seed))[0]["wall_time_s"] for seed in range(tries)]


def _first_time(work: Path) -> float:
    """Solve CartPole with an empty cache of kernels, which everybody's first run does."""
    cache = {"GENESYS_CACHE_DIR": str(new_run(work))}
    return _evolve(work, "--population", "150", environment=cache)[1]


def _checkpoints(work: Path, population: int, seed: int, tries: int) -> list[float]:
    """How much longer a run takes with a checkpoint each generation than with one at its end, in percent of the former.

    Both runs compute the same bits. They alternate, and each pair gives one figure.
    """
    arguments = ["--population", str(population), "--generations", "20", "--no-stop-when-solved", "--seed", str(seed)]
    shares = []
    for _ in range(tries):
        seconds = [
            _evolve(work, *arguments, "--checkpoint-every", every)[0]["wall_time_s"] for every in ("1", "1000000")
        ]
        shares.append(100.0 * (seconds[0] - seconds[1]) / seconds[0])
    return shares
