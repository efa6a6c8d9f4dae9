"""``genesys replay``: let a stored network act again."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UserError
from .trust import trust_option
from .words import EPISODES, NAME_OR_PATH, PATH, SEED, Number

EPILOG = """\b
Examples:
  genesys replay champion
  genesys replay champion --run runs/CartPole/001-software --episodes 5 --render terminal
  genesys replay BipedalWalker --episodes 1 --render window
  genesys replay LunarLander --record lander.gif --activity
  genesys replay champion --data new.csv --predictions predicted.csv
"""


@click.command("replay", epilog=EPILOG, short_help="Play a stored network again.")
@click.argument("target", default="champion", type=NAME_OR_PATH)
@click.option("--run", type=PATH, metavar="DIR", help="Run folder to look in. [default: the newest]")
@click.option(
    "-n", "--episodes", type=EPISODES, metavar="N", help="Episodes. [default: the held-out ones; 1 when shown]"
)
@click.option("--seed", type=SEED, metavar="N", help="Seed of the episodes. [default: the held-out ones]")
@click.option(
    "--render",
    type=click.Choice(["none", "terminal", "window"]),
    default="none",
    show_default=True,
    help="Render in the terminal, or in a window (extra `window`).",
)
@click.option("--record", type=PATH, metavar="FILE", help="Record a film: .gif or .mp4 (extra `film`).")
@click.option("--activity", is_flag=True, help="Show the network's activations beside the environment in the film.")
@click.option(
    "--fps",
    type=Number(1, 100),
    metavar="N",
    help="Maximum frame rate of the film. [default: 30 in a GIF, 60 in an MP4]",
)
@click.option(
    "--max-seconds",
    type=Number(0.1),
    metavar="S",
    help="Maximum length of the film. [default: 30 in a GIF, 300 in an MP4]",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file with --record or --predictions.")
@click.option("--data", type=PATH, metavar="FILE", help="Predict this table, of a network that has learnt one.")
@click.option("--predictions", type=PATH, metavar="FILE", help="Write the predictions of a table as CSV.")
@click.option("-b", "--backend", metavar="NAME", help="Backend that computes it. [default: the run's]")
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def command(
    target: str,
    run: Path | None,
    episodes: int | None,
    seed: int | None,
    render: str,
    record: Path | None,
    activity: bool,
    fps: float | None,
    max_seconds: float | None,
    force: bool,
    data: Path | None,
    predictions: Path | None,
    backend: str | None,
    as_json: bool,
) -> None:
    """Play a stored network again, and report its returns; of one that has learnt a table, losses and scores.

    TARGET is champion (the default), last, gen:N, front:N, a run folder, a checkpoint, a champion.json, or the name of
    a shipped champion, such as BipedalWalker. A study stands for its run whose champion has the best validated fitness.
    """
    from ..envs.data.env import DataEnv
    from ..playback import replay as runs
    from ..report.results import print_json, print_replay
    from .study import of_study

    target, run = of_study(target, run)
    stored, settings, env = runs.opened(target, run, backend)
    if isinstance(env, DataEnv):
        playing = {"--episodes": episodes, "--seed": seed, "--record": record, "--render": render != "none"}
        if given := [name for name, value in playing.items() if value not in (None, False)]:
            raise UserError(f"{', '.join(given)}: {env.id} is a table of data, whose rows are predicted and not played")
        from ..playback.data import replay_data
        from ..report.output import check_output
        from ..report.predictions import print_scored, write_predictions

        if predictions is not None:
            check_output("--predictions", predictions, (".csv",), overwrite=force)
        scored = replay_data(stored, settings, env, None if data is None else str(data))
        if predictions is not None:
            write_predictions(predictions, scored)
        print_json(scored.document) if as_json else print_scored(scored.document, predictions)
        return
    if data is not None or predictions is not None:
        raise UserError(f"{stored.origin} plays {env.id}, which is no table: leave out --data and --predictions")

    if record is None and (activity or fps or max_seconds):
        raise click.UsageError("--activity, --fps and --max-seconds are about a film; add --record FILE.gif")
    if record is not None:
        from ..report.film.film import Film
        from ..report.progress import choose_progress

        if render != "none":
            raise click.UsageError(f"--record films without showing: leave out --render {render}")
        film = Film(record, activity=activity, fps=fps, max_seconds=max_seconds, overwrite=force)
        result = runs.replay(target, run, episodes, seed, "film", film, backend)
        result["film"] = film.write(choose_progress(quiet=as_json))
    elif render == "terminal":
        from ..report.stage import Stage

        with Stage() as stage:
            result = runs.replay(target, run, episodes, seed, render, stage, backend)
    else:
        result = runs.replay(target, run, episodes, seed, render, backend=backend)
    if as_json:
        print_json(result)
    else:
        print_replay(result)
