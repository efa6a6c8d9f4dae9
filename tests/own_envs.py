"""Modules of a user's, made from ``examples/puck.py`` by exchanging texts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
PUCK = (EXAMPLES / "puck.py").read_text(encoding="utf-8")
END = "    return reward, terminated\n"  # of `step`


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A function that writes a module into the current folder, the puck with texts exchanged, and returns its path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # two versions of a file may be of one second
    before = set(sys.modules)

    def put(name: str = "my_puck", *changes: tuple[str, str]) -> Path:
        text = PUCK
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        sys.modules.pop(name, None)
        return path

    yield put
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
