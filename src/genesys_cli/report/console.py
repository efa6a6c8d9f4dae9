"""Progress of a run on standard error: a live view on a terminal, a line a generation elsewhere.

A generation may take 2 ms, so a view only keeps what it is told; rich's refresh thread draws a few times a second.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from ..config.schema import Settings
from ..counts import ENV_STEPS
from ..errors import one_line, plain
from ..evolution.goal import Goal, goal_of, turned
from ..evolution.nobody import NO_FITNESS
from .progress import redrawable
from .results import number, quantity
from .terminal import tell
from .units import units_of

Row = Mapping[str, Any]

REFRESH_HZ = 5
WIDTH = 78  # of the live view, in characters, so that it fits a terminal of 80; a narrower one gets a narrower view
LABEL = 13  # characters of a label and the space after it
VALUE = 27  # characters of a value with another beside it
LATELY = 20  # generations that the time to come is estimated from
SPARK = "▁▂▃▄▅▆▇█"
PHASES = (
    ("evaluate_s", "evaluation", "green"),
    ("speciate_s", "speciation", "yellow"),
    ("reproduce_s", "reproduction", "cyan"),
    ("checkpoint_s", "checkpoint", "magenta"),
)
ENERGY = ("energy_j", "host_energy_j")


class View(Protocol):
    """What the generation loop tells about its progress.

    message: a sentence, such as that kernels are being compiled
    start: called once, before the first generation. threshold: fitness that counts as solved, or None
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


