"""``genesys presets``: the shipped presets, and what every setting means."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  genesys presets
  genesys presets show Pendulum
"""


@click.group("presets", invoke_without_command=True, epilog=EPILOG, short_help="List the shipped presets.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the shipped presets; "show NAME" explains every setting of one."""
    if ctx.invoked_subcommand is None:
        _list(as_json)


def _list(as_json: bool) -> None:
    from ..config.presets import preset_names, read_preset
    from ..report.results import print_json, print_table

    presets = [read_preset(name) for name in preset_names()]
    if as_json:
        print_json({"presets": [{"name": preset.name, "description": preset.description} for preset in presets]})
    else:
        print_table(["preset", "description"], [[preset.name, preset.description] for preset in presets])


@command.command("show", epilog="\b\nExample:\n  genesys presets show CartPole")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(name: str | None, as_json: bool) -> None:
    """Explain every setting: its value in the preset NAME, what is allowed and what it means.

    NAME is a shipped preset or a TOML file; without it, the values are the defaults. A star marks those that differ.
    """
    from ..config.load import load_settings
    from ..config.schema import Settings, describe
    from ..config.toml import value_text
    from ..report.results import print_json, print_table

    settings = load_settings(name) if name else Settings()
    values = {f"{table}.{key}": value for table, keys in settings.model_dump().items() for key, value in keys.items()}
    if as_json:
        print_json({"preset": name, "settings": [{**key._asdict(), "value": values[key.key]} for key in describe()]})
        return
    rows = [
        [
            key.key + ("" if values[key.key] == key.default else " *"),
            "none" if values[key.key] is None else value_text(values[key.key]),
            key.allowed or key.type,
            key.description,
        ]
        for key in describe()
    ]
    print_table(["key", "value", "allowed", "meaning"], rows)
