"""``--trust-module``: an option of all commands that read what others may have written."""

from __future__ import annotations

import click


def _trust(ctx: click.Context, parameter: click.Parameter, modules: tuple[str, ...]) -> None:
    if modules:
        from ..config.trust import trust

        trust(modules)


trust_option = click.option(
    "--trust-module",
    metavar="NAME",
    multiple=True,
    expose_value=False,
    callback=_trust,
    help="Allow a stored run or champion to import this module; repeatable.",
)


def tell_refusals() -> None:
    """Say which modules were not imported, and what to do."""
    from ..config.trust import refusals
    from ..report.terminal import tell

    for text in refusals():
        tell(text)
