"""Progress of a run on standard error: a live view on a terminal, a line a generation elsewhere.

A generation may take 2 ms, so a view only keeps what it is told; rich's refresh thread draws a few times a second.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from ..config.schema import Settings
from .progress import redrawable
from .results import number

Row = Mapping[str, Any]

REFRESH_HZ = 5
WIDTH = 78  # of the live view, in characters, so that it fits a terminal of 80
LABEL = 13  # characters of a label and the space after it
SPARK = "▁▂▃▄▅▆▇█"
PHASES = (
    ("evaluate_s", "evaluation", "green"),
    ("speciate_s", "speciation", "yellow"),
    ("reproduce_s", "reproduction", "cyan"),
    ("checkpoint_s", "checkpoint", "magenta"),
)


class View(Protocol):
    """What the generation loop tells about its progress.

    message: a sentence, such as that kernels are being compiled
    start: called once, before the first generation. threshold: validated fitness that counts as solved, or None
    generation: one row, as in ``metrics.csv``: times are seconds of this generation, env_steps its training steps,
        and only wall_time_s counts from the start of the run
    finish: the fields of ``summary.json``
    close: always called last, also after an error
    run_dir: None before the start
    """

    run_dir: Path | None

    def message(self, text: str) -> None: ...
    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None: ...
    def generation(self, row: Row) -> None: ...
    def finish(self, summary: Mapping[str, Any]) -> None: ...
    def close(self) -> None: ...


def choose_view(*, quiet: bool = False) -> View:
    """Return the view that fits standard error."""
    if quiet:
        return SilentView()
    console = redrawable()
    return PlainView() if console is None else LiveView(console)


class SilentView:
    """Shows nothing."""

    def __init__(self) -> None:
        self.run_dir: Path | None = None

    def message(self, text: str) -> None:
        pass

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None:
        self.run_dir = run_dir

    def generation(self, row: Row) -> None:
        pass

    def finish(self, summary: Mapping[str, Any]) -> None:
        pass

    def close(self) -> None:
        pass


class PlainView(SilentView):
    """One line a generation, for logs."""

    def message(self, text: str) -> None:
        print(text, file=sys.stderr)

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None:
        super().start(settings, run_dir, threshold)
        self.message(f"{settings.environment.id}, population {settings.neat.population}, run {run_dir}")

    def generation(self, row: Row) -> None:
        validated = row["champion_fitness"]
        self.message(
            f"generation {row['generation']}  best {row['best_fitness']:.2f}  mean {row['mean_fitness']:.2f}"
            + (f"  validated {validated:.2f}" if validated is not None else "")
            + f"  species {row['species']}  connections {row['conns_mean']:.1f}  {row['generation_s'] * 1e3:.1f} ms"
        )


class History:
    """A series for a sparkline in bounded memory: when it is full, neighbours merge into their maximum."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.values: list[float] = []
        self._stride = 1
        self._pending = -math.inf
        self._count = 0

    def append(self, value: float | None) -> None:
        if value is not None and math.isfinite(value):
            self._pending = max(self._pending, value)
        self._count += 1
        if self._count == self._stride:
            self.values.append(self._pending)
            self._pending, self._count = -math.inf, 0
            if len(self.values) == 2 * self.capacity:
                self.values = [max(pair) for pair in zip(self.values[::2], self.values[1::2], strict=True)]
                self._stride *= 2

    def shown(self) -> list[float]:
        """Return at most `capacity` values; -inf where there was none."""
        if len(self.values) <= self.capacity:
            return list(self.values)
        values = self.values if len(self.values) % 2 == 0 else [*self.values, self.values[-1]]
        return [max(pair) for pair in zip(values[::2], values[1::2], strict=True)]


def sparkline(values: list[float], low: float, high: float) -> str:
    """Return a character for each value, its height between `low` and `high`; a blank where the value is -inf."""
    span = high - low
    top = len(SPARK) - 1
    return "".join(
        " " if value == -math.inf else SPARK[round((value - low) / span * top) if span > 0 else top] for value in values
    )


