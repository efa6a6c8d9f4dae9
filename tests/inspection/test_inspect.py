"""A run is known from its folder, whether it has ended or not."""

import json
import sys
from pathlib import Path

import pytest

from genesys_cli.errors import DamagedFileError, UserError
from genesys_cli.files.checkpoint import checkpoints
from genesys_cli.inspection.inspect import inspect
from small_runs import Watcher, resume, start, tiny

DRIFT = ("drift.force.at=2", "drift.force.to=-10", "neat.generations=5")


def test_a_run_that_has_ended():
    watcher = Watcher()
    run = start(tiny("CartPole", *DRIFT), "run", watcher)
    facts, rows = inspect(run)
    assert (facts["ended"], facts["generations"], facts["env"]) == (True, 5, "CartPole-v1")
    assert facts["drift"] == watcher.summary["drift"]
    assert facts["solved"] == watcher.summary["solved"]
    assert facts["champion_fitness"] == watcher.summary["validated_fitness"]
    assert facts["env_steps"] == watcher.summary["env_steps"]
    assert [row["generation"] for row in rows] == list(range(5))
    assert rows[1]["frozen_fitness"] is None
    assert rows[2]["frozen_fitness"] == facts["drift"][0]["frozen"]
    assert rows[0]["genes_read"] is None
    assert json.loads(json.dumps(facts)) == facts


def test_the_newest_run_is_meant():
    start(tiny("CartPole", *DRIFT), "runs/mine")
    assert inspect(None).facts["run_dir"] == "runs/mine"


def test_a_run_that_goes_on():
    """Its checkpoints know of the changes before there is a summary."""
    run = start(tiny("CartPole", *DRIFT), "run", Watcher([3]))
    facts, rows = inspect(run)
    assert (facts["ended"], facts["generations"], facts["solved"]) == (False, 4, None)
    (event,) = facts["drift"]
    assert event["generation"] == 2
    assert "steps_before" not in event
    assert len(rows) == 4


def test_a_run_that_was_carried_on():
    """What it said at its first end is no longer so."""
    run = start(tiny("CartPole", *DRIFT), "run")
    resume(run, Watcher([6]), generations=9)
    facts = inspect(run).facts
    assert (facts["ended"], facts["generations"]) == (False, 7)
    resume(run)
    assert (inspect(run).facts["ended"], inspect(run).facts["generations"]) == (True, 9)


def test_a_run_that_has_hardly_begun():
    run = start(tiny("CartPole", *DRIFT), "run", Watcher([0]))
    for path in checkpoints(run / "checkpoints"):
        path.unlink()
    (run / "metrics.csv").unlink()
    facts, rows = inspect(run)
    assert (facts["generations"], facts["champion_fitness"], facts["drift"], rows) == (0, None, [], [])


def test_what_is_no_run_or_damaged():
    with pytest.raises(UserError, match="is not a run"):
        inspect(Path("nowhere"))
    run = start(tiny("CartPole", *DRIFT), "run", Watcher([1]))
    for path in checkpoints(run / "checkpoints"):
        path.write_bytes(b"")
    with pytest.raises(DamagedFileError, match="truncated or altered"):
        inspect(run)
    (run / "summary.json").write_text("[]")
    with pytest.raises(DamagedFileError):
        inspect(run)


@pytest.fixture
def invoke():
    from click.testing import CliRunner

    from genesys_cli.cli.main import main

    return lambda *words: CliRunner().invoke(main, ["inspect", *words])


def test_the_command(invoke):
    start(tiny("CartPole", *DRIFT), "run")
    shown = invoke("run")
    assert shown.exit_code == 0
    assert "force 10 → -10" in shown.stdout
    assert json.loads(invoke("run", "--json").stdout)["drift"][0]["changes"][0]["name"] == "force"
    assert invoke("nowhere").exit_code == 2


def test_the_command_draws(invoke, tmp_path):
    pytest.importorskip("matplotlib")
    start(tiny("CartPole", *DRIFT), "run")
    assert json.loads(invoke("run", "--plot", "plot.svg", "--json").stdout)["plot"] == "plot.svg"
    drawn = (tmp_path / "plot.svg").read_bytes()
    again = invoke("run", "--plot", "plot.svg")
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert invoke("run", "--plot", "plot.svg", "--force").exit_code == 0
    assert (tmp_path / "plot.svg").read_bytes() == drawn


def test_the_command_without_matplotlib(invoke, monkeypatch):
    start(tiny("CartPole", *DRIFT), "run")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert invoke("run").exit_code == 0
    refused = invoke("run", "--plot", "plot.svg")
    assert refused.exit_code == 2
    assert "pip install 'genesys-cli[plot]'" in refused.stderr
