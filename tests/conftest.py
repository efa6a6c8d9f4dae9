"""What all tests need: trusted modules in a folder of their own, nothing compiled ahead, no example timed."""

import os
import signal
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# A machine that is busy with something else fails no test.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_config = tempfile.TemporaryDirectory(prefix="genesys-config-")
os.environ["XDG_CONFIG_HOME"] = _config.name

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's job in the background: tests do send Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _nobody_compiles_ahead():
    """Runs are so short here that those processes would be ended before they are of use; test_ahead has some."""
    from genesys_cli.runs import ahead

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "usable_cores", lambda: 1)
        yield


@pytest.fixture
def stranger(tmp_path_factory, monkeypatch):
    """Be somebody who has named no module yet."""
    from genesys_cli.config import trust

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setattr(trust, "_named", set())
    monkeypatch.setattr(trust, "_in_files", {})
