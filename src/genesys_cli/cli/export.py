"""``genesys export``: a champion as a file for other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ..errors import UserError
from ..export.formats import ARITHMETICS, FIXED, FORMATS, Option, listed, titles
from .trust import trust_option
from .words import NAME_OR_PATH, PATH

EPILOG = """\b
Examples:
  genesys export champion --output controller.h
  genesys export LunarLander --output lander.onnx
  genesys export runs/CartPole/001-software --output pole.h --arithmetic fixed --name pole
  genesys export champion --output pole.h --flash progmem
  genesys export last --format json --output network.json --force
"""


FORMATS_HELP = "; ".join(f"{known.title}: {known.about}" for known in FORMATS.values())
HELP = f"""Write a champion as a file for other programs: all of the way from an observation to an action.

TARGET is champion (the default), last, gen:N, front:N, a run folder, a checkpoint, a champion.json, or the name of a
shipped champion, such as LunarLander. A study stands for its run whose champion has the best validated fitness.
{FORMATS_HELP}.
"""
FIXED_ALSO = titles(known for known in FORMATS.values() if FIXED in known.arithmetics)


def options_of_formats(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that belong to some formats only."""
    users: dict[Option, list[str]] = {}
    for known in FORMATS.values():
        for option in known.options:
            users.setdefault(option, []).append(known.title)
    for option, of in reversed(users.items()):
        words = f"Of {listed(of)}: {option.help}"
        command = click.option(f"--{option.name}", metavar="NAME", help=words)(command)
    return command


@click.command("export", help=HELP, epilog=EPILOG, short_help=f"Write a champion as {titles(FORMATS.values())}.")
@click.argument("target", default="champion", type=NAME_OR_PATH)
@click.option("-o", "--output", required=True, type=PATH, metavar="FILE", help="File to write.")
@click.option(
    "--format",
    "file_format",
    metavar="NAME",
    help=f"{listed(FORMATS)}. [default: by {', '.join(known.ending for known in FORMATS.values())}]",
)
@click.option("--run", type=PATH, metavar="DIR", help="Run folder to look in. [default: the newest]")
@click.option(
    "--arithmetic",
    metavar="NAME",
    help=f"Of {FIXED_ALSO}: {', or '.join(ARITHMETICS)}: the chip's. [default: the run's]",
)
@options_of_formats
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print what was written as one JSON object.")
def command(
    target: str,
    output: Path,
    file_format: str | None,
    run: Path | None,
    arithmetic: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    from ..export.files import export, format_of
    from ..files.storage import write_atomically
    from ..files.target import find_target
    from ..report.export import print_export
    from ..report.output import check_output
    from ..report.results import print_json
    from .study import of_study

    file_format = format_of(output, file_format)
    check_output("--output", output, overwrite=force)
    stored = find_target(*of_study(target, run))
    if output.resolve() == stored.origin.resolve():
        raise UserError(f"--output {output} is the champion itself, which would be lost; choose another name")
    written = export(stored, file_format, arithmetic=arithmetic, **options)
    instead = "choose another place with --output"
    write_atomically(output, written.data, instead, instead)
    facts = {"output": str(output), **written.facts}
    if as_json:
        print_json(facts)
    else:
        print_export(facts, written.remarks)
