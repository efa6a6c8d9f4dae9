"""``genesys presets``: the shipped presets and chips, and what every setting means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .words import NAME_OR_PATH

if TYPE_CHECKING:
    from ..config.fields import Key

EPILOG = """\b
Examples:
  genesys presets
  genesys presets show Pendulum
  genesys presets show genesys-15nm
"""


@click.group("presets", invoke_without_command=True, epilog=EPILOG, short_help="List the shipped presets and chips.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the shipped presets and chips; "show NAME" lists every setting of one with its meaning."""
    if ctx.invoked_subcommand is None:
        _list(as_json)


def _list(as_json: bool) -> None:
    from ..config.chips import chip_names, read_chip
    from ..config.presets import preset_names, read_preset
    from ..report.results import print_json, print_table

    presets = [read_preset(name) for name in preset_names()]
    chips = [read_chip(name) for name in chip_names()]
    if as_json:
        print_json(
            {
                "presets": [
                    {"name": preset.name, "description": preset.description, "reaches": preset.reaches}
                    for preset in presets
                ],
                "chips": [{"name": chip.name, "description": chip.description} for chip in chips],
            }
        )
        return
    rows = [[preset.name, preset.description, preset.reaches] for preset in presets]
    print_table(["preset", "description", "reaches"], rows)
    print()
    print_table(["chip", "description"], [[chip.name, chip.description] for chip in chips])


@command.command("show", epilog="\b\nExamples:\n  genesys presets show CartPole\n  genesys presets show genesys-15nm")
@click.argument("name", required=False, type=NAME_OR_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(name: str | None, as_json: bool) -> None:
    """List every setting: its value in the preset or chip NAME, its range and its meaning.

    NAME is a shipped preset or chip, or a TOML file of either; without it, the values are a preset's defaults. A star
    marks those that differ from the default. Of a chip it also says where each constant is from.
    """
    from pathlib import Path

    from ..config.chips import is_chip, unknown_name
    from ..config.presets import preset_names

    if name is None or name.lower() in [preset.lower() for preset in preset_names()]:
        _show_preset(name, as_json)
    elif is_chip(name):
        _show_chip(name, as_json)
    elif Path(name).suffix or len(Path(name).parts) > 1 or Path(name).is_file():
        _show_preset(name, as_json)
    else:
        raise unknown_name(name)


def _show_preset(name: str | None, as_json: bool) -> None:
    from ..config.fields import describe, describe_drift
    from ..config.load import load_settings
    from ..config.presets import read_preset
    from ..config.schema import ALL_TABLES, DATA, DRIFT, PROBLEM, TABLES, Settings
    from ..report.results import print_json, print_table
    from ..report.terminal import write

    settings = load_settings(name) if name else Settings()
    keys = describe(ALL_TABLES if settings.chip else TABLES)
    unused = {DATA: settings.data.model_dump(), PROBLEM: settings.problem.model_dump()}
    values = _values({**unused, **settings.tables()})
    changing = list(settings.drift) or ["NAME"]  # the keys are explained also where nothing changes
    keys += describe_drift(changing)
    for thing in changing:
        table = values.get(f"{DRIFT}.{thing}", {})
        values |= {key.key: table.get(key.key.rpartition(".")[2], key.default) for key in describe_drift([thing])}
    preset = read_preset(name) if name else None
    if as_json:
        told = {"description": preset.description, "reaches": preset.reaches} if preset is not None else {}
        print_json({"preset": name, **told, "settings": [{**key._asdict(), "value": values[key.key]} for key in keys]})
        return
    if preset is not None and (about := [text for text in (preset.description, preset.reaches) if text]):
        write("\n".join([*about, "", ""]))
    rows = [[*_named(key, values[key.key]), key.allowed or key.type, key.description] for key in keys]
    print_table(["key", "value", "allowed", "meaning"], rows)


def _show_chip(name: str, as_json: bool) -> None:
    from ..config.chips import TAGS, load_chip
    from ..config.fields import describe
    from ..config.schema import CHIP_TABLES
    from ..report.results import print_json, print_table

    chip = load_chip(name)
    keys = describe(CHIP_TABLES)
    values = _values(chip.settings.model_dump())
    origin = chip.provenance
    if as_json:
        settings = [{**key._asdict(), "value": values[key.key], **origin[key.key]._asdict()} for key in keys]
        print_json({"chip": chip.name, "tags": TAGS, "settings": settings})
        return
    rows = [[*_named(key, values[key.key]), *origin[key.key], key.allowed or key.type, key.description] for key in keys]
    print_table(["key", "value", "tag", "source", "allowed", "meaning"], rows)
    print()
    print_table(["tag", "meaning"], [[tag, meaning] for tag, meaning in TAGS.items()])


def _values(tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {f"{table}.{key}": value for table, keys in tables.items() for key, value in keys.items()}


def _named(key: Key, value: Any) -> tuple[str, str]:
    """Return the key, with a star where its value differs from the default, and the value as TOML has it."""
    from ..config.toml import value_text

    return key.key + ("" if value == key.default else " *"), "none" if value is None else value_text(value)
