"""Draws the fitness of a run over its generations, and what environment shifts did to it, with matplotlib.

Lines differ in style and width as well as in colour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError, one_line
from ..evolution.nobody import NO_FITNESS
from .figure import FAINT, INK, check, plain, write
from .results import changes_text, needed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT = 10.0, 0.75, 0.2  # inches; text of 10 points stays legible at the width of a README
HEIGHT, BELOW, ABOVE, LINE = 2.8, 0.9, 0.45, 0.185  # of the axes, below them, above them, and of a line of words there
LABELLED = 12  # environment shifts; more of them get lines without words
LETTER = 0.0075  # width of a letter, as a share of the axes'

CHAMPION, TRAINING, FROZEN, RECOVERY, CHANGING = "#0072B2", "#9fb6c3", "#D55E00", "#E69F00", "#8a8a8a"

Rows = Sequence[Mapping[str, float | None]]


def draw(facts: Mapping[str, Any], rows: Rows, path: Path, *, overwrite: bool = False) -> None:
    """Draw a run into an SVG or PNG file; raises UserError where that cannot be.

    facts, rows: as of ``inspection.inspect``
    """
    check(path, overwrite=overwrite)
    if not rows:
        raise UserError(f"{facts['run_dir']} has no generation yet, so there is nothing to draw")
    words = _words(facts["drift"], len(rows))
    height = BELOW + HEIGHT + ABOVE + LINE * max((text.count("\n") + 2 for _, text, _ in words), default=0)

    def paint(figure: Figure) -> None:
        right = RIGHT if facts.get("validation") is None else LEFT  # which has numbers of its own
        axes = figure.add_axes((LEFT / WIDTH, BELOW / height, 1 - (LEFT + right) / WIDTH, HEIGHT / height))
        judged = _curves(axes, facts, rows)
        _changes(axes, facts["drift"], len(rows))
        _labels(axes, words)
        _threshold(judged if facts.get("stop_on", "champion") == "champion" else axes, facts)
        _dress(figure, axes, facts, rows)

    write(path, WIDTH, height, paint)


def _curves(axes: Axes, facts: Mapping[str, Any], rows: Rows) -> Axes:
    """Draw what training and champions reached; return the axes of champions, which have a scale of their own where
    they are judged by starts that they pass."""

    def column(name: str) -> list[float]:
        return [math.nan if (value := row.get(name)) is None else value for row in rows]

    generations = column("generation")
    best = column("best_fitness")
    axes.plot(generations, best, color=TRAINING, lw=1.2, label="best in training", zorder=2)
    judged, label = axes, "champion, held-out episodes"
    if (validation := facts.get("validation")) is not None:
        judged, label = axes.twinx(), f"champion, starts passed in {one_line(validation)}"
        judged.set_ylabel("starts", color=INK)
        judged.locator_params(axis="y", integer=True)
        judged.spines[:].set_visible(False)
    judged.plot(generations, column("champion_fitness"), color=CHAMPION, lw=2.4, label=label, zorder=4)
    if all(math.isnan(value) for value in best):
        axes.text(0.5, 0.5, NO_FITNESS, transform=axes.transAxes, ha="center", color=FAINT)
    if facts["drift"]:
        xs, ys = frozen_lines(facts["drift"], generations, column("frozen_fitness"))
        judged.plot(xs, ys, color=FROZEN, lw=1.8, ls=(0, (4, 1.6)), label="frozen before the shift", zorder=3)
    return judged


def frozen_lines(
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
    """Mark where the environment shifted, and shade the time until the champion had recovered."""
    named: set[str] = set()

    def shade(begin: float, end: float, colour: str, alpha: float, name: str) -> None:
        if end > begin:
            axes.axvspan(begin, end, color=colour, alpha=alpha, lw=0, label="_" + name if name in named else name)
            named.add(name)

    for k, event in enumerate(events):
        following = events[k + 1]["generation"] if k + 1 < len(events) else count
        recovered = event["recovered_generation"]
        # A change acts from the start of its generation, which the axis has half a generation before its number.
        begin, settled = event["generation"] - 0.5, min(event["settled"], following) - 0.5
        shade(begin, settled, CHANGING, 0.13, "changing")
        if event["recovery_generations"] != 0:
            shade(settled, (following if recovered is None else recovered + 1) - 0.5, RECOVERY, 0.22, "until recovered")
        axes.axvline(begin, color=FAINT, lw=0.9, zorder=1)


def _words(events: Sequence[Mapping[str, Any]], count: int) -> list[tuple[Mapping[str, Any], str, float]]:
    """Return the changes that get words: the change, what changed, a line each, and where, as a share of the width.

    Those whose words had no room are left out.
    """
    found = []
    free = 0.0  # share of the width from which on there is room
    for event in events if len(events) <= LABELLED else ():
        text = changes_text(event, "\n")
        width = LETTER * max(map(len, [*text.split("\n"), _taken(event)]))
        begin = min(event["generation"] / count, 1 - width)  # what begins near the end must not run out of the picture
        if begin >= free:
            found.append((event, text, begin))
            free = begin + width + 0.01
    return found


def _labels(axes: Axes, words: Sequence[tuple[Mapping[str, Any], str, float]]) -> None:
    for event, changed, begin in words:
        for text, colour, height in ((changed, INK, 4 + LINE * 72), (_taken(event), FAINT, 4)):
            axes.annotate(
                text,
                (begin, 1),
                xycoords="axes fraction",
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


def _threshold(axes: Axes, facts: Mapping[str, Any]) -> None:
    """Draw the threshold, where it is near what the axes show."""
    threshold, falling = facts["solved_at"], bool(facts.get("minimise"))
    low, high = axes.get_ylim()
    if threshold is not None and low - 0.25 * (high - low) <= threshold <= high + 0.25 * (high - low):
        axes.axhline(threshold, color=FAINT, lw=1, ls=(0, (1, 2)), zorder=1)
        axes.annotate(
            f"solved at {needed(facts)}",
            (0, threshold),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, 3 if falling else -3),
            textcoords="offset points",
            ha="left",  # where curves are mostly far from it yet
            va="bottom" if falling else "top",
            fontsize=8.5,
            color=FAINT,
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.6},
            zorder=5,
        )


def _dress(figure: Figure, axes: Axes, facts: Mapping[str, Any], rows: Rows) -> None:
    falling = bool(facts.get("minimise"))
    first, last = rows[0]["generation"] or 0, rows[-1]["generation"] or 0
    axes.set_xlim(first - 0.5, max(last, first + 1) + 0.5)
    axes.set_xlabel("generation", color=INK)
    axes.set_ylabel("mean return, less is better" if falling else "mean return", color=INK)
    axes.locator_params(axis="x", integer=True)
    plain(axes)
    title = f"{facts['env']} · population {facts['population']} · {facts['backend']} · seed {facts['seed']}"
    title = one_line(title)
    figure.text(
        LEFT / WIDTH, 1 - 0.2 / figure.get_figheight(), title, fontsize=11.5, fontweight="bold", color=INK, va="center"
    )
    handles, labels = (
        [one for part in parts for one in part]
        for parts in zip(*(each.get_legend_handles_labels() for each in figure.axes), strict=True)
    )
    figure.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(LEFT / WIDTH - 0.01, 0.0),
        ncol=len(labels),
        frameon=False,
        fontsize=9.5,
        handlelength=2.2,
        columnspacing=1.6,
    )
