"""Evolving for a comparison: generations in memory, and what this machine needed for them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from contextlib import closing, suppress
from typing import NamedTuple

from ..backends.base import make_backend
from ..compiled.threads import Threads
from ..config.chip import ChipSettings
from ..config.schema import Settings
from ..costs.memory import check_memory, generation_bytes
from ..costs.work import Work, chip_counts, chip_layers, dense_macs_of, workload_of
from ..counts import ENV_STEPS
from ..energy.workload import Workload, mean
from ..envs.registry import environment_of
from ..envs.spec import Environment, GymEnv, NativeEnv
from ..errors import UserError
from ..evolution.loop import Loop
from ..evolution.state import RunState
from ..neat.selection import select
from ..neat.speciation import speciate
from ..runs.ahead import BREEDING, COUNTING, PLAYING, carry_out
from ..runs.kernels import Kernels, played_by
from .plan import COUNTED_FROM
from .results import Measured, Result, added

IDLE_S = 0.5  # before the work, in which the idle machine's power is measured

Told = Callable[[str], None]


class Evolved(NamedTuple):
    """The generations that count.

    works: each as it can be counted again, on any chip; workload, env_steps: their means
    measured: what this machine needed; None: it emulated a chip, which says nothing of it
    """

    settings: Settings
    works: list[Work]
    workload: Workload
    env_steps: float
    measured: Measured | None


def play(settings: Settings, message: Told, generation_done: Told, then: Settings | None = None) -> Evolved:
    """Evolve as the settings say; raises UserError where the backend cannot.

    message: is told what takes long; generation_done: is told each generation
    then: what is to be played next, in the same environment
    """
    env = environment_of(settings)
    kept = settings.neat.generations * generation_bytes(settings, env)  # to be counted when all are there
    check_memory(settings, env, counting=True, more=kept)
    later = [(BREEDING, settings)]
    if then is not None and isinstance(env, NativeEnv):
        later.append((PLAYING, then))
    with (
        Threads(settings.run.threads) as threads,
        closing(make_backend(settings, env, threads)) as backend,
        closing(Kernels(backend.name, played_by(env), message, later)) as kernels,
    ):
        evolution = Loop(settings, env, backend, threads)
        kernels.need(PLAYING)
        lap = evolution.first()
        kernels.have(PLAYING)
        generation_done(_said(settings, env, 0))
        kernels.need(BREEDING)
        _warm_up(evolution, lap.state)
        kernels.have(BREEDING)
        if not backend.kind.counts_itself:  # now, while the other process is at work, rather than afterwards
            kernels.need(COUNTING)
            with suppress(UserError):  # a chip that cannot hold this; who counts says so
                carry_out(COUNTING, settings)
                kernels.have(COUNTING)
        kernels.settle()  # what is measured has the machine for itself
        works, rows, workloads = [], [], []
        with evolution.host.meter(0.0 if backend.kind.emulates_chip else IDLE_S) as meter:
            while lap.state.generation + 1 < settings.neat.generations:
                lap = evolution.next(lap.state)
                if lap.state.generation >= COUNTED_FROM:
                    works.append(lap.work)
                    rows.append(lap.row)
                generation_done(_said(settings, env, lap.state.generation))
    for work, row in zip(works, rows, strict=True):
        dense = None if backend.kind.counts_itself else dense_macs_of(work, settings)
        workloads.append(workload_of(row, settings, env, dense_macs=dense))
    measured = None
    if not backend.kind.emulates_chip:
        reading = meter.reading
        how = evolution.host.energy()
        notes = list(reading.notes)
        if isinstance(env, GymEnv):
            notes.append("inference includes the steps of Gymnasium's environments")
        measured = Measured(
            inference_s=_mean([row["evaluate_s"] - row["validate_s"] for row in rows]),
            evolution_s=_mean([row["speciate_s"] + row["reproduce_s"] for row in rows]),
            power_w=reading.power_w,
            origin=reading.origin,
            source=how.note if reading.origin == how.origin else reading.source,
            notes=tuple(notes),
            net_w=None if reading.net_j is None else reading.net_j.nominal / reading.wall_s,
            date=datetime.date.today().isoformat(),
        )
    return Evolved(settings, works, mean(workloads), _mean([row[ENV_STEPS.name] for row in rows]), measured)


def on_chip(evolved: Evolved, chip: ChipSettings) -> Result:
    """Return a case's result: what was played, with the counts of a chip."""
    counts: dict[str, float] | None = {}
    reason = ""
    env = environment_of(evolved.settings)
    with Threads(1) as threads:  # points are counted side by side
        for work in evolved.works:
            found = chip_counts(work, evolved.settings, env, threads, chip)
            if isinstance(found, str):
                counts, reason = None, found
                break
            for name, value in found.items():
                assert counts is not None
                counts[name] = counts.get(name, 0) + value
    measured = () if evolved.measured is None else (evolved.measured,)
    layers = () if counts is None else added(chip_layers(work, evolved.settings, env, chip) for work in evolved.works)
    return Result(len(evolved.works), evolved.workload, evolved.env_steps, counts, reason, measured, layers)


def _warm_up(evolution: Loop, state: RunState) -> None:
    """Breed and sort the second generation once for nothing, so that what is measured loads no kernels."""
    settings, seed = evolution.settings, evolution.settings.run.seed
    plan = select(state.population, state.fitness, state.species, settings.neat, seed=seed, generation=state.generation)
    children, _, _ = evolution.backend.reproduce(
        state.population, plan, state.counters, seed=seed, generation=state.generation
    )
    speciate(children, state.fitness, state.species, settings.neat, seed=seed, generation=1, threads=evolution.threads)


def _said(settings: Settings, env: Environment, generation: int) -> str:
    return f"{env.name} on {settings.run.backend}, seed {settings.run.seed}, generation {generation}"


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)
