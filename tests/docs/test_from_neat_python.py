"""The page on imports has the tables that imports go by."""

from __future__ import annotations

import pytest

from docs.documents import ROOT
from genesys_cli.config.neat_python.habits import HABITS, Habit
from genesys_cli.config.neat_python.keys import KEYS, SECTIONS, Key
from genesys_cli.config.neat_python.kinds import CONNECTIONS
from genesys_cli.config.neat_python.rules import OUTCOMES
from genesys_cli.config.toml import value_text

PAGE = ROOT / "docs" / "from-neat-python.md"


def table(header: str, rows: list[list[str]]) -> str:
    """Return a table. header: titles of its columns, separated by ``|``"""
    columns = header.count("|") + 1
    lines = [f"| {header} |", "|" + " --- |" * columns]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def key_row(key: Key) -> list[str]:
    name = code(key.name) + (f" (since {key.since})" if key.since else "")
    meaning = "; ".join(filter(None, (key.meaning, key.older)))
    return [name, code(key.default or ""), ", ".join(map(code, key.ours)), meaning]


def connection_row(name: str) -> list[str]:
    ours, direct, beside_hidden = CONNECTIONS[name]
    settings = f"neat.initial_connection = {value_text(ours)}"
    fraction = " FRACTION" if name.startswith("partial") else ""
    more = [f"neat.initial_direct = {value_text(direct)}"] if ours != "none" else []
    more += ["neat.connection_fraction = FRACTION"] if fraction else []
    return [code(name + fraction), ", ".join(map(code, [settings, *more])), beside_hidden]


def habit_row(habit: Habit) -> list[str]:
    return [code(f"{habit.ours} = {value_text(habit.value)}"), habit.meaning]


KEYS_OF = {
    section: table("key | default | here | what differs", [key_row(key) for key in KEYS if key.section == section])
    for section in SECTIONS
}
OTHERS = {
    "outcomes": table("`meaning` | what became of the key", [[code(kind), text] for kind, text in OUTCOMES.items()]),
    "initial_connection": table(
        "`initial_connection` | here | what differs with hidden nodes", [connection_row(name) for name in CONNECTIONS]
    ),
    "habits": table("here | what neat-python does", [habit_row(habit) for habit in HABITS]),
}


@pytest.mark.parametrize("name", [*KEYS_OF, *OTHERS])
def test_a_table_of_the_page(name):
    text = PAGE.read_text(encoding="utf-8")
    wanted = {**KEYS_OF, **OTHERS}[name]
    assert wanted in text, f"docs/from-neat-python.md lacks this table:\n{wanted}"
    if name in KEYS_OF:
        assert text.index(f"### `[{name}]`") < text.index(wanted)
