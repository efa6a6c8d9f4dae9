"""``genesys presets``: the shipped presets and chips, what every setting means, and presets made of other files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UserError
from .words import NAME_OR_PATH, PATH

if TYPE_CHECKING:
    from ..config.fields import Key
    from ..config.neat_python.importing import EnvFacts

EPILOG = """\b
Examples:
  genesys presets
  genesys presets show Pendulum
  genesys presets show genesys-15nm
  genesys presets import config-feedforward
"""

IMPORT_EPILOG = """\b
Examples:
  genesys presets import config-feedforward
  genesys presets import config-feedforward --env CartPole -o pole.toml
"""


@click.group("presets", invoke_without_command=True, epilog=EPILOG, short_help="List the shipped presets and chips.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the shipped presets and chips; "show NAME" lists every setting of one with its meaning.

    "import INI" makes a preset of a configuration of neat-python.
    """
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
    from ..config.schema import ALL_TABLES, DRIFT, OPTIONAL, TABLES, Settings
    from ..report.results import print_json, print_table
    from ..report.terminal import write

    settings = load_settings(name) if name else Settings()
    keys = describe(ALL_TABLES if settings.chip else TABLES)
    apart = {table: getattr(settings, table).model_dump() for table in OPTIONAL}
    values = _values(apart | settings.tables())
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


@command.command("import", epilog=IMPORT_EPILOG, short_help="Make a preset of a configuration of neat-python.")
@click.argument("source", metavar="INI", type=PATH)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="Preset to write. [default: INI's name, with .toml]")
@click.option("-e", "--env", metavar="NAME", help="Environment of the preset; INI's inputs and outputs have to be its.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_(source: Path, output: Path | None, env: str | None, force: bool, as_json: bool) -> None:
    """Make a preset of INI, a configuration file of neat-python, and say what became of each of its keys.

    A key is taken over with the same meaning, or with a meaning or value that differs, or has no counterpart; the
    table says how and why, and so do comments in the preset. docs/from-neat-python.md has all keys.
    """
    from ..config.neat_python.document import document
    from ..config.neat_python.importing import imported
    from ..config.neat_python.ini import read_ini
    from ..report.importing import print_import, print_import_json
    from ..report.output import check_output, write_output

    ini = read_ini(source)
    output = output or Path(ini.preset_name)
    if output.resolve() == source.resolve():
        raise UserError(f"--output {output} is the configuration itself, which would be lost; choose another name")
    check_output("--output", output, (".toml",), overwrite=force)
    found = imported(ini, None if env is None else _facts(env))
    write_output("--output", output, document(found).encode())
    (print_import_json if as_json else print_import)(found, output)


def _facts(name: str) -> EnvFacts:
    """Return what an import needs to know of an environment, which is made for it."""
    from ..config.load import load_settings
    from ..config.neat_python.importing import EnvFacts
    from ..envs.registry import find

    env = find(name)
    env_id = load_settings(None, name).environment.id
    return EnvFacts(env_id, len(env.observation_names), env.action.n_outputs, env.solved_at)
