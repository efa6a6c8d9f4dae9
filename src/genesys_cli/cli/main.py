"""The ``genesys`` command: finds its subcommands, and turns what a user can cause into a message and an exit code.

No command's file imports numpy, numba, pydantic or rich at module level, so that ``--help`` is instant.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import click

from .. import __version__
from ..errors import GenesysError, nearest, plain
from .streams import left_threads, prepared

COMMANDS = ("evolve", "refine", "replay", "inspect", "report", "export", "bench", "tune", "rtl", "envs", "presets")
INTERRUPTED = 130


class Commands(click.Group):
    """Imports a subcommand when it is needed, and is the one place where errors become exit codes.

    Only :class:`GenesysError` is caught: any other exception is a bug and keeps its traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"genesys_cli.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"there is no command {name!r}{nearest(name, COMMANDS) or '.'} There are: {', '.join(COMMANDS)}.")
        return super().resolve_command(ctx, args)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        command_line = ["genesys", *args]
        context = super().make_context(info_name, args, parent, **extra)
        context.obj = command_line
        return context

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            _say(str(interrupt) or "Interrupted.")
            raise click.exceptions.Exit(INTERRUPTED) from None

    def main(self, *args: Any, **extra: Any) -> Any:
        own = sys.stdout is sys.__stdout__  # not that of a test, or of a program that calls this
        try:
            with prepared():
                return super().main(*args, **extra)
        except GenesysError as error:
            if text := str(error):
                _say(f"Error: {text}")
            code: Any = error.exit_code
        except SystemExit as end:
            code = end.code
        if own and left_threads():  # of an environment, which would keep this process for ever
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code if isinstance(code, int) else bool(code))
        sys.exit(code)


def _say(text: str) -> None:
    print(plain(text), file=sys.stderr)


CONTEXT: MutableMapping[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(
    cls=Commands,
    context_settings=CONTEXT,
    epilog="\b\nExample:\n  genesys evolve --env CartPole\n  genesys replay champion",
)
@click.version_option(__version__, prog_name="genesys")
def main() -> None:
    """Evolve neural networks with NEAT, in software or on an emulated accelerator.

    Results go to standard output, progress to standard error. Exit codes: 0 done, 1 the run failed, 2 the request
    cannot be met, 3 not solved (with --require-solved), 130 interrupted.
    """
