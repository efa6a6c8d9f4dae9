import sys
import textwrap

import gymnasium
import pytest


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module into the current directory; what it registers is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before, written = dict(gymnasium.registry), []

    def write(name, source):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)
    gymnasium.registry.clear()
    gymnasium.registry.update(before)
