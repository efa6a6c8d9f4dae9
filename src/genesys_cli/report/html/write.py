"""Writes reports as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ...errors import UserError
from ...runs.overview import Overview
from ...runs.storage import write_atomically
from ..network.svg import network_svg
from .compare import compare_page
from .run import Pictures, run_page

NAME = "report.html"


def place_of(runs: Sequence[Path], wanted: Path | None, *, overwrite: bool) -> Path:
    """Return the file that a report of these run folders goes to; raises UserError where it would take another's place.

    wanted: None: in the folder of a run alone, or where the command was given
    """
    path = wanted or (runs[0] / NAME if len(runs) == 1 else Path(NAME))
    if path.is_dir():
        raise UserError(f"--output {path} is a folder; give a file in it, such as {path / NAME}")
    if path.exists() and not overwrite:
        raise UserError(
            f"{path} exists already and is kept as it is; choose another name with --output, or add --force"
        )
    if not path.parent.is_dir():
        raise UserError(f"--output {path}: there is no folder {path.parent}; make it, or choose another")
    return path


def write_report(runs: Sequence[Overview], path: Path, say: Callable[[str], None], *, film: bool = True) -> None:
    """Write the page of a run, or one that compares several; raises UserError where it cannot be written.

    say: told of what takes long; film: with the champion's film, where it can be made
    """
    text = run_page(runs[0], pictures_of(runs[0], say, film=film)) if len(runs) == 1 else compare_page(runs)
    write_atomically(path, text.encode(), "choose a place that you may write to with --output", "make room")


def pictures_of(run: Overview, say: Callable[[str], None], *, film: bool) -> Pictures:
    """Return what the page shows of a run's champion, and why it lacks what it lacks."""
    if run.champion is None:
        return Pictures()
    return Pictures(network_svg(run.champion))
