"""What a network says of rows, and how good that is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...config.data import CLASSIFICATION
from ...config.schema import Settings
from ...envs.conditions import conditions_of
from ...envs.data.env import DataEnv
from ...envs.data.rows import Rows
from ...envs.data.scores import confusion_of, scores_of_classes, scores_of_numbers
from ...envs.spec import Real
from ...genome.population import Population
from ..numerics import numerics_of


class Predictions(NamedTuple):
    """Of N rows.

    outputs: (N, O) float32, of the network: logits of classes
    values: (N, T) float32, numbers; of classes (N,) int64, the index of the one that is chosen
    """

    outputs: NDArray[np.float32]
    values: NDArray[Any]


def predict(
    settings: Settings,
    env: DataEnv,
    genome: Population,
    scaling: tuple[NDArray[np.float32], NDArray[np.float32]],
    inputs: NDArray[np.float32],
) -> Predictions:
    """Return what the backend of the settings computes, bit for bit as in evolution.

    genome: a population of one; scaling: offset and scale of each input, (I,) float32; inputs: (N, I) float32
    """
    numerics = numerics_of(settings)
    network = numerics.network(numerics.adopt(genome), feed_forward=True)
    clip = np.float32(conditions_of(settings, env).clip)
    with np.errstate(over="ignore", invalid="ignore"):
        seen = np.clip((inputs - scaling[0]) * scaling[1], -clip, clip)
        outputs = network.activate_many(seen)
        if isinstance(env.action, Real):
            middle, half = np.array(env.action.middle, np.float32), np.array(env.action.half, np.float32)
            return Predictions(outputs, middle + half * outputs)
    if outputs.shape[1] == 1:
        return Predictions(outputs, (outputs[:, 0] > 0).astype(np.int64))
    return Predictions(outputs, outputs.argmax(axis=1))


def scored(env: DataEnv, rows: Rows, chosen: NDArray[np.int64], predictions: Predictions) -> dict[str, Any]:
    """Return the scores of predictions, and of classes their confusion matrix.

    chosen: rows that the predictions are of
    """
    targets = rows.targets[chosen]
    if env.data.task != CLASSIFICATION:
        return {"scores": scores_of_numbers(targets, predictions.values.astype(np.float64))}
    found = confusion_of(targets[:, 0].astype(np.int64), predictions.values, len(env.data.classes))
    return {
        "scores": scores_of_classes(found),
        "confusion": {"classes": list(env.data.classes), "matrix": found.tolist()},
    }
