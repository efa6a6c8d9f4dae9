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
  genesys envs my_module:MyEnv-v0 --json
  genesys envs CartPole --wrapper gymnasium.wrappers:TimeAwareObservation
"""

SHOWN = 40  # names of a list before the middle is left out


@click.command("envs", epilog=EPILOG, short_help="List the environments, or explain one.")
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="List every id that is registered with Gymnasium.")
@click.option("--env-kwarg", "env_kwargs", metavar="K=V", multiple=True, help="Argument of NAME; repeatable.")
@click.option("--wrapper", "wrappers", metavar="ENTRY", multiple=True, help="module:Class around NAME; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    name: str | None, everything: bool, env_kwargs: tuple[str, ...], wrappers: tuple[str, ...], as_json: bool
) -> None:
    """List what can be evolved here, with the mean return that counts as solved, or explain the environment NAME.

    Beside these, any environment that is registered with Gymnasium can be evolved: NAME is a short name, an id, or
    module:Id for one that a module of your own registers.
    """
    if name is not None and everything:
        raise UserError("--all lists every id; leave it out to see one environment, or leave out the name")
    if name is None and (env_kwargs or wrappers):
        option = "--env-kwarg is an argument of" if env_kwargs else "--wrapper belongs around"
        raise UserError(f"{option} one environment; give its name as well")
    if name is not None:
        _show(name, env_kwargs, wrappers, as_json)
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


def _show(name: str, env_kwargs: tuple[str, ...], wrappers: tuple[str, ...], as_json: bool) -> None:
    from ..config.overrides import env_kwargs_of, wrappers_of
    from ..config.values import spelled
    from ..envs.listing import details
    from ..report.results import print_json, print_lines, shown

    about = details(name, env_kwargs_of(env_kwargs), wrappers_of(wrappers), None if as_json else spelled)
    if as_json:
        print_json(about)
        return
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


def _shortened(values: list[Any]) -> list[Any]:
    return values if len(values) <= SHOWN else [*values[:3], "...", *values[-3:]]
