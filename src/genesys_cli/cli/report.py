"""``genesys report``: a run, or several side by side, as one page of HTML."""

from __future__ import annotations

from pathlib import Path

import click

from .trust import tell_refusals, trust_option
from .words import PATH

EPILOG = """\b
Examples:
  genesys report
  genesys report runs/CartPole/001-software --output cartpole.html
  genesys report runs/Pendulum/* --output pendulum.html
"""


@click.command("report", epilog=EPILOG, short_help="Write an HTML report of one run or several.")
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

    RUN is a run folder; without it, the newest run here. Several are compared: curves with the spread over seeds, and a
    table; the page is then ./report.html. Runs of different environments are shown one environment after the other.
    """
    from ..files.folder import RunFolder, newest
    from ..inspection.overview import overview
    from ..report.html.write import place_of, write_report
    from ..report.results import print_json
    from ..report.terminal import tell, write

    places = list(dict.fromkeys(runs)) or [newest()]
    folders = [RunFolder.open(run).path for run in places]
    path = place_of(folders, output, overwrite=force)
    found = [overview(folder) for folder in folders]
    tell_refusals()
    write_report(found, path, lambda text: None if quiet else tell(text), film=not no_film)
    if as_json:
        print_json({"report": str(path), "bytes": path.stat().st_size, "runs": [run.facts["run_dir"] for run in found]})
    else:
        write(f"{path}\n")
