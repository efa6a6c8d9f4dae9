"""Worker processes under duress must find what one undisturbed worker finds.

``python -m benchmarks.worker_soak`` evaluates small populations of changing sizes, thousands of times, in pools of
several workers. Meanwhile random workers are stopped and continued (SIGSTOP, SIGCONT), other processes keep the cores
busy, and after each evaluation the shared memory is filled with random bytes: a worker that reads too late meets
garbage, and one that writes too late is found out. Each evaluation must equal that of a pool of one worker, bit for
bit; exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from genesys_cli.backends.base import Backend, make_backend
from genesys_cli.backends.workers.pool import Pool
from genesys_cli.compiled.threads import Threads
from genesys_cli.config.load import load_settings
from genesys_cli.config.schema import Settings
from genesys_cli.envs.gym.describe import describe_gym
from genesys_cli.envs.spec import GymEnv
from genesys_cli.genome.population import Population
from genesys_cli.neat.initial import first_population

LARGEST = 60  # genomes
KINDS = 12  # populations and seeds that are evaluated again and again
BUSY = "while True: pass"


class Fouled:
    """Has a pool's memory filled with random bytes after each evaluation, and looks at them before the next."""

    def __init__(self, pool: Pool, rng: np.random.Generator) -> None:
        self._pool = pool
        self._rng = rng
        self._filled = b""
        self._play = pool.play
        pool.play = self.play  # type: ignore[method-assign]

    def play(self, *arguments: Any) -> Any:
        """Do what ``Pool.play`` does."""
        self.check()
        sheet, faults = self._play(*arguments)
        copy = sheet._replace(**{name: part.copy() for name, part in sheet._asdict().items() if name != "population"})
        memory, begin = self._memory()
        self._filled = self._rng.bytes(len(memory) - begin)
        memory[begin:] = self._filled
        return copy, faults

    def check(self) -> None:
        """Raise AssertionError where somebody has written since the last evaluation."""
        memory, begin = self._memory()
        assert not self._filled or memory[begin:] == self._filled, "a worker wrote after the end of an evaluation"

    def _memory(self) -> tuple[Any, int]:
        board = self._pool._board
        return board._memory, board.status.nbytes


@contextlib.contextmanager
def stopping(pool: Pool, rng: random.Random) -> Iterator[None]:
    """Stop random workers for a random time, again and again, and leave none stopped."""
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            pids = pool.pids
            chosen = rng.sample(pids, rng.randrange(len(pids))) if pids else []
            for pid in chosen:
                _signal(pid, signal.SIGSTOP)
            over.wait(rng.expovariate(1 / 0.01))
            for pid in chosen:
                _signal(pid, signal.SIGCONT)
            over.wait(rng.expovariate(1 / 0.02))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _signal(pid: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, which)


@contextlib.contextmanager
def loaded(processes: int) -> Iterator[None]:
    """Keep cores busy."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def cases(settings: Settings, env: GymEnv, rng: np.random.Generator) -> list[tuple[Population, list[int]]]:
    """Return populations of many sizes, and episodes for each."""
    found = []
    for _ in range(KINDS):
        neat = settings.neat.model_copy(
            update={"population": int(rng.integers(2, LARGEST + 1)), "num_hidden": int(rng.integers(0, 9))}
        )
        population = first_population(neat, env.n_inputs, env.n_outputs, int(rng.integers(1000)), Threads(1))[0]
        found.append((population, rng.integers(0, 2**31, int(rng.integers(1, 4))).tolist()))
    return found


def soak(env_id: str, backend_name: str, workers: int, evaluations: int, seed: int) -> float:
    """Evaluate so often in a disturbed pool; return the seconds that took. Raises what goes wrong."""
    settings = load_settings(
        env=env_id,
        overrides=[f"run.backend={backend_name}", "environment.max_steps=20", f"environment.id={env_id}"],
    )
    env = describe_gym(env_id)
    rng, chance = np.random.default_rng(seed), random.Random(seed)
    with contextlib.closing(make_backend(settings, env, Threads(1))) as alone:
        given = [(alone.adopt(population), seeds) for population, seeds in cases(settings, env, rng)]
        expected = [evaluate(alone, *case) for case in given]
    with contextlib.closing(make_backend(settings, env, Threads(workers))) as backend:
        pool = backend._evaluator.pool  # type: ignore[attr-defined]
        fouled = Fouled(pool, rng)
        begin = time.perf_counter()
        with stopping(pool, chance):
            for number in range(evaluations):
                k = chance.randrange(KINDS)
                found = evaluate(backend, *given[k])
                assert found == expected[k], f"evaluation {number} of {backend_name} with {workers} workers differs"
        fouled.check()
        return time.perf_counter() - begin


def evaluate(backend: Backend, population: Population, seeds: list[int]) -> tuple[Any, ...]:
    """Return all that an evaluation finds, in a form that can be compared."""
    found = backend.evaluate(population, seeds, keep_returns=True)
    return found.returns.tobytes(), found.fitness.tobytes(), found.decisions.tobytes(), found.counts, found.faults


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.worker_soak", description=__doc__)
    arguments.add_argument("--env", default="Blackjack-v1")
    arguments.add_argument("--evaluations", type=int, default=2000, help="for each backend and number of workers")
    arguments.add_argument("--workers", type=int, nargs="+", default=[8, 16])
    arguments.add_argument("--backends", nargs="+", default=["software", "genesys"])
    arguments.add_argument("--load", type=int, default=2, help="processes that keep cores busy meanwhile")
    arguments.add_argument("--seed", type=int, help="of sizes, garbage and stops; default: a new one, printed")
    asked = arguments.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if asked.seed is None else asked.seed
    print(f"seed {seed}, {asked.env}, {asked.load} busy processes beside")
    with loaded(asked.load):
        for backend in asked.backends:
            for workers in asked.workers:
                seconds = soak(asked.env, backend, workers, asked.evaluations, seed)
                print(
                    f"{backend}, {workers} workers: {asked.evaluations} evaluations in {seconds:.0f} s, all the same "
                    "as one worker's",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
