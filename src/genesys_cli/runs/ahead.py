"""Kernels that will be needed later, compiled by a second process while this one compiles what it needs first.

numba compiles under one lock, so that threads would take turns. What the other process has compiled lies on disk,
where this one finds it. It changes no result and may fail: then this process compiles for itself, later.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import BinaryIO

import numpy as np

from ..backends.base import backend_of, make_backend
from ..compiled.threads import Threads, usable_cores
from ..config.backends import BackendKind, added, register_all
from ..config.load import settings_from_toml, to_toml
from ..config.schema import Settings
from ..costs.work import Work, chip_counts
from ..counts import DISTANCE_GENES
from ..envs.registry import environment_of
from ..envs.spec import Environment
from ..errors import UserError
from ..evolution.loop import Evolution
from ..neat.initial import first_population
from ..neat.selection import mating_plan
from ..neat.speciation import speciate

Job = tuple[str, Settings]  # a part, and the settings of the run that needs it
Jobs = Mapping[str, Job]  # by the names of what they compile

BREEDING = "breeding"  # sorting genomes into species, and making children
COUNTING = "counting"  # what a chip would do for a generation that was evolved in software
PLAYING = "playing"  # episodes of a native environment

_POPULATION = 16  # genomes with which kernels are called: the fewer, the sooner they are done
_BOOT = """\
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
backends, jobs = pickle.load(sys.stdin.buffer)
from genesys_cli.runs.ahead import serve
serve(backends, jobs, sys.stdin.buffer)
"""


class Ahead:
    """A process that carries out jobs, one after the other; none where there is one core, or one is to be used."""

    def __init__(self, jobs: Jobs) -> None:
        self._names = set(jobs)
        self._done: set[str] = set()
        self._news = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        wanted = min((settings.run.threads or usable_cores() for _, settings in jobs.values()), default=1)
        self._running = min(wanted, usable_cores()) > 1
        if self._running:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BOOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for this process, which ends the other
            )
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._listener = threading.Thread(
                target=self._listen, args=(self._process.stdout,), daemon=True, name="genesys-ahead"
            )
            self._listener.start()
            path = [os.path.abspath(place) for place in sys.path]
            told = [(name, part, to_toml(settings)) for name, (part, settings) in jobs.items()]
            with contextlib.suppress(OSError):
                pickle.dump(path, self._process.stdin)
                pickle.dump((added(), told), self._process.stdin)
                self._process.stdin.flush()

    def done(self, name: str) -> bool:
        """Say whether a job is done."""
        with self._news:
            return name in self._done

    def wait(self, name: str | None = None) -> None:
        """Wait until a job (None: all) is done, or cannot be, or is not one of these."""
        with self._news:
            self._news.wait_for(lambda: not self._running or not self._left(name))

    def _left(self, name: str | None) -> set[str]:
        wanted = self._names if name is None else self._names & {name}
        return wanted - self._done

    def close(self) -> None:
        """End the process, whatever it is at."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

    def _listen(self, pipe: BinaryIO) -> None:
        for line in pipe:
            with self._news:
                self._done.add(line.decode().strip())
                self._news.notify_all()
        with self._news:
            self._running = False
            self._news.notify_all()


def serve(backends: Sequence[BackendKind], jobs: Sequence[tuple[str, str, str]], incoming: BinaryIO) -> None:
    """Carry out jobs in the other process, and say after each that it is done; never returns.

    backends: that are not shipped; jobs: names, parts and settings, as TOML
    incoming: ends when the process that wants them does
    """

    def end_with_parent() -> None:
        incoming.read()
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        register_all(backends)
        for name, part, settings in jobs:
            carry_out(part, settings_from_toml(settings, "from the main process"))
            print(name, flush=True)
    finally:
        os._exit(0)  # without waiting for the thread, which Python would abort for


def carry_out(part: str, settings: Settings) -> None:
    """Call every kernel of a part once, with as little work as possible; raises UserError where a chip cannot."""
    few = min(settings.neat.population, _POPULATION)
    settings = settings.model_copy(
        update={
            "neat": settings.neat.model_copy(update={"population": few}),
            "run": settings.run.model_copy(update={"threads": 1}),
        }
    )
    env = environment_of(settings.environment)
    with Threads(1) as threads:
        if part == PLAYING:
            with closing(make_backend(settings, env, threads)) as backend:
                Evolution(settings, env, backend, threads).first()
        else:
            work = _bred(settings, env, threads)
            if part == COUNTING and isinstance(found := chip_counts(work, settings, threads), str):
                raise UserError(found)


def _bred(settings: Settings, env: Environment, threads: Threads) -> Work:
    """Return a second generation, bred from a first that has not played."""
    neat, where = settings.neat, {"seed": settings.run.seed, "generation": 0}
    population, counters = first_population(neat, env.n_inputs, env.n_outputs, settings.run.seed, threads)
    fitness = np.zeros(population.size)
    backend = backend_of(settings, env, threads)
    population = backend.adopt(population)
    species, _ = speciate(population, fitness, None, neat, threads=threads, **where)
    plan = mating_plan(population, fitness, species, neat, **where)
    children, _, _ = backend.reproduce(population, plan, counters, **where)
    _, counts = speciate(children, fitness, species, neat, seed=settings.run.seed, generation=1, threads=threads)
    return Work(1, children, np.ones(children.size, np.int64), 1, counts[DISTANCE_GENES.name], population, plan)
