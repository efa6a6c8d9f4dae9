"""``genesys inspect``: what became of a run, and what the network is that it found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import UserError
from .trust import tell_refusals, trust_option
from .words import EPISODES, NAME_OR_PATH, PATH

EPILOG = """\b
Examples:
  genesys inspect
  genesys inspect runs/CartPole/001-software --plot drift.svg
  genesys inspect champion --ancestry
  genesys inspect champion --draw network.svg
  genesys inspect LunarLander --ablation --episodes 20
"""


@click.command("inspect", epilog=EPILOG, short_help="Show the outcome of a run, or the structure of a network.")
@click.argument("target", required=False, type=NAME_OR_PATH)
@click.option("--run", type=PATH, metavar="DIR", help="Run folder to look in. [default: the newest]")
@click.option("--ancestry", is_flag=True, help="Show the network's ancestors and every mutation on the way.")
@click.option("--ablation", is_flag=True, help="Ablate each input in turn (held at its mean) to see which matter.")
@click.option("-n", "--episodes", type=EPISODES, metavar="N", help="Episodes per ablated input. [default: 30]")
@click.option("--all", "everything", is_flag=True, help="Do not truncate tables; draw disabled connections too.")
@click.option("--plot", type=PATH, metavar="FILE", help="Plot a run's fitness: .svg or .png.")
@click.option("--draw", type=PATH, metavar="FILE", help="Draw the network: .svg or .png.")
@click.option("--force", is_flag=True, help="Let --plot and --draw overwrite a file.")
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    target: str | None,
    run: Path | None,
    ancestry: bool,
    ablation: bool,
    episodes: int | None,
    everything: bool,
    plot: Path | None,
    draw: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Show the outcome of a run, finished or not, or the structure of a network.

    TARGET is a run folder (default: the newest), or a network: champion, last, gen:N, front:N, a checkpoint, a
    champion.json, or the name of a shipped champion. A run's network is its champion. Of a study there is the table of
    its seeds; its network is the champion with the best validated fitness.
    """
    if episodes is not None and not ablation:
        raise UserError("--episodes belongs to --ablation; add it, or leave this out")
    from ..inspection import inspect as runs
    from ..report.inspection import print_ablation, print_ancestry, print_network, print_run
    from ..report.progress import choose_progress
    from ..report.results import print_json
    from ..report.study import print_study
    from .study import of_study, study_named

    study = study_named(target, run)
    summary = None
    wanted = ancestry or ablation or draw is not None or as_json
    if study is not None:
        from ..studies.summary import survey

        if plot is not None:
            raise UserError(f"--plot draws the fitness of a run, but {study} is a study; genesys report draws studies")
        summary = survey(study).summary
        if not wanted or (as_json and summary["best"] is None):
            print_json({"study": summary, "network": None}) if as_json else print_study(summary)
            return
        target, run = "champion", study
    if target is not None:
        target, run = of_study(target, run)
    subject = runs.find_subject(target, run)
    if plot is not None and subject.run is None:
        raise UserError(
            f"--plot draws the fitness of a run, but {target} is a network; give a run folder, or leave it out"
        )
    if ancestry or ablation or draw is not None:
        subject.needed()  # complains before anything is drawn
    pictures = []
    found = None if subject.run is None else runs.inspect(subject.run)
    if plot is not None and found is not None:
        from ..report.plot import draw as draw_run

        draw_run(found.facts, found.rows, plot, overwrite=force)
        pictures.append(plot)
    if draw is not None:
        from ..report.network.file import draw as draw_network

        draw_network(subject.needed(), draw, everything=everything, overwrite=force)
        pictures.append(draw)
    network = None
    if subject.network is not None or ancestry or ablation:
        progress = choose_progress()
        try:
            network = runs.inspect_network(
                subject.needed(), ancestry=ancestry, ablation=ablation, episodes=episodes, say=progress.step
            )
        finally:
            progress.close()
    tell_refusals()
    if as_json:
        document: Any = network
        if summary is not None:
            document = {"study": summary, "network": network}
        elif found is not None:
            document = found.facts | {"network": network, "trouble": subject.trouble or None}
        files = {"plot": plot, "draw": draw}
        print_json((document or {}) | {key: str(file) for key, file in files.items() if file is not None})
        return
    if summary is not None:
        print_study(summary)
    elif found is not None:
        print_run(found.facts | {"network": network, "trouble": subject.trouble}, pictures)
    elif network is not None:
        print_network(network, pictures, everything=everything)
    if network is not None and ancestry:
        print_ancestry(network, everything=everything)
    if network is not None and ablation:
        print_ablation(network, everything=everything)
