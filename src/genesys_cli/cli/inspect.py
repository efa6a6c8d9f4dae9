"""``genesys inspect``: what became of a run, and what changes of its world did to it."""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  genesys inspect
  genesys inspect runs/CartPole/001-software --plot drift.svg
"""


@click.command("inspect", epilog=EPILOG, short_help="Show what became of a run.")
@click.argument("run", type=click.Path(path_type=Path), required=False)
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw the fitness: .svg or .png.")
@click.option("--force", is_flag=True, help="Let --plot overwrite a file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(run: Path | None, plot: Path | None, force: bool, as_json: bool) -> None:
    """Show what became of a run, finished or not, and what each change of its world did to the champion.

    RUN is a run folder; without it, the newest run here.
    """
    from ..report.results import print_inspection, print_json
    from ..runs import inspect as runs

    found = runs.inspect(run)
    if plot is not None:
        from ..report.plot import draw

        draw(found.facts, found.rows, plot, overwrite=force)
    if as_json:
        print_json(found.facts | ({"plot": str(plot)} if plot is not None else {}))
    else:
        print_inspection(found.facts, plot)
