"""A stored network predicts a table again: the rows that were held out from it, or those of another file."""

from __future__ import annotations

from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..backends.base import make_backend
from ..backends.data.predict import Predictions, predict, scored
from ..backends.played import deviation_of, mean_of
from ..compiled.threads import Threads
from ..config.data import CLASSIFICATION
from ..config.schema import Settings
from ..envs.conditions import conditions_of
from ..envs.data.env import DataEnv, with_file
from ..evolution.episodes import held_out_episodes
from ..files.champion import StoredChampion


class Scored(NamedTuple):
    """What a network made of a table.

    document: for JSON; rows: (N,) numbers of the rows, from 0; predictions: of these rows
    """

    document: dict[str, Any]
    env: DataEnv
    rows: NDArray[np.int64]
    predictions: Predictions


def replay_data(stored: StoredChampion, settings: Settings, env: DataEnv, file: str | None) -> Scored:
    """Let a stored network predict rows, and return its losses and scores.

    file: another table, of which all rows are predicted; None: the run's, of which those that were held out are
    """
    champion = stored.champion
    other = env if file is None else with_file(env, file)
    rows = other.rows()
    chosen = np.array(held_out_episodes(settings, other)) if file is None else np.arange(len(rows.inputs))
    predictions = predict(settings, other, champion.genome, (champion.offset, champion.scale), rows.inputs[chosen])
    known = np.isfinite(champion.validated_fitness)
    document = {
        "env": env.id,
        "backend": settings.run.backend,
        "origin": str(stored.origin),
        "generation": champion.generation,
        "file": other.data.file,
        "rows": len(chosen),
        "held_out": file is None and env.data.held_out_rows > 0,
        "dropped": rows.dropped,
        "loss": env.data.loss,
        "stored_loss": champion.validated_fitness if known else None,
        "mean_loss": None,
        "std_loss": None,
    }
    if rows.labelled:
        losses = _losses(stored, settings, other, chosen)
        document |= {"mean_loss": float(mean_of(losses[None])[0]), "std_loss": deviation_of(losses)}
        document |= scored(other, rows, chosen, predictions)
    return Scored(document, other, chosen, predictions)


def _losses(stored: StoredChampion, settings: Settings, env: DataEnv, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the losses of rows, (N,) float64, as the backend computes them in evolution."""
    champion = stored.champion
    world = conditions_of(settings, env)._replace(offset=champion.offset, scale=champion.scale)
    with Threads(settings.run.threads) as threads, closing(make_backend(settings, env, threads)) as backend:
        genome = backend.adopt(champion.genome)
        found = backend.evaluate(genome, rows.tolist(), world, keep_returns=True)
    losses: NDArray[np.float64] = found.returns[0]
    return losses


def table_of(found: Scored) -> tuple[list[str], list[list[Any]]]:
    """Return a header and a line for each row: its place in the table, from 1, its target, the prediction, and of
    classes the outputs.
    """
    data, rows, predictions = found.env.data, found.env.rows(), found.predictions
    targets = rows.targets[found.rows]
    numbers = rows.numbers[found.rows].tolist()
    names = data.target if rows.labelled else []
    if data.task != CLASSIFICATION:
        lines = [
            [number, *(target if rows.labelled else []), *values]
            for number, target, values in zip(numbers, targets.tolist(), predictions.values.tolist(), strict=True)
        ]
        return ["row", *names, *(f"predicted {name}" for name in data.target)], lines
    header = ["row", *names, f"predicted {data.target[0]}", *(f"output {name}" for name in found.env.action_names)]
    classes = [data.classes[k] for k in predictions.values.tolist()]
    labels = [data.classes[k] for k in targets[:, 0].astype(np.int64).tolist()]
    return header, [
        [number, *([label] if rows.labelled else []), one, *outputs]
        for number, label, one, outputs in zip(numbers, labels, classes, predictions.outputs.tolist(), strict=True)
    ]
