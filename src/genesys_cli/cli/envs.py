"""``genesys envs``: what can be evolved here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ..errors import UserError

EPILOG = """\b
Examples:
  genesys envs
  genesys envs LunarLander
  genesys envs Alien --env-kwarg full_action_space=true
  genesys envs my_module:MyEnv-v0 --check
  genesys envs my_module:MyEnv-v0 --json
  genesys envs CartPole --wrapper gymnasium.wrappers:TimeAwareObservation
"""

SHOWN = 40  # names of a list before the middle is left out


@click.command("envs", epilog=EPILOG, short_help="List the environments, or describe one.")
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="List every id registered with Gymnasium.")
@click.option("--env-kwarg", "env_kwargs", metavar="K=V", multiple=True, help="Keyword argument of NAME; repeatable.")
@click.option(
    "--wrapper", "wrappers", metavar="ENTRY", multiple=True, help="Wrapper of NAME, as module:Class; repeatable."
)
@click.option("--check", is_flag=True, help="Play NAME; report whether its episodes are reproducible, and problems.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    ctx: click.Context,
    name: str | None,
    everything: bool,
    env_kwargs: tuple[str, ...],
    wrappers: tuple[str, ...],
    check: bool,
    as_json: bool,
) -> None:
    """List the environments that can be evolved here, with the threshold of each, or describe the environment NAME.

    Beside these, any environment that is registered with Gymnasium can be evolved: NAME is a short name, an id, or
    module:Id for one that a module of your own registers. A native environment that a module of yours holds is
    module:NAME.

    With --check the exit code is 2 where the episodes of NAME cannot be played, or do not repeat however it is made.
    """
    if name is not None and everything:
        raise UserError("--all lists every id; leave it out to see one environment, or leave out the name")
    if name is None and (env_kwargs or wrappers):
        option = "--env-kwarg is an argument of" if env_kwargs else "--wrapper belongs around"
        raise UserError(f"{option} one environment; give its name as well")
    if name is None and check:
        raise UserError("--check is about one environment; give its name as well")
    if name is not None:
        if not _show(name, env_kwargs, wrappers, check, as_json):
            ctx.exit(UserError.exit_code)
    else:
        _list(everything, as_json)


def _list(everything: bool, as_json: bool) -> None:
    from ..envs.listing import all_rows, rows
    from ..report.results import print_json, print_table

    found = all_rows() if everything else rows()
    if as_json:
        print_json({"envs": found})
        return
    columns = [key for key in found[0] if key != "install"]
    lines = [[row["install"] or row[key] if key == "installed" else row[key] for key in columns] for row in found]
    print_table([key.replace("_", " ") for key in columns], lines)


def _show(name: str, env_kwargs: tuple[str, ...], wrappers: tuple[str, ...], check: bool, as_json: bool) -> bool:
    """Explain an environment; return whether nothing speaks against evolving it."""
    from ..config.overrides import env_kwargs_of, wrappers_of
    from ..config.values import spelled
    from ..envs.listing import details
    from ..report.results import print_json, print_lines, shown

    about = details(name, env_kwargs_of(env_kwargs), wrappers_of(wrappers), None if as_json else spelled)
    found = _checked(name, env_kwargs, wrappers) if check else {}
    fine = not check or (found["playable"] and found["repeatable"] is not False)
    if as_json:
        print_json(about | ({"check": found} if check else {}))
        return fine
    lines = {}
    for key, value in about.items():
        if isinstance(value, Mapping):
            text = ", ".join(f"{k} = {v}" for k, v in value.items()) or "none"
        elif isinstance(value, list):
            text = ", ".join(map(shown, _shortened(value)))
        else:
            text = shown(value)
        if value is not None or key in ("solved_at", "preset"):
            lines[key.replace("_", " ")] = text
    print_lines(lines)
    if check:
        _tell(found)
    return fine


def _checked(name: str, env_kwargs: tuple[str, ...], wrappers: tuple[str, ...]) -> dict[str, Any]:
    """Return what a run with the usual settings would find out at its start, and what Gymnasium's checker finds."""
    from ..config.load import load_settings
    from ..config.values import parse
    from ..runs.repeatable import check

    around = [one for value in map(parse, wrappers) for one in (value if isinstance(value, list) else [value])]
    overrides = [("environment.wrappers", around)] if around else []
    settings = load_settings(None, name, overrides, flags={"run.threads": 1}, env_kwargs=env_kwargs)
    return check(settings)


def _tell(found: Mapping[str, Any]) -> None:
    """Write what a check found, a line each."""
    from ..report.terminal import write

    answer = {True: "yes", False: "no", None: "could not be determined"}[found["repeatable"]]
    write(f"\nrepeats: {answer}{'; each episode in a newly made instance' if found['rebuild'] else ''}\n")
    for line in (found["note"], *(f"- {finding}" for finding in found["gymnasium"])):
        if line:
            write(f"{line}\n")


def _shortened(values: list[Any]) -> list[Any]:
    return values if len(values) <= SHOWN else [*values[:3], "...", *values[-3:]]
