"""``genesys report``: a run or a study, or several side by side, as one page of HTML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from ..errors import UserError
from .trust import tell_refusals, trust_option
from .words import PATH

EPILOG = """\b
Examples:
  genesys report
  genesys report runs/CartPole/001-software --output cartpole.html
  genesys report runs/Pendulum/* --output pendulum.html
  genesys report runs/CartPole/002-study runs/CartPole/003-study
"""


@click.command("report", epilog=EPILOG, short_help="Write an HTML report of one run or study, or several.")
@click.argument("runs", metavar="[RUN]...", nargs=-1, type=PATH)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="[default: report.html in RUN]")
@click.option("--no-film", is_flag=True, help="Leave out the film of the champion, which takes seconds to render.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Print no messages.")
def command(
    runs: tuple[Path, ...], output: Path | None, no_film: bool, force: bool, as_json: bool, quiet: bool
) -> None:
    """Write a self-contained HTML report of a run, finished or not: curves, champion, species, energy, settings.

    RUN is a run folder or a study; without it, the newest one here. Several runs are compared: curves with the spread
    over seeds, and a table; the page is then ./report.html. Runs of different environments are shown one environment
    after the other. A study has averages over its seeds; of several, the first is tested against each of the others. A
    study among runs stands for its runs, and a tuning for its studies on held-out seeds.
    """
    from ..files.folder import RunFolder, newest
    from ..files.study import is_study
    from ..report.html.write import place_of
    from ..report.terminal import tell

    def say(text: str) -> None:
        if not quiet:
            tell(text)

    places = _without_tunings(list(dict.fromkeys(runs)) or [newest()], say)
    studies = [place for place in places if is_study(place)]
    if len(studies) == len(places):
        _studies(studies, place_of(studies, output, overwrite=force), as_json)
        return
    folders = [RunFolder.open(run).path for place in places for run in _runs_at(place)]
    if studies:
        shown = ", ".join(map(str, studies))
        say(f"{shown}: shown as single runs, since not all of what is compared are studies")
    _runs(folders, place_of(folders, output, overwrite=force), say, film=not no_film, as_json=as_json)


def _without_tunings(places: list[Path], say: Callable[[str], None]) -> list[Path]:
    """Return places where a tuning alone stands for its studies on held-out seeds, and one among others is left out."""
    from ..tuning.folder import TuningFolder, is_tuning

    tunings = [place for place in places if is_tuning(place)]
    if tunings and len(places) == 1:
        found = TuningFolder(places[0]).studies()
        if not found:
            raise UserError(f"{places[0]} is a tuning without studies on held-out seeds, so there is nothing to report")
        return found
    if tunings:
        say(f"{', '.join(map(str, tunings))}: left out, since what a tuning has tried are no runs to compare")
    return [place for place in places if place not in tunings]


def _runs_at(place: Path) -> list[Path]:
    """Return a run, or those of a study that have begun."""
    from ..files.study import StudyFolder, is_study

    if not is_study(place):
        return [place]
    folder = StudyFolder.open(place)
    found = [folder.run(seed) for seed in folder.read().seeds]
    return [run.path for run in found if run.config.is_file()]


def _runs(folders: list[Path], path: Path, say: Callable[[str], None], *, film: bool, as_json: bool) -> None:
    from ..inspection.overview import overview
    from ..report.html.write import write_report

    found = [overview(folder) for folder in folders]
    tell_refusals()
    write_report(found, path, say, film=film)
    _tell(path, as_json, {"runs": [run.facts["run_dir"] for run in found]})


def _studies(folders: list[Path], path: Path, as_json: bool) -> None:
    from ..report.html.write import write_studies
    from ..studies.compare import compare
    from ..studies.summary import survey

    found = [survey(folder) for folder in folders]
    comparisons = [compare(found[0], other) for other in found[1:]]
    write_studies(found, comparisons, path)
    _tell(path, as_json, {"studies": [str(folder) for folder in folders], "comparisons": comparisons})


def _tell(path: Path, as_json: bool, facts: dict[str, object]) -> None:
    from ..report.results import print_json
    from ..report.terminal import write

    if as_json:
        print_json({"report": str(path), "bytes": path.stat().st_size, **facts})
    else:
        write(f"{path}\n")
