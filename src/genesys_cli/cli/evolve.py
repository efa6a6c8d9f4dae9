"""``genesys evolve``: the main job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UserError
from .interrupted import shown
from .trust import trust_option
from .words import NAME_OR_PATH, NAMES, PATH, RATE

if TYPE_CHECKING:
    from ..config.schema import Settings
    from ..report.study_view import StudyView

UNSOLVED = 3

# The setting behind each option that stands for one.
FLAGS = {
    "data": "data.file",
    "target": "data.target",
    "problem": "problem.function",
    "inputs": "problem.inputs",
    "outputs": "problem.outputs",
    "players": "problem.players",
    "backend": "run.backend",
    "rtl_parts": "rtl.parts",
    "start_from": "start.sources",
    "connect_new": "start.connect_new",
    "population": "neat.population",
    "generations": "neat.generations",
    "episodes": "evaluation.episodes",
    "seed": "run.seed",
    "threads": "run.threads",
    "validate": "evaluation.validate_episodes",
    "checkpoint_every": "run.checkpoint_every",
    "keep": "run.keep",
    "stop_when_solved": "run.stop_when_solved",
    "pace": "world.pace_hz",
    "robots": "world.robots",
    "islands": "islands.count",
    "migrate_every": "islands.migrate_every",
    "cluster": "cluster.address",
    "actors": "cluster.actors",
    "distribute": "cluster.distribute",
}

EPILOG = """\b
Examples:
  genesys evolve --env CartPole
  genesys evolve -e Pendulum -p 500 --seed 3 -s neat.num_hidden=8
  genesys evolve -e CartPole --seeds 0-19
  genesys evolve -e CartPole --islands 4 --migrate-every 5
  genesys evolve -e LunarLander --env-kwarg enable_wind=true
  genesys evolve -e my_module:MyEnv-v0
  genesys evolve -e my_puck:ENV
  genesys evolve --data measurements.csv --target temperature
  genesys evolve --problem my_module:evaluate --inputs angle,speed --outputs 1
  genesys evolve --problem my_game:match --players 2
  genesys evolve -e CartPole --backend genesys --chip genesys-edge -s eve.pes=64
  genesys evolve -e LunarLander --start-from runs/LunarLander/001-software
  genesys evolve -e Pendulum --log jsonl,tensorboard
  genesys evolve --resume runs/Pendulum/001-software -g 500
