"""A backend from outside the package: registered by name, it does everything that the shipped ones do."""

import ast
import importlib.metadata
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

import genesys_cli
import slow_backend
from genesys_cli.cli.main import main
from genesys_cli.config import backends
from genesys_cli.config.backends import SHIPPED, BackendKind, backend_names, kind_of, register
from genesys_cli.errors import UserError

SMALL = "--seed 4 -p 10 --episodes 2 --validate 3 -j 2 -s environment.max_steps=25 --no-stop-when-solved --quiet"


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(backends, "_kinds", dict(backends._kinds))


@pytest.fixture
def slow(registry):
    register(slow_backend.KIND)


def genesys(*args):
    """Carry out a command in this process; return what it wrote to standard output."""
    done = CliRunner().invoke(main, [word for arg in args for word in str(arg).split()])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def arrays(run):
    newest = max((run / "checkpoints").glob("gen-*.npz"))
    with np.load(newest) as file:
        return {name: file[name].tobytes() for name in file.files if name != "header"}


def test_everything_that_the_shipped_ones_do(slow, tmp_path, monkeypatch):
    """It evolves, to the bits of the kernels; its run is resumed, replayed, inspected, reported and exported."""
    monkeypatch.chdir(tmp_path)
    genesys("evolve -e CartPole -b slow -g 2 -o slow", SMALL)
    genesys("evolve --resume slow -g 4 --quiet")
    genesys("evolve -e CartPole -b software -g 4 -o fast", SMALL)
    assert arrays(tmp_path / "slow") == arrays(tmp_path / "fast")
    assert json.loads((tmp_path / "slow" / "summary.json").read_text())["backend"] == "slow"

    replayed = json.loads(genesys("replay slow/champion.json --json"))
    assert replayed["backend"] == "slow"
    assert replayed["mean_return"] == replayed["stored_fitness"]
    assert "backend = slow" in genesys("inspect slow --json").replace('"', "").replace(":", " =")
    genesys("report slow -o report.html")
    assert "slow" in (tmp_path / "report.html").read_text(encoding="utf-8")
    genesys("export slow --format c -o slow.h")
    genesys("export slow --format json -o slow.json")
    assert json.loads((tmp_path / "slow.json").read_text())["metadata"]["arithmetic"] == "float"


def test_bench(slow, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = json.loads(genesys("bench -e CartPole -b slow -b genesys -p 8 -g 2 -s environment.max_steps=20 --json"))
    assert {row["backend"] for row in found["rows"]} == {"slow", "genesys"}
    origins = {(chip["backend"], chip["origin"]) for chip in found["chip"]}
    assert origins == {("slow", "modelled"), ("genesys", "emulated")}
    assert "evolved by genesys" in genesys("bench -e CartPole -b slow -b genesys -p 8 -g 2 -s environment.max_steps=20")


def test_in_worker_processes(slow, tmp_path, monkeypatch):
    """Those are told of it."""
    monkeypatch.chdir(tmp_path)
    for name in ("slow", "software"):
        genesys(f"evolve -e CartPole --env-kwarg sutton_barto_reward=false -b {name} -g 2 -o {name}", SMALL)
    assert arrays(tmp_path / "slow") == arrays(tmp_path / "software")


def test_an_installed_package_brings_one(registry, monkeypatch):
    point = SimpleNamespace(name="slow", value="slow_backend:KIND", load=lambda: slow_backend.KIND)
    monkeypatch.setattr(backends, "entry_points", lambda group: [point] if group == backends.GROUP else [])
    assert kind_of("slow") == slow_backend.KIND
    assert backend_names() == ["software", "genesys", "rtl", "slow"]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (BackendKind("Slow!", "slow_backend:SlowBackend", ""), "a backend cannot be called 'Slow!'"),
        (BackendKind("slow", "slow_backend", ""), "'slow_backend' does not say where it is; it must be module:Class"),
        (BackendKind("genesys", "slow_backend:SlowBackend", ""), "there is a backend genesys already"),
    ],
)
def test_what_cannot_be_registered(registry, kind, message):
    with pytest.raises(UserError, match=message):
        register(kind)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("slow_backend:Lacking", "slow_backend:Lacking lacks reproduce; define what"),
        ("slow_backend:KIND", "must be a subclass of genesys_cli.backends.base.Backend"),
        ("slow_backend:Missing", "slow_backend:Missing cannot be imported: module 'slow_backend' has no attribute"),
        ("no_such_module:Backend", "no_such_module:Backend cannot be imported: No module named 'no_such_module'"),
    ],
)
def test_what_is_no_backend_is_named_before_there_is_a_folder(registry, tmp_path, monkeypatch, where, message):
    monkeypatch.chdir(tmp_path)
    register(BackendKind("odd", where, ""))
    done = CliRunner().invoke(main, f"evolve -e CartPole -b odd -g 2 -o run {SMALL}".split())
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert not (tmp_path / "run").exists()


def test_an_entry_point_that_is_broken(registry, monkeypatch):
    def fails():
        raise ImportError("no such thing")

    points = [SimpleNamespace(name="odd", value="odd:KIND", load=fails)]
    monkeypatch.setattr(backends, "entry_points", lambda group: points)
    with pytest.raises(UserError, match="backend odd: the entry point odd:KIND cannot be loaded: no such thing"):
        kind_of("odd")
    points[0] = importlib.metadata.EntryPoint("odd", "slow_backend:KIND", backends.GROUP)
    with pytest.raises(UserError, match="must name a BackendKind called 'odd'"):
        kind_of("odd")
    assert backend_names() == ["software", "genesys", "rtl"]
    done = CliRunner().invoke(main, ["evolve", "-e", "CartPole", "-b", "odd", "--dry-run"])
    assert done.exit_code == 2
    assert "must name a BackendKind called 'odd'" in " ".join(done.stderr.split())


def test_nobody_compares_a_name():
    """What is asked of a backend is asked of it or of its kind, not of its name."""
    source = Path(genesys_cli.__file__).parent
    shipped = {kind.name for kind in SHIPPED}
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                compared = {one.value for one in [node.left, *node.comparators] if isinstance(one, ast.Constant)}
                assert not compared & shipped, f"{path}:{node.lineno}"
