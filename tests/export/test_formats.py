"""A format is an entry: the command line, its help, its messages and what is said of the file follow from it."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from docs.documents import ROOT
from genesys_cli.cli import export as cli
from genesys_cli.config.presets import shipped_champions
from genesys_cli.errors import UserError
from genesys_cli.export.files import export
from genesys_cli.export.formats import ARITHMETICS, FORMATS, Format, Option, listed
from genesys_cli.files.champion import load_champion

WRITER = """
from genesys_cli.export.formats import Export

def write(controller, comment):
    text = f"{comment or 'none'}\\n{controller.n_connections}\\n"
    return Export(text.encode(), {"comment": comment}, {"look": "cat {output}"})
"""
TEXT = Format(
    "plain text", "a count", ".txt", "count_writer:write", options=(Option("comment", "first line.", "only text"),)
)


@pytest.fixture
def with_text(tmp_path, monkeypatch):
    """A writer in a module of its own, and its entry."""
    (tmp_path / "count_writer.py").write_text(WRITER, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(FORMATS, "text", TEXT)
    yield importlib.reload(cli).command
    monkeypatch.undo()
    sys.modules.pop("count_writer", None)
    importlib.reload(cli)


def test_an_entry_is_all_that_a_format_needs(with_text):
    shown = " ".join(CliRunner().invoke(with_text, ["--help"]).output.split())
    assert "json, onnx, c, torch or text. [default: by .json, .onnx, .h, .py, .txt]" in shown
    assert "--comment NAME Of plain text: first line." in shown
    assert "plain text: a count." in shown
    result = CliRunner().invoke(with_text, ["LunarLander", "-o", "my links.txt", "--comment", "hello"])
    assert result.exit_code == 0, result.output
    assert Path("my links.txt").read_text() == "hello\n22\n"
    assert re.search(r"^look +cat 'my links.txt'$", result.output, re.MULTILINE)


def test_an_option_belongs_to_its_format(with_text):
    stored = load_champion(shipped_champions()["LunarLander"])
    assert export(stored, "text").facts["comment"] is None
    with pytest.raises(UserError, match=r"^--comment hello: only text; leave it out for json$"):
        export(stored, "json", comment="hello")
    with pytest.raises(UserError, match=r"^--arithmetic fixed: only C computes so; leave it out for text$"):
        export(stored, "text", arithmetic="fixed")
    with pytest.raises(TypeError, match="no format has the option coment"):
        export(stored, "text", coment="hello")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_in_the_documents(name):
    known = FORMATS[name]
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    assert f"| `{name}` | `{known.ending}` |" in text
    assert re.search(rf"^## {known.title}$", text, re.MULTILINE)
    assert set(known.arithmetics) <= set(ARITHMETICS)


def test_lists():
    assert [listed("a"), listed("ab"), listed("abc")] == ["a", "a or b", "a, b or c"]
