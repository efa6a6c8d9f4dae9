"""Writes reports as files."""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ...envs.data.env import DataEnv
from ...errors import GenesysError, UserError
from ...files.champion import StoredChampion
from ...files.storage import write_atomically
from ...files.target import environment_for
from ...inspection.overview import Overview
from ...playback.data import replay_data
from ...playback.replay import replay
from ...playback.show import Frame
from ...studies.summary import Survey
from ..film.film import Film
from ..network.svg import network_svg
from ..output import check_output
from .compare import compare_page
from .run import Pictures, run_page
from .studies import studies_page
from .study import study_page

NAME = "report.html"
FPS, SECONDS = 20.0, 10.0  # of a film: enough to see how it acts, and small


def place_of(runs: Sequence[Path], wanted: Path | None, *, overwrite: bool) -> Path:
    """Return the file that a report of these run folders goes to; raises UserError where it would take another's place.

    wanted: None: in the folder of a run alone, or where the command was given
    """
    path = wanted or (runs[0] / NAME if len(runs) == 1 else Path(NAME))
    check_output("--output", path, overwrite=overwrite)
    return path


def write_studies(surveys: Sequence[Survey], comparisons: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the page of a study, or one that compares several; raises UserError where it cannot be written.

    comparisons: of the first with each of the others
    """
    text = study_page(surveys[0], path) if len(surveys) == 1 else studies_page(surveys, comparisons, path)
    _write(path, text)


def write_report(runs: Sequence[Overview], path: Path, say: Callable[[str], None], *, film: bool = True) -> None:
    """Write the page of a run, or one that compares several; raises UserError where it cannot be written.

    say: told of what takes long; film: with the champion's film, where it can be made
    """
    text = run_page(runs[0], pictures_of(runs[0], say, film=film)) if len(runs) == 1 else compare_page(runs)
    _write(path, text)


def _write(path: Path, text: str) -> None:
    write_atomically(path, text.encode(), "choose a place that you may write to with --output", "free some disk space")


def pictures_of(run: Overview, say: Callable[[str], None], *, film: bool) -> Pictures:
    """Return what the page shows of a run's champion, and why it lacks what it lacks."""
    if run.champion is None:
        return Pictures()
    drawn = network_svg(run.champion)
    if not film or run.settings.problem.function is not None:
        return Pictures(drawn)
    if run.settings.data.file is not None:
        return _learnt(run.champion, drawn)
    say("filming an episode of the champion; --no-film leaves that out")
    try:
        return Pictures(drawn, _film(run.champion))
    except GenesysError as error:
        why = str(error).replace("--record", "a film")
        why = re.sub(r" \([^()]*, line \d+\)$", "", why)  # a place on this machine is no business of the page's readers
    return Pictures(drawn, notes=(f"There is no film of it: {why}.",))


def _learnt(stored: StoredChampion, drawn: str) -> Pictures:
    """Return the predictions of the rows that were held out from a table."""
    try:
        env = environment_for(stored)
        assert isinstance(env, DataEnv)
        return Pictures(drawn, learnt=replay_data(stored, stored.settings, env, None))
    except UserError as error:
        return Pictures(drawn, notes=(f"There are no predictions: {error}.",))


class _EnoughError(Exception):
    """Ends an episode whose film is full."""


def _film(stored: StoredChampion) -> str:
    """Return a film of the first held-out episode as an address that holds it."""
    with TemporaryDirectory(prefix="genesys-") as folder:
        path = Path(folder) / "champion.gif"
        film = Film(path, fps=FPS, max_seconds=SECONDS)

        def show(frame: Frame) -> None:
            film(frame)
            if not film.complete:
                raise _EnoughError

        with contextlib.suppress(_EnoughError):
            replay(str(stored.origin), None, 1, None, "film", show)
        film.write()
        return "data:image/gif;base64," + base64.b64encode(path.read_bytes()).decode()
