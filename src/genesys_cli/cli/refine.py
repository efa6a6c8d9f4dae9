"""``genesys refine``: better weights of a stored network."""

from __future__ import annotations

from pathlib import Path

import click

from .interrupted import shown
from .trust import trust_option
from .words import NAME_OR_PATH, PATH

# The setting behind each option that stands for one.
FLAGS = {
    "generations": "neat.generations",
    "episodes": "evaluation.episodes",
    "seed": "run.seed",
    "threads": "run.threads",
    "cluster": "cluster.address",
}

EPILOG = """\b
Examples:
  genesys refine champion
  genesys refine LunarLander --generations 20
  genesys refine runs/Pendulum/001-software --episodes 50 -s refine.samples=40 -s refine.step=0.5
"""


@click.command("refine", epilog=EPILOG, short_help="Search for better weights of a stored network.")
@click.argument("target", default="champion", type=NAME_OR_PATH)
@click.option("--run", type=PATH, metavar="DIR", help="Run folder to look in. [default: the newest]")
@click.option("-s", "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Any setting; repeatable.")
@click.option("-g", "--generations", type=int, metavar="N", help="Refinements, of refine.steps each. [default: 50]")
@click.option("-n", "--episodes", type=int, metavar="N", help="Training episodes. [default: those of its run]")
@click.option("--seed", type=int, metavar="N", help="Seed; the same seed gives the same result. [default: its run's]")
@click.option("-j", "--threads", type=int, metavar="N", help="Threads; 0: one per core. [default: 0]")
@click.option("--cluster", metavar="WHERE", help="Ray cluster that computes: local, auto, or HOST:PORT.")
@click.option("-o", "--run-dir", type=PATH, metavar="DIR", help="New folder for the run.")
@click.option("--log", "logs", metavar="KIND,...", multiple=True, help="Further logs: jsonl, tensorboard; repeatable.")
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.option("--quiet", is_flag=True, help="Print no progress and no messages.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    target: str,
    run: Path | None,
    overrides: tuple[str, ...],
    run_dir: Path | None,
    logs: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **options: object,
) -> None:
    """Search for better weights of a stored network, whose structure stays: a separable CMA-ES.

    TARGET is champion (the default), last, gen:N, front:N, a run folder, a checkpoint, a champion.json, or the name of
    a shipped champion, such as LunarLander. The search is a run of its own, with the settings of the network's run, and
    is continued by "genesys evolve --resume".
    """
    from ..config.overrides import settings_of
    from ..files.logs import checked
    from ..files.target import find_target
    from ..report.console import choose_view
    from ..report.results import print_json, print_summary
    from ..runs.refine import refine
    from .study import of_study

    kinds = checked(logs)
    flags = settings_of(overrides) | {key: options[name] for name, key in FLAGS.items() if options[name] is not None}
    stored = find_target(*of_study(target, run))
    view = choose_view(quiet=quiet)
    with shown(view):
        summary = refine(stored, flags, run_dir, ctx.obj, view, kinds)
    if as_json:
        print_json(summary)
    else:
        print_summary(summary)
