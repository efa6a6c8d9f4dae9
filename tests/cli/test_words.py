"""Words that no file can be called, and numbers far out of range: exit code 2 and one message, for every option."""

import importlib

import click
import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import COMMANDS, main
from genesys_cli.cli.words import Number, Place


def params(kind):
    """Return (command, option) for each option of a kind; an argument has no option."""
    for name in COMMANDS:
        command = importlib.import_module(f"genesys_cli.cli.{name}").command
        for param in command.params:
            if isinstance(param.type, kind) and not getattr(param, "is_flag", False):
                yield name, param.opts[-1] if isinstance(param, click.Option) else None


PLACES = list(params(Place))
WHOLE = [found for found in params((click.IntRange, type(click.INT))) if found[1]]


def refused(*words):
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2, (words, result.output, result.exception)
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.count("Error: ") == 1
    return result.stderr


def test_every_path_is_one_of_ours():
    assert len(PLACES) >= 18
    assert not list(params(click.Path))


@pytest.mark.parametrize(("command", "option"), PLACES)
@pytest.mark.parametrize(
    ("word", "message"), [("", "is empty"), ("x" * 300, "is too long"), ("a\0b", "cannot be the name")]
)
def test_a_name_that_no_file_can_have(command, option, word, message):
    assert message in refused(command, *([option] if option else []), word)


@pytest.mark.parametrize(("command", "option"), WHOLE)
@pytest.mark.parametrize("number", ["-1", "18446744073709551616", "9" * 400, "-" + "9" * 5000, "1e3", "nan"])
def test_a_number_far_out_of_range(command, option, number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(command, *(["--ablation"] if command == "inspect" else []), option, number)
    assert not list(tmp_path.iterdir())


def test_numbers_are_finite(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert {option for _, option in params(Number)} == {"--fps", "--max-seconds"}
    for word in ("nan", "inf", "-inf", "1e400"):
        for option in ("--fps", "--max-seconds"):
            refused("replay", "LunarLander", "--record", "a.gif", option, word)
