"""What a network says of the rows of a table, beside what is true."""

from __future__ import annotations

import numpy as np

from ...config.data import CLASSIFICATION
from ...playback.data import Scored
from ..predictions import SHOWN, confusion_table
from ..results import number
from .chart import Axes, Dots, Line, Mark, chart, extent
from .markup import Markup, table, tag
from .page import section

DRAWN = 1000  # rows at most, so that the page stays small
TARGETS = 6  # charts at most


def predictions(found: Scored | None) -> Markup | None:
    """Return the section; None where no table was learnt, or its file is gone."""
    if found is None:
        return None
    document = found.document
    scores = ", ".join(f"{key.replace('_', ' ')} {number(value)}" for key, value in document["scores"].items())
    which = "held-out rows" if document["held_out"] else "rows"
    about = f"Of {document['rows']} {which}: {document['loss']} {number(document['mean_loss'])}, {scores}."
    if found.env.data.task == CLASSIFICATION:
        if (count := len(found.env.data.classes)) > SHOWN:
            return section("Predictions", about=f"{about} There are {count} classes, too many for a table.", wide=True)
        header, rows = confusion_table(document["confusion"])
        body = [tag("h3", "Which class was taken for which"), table(header, rows, numeric=range(1, len(header)))]
        return section("Predictions", *body, about=about, wide=True)
    names = found.env.data.target[:TARGETS]
    return section("Predictions", *(_scatter(found, k, name) for k, name in enumerate(names)), about=about, wide=True)


def _scatter(found: Scored, k: int, name: str) -> Markup:
    """Draw the prediction of a target over its true value; on the line they are equal."""
    chosen = np.arange(len(found.rows))[:: -(-len(found.rows) // DRAWN)]
    true = found.env.rows().targets[found.rows[chosen], k].tolist()
    predicted = [float(x) for x in found.predictions.values[chosen, k]]
    low, high = extent(true)
    axes = Axes(
        (low, high), extent([*predicted, low, high], room=0), across=f"{name}, true", up="predicted", whole=False
    )
    points = [point for point in zip(true, predicted, strict=True) if np.isfinite(point[1])]
    marks: list[Mark] = [Line("equal", "c-mean", [(low, low), (high, high)]), Dots("rows", "thin c-champion", points)]
    return chart(f"Predictions of {name} over its true values", axes, marks, height=300)
