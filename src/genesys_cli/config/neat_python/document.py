"""An imported configuration as the text of a preset, with what is to be said of each key as a comment."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ... import __version__
from ...errors import cut
from ..load import settings_from_toml
from ..schema import TABLES
from ..toml import value_text
from .habits import HABITS
from .importing import Imported, Line
from .rules import ABSENT, NONE, UNKNOWN

_WIDTH = 110


def document(found: Imported) -> str:
    """Return a preset as TOML; raises :class:`UserError` where two of its settings do not go together."""
    blocks = ["\n".join(_head(found)), "\n".join(["[preset]", f"description = {value_text(_description(found))}"])]
    if found.env is not None:
        blocks.append("\n".join(["[environment]", f"id = {value_text(found.env.id)}"]))
    blocks += filter(None, (_table(found, table) for table in TABLES))
    text = "\n\n".join(blocks) + "\n"
    settings_from_toml(text, f"from {found.source}")
    return text


def _description(found: Imported) -> str:
    return f"Settings of {found.source}, a configuration of neat-python."


def _head(found: Imported) -> Iterator[str]:
    yield f"# Imported by genesys {__version__} from {found.source}, a configuration of neat-python, which is what is"
    yield '# meant by "there".'
    for kinds, title in (
        ((NONE,), "Not taken over:"),
        ((UNKNOWN,), "No keys of neat-python:"),
        ((ABSENT,), "Not in the file:"),
    ):
        lines = [line for line in found.lines if line.outcome in kinds]
        if lines:
            yield "#"
            yield f"# {title}"
            for line in lines:
                yield from _comment(line, "  ")


def _comment(line: Line, indent: str = "") -> list[str]:
    """Return what is to be said of a key, as lines of comment."""
    value = "" if line.value is None else f" = {cut(line.value)}"
    text = f"{cut(line.key)}{value}" + (f": {line.remark}" if line.remark else "")
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=f"# {indent}",
        subsequent_indent=f"# {indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(found: Imported, table: str) -> str:
    """Return a table of settings; empty where it has none."""
    rows: list[str] = []
    for line in found.lines:
        mine = [(name, value) for name, value in line.settings.items() if name.startswith(f"{table}.")]
        if not mine:
            continue
        renamed = mine[0][0].partition(".")[2] != line.key
        if line.remark:
            rows += _comment(line)
        for k, (name, value) in enumerate(mine):
            rows.append(_row(name, value) + (f" # {line.key}" if renamed and not line.remark and k == 0 else ""))
    habits = [habit for habit in HABITS if habit.ours in found.habits and habit.ours.startswith(f"{table}.")]
    if habits:
        rows += ["", "# What neat-python does without a key for it."]
        for habit in habits:
            rows += textwrap.wrap(habit.meaning, _WIDTH, initial_indent="# ", subsequent_indent="#   ")
            rows.append(_row(habit.ours, found.habits[habit.ours]))
    return "\n".join([f"[{table}]", *rows]) if rows else ""


def _row(name: str, value: object) -> str:
    return f"{name.partition('.')[2]} = {value_text(value)}"
