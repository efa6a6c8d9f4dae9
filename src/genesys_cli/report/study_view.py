"""Progress of a study on standard error: a live table on a terminal, a line for each run that ends elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from ..config.seeds import seeds_words
from ..errors import one_line, plain
from ..files.outcomes import Outcome
from ..files.study import Study
from ..studies.study import Observer
from .console import REFRESH_HZ, WIDTH, clock, score, shortened
from .progress import EVERY_S, redrawable
from .results import number
from .terminal import tell

COLUMNS = (("seed", 12), ("generation", 16), ("best", 13), ("validated", 13), ("species", 9), ("time", 10))
MOST_SHOWN = 16  # runs in the table


class StudyView(Observer, Protocol):
    """Shows what a study tells. run_dir: None before the start; close: always called last, also after an error"""

    run_dir: Path | None

    def close(self) -> None: ...


def choose_study_view(*, quiet: bool = False) -> StudyView:
    """Return the view that fits standard error."""
    if quiet:
        return SilentStudy()
    console = redrawable()
    return PlainStudy() if console is None else LiveStudy(console)


class SilentStudy:
    """Shows nothing but the trace of an error that nobody expects."""

    def __init__(self) -> None:
        self.run_dir: Path | None = None

    def message(self, text: str) -> None:
        pass

    def start(self, study: Study, path: Path, todo: Sequence[int], side_by_side: int) -> None:
        self.run_dir = path

    def began(self, seed: int) -> None:
        pass

    def generation(self, seed: int, row: Mapping[str, Any]) -> None:
        pass

    def ended(self, seed: int, outcome: Outcome) -> None:
        pass

    def failed(self, seed: int, why: str, trace: str) -> None:
        if trace:
            tell(trace.rstrip())

    def close(self) -> None:
        pass


class _Counting(SilentStudy):
    """Keeps what there is to show."""

    def __init__(self) -> None:
        super().__init__()
        self.study: Study | None = None
        self.done = self.total = self.solved = self.failures = 0
        self.running: dict[int, Mapping[str, Any] | None] = {}

    def start(self, study: Study, path: Path, todo: Sequence[int], side_by_side: int) -> None:
        super().start(study, path, todo, side_by_side)
        self.study, self.total = study, len(todo)
        if todo:
            settings = study.settings
            kept = len(study.seeds) - len(todo)
            self.message(
                f"{settings.environment.id}, population {settings.neat.population}, {seeds_words(study.seeds)}, study "
                f"{path}: {f'{kept} at their end, ' if kept else ''}{len(todo)} run{'s'[: len(todo) != 1]}, "
                f"{side_by_side} side by side"
            )

    def began(self, seed: int) -> None:
        self.running[seed] = None

    def generation(self, seed: int, row: Mapping[str, Any]) -> None:
        self.running[seed] = row

    def ended(self, seed: int, outcome: Outcome) -> None:
        self.running.pop(seed, None)
        self.done += 1
        self.solved += bool(outcome.solved)
        self.message(f"seed {seed}  {outcome_words(outcome)}  {self.done + self.failures} of {self.total}")

    def failed(self, seed: int, why: str, trace: str) -> None:
        super().failed(seed, why, trace)
        self.running.pop(seed, None)
        self.failures += 1
        self.message(f"seed {seed}  failed: {why}  {self.done + self.failures} of {self.total}")


class PlainStudy(_Counting):
    """A line for each run that ends, and now and then one for a run that goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._last = time.monotonic()

    def message(self, text: str) -> None:
        self._last = time.monotonic()
        tell(text)

    def generation(self, seed: int, row: Mapping[str, Any]) -> None:
        super().generation(seed, row)
        if time.monotonic() - self._last >= EVERY_S:
            self.message(f"seed {seed}  generation {row['generation']}  {_scores(row)}")


class LiveStudy(_Counting):
    """A panel that redraws itself in place: a row for each run under way, and how many have ended."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._live: Live | None = None
        self._started = time.monotonic()

    def message(self, text: str) -> None:
        self._console.print(Text(plain(text)))

    def start(self, study: Study, path: Path, todo: Sequence[int], side_by_side: int) -> None:
        super().start(study, path, todo, side_by_side)
        if not todo:
            return
        self._started = time.monotonic()
        self._live = Live(
            console=self._console,
            get_renderable=self.render,
            refresh_per_second=REFRESH_HZ,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )
        self._live.start()

    def close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def render(self) -> Panel:
        """Draw what is known now. Called from rich's thread, so a message may arrive meanwhile: nothing is changed."""
        assert self.study is not None
        settings = self.study.settings
        width = max(8, min(WIDTH, self._console.width))
        body = Text(no_wrap=True, overflow="ellipsis")
        body.append("".join(f"{name:<{size}}" for name, size in COLUMNS).rstrip(), "bold")
        running = sorted(self.running.items())
        for seed, row in running[:MOST_SHOWN]:
            body.append("\n" + _row(seed, row, settings.neat.generations))
        if len(running) > MOST_SHOWN:
            body.append(f"\nand {len(running) - MOST_SHOWN} more", "dim")
        left = self.total - self.done - self.failures - len(running)
        words = f"{self.done} of {self.total} done, {self.solved} solved"
        body.append(f"\n\n{words}{f', {left} to come' if left else ''}, {clock(time.monotonic() - self._started)}")
        if self.failures:
            body.append(f", {self.failures} failed", "bold red")
        filled = round((self.done + self.failures) / self.total * (width - 4))
        body.append("\n" + "█" * filled, "green")
        body.append("░" * (width - 4 - filled), "dim")
        title = f"{settings.environment.id} · population {settings.neat.population} · {settings.run.backend}"
        title += f" · {seeds_words(self.study.seeds)}"
        subtitle = Text(shortened(one_line(self.run_dir), width - 6))
        return Panel(
            body, title=Text(shortened(one_line(title), width - 6)), subtitle=subtitle, width=width, padding=(0, 1)
        )


def outcome_words(outcome: Outcome) -> str:
    """Return in a line what the run of a seed came to."""
    if outcome.solved_after is not None:
        how = f"solved in {outcome.solved_after} generation{'s'[: outcome.solved_after > 1]}"
    else:
        unsolved = "ended" if outcome.threshold is None else "not solved"
        how = f"{unsolved} after {outcome.generations} generation{'s'[: outcome.generations != 1]}"
    validated = "no champion" if outcome.validated_fitness is None else f"validated {score(outcome.validated_fitness)}"
    return f"{how}  {validated}  {number(outcome.env_steps)} steps  {clock(outcome.wall_time_s)}"


def _row(seed: int, row: Mapping[str, Any] | None, generations: int) -> str:
    cells = [str(seed)]
    if row is None:
        cells.append("first")
    else:
        cells.append(f"{row['generation']} of {generations}")
        cells += [score(row["best_fitness"]), score(row["champion_fitness"]), str(row["species"])]
        cells.append(clock(row["wall_time_s"]))
    return "".join(f"{cell:<{size}}" for cell, (_, size) in zip(cells, COLUMNS, strict=False)).rstrip()


def _scores(row: Mapping[str, Any]) -> str:
    return f"best {score(row['best_fitness'])}  validated {score(row['champion_fitness'])}"
