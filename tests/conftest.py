"""What all tests need: what is remembered of the user's modules is kept in a folder of the tests' own."""

import os
import tempfile

import pytest

_config = tempfile.TemporaryDirectory(prefix="genesys-config-")
os.environ["XDG_CONFIG_HOME"] = _config.name


@pytest.fixture
def stranger(tmp_path_factory, monkeypatch):
    """Be somebody who has named no module yet."""
    from genesys_cli.config import trust

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setattr(trust, "_named", set())
    monkeypatch.setattr(trust, "_in_files", {})
