"""Draws the fitness of a run over its generations, and what changes of its world did to it, with matplotlib.

Colours are those of Okabe and Ito, which colour-blind people can tell apart; lines differ in style and width as well.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .results import changes_text, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".svg", ".png")
SIZE = (10.0, 4.6)  # inches; text of 10 points stays legible at the width of a README
DPI = 160
LABELLED = 12  # changes of the world; more of them get lines without words

INK, FAINT, GRID = "#222222", "#6b6b6b", "#e6e6e6"
CHAMPION, TRAINING, FROZEN, RECOVERY = "#0072B2", "#9fb6c3", "#D55E00", "#E69F00"

Rows = Sequence[Mapping[str, float | None]]


def draw(facts: Mapping[str, Any], rows: Rows, path: Path, *, overwrite: bool = False) -> None:
    """Draw a run into an SVG or PNG file; raises UserError where that cannot be.

    facts, rows: as of ``runs.inspect``
    """
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"--plot {path}: must end in {' or '.join(FORMATS)}, which says what is drawn")
    if path.exists() and not overwrite:
        raise UserError(f"--plot {path} exists already and is kept as it is; choose another name, or add --force")
    if not rows:
        raise UserError(f"{facts['run_dir']} has no generation yet, so there is nothing to draw")
    try:
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError(
            f"--plot needs matplotlib ({error}); install it with: pip install 'genesys-cli[plot]'"
        ) from error
    style = {"font.family": "DejaVu Sans", "font.size": 10, "svg.hashsalt": "genesys", "axes.unicode_minus": True}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=SIZE, dpi=DPI, facecolor="white")
        FigureCanvasAgg(figure)  # draws into memory, without a display
        axes = figure.add_axes((0.075, 0.2, 0.905, 0.6 if facts["drift"] else 0.68))
        _curves(axes, facts, rows)
        _changes(axes, facts["drift"], len(rows))
        _dress(axes, facts, rows)
        buffer = io.BytesIO()
        kind = path.suffix.lower().removeprefix(".")
        figure.savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
    try:
        path.write_bytes(buffer.getvalue())
    except OSError as error:
        raise UserError(f"--plot {path} cannot be written ({error.strerror})") from None


def _curves(axes: Axes, facts: Mapping[str, Any], rows: Rows) -> None:
    def column(name: str) -> list[float]:
        return [math.nan if (value := row.get(name)) is None else value for row in rows]

    generations = column("generation")
    best = column("best_fitness")
    axes.plot(generations, best, color=TRAINING, lw=1.2, label="best in training", zorder=2)
    axes.plot(
        generations, column("champion_fitness"), color=CHAMPION, lw=2.4, label="champion, held-out episodes", zorder=4
    )
    if facts["drift"]:
        xs, ys = _frozen(facts["drift"], generations, column("frozen_fitness"))
        axes.plot(xs, ys, color=FROZEN, lw=1.8, ls=(0, (4, 1.6)), label="the same, frozen before the change", zorder=3)


def _frozen(
    events: Sequence[Mapping[str, Any]], generations: Sequence[float], fitness: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return a line for each frozen champion: from what it was worth before the change through all that it met."""
    xs: list[float] = []
    ys: list[float] = []
    ends = [event["generation"] for event in events[1:]] + [math.inf]
    for event, end in zip(events, ends, strict=True):
        if event["before"] is not None:
            xs.append(event["generation"] - 1)
            ys.append(event["before"])
        for x, y in zip(generations, fitness, strict=True):
            if event["generation"] <= x < end:
                xs.append(x)
                ys.append(y)
        xs.append(math.nan)  # the next one is another genome
        ys.append(math.nan)
    return xs, ys


def _changes(axes: Axes, events: Sequence[Mapping[str, Any]], count: int) -> None:
    """Mark where the world changed, and shade the time until the champion had recovered."""
    shaded = False
    for k, event in enumerate(events):
        begin = event["generation"]
        following = events[k + 1]["generation"] if k + 1 < len(events) else count
        recovered = event["recovered_generation"]
        # A change acts from the start of its generation, which the axis has half a generation before its number.
        until = (following if recovered is None else recovered + 1) - 0.5
        if event["recovery_generations"] != 0 or event["settled"] > begin:
            label = None if shaded else "until recovered"
            axes.axvspan(begin - 0.5, max(until, event["settled"] + 0.5), color=RECOVERY, alpha=0.22, lw=0, label=label)
            shaded = True
        axes.axvline(begin - 0.5, color=FAINT, lw=0.9, zorder=1)
        if len(events) <= LABELLED:
            for text, colour, height in ((changes_text(event, "\n"), INK, 17), (_taken(event), FAINT, 4)):
                axes.annotate(
                    text,
                    (begin - 0.5, 1),
                    xycoords=axes.get_xaxis_transform(),
                    xytext=(0, height),
                    textcoords="offset points",
                    ha="left",
                    va="bottom",
                    fontsize=9,
                    color=colour,
                    linespacing=1.25,
                    annotation_clip=False,
                )


def _taken(event: Mapping[str, Any]) -> str:
    taken = event["recovery_generations"]
    if taken is None:
        return "not recovered"
    return f"recovered in {taken}" if taken else "recovered at once"


def _dress(axes: Axes, facts: Mapping[str, Any], rows: Rows) -> None:
    threshold = facts["solved_at"]
    low, high = axes.get_ylim()
    if threshold is not None and low - 0.25 * (high - low) <= threshold <= high + 0.25 * (high - low):
        axes.axhline(threshold, color=FAINT, lw=1, ls=(0, (1, 2)), zorder=1)
        axes.annotate(
            f"solved at {number(threshold)}",
            (0, threshold),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, -3),
            textcoords="offset points",
            ha="left",  # where curves are mostly low
            va="top",
            fontsize=8.5,
            color=FAINT,
        )
    first, last = rows[0]["generation"] or 0, rows[-1]["generation"] or 0
    axes.set_xlim(first - 0.5, max(last, first + 1) + 0.5)
    axes.set_xlabel("generation", color=INK)
    axes.set_ylabel("mean return", color=INK)
    axes.locator_params(axis="x", integer=True)
    axes.grid(axis="y", color=GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=3)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(FAINT)
    figure = axes.get_figure()
    assert figure is not None
    title = f"{facts['env']} · population {facts['population']} · {facts['backend']} · seed {facts['seed']}"
    figure.text(0.075, 0.955, title, fontsize=11.5, fontweight="bold", color=INK, va="center")
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0.065, 0.0),
        ncol=len(labels),
        frameon=False,
        fontsize=9.5,
        handlelength=2.2,
        columnspacing=1.8,
    )