def _populations(settings: Settings) -> str:
    islands = f"{settings.islands.count} islands, " if settings.islands.several else ""
    return f"{islands}population {settings.neat.population}"


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

    def __init__(self) -> None:
        super().__init__()
        self._changes = 0

    def message(self, text: str) -> None:
        tell(text)

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None:
        super().start(settings, run_dir, threshold)
        self.message(f"{settings.environment.id}, {_populations(settings)}, run {run_dir}")

    def generation(self, row: Row) -> None:
        validated = row["champion_fitness"]
        best, mean = row["best_fitness"], row["mean_fitness"]
        self.message(
            f"generation {row['generation']}  "
            + (NO_FITNESS if best is None else f"best {score(best)}  mean {score(mean)}")
            + (f"  validated {score(validated)}" if validated is not None else "")
            + f"  species {row['species']}  connections {row['conns_mean']:.1f}  {quantity(row['generation_s'], 's')}"
            + self._shift(row)
        )

    def _shift(self, row: Row) -> str:
        """Say that the environment has shifted in this generation, and what the champion from before that scores."""
        changes = row.get("world_changes", 0)
        changed, self._changes = changes > self._changes, changes
        frozen = row.get("frozen_fitness")
        return ("  environment shift" if changed else "") + (f"  frozen {score(frozen)}" if frozen is not None else "")


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

    def shown(self, length: int | None = None) -> list[float]:
        """Return at most `length` values, or `capacity`; -inf where there was none."""
        wanted = self.capacity if length is None else max(1, min(length, self.capacity))
        merged = math.ceil(len(self.values) / wanted)
        return [max(self.values[k : k + merged]) for k in range(0, len(self.values), merged)] if merged else []


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
        self._goal = Goal()
        self._row: Row | None = None
        self._validated: float | None = None
        self._best = History(WIDTH - 4 - LABEL)
        self._champion = History(WIDTH - 4 - LABEL)
        self._env_steps = 0
        self._steps = units_of({}).steps
        self._faults = 0
        self._joules: dict[str, float] = {}
        self._laps: deque[float] = deque(maxlen=LATELY)
        self._seconds = dict.fromkeys((*(key for key, _, _ in PHASES), "generation_s"), 0.0)
        self._started = time.monotonic()

    def message(self, text: str) -> None:
        self._console.print(Text(plain(text)))

    def start(self, settings: Settings, run_dir: Path, threshold: float | None = None) -> None:
        super().start(settings, run_dir, threshold)
        self._settings = settings
        facts = {"data": settings.data.facts(), "problem": settings.problem.facts()}
        self._steps = units_of(facts).steps
        self._goal = goal_of(settings.evaluation, None)._replace(threshold=threshold)
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
        self._laps.append(row["generation_s"])
        self._env_steps += row[ENV_STEPS.name]
        self._faults += sum(value for key, value in row.items() if key.startswith("faults_"))
        for key in ENERGY:
            if row.get(key) is not None:
                self._joules[key] = self._joules.get(key, 0.0) + row[key]
        if row["champion_fitness"] is not None:
            self._validated = row["champion_fitness"]
        # A history keeps the largest of neighbours, and that is to be the best.
        self._best.append(turned(row["best_fitness"], self._goal.minimise))
        self._champion.append(turned(self._validated, self._goal.minimise))
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
        width = max(8, min(WIDTH, self._console.width))
        inside = width - 4
        neat, run = settings.neat, settings.run
        title = f"{settings.environment.id} · {_populations(settings)} · {run.backend} · seed {run.seed}"
        body = Text(no_wrap=True, overflow="ellipsis")
        if row is None:
            body.append(f"first generation … {time.monotonic() - self._started:.0f} s")
        else:
            self._numbers(body, self._facts(row, neat.generations), inside)
            self._curves(body, inside - LABEL)
            self._times(body, inside)
        subtitle = Text(shortened(one_line(self.run_dir), width - 6))
        return Panel(body, title=Text(one_line(title)), subtitle=subtitle, width=width, padding=(0, 1))

    def _facts(self, row: Row, generations: int) -> list[tuple[str, str, str]]:
        """Return label, value and style of what is shown in numbers, in pairs that belong side by side."""
        best, mean = score(row["best_fitness"]), score(row["mean_fitness"])
        if row["std_fitness"] is not None:
            mean += f" ± {score(row['std_fitness'])}"
        numbers = {"best": best, "mean": mean, "champion": number(self._validated)}
        colours = dict.fromkeys(numbers, "")
        if self._goal.threshold is not None:
            stop = self._goal.stop_on
            numbers[stop] += f" of {'≤ ' if self._goal.minimise else ''}{number(self._goal.threshold)}"
            still = self._settings is not None and not self._settings.drift  # else there may be shifts to come
            now = self._validated if stop == "champion" else row[self._goal.column]
            if still and self._goal.reached(now):
                numbers[stop], colours[stop] = f"{numbers[stop]}, solved", "bold green"
        seconds = self._seconds["generation_s"]
        rate = number(self._env_steps / seconds) if seconds > 0 else "-"
        left = generations - 1 - row["generation"]
        lap = sum(self._laps) / len(self._laps)
        more = f", ≤ {clock(left * lap)} left" if left > 0 else ""
        place = "the chip" if "energy_j" in self._joules else "this machine"
        joules = next((f"{quantity(self._joules[key], 'J')}, {place}" for key in ENERGY if key in self._joules), "-")
        facts = [
            ("generation", f"{row['generation']} of {generations}", ""),
            ("species", str(row["species"]), ""),
            ("best", numbers["best"], colours["best"]),
            ("nodes", f"{row['nodes_mean']:.1f}, best {number(row['best_nodes'])}", ""),
            ("mean", numbers["mean"], colours["mean"]),
            ("connections", f"{row['conns_mean']:.1f}, best {number(row['best_conns'])}", ""),
            ("validated", numbers["champion"], colours["champion"]),
            (self._steps, f"{number(self._env_steps)}, {rate}/s", ""),
            ("time", f"{clock(row['wall_time_s'])}{more}", ""),
            ("energy", joules, ""),
        ]
        if changes := row.get("world_changes"):
            facts += [("shifts", number(changes), ""), ("frozen", number(row["frozen_fitness"]), "")]
        if row["best_fitness"] is None:
            facts.append(("fitness", NO_FITNESS, "bold red"))
        if self._faults:
            facts.append(("faults", f"{self._faults}, see faults.jsonl", "bold red"))
        return facts

    def _numbers(self, body: Text, facts: list[tuple[str, str, str]], inside: int) -> None:
        """Draw two columns where there is room for them, else one."""
        columns = 2 if inside >= 2 * LABEL + VALUE + 12 else 1
        for k, (label, value, style) in enumerate(facts):
            last = k % columns == columns - 1 or k == len(facts) - 1
            body.append(f"{label:<{LABEL}}", "bold")
            body.append(value if last else f"{value:<{VALUE}}", style)
            body.append("\n" if last else "")

    def _curves(self, body: Text, length: int) -> None:
        best, champion = self._best.shown(length), self._champion.shown(length)
        best, champion = ([_own(value, self._goal) for value in values] for values in (best, champion))
        # A validation of its own has a unit of its own, too.
        apart = self._settings is not None and self._settings.evaluation.validation is not None
        for label, values, colour in (("best", best, "green"), ("validated", champion, "cyan")):
            known = [value for value in (values if apart else best + champion) if value != -math.inf] or [0.0]
            low, high = min(known), max(known)
            body.append(f"\n{label:<{LABEL}}", "bold")
            body.append(sparkline(values, low, high), colour)
        body.append("\n")

    def _times(self, body: Text, length: int) -> None:
        """Draw each phase's share of the time as a part of one bar; what is left is the rest of the loop."""
        total = self._seconds["generation_s"] or 1.0
        done, drawn = 0.0, 0
        body.append("\n")
        for key, _, colour in PHASES:
            done = min(1.0, done + self._seconds[key] / total)
            body.append("█" * (round(done * length) - drawn), colour)
            drawn = round(done * length)
        body.append("░" * (length - drawn) + "\n", "dim")
        used = 0
        for key, name, colour in PHASES:
            words = f"{name} {self._seconds[key] / total:.0%}  "
            if used and used + len(words) > length:  # the next line, where the view is narrow
                body.append("\n")
                used = 0
            body.append("■ ", colour)
            body.append(words)
            used += len(words) + 2


def _own(value: float, goal: Goal) -> float:
    """Return the user's number for one of a history; -inf, which is none, remains."""
    return value if value == -math.inf else turned(value, goal.minimise)


def score(value: float | None) -> str:
    """Return a fitness with two decimals, where that is not too long."""
    if value is None:
        return "none"
    return f"{value:.2f}" if abs(value) < 1e12 else f"{value:.4g}"


def clock(seconds: float) -> str:
    """Return a time in few characters: 0.25 s, 42 s, 12:05, 1:02:05."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def shortened(text: str, length: int) -> str:
    """Return the end of a text that is too long, after an ellipsis."""
    return text if len(text) <= length else "…" + text[-(length - 1) :]
