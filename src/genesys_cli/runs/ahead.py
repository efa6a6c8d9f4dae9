"""Kernels that will be needed later, compiled by other processes while this one compiles what it needs first.

numba compiles under one lock, so that threads would take turns. What another process has compiled lies on disk, where
this one finds it. It changes no result and may fail: then this process compiles for itself, later.

Two cores have one such process, for what is needed next. What is needed last is compiled by this process while it would
wait for the other one (:meth:`Ahead.help`); only where there are more cores, a process of its own does so.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from itertools import product
from typing import BinaryIO

import numpy as np

from ..backends.base import backend_of, make_backend
from ..backends.chip.model import ChipModel, interface_of
from ..backends.chip.numerics import fixed_point
from ..compiled.jit import kept
from ..compiled.threads import Threads, usable_cores
from ..config.backends import BackendKind, added, register_all, results_of
from ..config.load import settings_from_toml, to_toml
from ..config.schema import Settings
from ..costs.work import Work, chip_counts
from ..counts import DISTANCE_GENES, DISTANCES
from ..envs.registry import environment_of
from ..envs.spec import Environment
from ..errors import UserError
from ..evolution.loop import Loop
from ..genome.document import from_document
from ..genome.population import Population
from ..names import ACTIVATIONS, AGGREGATIONS
from ..neat.innovation import Counters
from ..neat.selection import select
from ..neat.speciation import speciate

Job = tuple[str, Settings]  # a part, and the settings of the run that needs it
Jobs = Mapping[str, Job]  # by the names of what they compile

BREEDING = "breeding"  # sorting genomes into species, and making children
COUNTING = "counting"  # what a chip would do for a generation that was evolved in software
LAYERS = "layers"  # of networks, as the chip's array computes them: a part of COUNTING, and all of a first generation's
CLOCK = "clock"  # of the chip's breeding: a part of COUNTING
PLAYING = "playing"  # episodes of a native environment

_LAST = (LAYERS, CLOCK)  # what is needed last
_POPULATION = 16  # genomes with which kernels are called: the fewer, the sooner they are done
_BOOT = """\
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
backends, jobs = pickle.load(sys.stdin.buffer)
from genesys_cli.runs.ahead import serve
serve(backends, jobs, sys.stdin.buffer)
"""


class Ahead:
    """Processes that carry out jobs, one after the other; none where there is one core, or one is to be used."""

    def __init__(self, jobs: Jobs) -> None:
        self._done: set[str] = set()
        self._expected: set[str] = set()  # of processes that live
        self._news = threading.Condition()
        self._processes: list[_Process] = []
        wanted = min((settings.run.threads or usable_cores() for _, settings in jobs.values()), default=1)
        cores = min(wanted, usable_cores())
        last = {name: job for name, job in jobs.items() if job[0] in _LAST}
        first = {name: job for name, job in jobs.items() if name not in last}
        self._left = last if cores == 2 else {}  # nobody's yet
        if cores > 1 and kept():
            for share in (first, {} if cores == 2 else last):
                if share:
                    self._expected |= set(share)
                    self._processes.append(_Process(share, self._hear, self._bury))

    def done(self, name: str) -> bool:
        """Say whether a job is done."""
        with self._news:
            return name in self._done

    def wait(self, name: str | None = None) -> None:
        """Wait until a job (None: all) is done, or cannot be, or is not one of these."""
        with self._news:
            self._news.wait_for(lambda: not (self._expected if name is None else self._expected & {name}))

    def help(self, name: str) -> None:
        """Carry out in this process what no other does, as long as another one is at work on a job that is wanted."""
        while self._left and self._is_coming(name):
            own = next(iter(self._left))
            part, settings = self._left.pop(own)
            with contextlib.suppress(UserError):  # who needs it will say so
                carry_out(part, settings)
                self._hear(own)

    def _is_coming(self, name: str) -> bool:
        with self._news:
            return name in self._expected

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for process in self._processes:
            process.close()

    def _hear(self, name: str) -> None:
        with self._news:
            self._done.add(name)
            self._expected.discard(name)
            self._news.notify_all()

    def _bury(self, names: Iterable[str]) -> None:
        with self._news:
            self._expected.difference_update(names)
            self._news.notify_all()


class _Process:
    """One of them."""

    def __init__(self, jobs: Jobs, done: Callable[[str], None], ended: Callable[[Iterable[str]], None]) -> None:
        """done: hears of each job that is done; ended: of all jobs, when the process is no more"""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for this process, which ends the others
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipes = (self._process.stdin, self._process.stdout)
        self._listener = threading.Thread(
            target=self._listen, args=(set(jobs), done, ended), daemon=True, name="genesys-ahead"
        )
        self._listener.start()
        path = [os.path.abspath(place) for place in sys.path]
        told = [(name, part, to_toml(settings)) for name, (part, settings) in jobs.items()]
        with contextlib.suppress(OSError):
            pickle.dump(path, self._process.stdin)
            pickle.dump((added(), told), self._process.stdin)
            self._process.stdin.flush()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                pipe.close()

    def _listen(
        self, names: Iterable[str], done: Callable[[str], None], ended: Callable[[Iterable[str]], None]
    ) -> None:
        for line in self._pipes[1]:
            done(line.decode().strip())
        ended(names)


def serve(backends: Sequence[BackendKind], jobs: Sequence[tuple[str, str, str]], incoming: BinaryIO) -> None:
    """Carry out jobs in another process, and say after each that it is done; never returns.

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
            "run": settings.run.model_copy(update={"threads": 1, "backend": results_of(settings.run.backend)}),
        }
    )
    env = environment_of(settings)
    with Threads(1) as threads:
        if part == PLAYING:
            with closing(make_backend(settings, env, threads)) as backend:
                Loop(settings, env, backend, threads).first()
        elif part in _LAST:
            chip = settings.target_chip
            model = ChipModel(settings.neat, chip, interface_of(settings, env))
            population, _ = _some_population(few, env)
            population = fixed_point(chip).adopt(population)
            if part == LAYERS:
                model.inference(population, np.ones(population.size, np.int64), 1)
            else:
                model.clock_nothing(population)
        else:
            work = _bred(settings, env, threads)
            if part == COUNTING and isinstance(found := chip_counts(work, settings, env, threads), str):
                raise UserError(found)


