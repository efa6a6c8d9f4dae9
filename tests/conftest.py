"""What all tests need: what the user is remembered to trust lies in a folder of their own, and no example is timed."""

import os
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with something else fails no test.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_config = tempfile.TemporaryDirectory(prefix="genesys-config-")
os.environ["XDG_CONFIG_HOME"] = _config.name


@pytest.fixture
def stranger(tmp_path_factory, monkeypatch):
    """Be somebody who has named no module yet."""
    from genesys_cli.config import trust

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setattr(trust, "_named", set())
    monkeypatch.setattr(trust, "_in_files", {})
