"""``genesys export``: a champion as a file for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UserError
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


@click.command("export", epilog=EPILOG, short_help="Write a champion as JSON, ONNX, C or PyTorch.")
@click.argument("target", default="champion", type=NAME_OR_PATH)
@click.option("-o", "--output", required=True, type=PATH, metavar="FILE", help="File to write.")
@click.option(
    "--format", "file_format", metavar="NAME", help="json, onnx, c or torch. [default: by .json, .onnx, .h, .py]"
)
@click.option("--run", type=PATH, metavar="DIR", help="Run folder to look in. [default: the newest]")
@click.option("--arithmetic", metavar="NAME", help="Of C: float, or fixed: the chip's. [default: the run's]")
@click.option("--name", metavar="NAME", help="Of C: prefix of all names. [default: the environment's]")
@click.option("--flash", metavar="NAME", help="Of C: none, or progmem: tables in the flash of an AVR. [default: none]")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print what was written as one JSON object.")
def command(
    target: str,
    output: Path,
    file_format: str | None,
    run: Path | None,
    arithmetic: str | None,
    name: str | None,
    flash: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write a champion as a file for other programs: all of the way from an observation to an action.

    TARGET is champion (the default), last, gen:N, a run folder, a checkpoint, a champion.json, or the name of a shipped
    champion, such as LunarLander. JSON is for reading, ONNX for runtimes, C is one header without any library, a
    .py is a module for PyTorch.
    """
    from ..export.files import export, format_of
    from ..files.storage import write_atomically
    from ..files.target import find_target
    from ..report.export import print_export
    from ..report.output import check_output
    from ..report.results import print_json

    file_format = format_of(output, file_format)
    check_output("--output", output, overwrite=force)
    stored = find_target(target, run)
    if output.resolve() == stored.origin.resolve():
        raise UserError(f"--output {output} is the champion itself, which would be lost; choose another name")
    written = export(stored, file_format, arithmetic=arithmetic, name=name, flash=flash)
    instead = "choose another place with --output"
    write_atomically(output, written.data, instead, instead)
    facts = {"output": str(output), **written.facts}
    if as_json:
        print_json(facts)
    else:
        print_export(facts)
