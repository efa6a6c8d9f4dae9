"""The shipped chips, and where each of their constants is from.

A constant in a chip's file is a plain value, or a table of value, tag and source. Without a value it keeps its default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ..errors import UserError, nearest
from . import toml
from .chip import CHIP_TABLES, ChipSettings
from .memories import forgets
from .overrides import override_problem, put_override
from .presets import find_file, preset_folder, preset_names, read_toml
from .problems import as_user_error, joined, problem_lines, unknown_key

DEFAULT_CHIP = "genesys-15nm"
ABOUT = ("chip", "written_by")
TAGS = {
    "P": "published",
    "p": "published, the figure not read again here",
    "R": "read from public RTL",
    "C": "computed with a public tool",
    "D": "derived",
    "own": "this project's own choice",
}
SET = "set"  # the tag of what the user gives


class Provenance(NamedTuple):
    """Where a constant is from. tag: one of TAGS or SET, or empty where its file does not say"""

    tag: str
    source: str


class ChipFile(NamedTuple):
    """A chip as its file has it, unchecked.

    name: of the file, without its ending
    tables: plain values, table by table
    provenance: by key, such as ``eve.pes``
    problems: what is wrong with its form, a line each
    """

    name: str
    path: Path
    description: str
    tables: dict[str, Any]
    provenance: dict[str, Provenance]
    problems: list[str]


class Chip(NamedTuple):
    """A chip with its settings checked; `provenance` has every key."""

    name: str
    description: str
    settings: ChipSettings
    provenance: dict[str, Provenance]


def chip_folder() -> Path:
    return preset_folder() / "chips"


def chip_names() -> list[str]:
    return sorted(path.stem for path in chip_folder().glob("*.toml"))


def is_chip(name: str | Path) -> bool:
    """Say whether a shipped name or a file is a chip's, rather than the preset of a run."""
    if str(name).lower() in chip_names():
        return True
    if not Path(name).is_file():
        return False
    tables = read_toml(Path(name), "preset").keys() - {"written_by"}
    return bool(tables) and tables <= {"chip", *CHIP_TABLES}


def read_chip(name: str | Path) -> ChipFile:
    """Read a shipped chip, by its name in any case, or a TOML file, by its path; raises :class:`UserError`."""
    _, path = find_file(name, {found: chip_folder() / f"{found}.toml" for found in chip_names()}, "chip")
    document = read_toml(path, "chip")
    about = document.get("chip")
    description = str(about.get("description", "")) if isinstance(about, dict) else ""
    tables: dict[str, Any] = {}
    provenance: dict[str, Provenance] = {}
    problems: list[str] = []
    for table, keys in document.items():
        if table in ABOUT:
            continue
        if not isinstance(keys, dict):
            tables[table] = keys
            continue
        tables[table] = {}
        for key, stated in keys.items():
            _take(tables[table], provenance, problems, f"{table}.{key}", stated, path.name)
    return ChipFile(path.stem, path, description, tables, provenance, problems)


def load_chip(name: str | Path | None = None, overrides: Sequence[str] = ()) -> Chip:
    """Return a checked chip; raises one :class:`UserError` that lists every problem.

    name: shipped name or TOML file; None: the published chip
    overrides: ``table.key=value``, the value in TOML or a bare word
    """
    file = read_chip(DEFAULT_CHIP if name is None else name)
    tables, provenance, problems = file.tables, dict(file.provenance), list(file.problems)
    origins = origins_of(tables, file.path.name)
    for override in overrides:
        if line := override_problem(override, CHIP_TABLES):
            problems.append(line)
            continue
        key = put_override(tables, override)
        origins[key] = "--set"
        provenance[key] = Provenance(SET, "--set")
    settings, found = checked_chip(tables, origins)
    if settings is None or problems:
        raise joined(problems + found)
    return Chip(file.name, file.description, settings, _complete(provenance))


def checked_chip(tables: Mapping[str, Any], origins: Mapping[str, str]) -> tuple[ChipSettings | None, list[str]]:
    """Return the settings of a chip, or None and what is wrong with them, a line each."""
    problems = [unknown_key(table, origins.get(table, "")) for table in tables if table not in CHIP_TABLES]
    try:
        settings = ChipSettings.model_validate({key: value for key, value in tables.items() if key in CHIP_TABLES})
    except ValidationError as error:
        return None, problems + problem_lines(as_user_error(error, origins))
    if line := forgets(settings.power.policy, settings.buffer.memory):
        problems.append(line)
    return (None if problems else settings), problems


def origins_of(tables: Mapping[str, Any], file: str) -> dict[str, str]:
    """Return, for each key of a file, how messages say where it was given."""
    return {f"{table}.{key}": f"in {file}" for table, keys in tables.items() if isinstance(keys, dict) for key in keys}


def unknown_name(name: str) -> UserError:
    """Return the error for a name that neither a preset nor a chip has."""
    names = [*preset_names(), *chip_names()]
    return UserError(
        f"there is no preset {name!r}{nearest(name, names) or '.'} Give a TOML file or one of: {', '.join(names)}."
    )


def _take(
    table: dict[str, Any],
    provenance: dict[str, Provenance],
    problems: list[str],
    key: str,
    stated: Any,
    file: str,
) -> None:
    """Take a constant of a chip's file apart into its value and its provenance."""
    if not isinstance(stated, dict) or not stated.keys() & {"value", "tag", "source"}:
        table[key.partition(".")[2]] = stated
        provenance[key] = Provenance("", f"given in {file}")
        return
    if unknown := stated.keys() - {"value", "tag", "source"}:
        problems.append(f"{key} (in {file}): has {', '.join(sorted(unknown))} beside value, tag and source")
    tag = stated.get("tag", "")
    if tag not in TAGS:
        problems.append(f"{key} (in {file}): the tag {toml.value_text(tag)} must be one of {', '.join(TAGS)}")
    provenance[key] = Provenance(str(tag), str(stated.get("source", "")))
    if "value" in stated:
        table[key.partition(".")[2]] = stated["value"]


def _complete(provenance: Mapping[str, Provenance]) -> dict[str, Provenance]:
    """Return the provenance of every key, in the order of the schema."""
    default = Provenance("", f"not stated: as {DEFAULT_CHIP}")
    keys = [f"{table}.{key}" for table, model in CHIP_TABLES.items() for key in model.model_fields]
    return {key: provenance.get(key, default) for key in keys}
