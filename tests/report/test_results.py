import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from genesys_cli.report.results import (
    SCHEMA,
    as_dict,
    number,
    print_json,
    print_lines,
    print_replay,
    print_summary,
    print_table,
    shown,
)
from small_runs import start, tiny


@dataclass
class Data:
    a: int = 1


class Pair(NamedTuple):
    a: int = 1


@pytest.mark.parametrize("result", [Data(), Pair(), {"a": 1}])
def test_results_of_any_kind_have_fields(result):
    assert as_dict(result) == {"a": 1}


def test_json_of_paths_and_numpy(capsys):
    print_json({"path": Path("a"), "number": np.float32(0.5), "numbers": np.arange(2)})
    assert json.loads(capsys.readouterr().out) == {
        "schema": SCHEMA,
        "path": "a",
        "number": 0.5,
        "numbers": [0, 1],
    }


def test_no_line_is_wrapped_where_there_is_no_terminal(capsys):
    print_lines({"label": "x" * 300})
    print_table(["one", "two"], [["y" * 300, None]])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "x" * 300 in lines[0]
    assert "y" * 300 in lines[2]


def test_hints_are_the_last_lines_of_a_summary(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    summary = json.loads((start(tiny("CartPole", "neat.generations=1"), "run") / "summary.json").read_text())
    print_summary(summary | {"champion": "my run/champion.json", "champion_nodes": 1, "champion_conns": 1})
    shown = capsys.readouterr().out
    assert "hint" not in shown
    assert "genesys replay 'my run/champion.json'\n" in shown
    assert re.search("^network +1 node, 1 connection$", shown, re.MULTILINE)
    hints = [{"key": "neat.weight_max", "text": text} for text in ("let them \x1b[31mgrow", "x" * 300)]
    print_summary(summary | {"hints": hints})
    *_, first, second = capsys.readouterr().out.splitlines()
    assert first.split(maxsplit=1) == ["hint", "let them \\x1b[31mgrow"]
    assert second.split(maxsplit=2) == ["hint", "2", "x" * 300]


def test_markup_is_shown_as_it_is(capsys):
    print_table(["key"], [["[red]"]])
    print_lines({"list": "[1, 2]"})
    assert "[red]" in (out := capsys.readouterr().out)
    assert "[1, 2]" in out


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "none"), (7, "7"), (475.25, "475.2"), (12_345, "12.3 k"), (4_560_000, "4.56 M"), (-2e9, "-2 G")],
)
def test_number(value, text):
    assert number(value) == text


def test_shown():
    assert shown([1, True, None, 0.1]) == "[1, yes, none, 0.1]"


REPLAY = {
    "same_episodes_as_stored": True,
    "mean_return": 2.0,
    "repeats": False,
    "differing_episodes": [{"episode": 1}, {"episode": 4}],
    "first_difference": None,
    "note": "The first is episode 1.",
}


def test_a_replay_that_scores_otherwise_says_so(capsys):
    print_replay(REPLAY)
    told = capsys.readouterr().out
    assert "same episodes as stored  yes, but 2 with another return\n" in told
    assert told.endswith("\n\nThe first is episode 1.\n")
    assert "repeats" not in told
    print_replay(REPLAY | {"repeats": True, "differing_episodes": [], "note": None})
    assert "same episodes as stored  yes\n" in capsys.readouterr().out