class LiveView(SilentView):
    """A panel that redraws itself in place, at most 80 characters by 24 lines."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._live: Live | None = None
        self._settings: Settings | None = None
        self._threshold: float | None = None
        self._row: Row | None = None
        self._validated: float | None = None
        self._best = History(WIDTH - 4 - LABEL)
        self._champion = History(WIDTH - 4 - LABEL)
        self._env_steps = 0
        self._seconds = dict.fromkeys((*(key for key, _, _ in PHASES), "generation_s"), 0.0)
        self._started = time.monotonic()

    def message(self, text: str) -> None:
        self._console.print(text, markup=False)

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None:
        super().start(settings, run_dir, threshold)
        self._settings, self._threshold = settings, threshold
        self._started = time.monotonic()
        self._live = Live(
            console=self._console,
            get_renderable=self.render,
            refresh_per_second=REFRESH_HZ,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def generation(self, row: Row) -> None:
        for key in self._seconds:
            self._seconds[key] += row.get(key, 0.0)
        self._env_steps += row["env_steps"]
        if row["champion_fitness"] is not None:
            self._validated = row["champion_fitness"]
        self._best.append(row["best_fitness"])
        self._champion.append(self._validated)
        self._row = row

    def finish(self, summary: Mapping[str, Any]) -> None:
        self.close()

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()  # draws the last generation
            self._live = None

    def render(self) -> Panel:
        """Draw what is known now. Called from rich's thread, so a row may arrive meanwhile: nothing is changed here.

        One text with its columns already aligned draws several times faster than nested tables.
        """
        row, settings = self._row, self._settings
        assert settings is not None
        neat, run = settings.neat, settings.run
        title = f"{settings.environment.id} · population {neat.population} · {run.backend} · seed {run.seed}"
        body = Text(no_wrap=True, overflow="ellipsis")
        if row is None:
            body.append(f"first generation … {time.monotonic() - self._started:.0f} s")
        else:
            self._numbers(body, row, neat.generations)
            self._curves(body)
            self._times(body)
        subtitle = Text(_shortened(str(self.run_dir), WIDTH - 6))
        return Panel(body, title=Text(title), subtitle=subtitle, width=WIDTH, padding=(0, 1))

    def _numbers(self, body: Text, row: Row, generations: int) -> None:
        validated, colour = number(self._validated), ""
        if self._threshold is not None:
            validated += f" of {number(self._threshold)}"
            still = self._settings is not None and not self._settings.drift  # else there may be worlds to come
            if still and self._validated is not None and self._validated >= self._threshold:
                validated, colour = f"{validated}, solved", "bold green"
        seconds = self._seconds["generation_s"]
        rate = number(self._env_steps / seconds) if seconds > 0 else "-"
        fitness = f"{row['mean_fitness']:.2f} ± {row['std_fitness']:.2f}"
        nodes = f"{row['nodes_mean']:.1f}, best {row['best_nodes']}"
        connections = f"{row['conns_mean']:.1f}, best {row['best_conns']}"
        for left, value, style, right, other in (
            ("generation", f"{row['generation']} of {generations}", "", "species", str(row["species"])),
            ("best", f"{row['best_fitness']:.2f}", "", "nodes", nodes),
            ("mean", fitness, "", "connections", connections),
            ("validated", validated, colour, "env steps", f"{number(self._env_steps)}, {rate}/s"),
        ):
            body.append(f"{left:<{LABEL}}", "bold")
            body.append(f"{value:<27}", style)
            body.append(f"{right:<{LABEL}}", "bold")
            body.append(f"{other}\n")

    def _curves(self, body: Text) -> None:
        best, champion = self._best.shown(), self._champion.shown()
        known = [value for value in best + champion if value != -math.inf] or [0.0]
        low, high = min(known), max(known)
        for label, values, colour in (("best", best, "green"), ("validated", champion, "cyan")):
            body.append(f"\n{label:<{LABEL}}", "bold")
            body.append(sparkline(values, low, high), colour)
        body.append("\n")

    def _times(self, body: Text) -> None:
        """Draw each phase's share of the time as a part of one bar; what is left is the rest of the loop."""
        total = self._seconds["generation_s"] or 1.0
        length = WIDTH - 4
        done, drawn = 0.0, 0
        body.append("\n")
        for key, _, colour in PHASES:
            done = min(1.0, done + self._seconds[key] / total)
            body.append("█" * (round(done * length) - drawn), colour)
            drawn = round(done * length)
        body.append("░" * (length - drawn) + "\n", "dim")
        for key, name, colour in PHASES:
            body.append("■ ", colour)
            body.append(f"{name} {self._seconds[key] / total:.0%}  ")


def _shortened(text: str, length: int) -> str:
    """Return the end of a text that is too long, after an ellipsis."""
    return text if len(text) <= length else "…" + text[-(length - 1) :]
