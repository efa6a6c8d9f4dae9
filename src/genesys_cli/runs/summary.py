"""What a run came to, as ``summary.json`` has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..backends.data.predict import predict, scored
from ..config.schema import Settings
from ..envs.data.env import DataEnv
from ..envs.registry import validation_starts
from ..envs.spec import Environment
from ..evolution.episodes import held_out_episodes
from ..evolution.loop import Loop
from ..evolution.nobody import NO_FITNESS, advice
from ..evolution.rows import scores
from ..evolution.state import Champion, RunState
from ..files.faults import FaultLog
from ..files.folder import RunFolder


def summary_of(
    evolution: Loop, folder: RunFolder, state: RunState, faults: FaultLog, invalid: int, wall_time_s: float
) -> dict[str, Any]:
    """Return ``summary.json`` without hints and estimates.

    invalid: fitness that was not finite, over all generations
    """
    settings = evolution.settings
    minimise = settings.evaluation.minimise
    champion = state.champion.told(minimise) if state.champion is not None else None
    best = champion.training_fitness if champion is not None else scores(state, minimise)["best_fitness"]
    return {
        "env": settings.environment.id,
        "backend": evolution.backend.name,
        "seed": settings.run.seed,
        "population": settings.neat.population,
        "generations": state.generation + 1,
        "solved": evolution.solved(state),
        "solved_at": evolution.solved_at,
        "minimise": minimise,
        "stop_on": evolution.goal.stop_on,
        "best_fitness": best,
        "validated_fitness": champion.validated_fitness if champion else None,
        "validated_std": champion.validated_std if champion else None,
        "validation": settings.evaluation.validation,
        "validation_episodes": validation_starts(settings) or settings.evaluation.validate_episodes,
        "champion_generation": champion.generation if champion else None,
        "champion_nodes": len(champion.genome.node_id) if champion else None,
        "champion_conns": len(champion.genome.conn_in) if champion else None,
        "env_steps": state.env_steps,
        "validation_steps": state.validation_steps,
        "wall_time_s": wall_time_s,
        "env_steps_per_s": state.env_steps / wall_time_s,
        "run_dir": str(folder.path),
        "champion": str(folder.champion) if champion else None,
        "invalid_fitness": invalid,
        "note": None if champion else _why_none(settings, state, invalid, bool(faults.summary())),
        "faults": faults.summary(),
        **folder.repeatable(),
        "data": _of_data(settings, evolution.env, state.champion),
        "problem": settings.problem.facts(),
        "drift": [event.told(minimise).summary() for event in state.events],
        "front": None,
        "hints": [],
        "estimates": [],
    }


def _of_data(settings: Settings, env: Environment, champion: Champion | None) -> dict[str, Any] | None:
    """Return what was learnt of a table, and how good the champion's predictions of held-out rows are."""
    if not isinstance(env, DataEnv):
        return None
    found = env.data.facts()
    assert found is not None
    if champion is None:
        return found
    rows = env.rows()
    chosen = np.array(held_out_episodes(settings, env))
    scaling = champion.offset, champion.scale
    predictions = predict(settings, env, champion.genome, scaling, rows.inputs[chosen])
    return found | scored(env, rows, chosen, predictions)


def _why_none(settings: Settings, state: RunState, invalid: int, faults: bool) -> str:
    """Return why a run has no champion, and what to do. invalid: fitness that was not finite, over all generations"""
    generations = state.generation + 1
    every = generations * settings.neat.population
    where = f"in any of {generations} generations" if generations > 1 else "in the only generation"
    if invalid < every:
        where = f"on the held-out episodes ({invalid} of {every} had none in training, either)"
    return f"{NO_FITNESS} {where}; {advice(settings, faults)}"