"""


@click.command("evolve", epilog=EPILOG, short_help="Evolve networks until one solves the environment.")
@click.option("-e", "--env", metavar="NAME", help="Short name, Gymnasium id or module:Id. [default: the preset's]")
@click.option(
    "--env-kwarg", "env_kwargs", metavar="K=V", multiple=True, help="Keyword argument of the environment; repeatable."
)
@click.option("--data", metavar="FILE", help="Table to learn from instead: CSV, NPZ, Parquet, or sklearn:NAME.")
@click.option("--target", metavar="COLUMN", multiple=True, help="Column of --data to be predicted; repeatable.")
@click.option("--problem", metavar="FUNCTION", help="Function module:name that evaluates networks instead.")
@click.option(
    "--inputs", type=NAMES, metavar="N|NAME,...", help="Its networks' inputs. [default: INPUTS in its module]"
)
@click.option("--outputs", type=NAMES, metavar="N|NAME,...", help="Their outputs. [default: OUTPUTS in its module]")
@click.option("--players", type=int, metavar="N", help="Networks in a match. [default: PLAYERS in its module, or 2]")
@click.option("-b", "--backend", metavar="NAME", help="software, or genesys: the emulated chip. [default: software]")
@click.option(
    "--chip",
    type=NAME_OR_PATH,
    metavar="NAME|FILE",
    help="Chip that the backends genesys and rtl are. [default: genesys-15nm]",
)
@click.option("--rtl-parts", type=NAMES, metavar="PART,...", help="Parts simulated as RTL. [default: eve,adam]")
@click.option(
    "--preset", type=NAME_OR_PATH, metavar="NAME|FILE", help="Shipped preset or TOML file. [default: that of --env]"
)
@click.option("-s", "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Any setting; repeatable.")
@click.option(
    "--start-from",
    metavar="X",
    multiple=True,
    help="Begin with a champion, run, checkpoint, shipped champion or JSON of neat-python; repeatable.",
)
@click.option("--connect-new/--no-connect-new", default=None, help="Connect what --start-from lacks. [default: no]")
@click.option("-p", "--population", type=int, metavar="N", help="Genomes in each generation.")
@click.option("-g", "--generations", type=int, metavar="N", help="Maximum number of generations.")
@click.option("-n", "--episodes", type=int, metavar="N", help="Training episodes per genome and generation.")
@click.option("--seed", type=int, metavar="N", help="Seed; the same seed gives the same result. [default: 0]")
@click.option("--seeds", metavar="A-B,C", help="A study: a run for each seed, side by side, such as 0-19 or 0-4,7,9.")
@click.option("-j", "--threads", type=int, metavar="N", help="Threads; 0: one per core. [default: 0]")
@click.option("--islands", type=int, metavar="N", help="Populations that evolve side by side and exchange genomes.")
@click.option("--migrate-every", type=int, metavar="G", help="Generations between two exchanges. [default: 10]")
@click.option("--cluster", metavar="WHERE", help="Ray cluster that computes: local, auto, or HOST:PORT; none.")
@click.option("--actors", type=int, metavar="N", help="Its actors; 0: as many as there is room for. [default: 0]")
@click.option("--distribute", metavar="WHAT", help="What they do: evaluation, generation, or auto. [default: auto]")
@click.option("--validate", type=int, metavar="N", help="Held-out episodes for validation. [default: 100]")
@click.option(
    "--pace", type=RATE, metavar="HZ", help="Steps of the world a second, or measured, or 0: no world. [default: 50]"
)
@click.option("--robots", metavar="HOW", help="population: one for each genome; or one. [default: population]")
@click.option("-o", "--run-dir", type=PATH, metavar="DIR", help="New folder for the run or the study.")
@click.option("--resume", type=PATH, metavar="RUN", help="Resume a run from its newest checkpoint, or a study.")
@click.option("--checkpoint-every", type=int, metavar="N", help="Generations between checkpoints. [default: 1]")
@click.option("--keep", type=int, metavar="N", help="Number of newest checkpoints to keep. [default: all]")
@click.option("--stop-when-solved/--no-stop-when-solved", default=None, help="[default: stop]")
@click.option("--require-solved", is_flag=True, help=f"Exit with {UNSOLVED} if not solved, by every seed.")
@click.option("--require-repeatable", is_flag=True, help="Exit with 2 before the run if episodes are not reproducible.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show settings, memory needed and use of a cluster; exit.",
)
@click.option("--log", "logs", metavar="KIND,...", multiple=True, help="Further logs: jsonl, tensorboard; repeatable.")
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
    seeds: str | None,
    run_dir: Path | None,
    resume: Path | None,
    require_solved: bool,
    require_repeatable: bool,
    dry_run: bool,
    logs: tuple[str, ...],
    as_json: bool,
    quiet: bool,
    **options: object,
) -> None:
    """Evolve networks until the champion solves the environment on held-out episodes.

    --set accepts every setting; "genesys presets show" lists them. Each run is saved in a folder of its own, by
    default runs/<env>/<NNN>-<backend>, and never overwrites another. --seeds makes a study: a run for
    each seed, and averages over them with intervals.
    """
    from ..files.logs import checked
    from .study import seeds_given

    chosen = seeds_given(seeds, options["seed"], overrides, resume)  # type: ignore[arg-type]
    kinds = checked(logs)
    flags = {key: options[name] for name, key in FLAGS.items() if options[name] not in (None, ())}
    if options["cluster"] == "none":
        flags["cluster.address"] = None
    if resume is not None:
        _refuse_with_resume(
            {
                "--env": env,
                "--env-kwarg": env_kwargs,
                "--chip": chip,
                "--preset": preset,
                "--run-dir": run_dir,
                "--data": options["data"],
                "--target": options["target"],
                "--problem": options["problem"],
                "--inputs": options["inputs"],
                "--outputs": options["outputs"],
                "--players": options["players"],
                "--start-from": options["start_from"],
                "--connect-new": options["connect_new"],
                "--islands": options["islands"],
                "--migrate-every": options["migrate_every"],
            }
        )
        if dry_run:
            raise UserError("--dry-run shows a new run; it cannot be combined with --resume")
        settings, note = None, ""
        from ..config.overrides import settings_of

        flags = settings_of(overrides) | flags
    else:
        from ..config.load import load_settings, note_on_preset

        settings = load_settings(preset, env, overrides, flags, chip, env_kwargs)
        note = note_on_preset(preset, env, overrides, settings)
        if dry_run:
            _show_plan(settings, chosen, as_json)
            return

    from ..files.study import is_study

    if chosen is not None or (resume is not None and is_study(resume)):
        from ..studies import study as studies
        from .study import carry_out

        def work(view: StudyView) -> dict[str, Any]:
            if settings is None or chosen is None:
                assert resume is not None
                return studies.resume(resume, flags, ctx.obj, view, kinds, require_repeatable=require_repeatable)
            return studies.evolve(
                settings, chosen, run_dir, ctx.obj, view, kinds, require_repeatable=require_repeatable
            )

        carry_out(ctx, work, note=note, require_solved=require_solved, as_json=as_json, quiet=quiet, unsolved=UNSOLVED)
        return

    from ..report.console import choose_view
    from ..report.estimates import print_estimates
    from ..report.front import print_front
    from ..report.results import as_dict, print_json, print_summary
    from ..runs import evolve as runs

    view = choose_view(quiet=quiet)
    if note:
        view.message(note)
    with shown(view):
        if settings is None:
            assert resume is not None
            summary = runs.resume(resume, flags, ctx.obj, view, kinds, require_repeatable=require_repeatable)
        else:
            summary = runs.evolve(settings, run_dir, ctx.obj, view, kinds, require_repeatable=require_repeatable)
    if as_json:
        print_json(summary)
    else:
        print_summary(summary)
        print_front(as_dict(summary))
        print_estimates(as_dict(summary))
    if require_solved and not as_dict(summary)["solved"]:
        ctx.exit(UNSOLVED)


def _refuse_with_resume(given: dict[str, object]) -> None:
    names = [name for name, value in given.items() if value]
    if names:
        raise UserError(
            f"--resume continues a run with its own settings, so it cannot be combined with {', '.join(names)}; "
            "start a new run without --resume, or leave these out"
        )


def _show_plan(settings: Settings, seeds: Sequence[int] | None, as_json: bool) -> None:
    from ..config.load import to_toml
    from ..report.cluster_plan import plan_lines
    from ..report.results import print_json, scalar_lines
    from ..report.terminal import write
    from ..runs import evolve as runs

    settings, plan = runs.dry_run(settings, lambda text: click.echo(text, err=True))
    if seeds is not None:
        from .study import show_plan

        show_plan(settings, seeds, plan, as_json)
    elif as_json:
        print_json({"settings": settings.tables(), **plan})
    else:  # comments, so that the output is a preset file
        lines = [*scalar_lines(plan), *plan.get("start", ()), *plan_lines(plan.get("cluster"))]
        write(to_toml(settings) + "\n" + "".join(f"# {line}\n" for line in lines))
