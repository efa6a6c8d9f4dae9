"""A tuning on a cluster tries and finds what one on a single machine does."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from genesys_cli.cli.main import main
from genesys_cli.config.load import to_toml
from genesys_cli.errors import UserError
from genesys_cli.tuning import tune as tunings
from genesys_cli.tuning.folder import TuningFolder
from small_runs import bits
from small_tunings import Heard, asked, tried

pytest.importorskip("optuna")
pytest.importorskip("ray", reason="Ray is not installed: pip install 'genesys-cli[cluster]'")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def found(summary):
    return {**summary, "tuning": "", "preset": ""}


def test_trials_and_verdict_are_those_of_one_machine():
    alone = tunings.tune(asked(trials=5), Path("alone"), ["genesys", "tune"], Heard())
    local = asked('cluster.address="local"', "cluster.actors=2", "cluster.timeout=120", trials=5)
    with pytest.raises(KeyboardInterrupt):
        tunings.tune(local, Path("there"), ["genesys", "tune"], Heard("trial 1, up to generation 16"))
    heard = Heard()
    there = tunings.resume(Path("there"), None, {}, ["genesys", "tune"], heard)
    assert any(text.startswith("the cluster: 2 actors") for text in heard.told)
    assert found(there) == found(alone)
    assert tried("there") == tried("alone")
    runs = sorted(path.relative_to("alone") for path in Path("alone/held-out").glob("*/seed-*"))
    assert len(runs) == 6
    for run in runs:
        assert bits("there" / run) == bits("alone" / run)
    if (preset := Path("there/preset.toml")).is_file():
        assert preset.read_text() == Path("alone/preset.toml").read_text()


def test_it_moves_to_one_machine():
    local = asked('cluster.address="local"', "cluster.timeout=120", trials=1, space=("neat.elitism=1..2",))
    folder = TuningFolder.create(Path("tuning"), "CartPole", local)
    CliRunner().invoke(main, ["tune", "--resume", "tuning", "--cluster", "none", "--quiet"], catch_exceptions=False)
    assert folder.read().settings.cluster.address is None
    assert folder.summary.is_file()


def test_what_cannot_be_is_said_before_there_is_a_folder():
    nobody = asked('cluster.address="127.0.0.1:1"')
    with pytest.raises(UserError, match="127.0.0.1:1 cannot be reached"):
        tunings.tune(nobody, Path("tuning"), [], Heard())
    assert not Path("tuning").exists()
    Path("preset.toml").write_text(to_toml(asked().settings))
    result = CliRunner().invoke(main, ["tune", "--preset", "preset.toml", "--actors", "2", "-o", "tuning"])
    assert result.exit_code == 2
    assert "has no meaning without a cluster" in str(result.exception) + result.output