def _bred(settings: Settings, env: Environment, threads: Threads) -> Work:
    """Return a second generation, bred from a first that has not played."""
    neat, where = settings.neat, {"seed": settings.run.seed, "generation": 0}
    population, counters = _some_population(neat.population, env)
    fitness = np.zeros(population.size)
    backend = backend_of(settings, env, threads)
    population = backend.adopt(population)
    species, _ = speciate(population, fitness, None, neat, threads=threads, **where)
    plan = select(population, fitness, species, neat, **where)
    children, _, _ = backend.reproduce(population, plan, counters, **where)
    _, counts = speciate(children, fitness, species, neat, seed=settings.run.seed, generation=1, threads=threads)
    read = counts[DISTANCES.name], counts[DISTANCE_GENES.name]
    return Work(1, children, np.ones(children.size, np.int64), 1, *read, population, plan)


def _some_population(size: int, env: Environment) -> tuple[Population, Counters]:
    """Return genomes that are made by no kernel, since the one that makes the first is compiled elsewhere."""
    outputs = range(env.n_inputs, env.n_inputs + env.n_outputs)
    node = {"bias": 0.0, "response": 1.0, "activation": ACTIVATIONS[0], "aggregation": AGGREGATIONS[0]}
    conns = [
        {"innovation": k, "in": source, "out": target, "weight": 0.5, "enabled": True}
        for k, (source, target) in enumerate(product(range(min(env.n_inputs, 8)), outputs))
    ]
    document = {
        "inputs": env.n_inputs,
        "outputs": env.n_outputs,
        "nodes": [{"id": output, **node} for output in outputs],
        "connections": conns,
    }
    genome = from_document(document)
    return genome.select(np.zeros(size, np.int64)), Counters(env.n_inputs + env.n_outputs, len(conns))
