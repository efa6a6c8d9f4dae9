"""``genesys replay``: let a stored network act again."""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  genesys replay champion
  genesys replay champion --run runs/CartPole/001-software --episodes 5 --render terminal
  genesys replay BipedalWalker --episodes 1 --render window
"""


@click.command("replay", epilog=EPILOG, short_help="Let a stored network act again.")
@click.argument("target", default="champion")
@click.option(
    "--run", type=click.Path(path_type=Path), metavar="DIR", help="Run folder to look in. [default: the newest]"
)
@click.option("-n", "--episodes", type=click.IntRange(1), metavar="N", help="Episodes. [default: the held-out ones]")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Seed of other episodes. [default: the run's]")
@click.option(
    "--render",
    type=click.Choice(["none", "terminal", "window"]),
    default="none",
    show_default=True,
    help="Watch it: drawn in the terminal, or in a window (extra `window`).",
)
@click.option("-b", "--backend", metavar="NAME", help="Compute it with software or genesys. [default: the run's]")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def command(
    target: str,
    run: Path | None,
    episodes: int | None,
    seed: int | None,
    render: str,
    backend: str | None,
    as_json: bool,
) -> None:
    """Let a stored network act again and report what it scores.

    TARGET is champion (the default), last, gen:N, a run folder, a checkpoint, a champion.json, or the name of a shipped
    champion, such as BipedalWalker.
    """
    from ..report.results import print_json, print_replay
    from ..runs import replay as runs

    if render == "terminal":
        from ..report.stage import Stage

        with Stage() as stage:
            result = runs.replay(target, run, episodes, seed, render, stage, backend)
    else:
        result = runs.replay(target, run, episodes, seed, render, backend=backend)
    if as_json:
        print_json(result)
    else:
        print_replay(result)
