"""A run from its first generation, or its newest checkpoint, to its end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..backends.base import make_backend
from ..compiled.threads import Threads
from ..config.schema import Settings
from ..envs.registry import find
from ..envs.spec import NativeEnv
from ..errors import UserError
from .checkpoint import Writer, newest_sound
from .folder import Metrics, RunFolder
from .loop import Evolution, Row, describe
from .state import RunState

RESUMABLE = (
    "neat.generations",
    "run.threads",
    "run.stop_when_solved",
    "run.checkpoint_every",
    "run.keep",
)
"""Settings that a resumed run may change: they decide when it ends and how it is carried out, not what it computes."""


class Observer(Protocol):
    """Hears of a run's progress; ``report.console`` has some that show it."""

    def message(self, text: str) -> None: ...
    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None: ...
    def generation(self, row: Row) -> None: ...
    def finish(self, summary: Mapping[str, Any]) -> None: ...


def evolve(settings: Settings, run_dir: Path | None, command: Sequence[str], observer: Observer) -> dict[str, Any]:
    """Start a run and carry it to its end; return the summary, as in ``summary.json``.

    run_dir: a new folder; None: the next free one. command: what was typed, for the record.
    """
    env = find(settings.environment.id)
    settings = _resolved(settings, env)
    with Threads(settings.run.threads) as threads:
        backend = make_backend(settings, env, threads)  # complains about settings before there is a folder
        folder = RunFolder.create(run_dir, settings, env.name, command)
        return _run(Evolution(settings, env, backend, threads), folder, None, observer)


def resume(run: Path, flags: Mapping[str, object], command: Sequence[str], observer: Observer) -> dict[str, Any]:
    """Continue a run from its newest sound checkpoint, to the bits that it would have had; return the summary.

    flags: settings by key that differ now; only those of RESUMABLE may
    """
    folder = RunFolder.open(run)
    settings = folder.settings()
    changed = {}
    for key, value in flags.items():
        table, name = key.split(".")
        if value is None or value == getattr(getattr(settings, table), name):
            continue
        if key not in RESUMABLE:
            raise UserError(
                f"{key} is {getattr(getattr(settings, table), name)!r} in {run} and cannot become {value!r} when the run is "
                f"resumed, since its results would be those of neither; start a new run, or change only {', '.join(RESUMABLE)}"
            )
        changed[key] = value
    settings = _changed(settings, changed)
    state, _, complaints = newest_sound(folder.checkpoints, feed_forward=settings.neat.feed_forward)
    for complaint in complaints:
        observer.message(f"{complaint}; an older checkpoint is used instead")
    observer.message(f"continuing {run} after generation {state.generation}")
    env = find(settings.environment.id)
    with Threads(settings.run.threads) as threads:
        backend = make_backend(settings, env, threads)
        return _run(Evolution(settings, env, backend, threads), folder, state, observer)


def dry_run(settings: Settings) -> dict[str, Any]:
    """Return what a run would need, without running anything."""
    env = find(settings.environment.id)
    settings = _resolved(settings, env)
    with Threads(settings.run.threads) as threads:
        make_backend(settings, env, threads)
        nodes = env.n_outputs + settings.neat.num_hidden
        conns = (env.n_inputs + env.n_outputs) * settings.neat.num_hidden or env.n_inputs * env.n_outputs
        if settings.neat.initial_direct and settings.neat.num_hidden:
            conns += env.n_inputs * env.n_outputs
        per_genome = 14 * nodes + 17 * conns  # bytes of the genes' fields, see genome.population
        return {
            "inputs": env.n_inputs,
            "outputs": env.n_outputs,
            "threads": threads.count,
            "first_generation_bytes": settings.neat.population * (per_genome + 16),
            "peak_bytes_about": 4 * settings.neat.population * (per_genome + 60),
        }


def _resolved(settings: Settings, env: NativeEnv) -> Settings:
    """Return the settings with the environment's full id, as they are kept with the run."""
    return settings.model_copy(update={"environment": settings.environment.model_copy(update={"id": env.id})})


def _changed(settings: Settings, changes: Mapping[str, object]) -> Settings:
    tables = settings.model_dump()
    for key, value in changes.items():
        table, name = key.split(".")
        tables[table][name] = value
    return Settings.model_validate(tables)


def _run(evolution: Evolution, folder: RunFolder, state: RunState | None, observer: Observer) -> dict[str, Any]:
    """Carry a run on from `state` (None: the start) to its end, with all its files."""
    from ..config.load import to_toml

    settings = evolution.settings
    metrics = Metrics(folder.metrics, None if state is None else state.generation)
    writer = Writer(folder.checkpoints, to_toml(settings), settings.run.keep)
    observer.start(settings, folder.path, evolution.solved_at)
    before = metrics.wall_time_s
    begin = time.perf_counter()
    saved = state.generation if state is not None else -1
    champion = None
    try:
        while state is None or not _ended(evolution, state):
            lap = time.perf_counter()
            state, row = evolution.first() if state is None else evolution.next(state)
            computed = time.perf_counter()
            if (state.generation + 1) % settings.run.checkpoint_every == 0 or _ended(evolution, state):
                writer.put(state)
                saved = state.generation
            if state.champion is not None and state.champion is not champion:
                champion = state.champion
                folder.save_champion(champion, settings)
            now = time.perf_counter()
            row |= {"checkpoint_s": now - computed, "generation_s": now - lap, "wall_time_s": before + now - begin}
            metrics.append(row)
            observer.generation(row)
    finally:
        # Also on Ctrl-C: what was computed is saved, and a checkpoint that is being written is finished.
        if state is not None and saved != state.generation:
            writer.put(state)
        writer.close()
        metrics.close()
    summary = _summary(evolution, folder, state, before + time.perf_counter() - begin)
    folder.save_summary(summary)
    observer.finish(summary)
    return summary


def _ended(evolution: Evolution, state: RunState) -> bool:
    settings = evolution.settings
    return state.generation + 1 >= settings.neat.generations or (
        settings.run.stop_when_solved and evolution.solved(state)
    )


def _summary(evolution: Evolution, folder: RunFolder, state: RunState, wall_time_s: float) -> dict[str, Any]:
    settings = evolution.settings
    champion = state.champion
    row = describe(state, {})
    return {
        "env": settings.environment.id,
        "backend": evolution.backend.name,
        "seed": settings.run.seed,
        "population": settings.neat.population,
        "generations": state.generation + 1,
        "solved": evolution.solved(state),
        "solved_at": evolution.solved_at,
        "best_fitness": champion.training_fitness if champion else row["best_fitness"],
        "validated_fitness": champion.validated_fitness if champion else None,
        "validated_std": champion.validated_std if champion else None,
        "validation_episodes": settings.evaluation.validate_episodes,
        "champion_generation": champion.generation if champion else None,
        "champion_nodes": len(champion.genome.node_id) if champion else None,
        "champion_conns": len(champion.genome.conn_in) if champion else None,
        "env_steps": state.env_steps,
        "validation_steps": state.validation_steps,
        "wall_time_s": wall_time_s,
        "env_steps_per_s": state.env_steps / wall_time_s,
        "run_dir": str(folder.path),
        "champion": str(folder.champion) if champion else None,
        "estimates": [],
    }
