"""``genesys tune``: settings that solve a task sooner, by Optuna."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from ..errors import UserError
from .trust import trust_option
from .words import NAME_OR_PATH, PATH, SEED

# The setting behind each option that stands for one.
FLAGS = {
    "backend": "run.backend",
    "population": "neat.population",
    "generations": "neat.generations",
    "episodes": "evaluation.episodes",
    "threads": "run.threads",
    "cluster": "cluster.address",
    "actors": "cluster.actors",
}
WITH_RESUME = ("threads", "cluster", "actors")
SEEDS, HELD_OUT, TRIALS = "0-4", "100-119", 40

EPILOG = """\b
Examples:
  genesys tune -e Pendulum -g 60
  genesys tune -e MountainCar --space neat.weight_mutate_power=0.1..2:log --space neat.elitism=1..4 --trials 20
  genesys tune -e my_module:MyEnv-v0 --seeds 0-9 --held-out 100-139 --pruner halving
  genesys tune --resume runs/Pendulum/001-tuning --trials 80
  genesys tune -e LunarLander --cluster local
"""


@click.command("tune", epilog=EPILOG, short_help="Tune settings; needs the extra `tune`.")
@click.option("-e", "--env", metavar="NAME", help="Environment, as of evolve. [default: the preset's]")
@click.option(
    "--env-kwarg", "env_kwargs", metavar="K=V", multiple=True, help="Argument of the environment; repeatable."
)
@click.option("-b", "--backend", metavar="NAME", help="software or genesys. [default: software]")
@click.option("--chip", type=NAME_OR_PATH, metavar="NAME|FILE", help="Chip that the genesys backend emulates.")
@click.option("--preset", type=NAME_OR_PATH, metavar="NAME|FILE", help="Preset that is tuned. [default: that of --env]")
@click.option("-s", "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Any setting; repeatable.")
@click.option(
    "--space",
    metavar="KEY=VALUES",
    multiple=True,
    help="LOW..HIGH, LOW..HIGH:log or A,B,C; repeatable. [default: 11 keys]",
)
@click.option("--trials", type=click.IntRange(1, 100_000), metavar="N", help=f"Trials. [default: {TRIALS}]")
@click.option("--seeds", metavar="A-B,C", help=f"Seeds of each trial. [default: {SEEDS}]")
@click.option("--held-out", metavar="A-B,C", help=f"Seeds that judge in the end. [default: {HELD_OUT}]")
@click.option("--pruner", type=click.Choice(["median", "halving", "none"]), help="Ends trials early. [default: median]")
@click.option(
    "--objective",
    type=click.Choice(["curve", "final"]),
    help="Validated fitness over the run, or at its end. [default: curve]",
)
@click.option("-p", "--population", type=int, metavar="N", help="Genomes in each generation.")
@click.option("-g", "--generations", type=int, metavar="N", help="Generations of each run at most.")
@click.option("-n", "--episodes", type=int, metavar="N", help="Training episodes per genome and generation.")
@click.option("--seed", type=SEED, metavar="N", help="Seed of what is tried. [default: 0]")
@click.option("-j", "--threads", type=int, metavar="N", help="Cores that the runs share; 0: all. [default: 0]")
@click.option("--cluster", metavar="WHERE", help="Ray cluster for the runs: local, auto, or HOST:PORT; none.")
@click.option("--actors", type=int, metavar="N", help="Its actors; 0: as many as there is room for. [default: 0]")
@click.option("-o", "--run-dir", type=PATH, metavar="DIR", help="New folder for the tuning.")
@click.option("--resume", type=PATH, metavar="TUNING", help="Continue a tuning; --trials gives it more.")
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.option("--quiet", is_flag=True, help="Print no progress and no messages.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    env: str | None,
    env_kwargs: tuple[str, ...],
    chip: str | None,
    preset: str | None,
    overrides: tuple[str, ...],
    space: tuple[str, ...],
    trials: int | None,
    seeds: str | None,
    held_out: str | None,
    pruner: str | None,
    objective: str | None,
    seed: int | None,
    run_dir: Path | None,
    resume: Path | None,
    as_json: bool,
    quiet: bool,
    **options: int | str | None,
) -> None:
    """Tune settings with Optuna: trials over several seeds, hopeless ones ended early, the best judged on other seeds.

    A preset is written if it beats or equals the one that was tuned, on seeds that it was not tuned on.
    """
    from ..report.progress import choose_progress
    from ..report.results import print_json
    from ..report.tuning import print_tuning
    from ..tuning import tune as tunings
    from ..tuning.folder import Tuning
    from ..tuning.trials import need_optuna

    need_optuna()
    given: dict[str, object] = {"--env": env, "--env-kwarg": env_kwargs, "--chip": chip, "--preset": preset}
    given |= {"--set": overrides, "--space": space, "--seeds": seeds, "--held-out": held_out, "--pruner": pruner}
    given |= {"--objective": objective, "--seed": seed is not None, "--run-dir": run_dir}
    given |= {f"--{name}": options[name] is not None for name in FLAGS if name not in WITH_RESUME}
    flags: dict[str, object] = {key: options[name] for name, key in FLAGS.items() if options[name] is not None}
    if options["cluster"] == "none":
        flags["cluster.address"] = None
    progress = choose_progress(quiet=quiet)
    places = [] if resume is None else [resume]
    try:
        if resume is not None:
            if names := [name for name, value in given.items() if value]:
                raise UserError(
                    f"--resume continues a tuning as it was begun, so it cannot be combined with {', '.join(names)}; "
                    "start a new one without --resume, or leave these out"
                )
            summary = tunings.resume(resume, trials, flags, ctx.obj, progress)
        else:
            from ..config.load import load_settings, note_on_preset
            from ..config.seeds import parse_seeds
            from ..tuning.space import parse_space

            settings = load_settings(preset, env, overrides, flags, chip, env_kwargs)
            if note := note_on_preset(preset, env, overrides, settings):
                progress.message(note)
            tuning = Tuning(
                settings,
                parse_space(space, settings),
                parse_seeds(SEEDS if seeds is None else seeds, alone=""),
                parse_seeds(HELD_OUT if held_out is None else held_out, "--held-out", first_of=100, alone=""),
                trials or TRIALS,
                pruner or "median",
                objective or "curve",
                seed or 0,
            )
            summary = tunings.tune(tuning, run_dir, ctx.obj, progress, places.append)
    except KeyboardInterrupt:
        if not places:
            raise
        raise KeyboardInterrupt(
            f"Interrupted. Continue with: genesys tune --resume {shlex.quote(str(places[0]))}"
        ) from None
    finally:
        progress.close()
    if as_json:
        print_json(summary)
    else:
        print_tuning(summary)
