import pytest

from genesys_cli.config.neat_python.importing import imported
from genesys_cli.config.neat_python.ini import read_ini
from neat_configs import config


@pytest.fixture
def bring(tmp_path):
    """Import a configuration: a text, or that of tests/neat_configs.py with changes."""

    def run(text=None, env=None, **changes):
        path = tmp_path / "config-feedforward"
        path.write_text(config(**changes) if text is None else text, encoding="utf-8")
        return imported(read_ini(path), env)

    return run


@pytest.fixture
def line(bring):
    """Import a configuration with changes; return what became of the first of them."""

    def run(**changes):
        name = next(iter(changes))
        (found,) = (line for line in bring(**changes).lines if line.key == name)
        return found

    return run
